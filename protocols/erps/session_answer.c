/*
 * Calls and their answers: each call gets exactly one, now, later, or when its time
 * is over. A call is at hand while handle_call runs, and lies on the stack; it takes
 * its place in the table only when that returns without an answer. So the usual call
 * costs no memory and no search.
 */
#include "protocols/erps/session_internal.h"

struct erps_pending_call *
erps_call_find(struct erps_session *p, uint64_t id)
{
	if (p->call && p->call->id == id && id)
		return p->call;
	return erps_pending_find(p->pending, id);
}

struct erps_from
erps_from_of(const struct sb_session *s, const struct erps_pending_call *call)
{
	return (struct erps_from){.session = sb_self(s),
		.ref = call->id,
		.deadline = call->is_callers_due ? call->due : 0};
}

/* It has its answer, or its end. */
static void
settle(struct sb_session *s, struct erps_session *p, struct erps_pending_call *call)
{
	if (call == p->call) {
		call->id = 0;
		return;
	}
	sb_histogram_record(p->server->metrics.answer_time, p->shard, sb_now(s) - call->since);
	sb_gauge_add(p->server->metrics.pending, p->shard, -1);
	erps_pending_remove(s, &p->pending, call);
	erps_update_hold(s, p);
	erps_progress(s, p);
}

static void
reject(struct sb_session *s, struct erps_session *p, struct erps_pending_call *call,
	enum erps_refusal refusal)
{
	if (erps_write_error(s, p, refusal, erps_call_ref(call)) == 0)
		settle(s, p, call);
}

/* The callback has returned, and the answer comes later. */
static void
wait_for_answer(struct sb_session *s, struct erps_session *p, const struct erps_pending_call *call)
{
	if (erps_pending_put(s, &p->pending, call)) {
		(void)erps_write_error(s, p, ERPS_REFUSAL_NO_MEMORY, erps_call_ref(call));
		if (erps_service_of(p)->handle_cancel)
			erps_callback(p)->handle_cancel(s, erps_from_of(s, call));
		return;
	}
	sb_gauge_add(p->server->metrics.pending, p->shard, 1);
	erps_timer_nearer(s, p, call->due);
	erps_update_hold(s, p);
}

void
erps_call_begin(struct sb_session *s, struct erps_session *p, struct erps_pending_call *call,
	struct erps_term request)
{
	uint32_t slot = erps_pending_reserve(p->pending);

	call->id = ++p->generation << ERPS_SLOT_BITS | slot;
	call->since = sb_now(s);
	p->call = call;
	if (erps_service_of(p)->handle_call)
		erps_callback(p)->handle_call(s, erps_from_of(s, call), request);
	else
		reject(s, p, call, ERPS_REFUSAL_UNDEF);
	p->call = NULL;
	if (!call->id)
		erps_pending_give_back(p->pending, slot);
	else if (!sb_is_closing(s))
		wait_for_answer(s, p, call);
}

int
erps_answer(struct sb_session *s, struct erps_session *p, uint64_t id, enum erps_type type,
	struct erps_term term)
{
	struct erps_pending_call *call;
	int err;

	if (p->phase == ERPS_PHASE_CLOSED || !sb_is_connected(s))
		return SB_GONE;
	call = erps_call_find(p, id);
	if (!call) {
		erps_tally(p, p->server->metrics.late);
		return SB_ENOENT;
	}
	err = erps_write_pair(s, p, type, term, erps_call_ref(call));
	if (err)
		return err;
	erps_tally(p, type == ERPS_REPLY ? p->server->metrics.replies
					 : p->server->metrics.errors[ERPS_REFUSAL_REJECTED]);
	settle(s, p, call);
	return 0;
}

/* ---- ends that are no answer ---- */

/* Without an answer: nobody waits for one. */
void
erps_cancel(struct sb_session *s, struct erps_session *p, struct erps_pending_call *call)
{
	const struct erps_from from = erps_from_of(s, call);

	erps_tally(p, p->server->metrics.cancels);
	settle(s, p, call);
	if (!sb_is_closing(s) && erps_service_of(p)->handle_cancel)
		erps_callback(p)->handle_cancel(s, from);
}

static void
overdue(struct sb_session *s, struct erps_session *p, struct erps_pending_call *call)
{
	const struct erps_from from = erps_from_of(s, call);

	SB_LOG_LIMITED(s, WARNING, "erps.answer_timeout");
	reject(s, p, call, ERPS_REFUSAL_TIMEOUT);
	if (!sb_is_closing(s) && erps_service_of(p)->handle_cancel)
		erps_callback(p)->handle_cancel(s, from);
}

/* All of them are looked at: each may have a time of its own, and there are `window` at most. */
uint64_t
erps_answer_overdue(struct sb_session *s, struct erps_session *p)
{
	uint64_t now = sb_now(s), next = UINT64_MAX;

	/* The callback may answer others, and the table go with the last. */
	for (uint32_t slot = 0; p->pending && slot < p->pending->capacity; slot++) {
		struct erps_pending_call *call = &p->pending->calls[slot];

		if (!call->id)
			continue;
		if (call->due > now)
			next = call->due < next ? call->due : next;
		else if (call->is_callers_due)
			erps_cancel(s, p, call);
		else
			overdue(s, p, call);
		if (sb_is_closing(s))
			return UINT64_MAX;
	}
	return next;
}

void
erps_answer_rest(struct sb_session *s, struct erps_session *p, enum erps_refusal refusal)
{
	for (uint32_t slot = 0; p->pending && slot < p->pending->capacity; slot++)
		if (p->pending->calls[slot].id)
			reject(s, p, &p->pending->calls[slot], refusal);
}
