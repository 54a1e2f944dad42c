/* Slots in one piece of memory that doubles; free ones are a list through it. */
#include "daemons/erpsd/kv_pending.h"

#include <assert.h>

#define FIRST_ROOM 16u

static bool
grow(struct erpsd_kv_pendings *p)
{
	uint32_t room = p->room ? p->room * 2 : FIRST_ROOM;
	struct erpsd_kv_pending *slots;

	if (room > ERPSD_KV_PENDING_MAX)
		return false;
	slots = p->env->reallocate(p->env->context, p->slots, room * sizeof(*slots));
	if (!slots)
		return false;
	for (uint32_t i = p->room; i < room; i++)
		slots[i].next = i + 1 < room ? i + 2 : 0;
	p->free = p->room + 1;
	p->slots = slots;
	p->room = room;
	return true;
}

struct erpsd_kv_pending *
erpsd_kv_pending_take(struct erpsd_kv_pendings *p, uint64_t *ref)
{
	struct erpsd_kv_pending *slot;

	if (!p->free && !grow(p))
		return NULL;
	*ref = p->free;
	slot = &p->slots[p->free - 1];
	p->free = slot->next;
	p->used++;
	*slot = (struct erpsd_kv_pending){0};
	return slot;
}

struct erpsd_kv_pending
erpsd_kv_pending_give(struct erpsd_kv_pendings *p, uint64_t ref)
{
	struct erpsd_kv_pending *slot, out;

	assert(ref > 0 && ref <= p->room);
	slot = &p->slots[ref - 1];
	out = *slot;
	slot->next = p->free;
	p->free = (uint32_t)ref;
	p->used--;
	return out;
}

void
erpsd_kv_pendings_fini(struct erpsd_kv_pendings *p)
{
	if (p->slots)
		p->env->release(p->env->context, p->slots);
	p->slots = NULL;
	p->room = p->used = p->free = 0;
}
