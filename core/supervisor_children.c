/*
 * The list of a supervisor's children in the order of their starts, and the
 * places by which notices find them. A child's address is not enough for that:
 * before it has started it has none, and a notice of an earlier life must not be
 * taken for one of this. So each life has a ref, a place in a table and its count
 * of uses.
 */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/supervisor_internal.h"

#include <string.h>

#define PLACES_MIN 8
#define NO_PLACE   UINT32_MAX

/* Places may move, children never do: notices go by number, callbacks by pointer. */
static int
places_grow(struct sb_supervisor *supervisor)
{
	struct sb_shard *shard = supervisor->session->shard;
	uint32_t count = supervisor->place_count ? supervisor->place_count * 2 : PLACES_MIN;
	struct sb_child_place *places;

	if (count > INT32_MAX)
		return SB_ELIMIT;
	places = shard->env->reallocate(
		shard->env->context, supervisor->places, count * sizeof(*places));
	if (!places)
		return SB_ENOMEM;
	for (uint32_t i = supervisor->place_count; i < count; i++)
		places[i] = (struct sb_child_place){NULL, 0, i + 1 < count ? i + 1 : NO_PLACE};
	supervisor->free_place = supervisor->place_count;
	supervisor->places = places;
	supervisor->place_count = count;
	return 0;
}

static int
place_take(struct sb_supervisor *supervisor, struct sb_child *child)
{
	bool is_full = supervisor->place_count == 0 || supervisor->free_place == NO_PLACE;
	int err = is_full ? places_grow(supervisor) : 0;

	if (err)
		return err;
	child->place = supervisor->free_place;
	supervisor->free_place = supervisor->places[child->place].next_free;
	supervisor->places[child->place].child = child;
	return 0;
}

static void
place_give(struct sb_supervisor *supervisor, uint32_t index)
{
	struct sb_child_place *place = &supervisor->places[index];

	place->child = NULL;
	/* A notice that is on its way finds the place used by nobody, or by another. */
	place->uses++;
	place->next_free = supervisor->free_place;
	supervisor->free_place = index;
}

/* Searched, not indexed: ids are for the few children that are named in a configuration. */
static bool
has_id(const struct sb_supervisor *supervisor, const char *id)
{
	for (const struct sb_child *child = supervisor->first; child; child = child->next)
		if (child->plan->spec.id && strcmp(child->plan->spec.id, id) == 0)
			return true;
	return false;
}

/* Before anything is made: a refused child leaves no trace, not even a used place. */
static int
check(const struct sb_supervisor *supervisor, const struct sb_child_spec *spec)
{
	if (spec->shard >= (int)supervisor->session->shard->node->shard_count)
		return SB_EINVAL;
	if (supervisor->max_children && supervisor->child_count >= supervisor->max_children)
		return SB_ELIMIT;
	return spec->id && has_id(supervisor, spec->id) ? SB_EEXIST : 0;
}

/* Orders rise along the list and are never used again, so that "all from here on" is a
 * comparison. */
static void
append(struct sb_supervisor *supervisor, struct sb_child *child)
{
	child->order = supervisor->next_order++;
	child->previous = supervisor->last;
	if (supervisor->last)
		supervisor->last->next = child;
	else
		supervisor->first = child;
	supervisor->last = child;
	supervisor->child_count++;
}

int
sb_child_add(struct sb_supervisor *supervisor, struct sb_child_plan *plan, struct sb_child **out)
{
	struct sb_shard *shard = supervisor->session->shard;
	int err = check(supervisor, &plan->spec);
	struct sb_child *child;

	if (err)
		return err;
	child = sb_shard_allocate(shard, sizeof(*child));
	if (!child)
		return SB_ENOMEM;
	memset(child, 0, sizeof(*child));
	err = place_take(supervisor, child);
	if (err) {
		sb_shard_release(shard, child);
		return err;
	}
	child->plan = plan;
	append(supervisor, child);
	*out = child;
	return 0;
}

static void
unlink_child(struct sb_supervisor *supervisor, struct sb_child *child)
{
	/* The start or stop under way goes on with the next in its direction. */
	if (supervisor->cursor == child)
		supervisor->cursor =
			supervisor->mode == SB_SUPERVISOR_STOPPING ? child->previous : child->next;
	if (child->previous)
		child->previous->next = child->next;
	else
		supervisor->first = child->next;
	if (child->next)
		child->next->previous = child->previous;
	else
		supervisor->last = child->previous;
	supervisor->child_count--;
}

void
sb_child_remove(struct sb_supervisor *supervisor, struct sb_child *child)
{
	struct sb_shard *shard = supervisor->session->shard;

	unlink_child(supervisor, child);
	place_give(supervisor, child->place);
	sb_envelope_free(shard, child->stop_order);
	sb_child_plan_release(child->plan);
	sb_shard_release(shard, child);
}

static uint64_t
ref_of(const struct sb_supervisor *supervisor, const struct sb_child *child)
{
	return (uint64_t)supervisor->places[child->place].uses << 32 | child->place;
}

struct sb_child *
sb_child_by_ref(struct sb_supervisor *supervisor, uint64_t ref)
{
	uint32_t index = (uint32_t)ref;
	struct sb_child *child;

	if (index >= supervisor->place_count)
		return NULL;
	child = supervisor->places[index].child;
	return child && ref_of(supervisor, child) == ref ? child : NULL;
}

/* Asked for by an operator, or by a session that lets go of its child: rare enough for a search. */
struct sb_child *
sb_child_by_address(struct sb_supervisor *supervisor, struct sb_address address)
{
	struct sb_child *child = supervisor->first;

	while (child && !sb_address_equal(child->address, address))
		child = child->next;
	return child;
}

/* Called at every start: the place is the child's for as long as it is on the list, the use is this
 * life's. */
uint64_t
sb_child_new_ref(struct sb_supervisor *supervisor, struct sb_child *child)
{
	supervisor->places[child->place].uses++;
	return ref_of(supervisor, child);
}

void
sb_children_free(struct sb_supervisor *supervisor)
{
	while (supervisor->last)
		sb_child_remove(supervisor, supervisor->last);
	sb_shard_release(supervisor->session->shard, supervisor->places);
	supervisor->places = NULL;
}
