/*
 * Publishing: one message to each shard that has members; there it is delivered to
 * them at once, because a second way through the queue would put it behind what its
 * sender has posted meanwhile.
 */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/topic_internal.h"

#include <string.h>

/* What may wait for one shard; a small publication counts as so many octets. */
#define LANE_LIMIT    (16u << 20)
#define LANE_OVERHEAD 1024u

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
	sb_envelope_deliver(shard, s, e);
}

/* To those who are members now. Who leaves meanwhile is passed over, the cursor with them; the
 * topic itself is held by this turn. */
static void
cell_deliver(
	struct sb_shard *shard, struct sb_topic_cell *cell, const struct publication *publication)
{
	uint64_t last = cell->joined;
	struct sb_member *member;

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
	struct sb_topic *topic = sb_topic_find(registry, &publication->key);

	(void)nobody;
	/* Before the delivery: what its members publish in turn finds the room. */
	atomic_fetch_sub_explicit(&registry->lanes[shard->index].waiting, lane_cost(publication),
		memory_order_relaxed);
	if (topic)
		cell_deliver(shard, &topic->cells[shard->index], publication);
}

/* A publication larger than the lane goes alone. */
static bool
lane_take(struct sb_publish_lane *lane, size_t cost)
{
	/* Added first and taken back if it was too much, so that publishers need no lock among each
	 * other. */
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
	struct sb_topic *topic;

	if (!sb_name_key(registry->seed, topic_name, &key))
		return SB_ENOENT;
	topic = sb_topic_find(registry, &key);
	if (!topic)
		return SB_ENOENT;
	publication = publication_new(s, &key, data, size);
	if (!publication)
		return SB_ENOMEM;
	publication->type = type;
	publication->ref = ref;
	/* Shards without members are not woken. */
	for (unsigned i = 0; i < registry->node->shard_count; i++) {
		uint32_t members =
			atomic_load_explicit(&topic->cells[i].count, memory_order_acquire);

		if (members && !publish_to_shard(s->shard, i, publication))
			count_missed(s->shard, registry, members);
	}
	publication_release(publication);
	return 0;
}
