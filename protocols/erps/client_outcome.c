/*
 * How calls end. Each is taken out of the table before anybody is told, so that it
 * cannot end twice; whoever is told may call again, so that loops here look at the
 * table anew after each.
 */
#include "protocols/erps/client_internal.h"

static const struct erps_term nothing = {NULL, 0};

static void
count(const struct erps_client_session *p, enum erps_outcome outcome)
{
	const struct erps_client_metrics *m = &p->client->metrics;

	switch (outcome) {
	case ERPS_REPLIED:
		sb_counter_add(m->replies, p->shard, 1);
		break;
	case ERPS_FAILED:
	case ERPS_MALFORMED:
		sb_counter_add(m->errors, p->shard, 1);
		break;
	case ERPS_TIMED_OUT:
		sb_counter_add(m->timeouts, p->shard, 1);
		break;
	case ERPS_LOST:
		sb_counter_add(m->lost, p->shard, 1);
		break;
	case ERPS_UNSENT:
		sb_counter_add(m->unsent, p->shard, 1);
		break;
	}
}

static bool
is_answer(enum erps_outcome outcome)
{
	return outcome <= ERPS_MALFORMED;
}

/* Whatever it answered, it is there; but silence is no server's way to say hello. */
static void
probed(struct sb_session *s, struct erps_client_session *p, enum erps_outcome outcome)
{
	p->probe = 0;
	if (p->place != ERPS_PROBING)
		return;
	if (is_answer(outcome))
		erps_client_ready(s, p);
	else if (outcome == ERPS_TIMED_OUT)
		erps_client_leave(s, p, SB_END_DEADLINE, true);
}

static void
tell(struct sb_session *s, struct erps_client_session *p, const struct erps_call *call,
	enum erps_outcome outcome, struct erps_term term)
{
	const struct erps_answer answer = {
		.outcome = outcome, .id = call->id, .context = call->context, .term = term};

	if (call->from.ref)
		erps_client_reply(s, call->from, outcome, term);
	else if (erps_client_app(p)->answered)
		erps_client_app(p)->answered(s, &answer);
}

static void
take_out(struct sb_session *s, struct erps_client_session *p, struct erps_call *call,
	bool was_answered)
{
	uint64_t id = call->id;
	bool was_sent = call->ref;

	if (call->queued)
		erps_queue_drop(s, &p->queue, call->queued);
	erps_calls_remove(&p->calls, call);
	if (was_sent)
		erps_client_off_the_line(s, p, id, was_answered);
}

void
erps_client_end(struct sb_session *s, struct erps_client_session *p, struct erps_call *call,
	enum erps_outcome outcome, struct erps_term term)
{
	struct erps_call ended = *call;

	take_out(s, p, call, is_answer(outcome));
	if (ended.ref && is_answer(outcome))
		sb_histogram_record(
			p->client->metrics.answer_time, p->shard, sb_now(s) - ended.sent_at);
	/* A server of ours knows the deadlines that it was told. */
	if (outcome == ERPS_TIMED_OUT && ended.ref && !ended.deadline_ms &&
		erps_client_uses_extensions(p))
		erps_client_write_cancel(s, p, ended.ref);
	if (ended.id == p->probe) {
		probed(s, p, outcome);
		return;
	}
	count(p, outcome);
	tell(s, p, &ended, outcome, term);
}

void
erps_client_drop(struct sb_session *s, struct erps_client_session *p, struct erps_call *call)
{
	uint32_t ref = call->ref;

	take_out(s, p, call, false);
	if (ref && erps_client_uses_extensions(p))
		erps_client_write_cancel(s, p, ref);
	sb_counter_add(p->client->metrics.cancelled, p->shard, 1);
}

static struct erps_call *
first_of(const struct erps_client_session *p, bool was_sent)
{
	struct erps_call *call = erps_calls_first(&p->calls);

	while (call && (call->ref != 0) != was_sent)
		call = erps_calls_next(&p->calls, call);
	return call;
}

/* There is no connection any more, or none that is sent on: nobody who is told adds one. */
void
erps_client_end_sent(struct sb_session *s, struct erps_client_session *p, enum erps_outcome outcome,
	struct erps_term term)
{
	struct erps_call *call;

	while ((call = first_of(p, true)))
		erps_client_end(s, p, call, outcome, term);
}

/* The application may put more into the queue meanwhile: only those of before are ended. */
void
erps_client_end_queued(struct sb_session *s, struct erps_client_session *p,
	enum erps_outcome outcome, struct erps_term term)
{
	uint64_t last = p->queue.last_order;

	while (p->queue.first && p->queue.first->order <= last) {
		struct erps_call *call = erps_calls_find(&p->calls, p->queue.first->id);

		if (call)
			erps_client_end(s, p, call, outcome, term);
		else
			erps_queue_drop(s, &p->queue, p->queue.first);
	}
}

void
erps_client_end_due(struct sb_session *s, struct erps_client_session *p)
{
	struct erps_call *call;

	while (!sb_is_closing(s) && (call = erps_calls_first(&p->calls)) && call->due <= sb_now(s))
		erps_client_end(s, p, call, ERPS_TIMED_OUT, nothing);
}
