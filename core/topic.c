/*
 * Topics. The members on a shard are a list that only that shard changes, under the
 * registry's lock so that a new watcher may read them all; the shard itself walks it
 * without.
 */
#include "core/topic_internal.h"

#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

#include <string.h>

/* With its first member, and all cells at once: a publisher finds its shard's without a look-up. */
static struct sb_topic *
topic_new(struct sb_registry *registry, const struct sb_name_key *key)
{
	unsigned shards = registry->node->shard_count;
	size_t size = sizeof(struct sb_topic) + shards * sizeof(struct sb_topic_cell);
	struct sb_topic *topic = sb_registry_allocate(registry, size + key->length);

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
	size_t offset = offsetof(struct sb_topic, name) + offsetof(struct sb_name, retired);

	env->release(env->context, (char *)retired - offset);
}

/* The member's own shard's, which alone changes it. */
static struct sb_topic_cell *
cell_of(struct sb_member *member)
{
	return &member->topic->cells[member->session->shard->index];
}

static void
cell_count(struct sb_topic_cell *cell, uint32_t change)
{
	/* No read-modify-write: only this shard changes it, others read. */
	uint32_t count = atomic_load_explicit(&cell->count, memory_order_relaxed);

	atomic_store_explicit(&cell->count, count + change, memory_order_release);
}

/* At the end, with the next number: a delivery under way stops before it. */
static void
member_link(struct sb_member *member)
{
	struct sb_topic_cell *cell = cell_of(member);

	member->joined = ++cell->joined;
	member->link = cell->tail;
	*cell->tail = member;
	cell->tail = &member->next;
	member->topic->member_count++;
	cell_count(cell, 1);
}

static void
member_unlink(struct sb_member *member)
{
	struct sb_topic_cell *cell = cell_of(member);

	/* A delivery is under way, and this member was next. */
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
static struct sb_member *
member_find(struct sb_session *s, const struct sb_topic *topic)
{
	for (struct sb_holding *h = s->holdings; h; h = h->next) {
		struct sb_member *member = (struct sb_member *)h;

		if (h->kind == SB_HOLDS_MEMBERSHIP && member->topic == topic)
			return member;
	}
	return NULL;
}

static int
join(struct sb_registry *registry, struct sb_member *member, const struct sb_name_key *key)
{
	member->topic = sb_topic_find(registry, key);
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
	struct sb_member *member;
	int err;

	if (!sb_session_is_open(s))
		return SB_GONE;
	if (!sb_name_key(registry->seed, topic, &key))
		return SB_EINVAL;
	/* Without the lock: a session's memberships change on its own thread only. */
	if (member_find(s, sb_topic_find(registry, &key)))
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

/* The topic goes with its last member; who publishes to it just now finds it, empty, until the turn
 * ends. */
void
sb_membership_end(struct sb_registry *registry, struct sb_holding *holding)
{
	struct sb_member *member = (struct sb_member *)holding;
	struct sb_topic *topic = member->topic;

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
	struct sb_member *member;

	if (!sb_name_key(registry->seed, topic, &key))
		return SB_ENOENT;
	member = member_find(s, sb_topic_find(registry, &key));
	if (!member)
		return SB_ENOENT;
	pthread_mutex_lock(&registry->lock);
	sb_membership_end(registry, &member->holding);
	pthread_mutex_unlock(&registry->lock);
	return 0;
}

/* Under the lock, so that all cells stand still: their own shards change them under it. */
int
sb_topic_members(struct sb_name *name, unsigned shards,
	int (*each)(void *context, struct sb_address member), void *context)
{
	struct sb_topic *topic = (struct sb_topic *)name;
	int err = 0;

	for (unsigned i = 0; i < shards; i++)
		for (struct sb_member *m = topic->cells[i].head; m && !err; m = m->next)
			err = each(context, m->session->self);
	return err;
}

size_t
sb_topic_size(struct sb_session *s, const char *name)
{
	struct sb_registry *registry = sb_registry_of(s);
	struct sb_name_key key;
	struct sb_topic *topic;
	size_t size = 0;

	if (!sb_name_key(registry->seed, name, &key))
		return 0;
	topic = sb_topic_find(registry, &key);
	for (unsigned i = 0; topic && i < registry->node->shard_count; i++)
		size += atomic_load_explicit(&topic->cells[i].count, memory_order_acquire);
	return size;
}
