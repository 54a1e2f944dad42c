/*
 * Topics. The members on a shard are a list that only that shard changes, under the
 * registry's lock so that a new watcher may read them all; the shard itself walks it
 * without. A publication is one message to each shard that has members; there it is
 * delivered to them at once, because a second way through the queue would put it
 * behind what its sender has posted meanwhile.
 */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/registry_internal.h"
#include "core/session_internal.h"

#include <string.h>

/* What may wait for one shard; a small publication counts as so many octets. */
#define LANE_LIMIT    (16u << 20)
#define LANE_OVERHEAD 1024u

struct member {
	struct sb_holding holding;
	struct topic *topic;
	struct member *next, **link;
	struct sb_session *session;
	uint64_t joined; /* its number in the cell */
};

/* The members on one shard. */
struct cell {
	_Atomic uint32_t count;
	uint64_t joined; /* how many ever have */
	struct member *head, **tail;
	struct member *cursor; /* the next one of the fan-out under way */
};

struct topic {
	struct sb_name name;
	uint32_t member_count; /* under the lock */
	struct cell cells[];
};

struct publication {
	_Atomic uint32_t shards; /* that have not delivered it yet */
	struct sb_registry *registry;
	struct sb_address sender;
	uint32_t type;
	uint64_t ref;
	struct sb_name_key key; /* its text is behind the data */
	size_t size;
	_Alignas(16) unsigned char data[];
};

static struct topic *
topic_find(struct sb_registry *registry, const struct sb_name_key *key)
{
	return (struct topic *)sb_name_find(&registry->names[SB_NAME_TOPIC], key);
}

static struct topic *
topic_new(struct sb_registry *registry, const struct sb_name_key *key)
{
	unsigned shards = registry->node->shard_count;
	size_t size = sizeof(struct topic) + shards * sizeof(struct cell);
	struct topic *topic = sb_registry_allocate(registry, size + key->length);

	if (!topic)
		return NULL;
	memset(topic, 0, size);
	memcpy((char *)topic + size, key->text, key->length);
	topic->name.key = *key;
	topic->name.key.text = (char *)topic + size;
	for (unsigned i = 0; i < shards; i++)
		topic->cells[i].tail = &topic->cells[i].head;
	if (sb_name_insert(&registry->names[SB_NAME_TOPIC], &topic->name)) {
		sb_registry_give_back(registry, topic);
		return NULL;
	}
	return topic;
}

static void
free_topic(void *context, struct sb_retired *retired)
{
	const struct sb_env *env = context;
	size_t offset = offsetof(struct topic, name) + offsetof(struct sb_name, retired);

	env->release(env->context, (char *)retired - offset);
}

static struct cell *
cell_of(struct member *member)
{
	return &member->topic->cells[member->session->shard->index];
}

static void
cell_count(struct cell *cell, uint32_t change)
{
	uint32_t count = atomic_load_explicit(&cell->count, memory_order_relaxed);

	atomic_store_explicit(&cell->count, count + change, memory_order_release);
}

static void
member_link(struct member *member)
{
	struct cell *cell = cell_of(member);

	member->joined = ++cell->joined;
	member->link = cell->tail;
	*cell->tail = member;
	cell->tail = &member->next;
	member->topic->member_count++;
	cell_count(cell, 1);
}

static void
member_unlink(struct member *member)
{
	struct cell *cell = cell_of(member);

	if (cell->cursor == member)
		cell->cursor = member->next;
	*member->link = member->next;
	if (member->next)
		member->next->link = member->link;
	else
		cell->tail = member->link;
	member->topic->member_count--;
	cell_count(cell, UINT32_MAX);
}

/* The session's membership of a topic. A session is in few. */
static struct member *
member_find(struct sb_session *s, const struct topic *topic)
{
	for (struct sb_holding *h = s->holdings; h; h = h->next) {
		struct member *member = (struct member *)h;

		if (h->kind == SB_HOLDS_MEMBERSHIP && member->topic == topic)
			return member;
	}
	return NULL;
}

