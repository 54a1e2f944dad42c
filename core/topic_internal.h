/* Topics from the inside: their members, shard by shard. */
#ifndef SB_CORE_TOPIC_INTERNAL_H
#define SB_CORE_TOPIC_INTERNAL_H

#include "registry_internal.h"

struct sb_topic;

struct sb_member {
	struct sb_holding holding;
	struct sb_topic *topic;
	struct sb_member *next, **link;
	struct sb_session *session;
	uint64_t joined; /* its number in the cell */
};

/* The members on one shard. */
struct sb_topic_cell {
	_Atomic uint32_t count;
	uint64_t joined; /* how many ever have */
	struct sb_member *head, **tail;
	struct sb_member *cursor; /* the next one of the fan-out under way */
};

struct sb_topic {
	struct sb_name name;
	uint32_t member_count; /* under the lock */
	struct sb_topic_cell cells[];
};

/* Inside a turn without the lock, elsewhere with it. NULL: it has no members. */
static inline struct sb_topic *
sb_topic_find(struct sb_registry *registry, const struct sb_name_key *key)
{
	return (struct sb_topic *)sb_name_find(&registry->names[SB_NAME_TOPIC], key);
}

#endif
