/*
 * The table of calls. Ids count up and their low bits are the slot, and so are those
 * of the Ref, which is made of the id: one look finds a call by either. An id whose
 * slot is taken is passed over; the table is at most half full, so that few are.
 */
#include "protocols/erps/client_calls_internal.h"

#include "core/session.h"
#include "protocols/erps/extension_internal.h"

#include <string.h>

#define FIRST_CAPACITY 8

/* Refs: 2^27 up to, not including, 2^31. Their number is a multiple of every capacity up to 2^27,
 * so that the low bits of id and Ref are the same. */
#define REF_FIRST (UINT32_C(1) << 27)
#define REF_COUNT (UINT32_C(15) << 27)

uint32_t
erps_ref_of(uint64_t id)
{
	return REF_FIRST + (uint32_t)(id % REF_COUNT);
}

static struct erps_call *
slot_of(const struct erps_calls *calls, uint64_t id)
{
	return &calls->slots[id & (calls->capacity - 1)];
}

static uint32_t
index_of(const struct erps_calls *calls, const struct erps_call *call)
{
	return (uint32_t)(call - calls->slots);
}

/* ---- the order of deadlines ---- */

static void
link_before(struct erps_calls *calls, struct erps_call *call, uint32_t later)
{
	uint32_t slot = index_of(calls, call);

	call->later = later;
	call->sooner = later == ERPS_NO_CALL ? calls->last : calls->slots[later].sooner;
	if (call->sooner != ERPS_NO_CALL)
		calls->slots[call->sooner].later = slot;
	else
		calls->first = slot;
	if (later != ERPS_NO_CALL)
		calls->slots[later].sooner = slot;
	else
		calls->last = slot;
}

/* From the end: most have the deadline of those before them, later by now. */
static void
link_in_order(struct erps_calls *calls, struct erps_call *call)
{
	uint32_t later = ERPS_NO_CALL, sooner = calls->last;

	while (sooner != ERPS_NO_CALL && calls->slots[sooner].due > call->due) {
		later = sooner;
		sooner = calls->slots[sooner].sooner;
	}
	link_before(calls, call, later);
}

static void
unlink_call(struct erps_calls *calls, const struct erps_call *call)
{
	if (call->sooner != ERPS_NO_CALL)
		calls->slots[call->sooner].later = call->later;
	else
		calls->first = call->later;
	if (call->later != ERPS_NO_CALL)
		calls->slots[call->later].sooner = call->sooner;
	else
		calls->last = call->sooner;
}

/* ---- the table ---- */

/* Ids that differ in the low bits of the old capacity do in those of the new one. */
static void
move(struct erps_calls *to, const struct erps_calls *from)
{
	for (struct erps_call *call = erps_calls_first(from); call;
		call = erps_calls_next(from, call)) {
		struct erps_call *moved = slot_of(to, call->id);

		*moved = *call;
		link_before(to, moved, ERPS_NO_CALL);
		to->count++;
	}
}

static bool
grow(struct sb_session *s, struct erps_calls *calls)
{
	struct erps_calls grown = {
		.last_id = calls->last_id,
		.capacity = calls->capacity ? calls->capacity * 2 : FIRST_CAPACITY,
		.first = ERPS_NO_CALL,
		.last = ERPS_NO_CALL,
	};
	size_t size = grown.capacity * sizeof(grown.slots[0]);

	if (grown.capacity > REF_FIRST)
		return false;
	grown.slots = sb_allocate(s, size);
	if (!grown.slots)
		return false;
	memset(grown.slots, 0, size);
	move(&grown, calls);
	sb_release(s, calls->slots);
	*calls = grown;
	return true;
}

static uint64_t
next_id(struct erps_calls *calls)
{
	do
		calls->last_id++;
	while (slot_of(calls, calls->last_id)->id || erps_ref_of(calls->last_id) == ERPS_MARK);
	return calls->last_id;
}

struct erps_call *
erps_calls_add(struct sb_session *s, struct erps_calls *calls, const struct erps_call *call)
{
	struct erps_call *added;
	uint64_t id;

	if (calls->count * 2 >= calls->capacity && !grow(s, calls))
		return NULL;
	id = next_id(calls);
	added = slot_of(calls, id);
	*added = *call;
	added->id = id;
	link_in_order(calls, added);
	calls->count++;
	return added;
}

struct erps_call *
erps_calls_find(const struct erps_calls *calls, uint64_t id)
{
	struct erps_call *call;

	if (!id || !calls->count)
		return NULL;
	call = slot_of(calls, id);
	return call->id == id ? call : NULL;
}

struct erps_call *
erps_calls_find_ref(const struct erps_calls *calls, uint32_t ref, uint64_t marked)
{
	struct erps_call *call;

	if (ref == ERPS_MARK)
		return erps_calls_find(calls, marked);
	if (ref < REF_FIRST || !calls->count)
		return NULL;
	call = slot_of(calls, ref);
	return call->id && call->ref == ref ? call : NULL;
}

void
erps_calls_remove(struct erps_calls *calls, struct erps_call *call)
{
	unlink_call(calls, call);
	call->id = 0;
	calls->count--;
}

struct erps_call *
erps_calls_first(const struct erps_calls *calls)
{
	return calls->count ? &calls->slots[calls->first] : NULL;
}

struct erps_call *
erps_calls_next(const struct erps_calls *calls, const struct erps_call *call)
{
	return call->later == ERPS_NO_CALL ? NULL : &calls->slots[call->later];
}

void
erps_calls_fini(struct sb_session *s, struct erps_calls *calls)
{
	sb_release(s, calls->slots);
	*calls = (struct erps_calls){.last_id = calls->last_id};
}