static int
join(struct sb_registry *registry, struct member *member, const struct sb_name_key *key)
{
	member->topic = topic_find(registry, key);
	if (!member->topic)
		member->topic = topic_new(registry, key);
	if (!member->topic)
		return SB_ENOMEM;
	member_link(member);
	sb_name_changed(registry, SB_NAME_TOPIC, key, member->session->self, true);
	return 0;
}

int
sb_join(struct sb_session *s, const char *topic)
{
	struct sb_registry *registry = sb_registry_of(s);
	struct sb_name_key key;
	struct member *member;
	int err;

	if (!sb_session_is_open(s))
		return SB_GONE;
	if (!sb_name_key(registry->seed, topic, &key))
		return SB_EINVAL;
	if (member_find(s, topic_find(registry, &key)))
		return SB_EEXIST;
	member = sb_registry_allocate(registry, sizeof(*member));
	if (!member)
		return SB_ENOMEM;
	memset(member, 0, sizeof(*member));
	member->session = s;
	pthread_mutex_lock(&registry->lock);
	err = join(registry, member, &key);
	pthread_mutex_unlock(&registry->lock);
	if (err)
		sb_registry_give_back(registry, member);
	else
		sb_holding_add(s, &member->holding, SB_HOLDS_MEMBERSHIP);
	return err;
}

void
sb_membership_end(struct sb_registry *registry, struct sb_holding *holding)
{
	struct member *member = (struct member *)holding;
	struct topic *topic = member->topic;

	sb_holding_remove(holding);
	member_unlink(member);
	sb_name_changed(registry, SB_NAME_TOPIC, &topic->name.key, member->session->self, false);
	sb_registry_give_back(registry, member);
	if (topic->member_count)
		return;
	sb_name_remove(&registry->names[SB_NAME_TOPIC], &topic->name);
	sb_epoch_retire(registry->epoch, &topic->name.retired, free_topic,
		(void *)(uintptr_t)registry->env);
}

int
sb_leave(struct sb_session *s, const char *topic)
{
	struct sb_registry *registry = sb_registry_of(s);
	struct sb_name_key key;
	struct member *member;

	if (!sb_name_key(registry->seed, topic, &key))
		return SB_ENOENT;
	member = member_find(s, topic_find(registry, &key));
	if (!member)
		return SB_ENOENT;
	pthread_mutex_lock(&registry->lock);
	sb_membership_end(registry, &member->holding);
	pthread_mutex_unlock(&registry->lock);
	return 0;
}

int
sb_topic_members(struct sb_name *name, unsigned shards,
	int (*each)(void *context, struct sb_address member), void *context)
{
	struct topic *topic = (struct topic *)name;
	int err = 0;

	for (unsigned i = 0; i < shards; i++)
		for (struct member *m = topic->cells[i].head; m && !err; m = m->next)
			err = each(context, m->session->self);
	return err;
}

size_t
sb_topic_size(struct sb_session *s, const char *name)
{
	struct sb_registry *registry = sb_registry_of(s);
	struct sb_name_key key;
	struct topic *topic;
	size_t size = 0;

	if (!sb_name_key(registry->seed, name, &key))
		return 0;
	topic = topic_find(registry, &key);
	for (unsigned i = 0; topic && i < registry->node->shard_count; i++)
		size += atomic_load_explicit(&topic->cells[i].count, memory_order_acquire);
	return size;
}

/* ---- publishing ---- */

static void
publication_release(void *data)
{
	struct publication *publication = data;

	if (atomic_fetch_sub_explicit(&publication->shards, 1, memory_order_acq_rel) == 1)
		sb_registry_give_back(publication->registry, publication);
}

static void
count_missed(struct sb_shard *shard, struct sb_registry *registry, uint32_t members)
{
	sb_counter_add(registry->publish_missed, shard->index, members);
}

static void
member_deliver(struct sb_shard *shard, struct sb_session *s, const struct publication *publication)
{
	struct sb_envelope *e;

	if (!s->module->message)
		return;
	e = sb_envelope_new(shard->env, shard, SB_COPY(publication->data, publication->size));
	if (!e) {
		count_missed(shard, publication->registry, 1);
		return;
	}
	e->target = s->self;
	e->message.type = publication->type;
	e->message.ref = publication->ref;
	e->message.sender = publication->sender;
	s->module->message(s, &e->message);
	if (!e->is_kept)
		sb_envelope_free(shard, e);
}

