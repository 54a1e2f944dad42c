/*
 * Calls to partitions that are unanswered: places in an array that the answer
 * names, so that each is found without a search. Only a call that failed says
 * nothing but its ref.
 */
#include "daemons/smpp-mc/mc_session_internal.h"

#include <stdlib.h>

#define FIRST_SLOTS 16u

/* The array may move: slots are named by number, and pointers to them are kept by nobody. */
static int
slots_grow(struct mc_slots *slots)
{
	uint32_t capacity = slots->capacity ? slots->capacity * 2 : FIRST_SLOTS;
	struct mc_slot *grown = realloc(slots->slots, capacity * sizeof(*grown));

	if (!grown)
		return SB_ENOMEM;
	slots->slots = grown;
	for (uint32_t i = capacity; i-- > slots->capacity;) {
		grown[i] = (struct mc_slot){.next_free = slots->free};
		slots->free = i + 1;
	}
	slots->capacity = capacity;
	return 0;
}

int
mc_slot_take(struct mc_slots *slots, uint32_t *number)
{
	if (!slots->free && slots_grow(slots))
		return SB_ENOMEM;
	*number = slots->free - 1;
	slots->free = slots->slots[*number].next_free;
	slots->slots[*number] = (struct mc_slot){0};
	slots->used++;
	return 0;
}

void
mc_slot_give(struct mc_slots *slots, uint32_t number)
{
	slots->slots[number] = (struct mc_slot){.next_free = slots->free};
	slots->free = number + 1;
	slots->used--;
}

struct mc_slot *
mc_slot_of_ref(struct mc_slots *slots, uint64_t ref)
{
	/* Timeouts and refusals: rare. */
	for (uint32_t i = 0; i < slots->capacity; i++)
		if (slots->slots[i].ref == ref)
			return &slots->slots[i];
	return NULL;
}

void
mc_slots_fini(struct mc_slots *slots)
{
	for (uint32_t i = 0; i < slots->capacity; i++) {
		struct mc_group *group = slots->slots[i].group;

		/* The last of a group frees it; it answers nobody any more. */
		for (uint32_t k = i + 1; group && k < slots->capacity; k++)
			if (slots->slots[k].group == group)
				group = NULL;
		free(group);
	}
	free(slots->slots);
	*slots = (struct mc_slots){0};
}

/* The deadline is the core's usual one: a partition that is silent for a minute has other
 * trouble. */
int
mc_call(struct sb_session *s, uint32_t partition, uint32_t type, struct sb_payload payload,
	uint32_t slot)
{
	struct mc_session *session = mc_session_of(s);
	struct mc_service *service = mc_config_of(s)->service;
	uint64_t ref;
	int err = sb_call(s, mc_service_partition(service, partition), type, payload, 0, &ref);

	if (!err)
		session->slots.slots[slot].ref = ref;
	return err;
}