/* To those who are members now. Who leaves meanwhile is passed over, the cursor with them; the
 * topic itself is held by this turn. */
static void
cell_deliver(struct sb_shard *shard, struct cell *cell, const struct publication *publication)
{
	uint64_t last = cell->joined;
	struct member *member;

	cell->cursor = cell->head;
	while ((member = cell->cursor) && member->joined <= last) {
		cell->cursor = member->next;
		if (!sb_address_equal(member->session->self, publication->sender))
			member_deliver(shard, member->session, publication);
	}
	cell->cursor = NULL;
}

static size_t
lane_cost(const struct publication *publication)
{
	return publication->size + LANE_OVERHEAD;
}

static void
fan_out(struct sb_shard *shard, struct sb_session *nobody, struct sb_envelope *e)
{
	const struct publication *publication = e->message.data;
	struct sb_registry *registry = publication->registry;
	struct topic *topic = topic_find(registry, &publication->key);

	(void)nobody;
	atomic_fetch_sub_explicit(&registry->lanes[shard->index].waiting, lane_cost(publication),
		memory_order_relaxed);
	if (topic)
		cell_deliver(shard, &topic->cells[shard->index], publication);
}

/* A publication larger than the lane goes alone. */
static bool
lane_take(struct sb_publish_lane *lane, size_t cost)
{
	size_t before = atomic_fetch_add_explicit(&lane->waiting, cost, memory_order_relaxed);

	if (before == 0 || before + cost <= LANE_LIMIT)
		return true;
	atomic_fetch_sub_explicit(&lane->waiting, cost, memory_order_relaxed);
	return false;
}

static bool
publish_to_shard(struct sb_shard *from, unsigned shard, struct publication *publication)
{
	struct sb_publish_lane *lane = &publication->registry->lanes[shard];
	size_t cost = lane_cost(publication);

	if (!lane_take(lane, cost))
		return false;
	atomic_fetch_add_explicit(&publication->shards, 1, memory_order_relaxed);
	if (!sb_shard_control(from->node, from, shard, fan_out,
		    SB_GIVE(publication, publication->size, publication_release)))
		return true;
	atomic_fetch_sub_explicit(&publication->shards, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&lane->waiting, cost, memory_order_relaxed);
	return false;
}

static struct publication *
publication_new(struct sb_session *s, const struct sb_name_key *key, const void *data, size_t size)
{
	struct sb_registry *registry = sb_registry_of(s);
	struct publication *publication =
		sb_registry_allocate(registry, sizeof(*publication) + size + key->length);

	if (!publication)
		return NULL;
	atomic_init(&publication->shards, 1); /* ours, until all have got it */
	publication->registry = registry;
	publication->sender = s->self;
	publication->size = size;
	if (size)
		memcpy(publication->data, data, size);
	memcpy(publication->data + size, key->text, key->length);
	publication->key = *key;
	publication->key.text = (const char *)publication->data + size;
	return publication;
}

int
sb_publish(struct sb_session *s, const char *topic_name, uint32_t type, uint64_t ref,
	const void *data, size_t size)
{
	struct sb_registry *registry = sb_registry_of(s);
	struct publication *publication;
	struct sb_name_key key;
	struct topic *topic;

	if (!sb_name_key(registry->seed, topic_name, &key))
		return SB_ENOENT;
	topic = topic_find(registry, &key);
	if (!topic)
		return SB_ENOENT;
	publication = publication_new(s, &key, data, size);
	if (!publication)
		return SB_ENOMEM;
	publication->type = type;
	publication->ref = ref;
	for (unsigned i = 0; i < registry->node->shard_count; i++) {
		uint32_t members =
			atomic_load_explicit(&topic->cells[i].count, memory_order_acquire);

		if (members && !publish_to_shard(s->shard, i, publication))
			count_missed(s->shard, registry, members);
	}
	publication_release(publication);
	return 0;
}
