/* The end of a session: who waits is told, calls have their outcomes, then the service hears of it.
 */
#include "protocols/cwmp/session_internal.h"

static const char *const names[] = {
#define X(name, text) [CWMP_END_##name] = (text),
	CWMP_END_MAP(X)
#undef X
};

const char *
cwmp_end_name(enum cwmp_end end)
{
	return names[end];
}

static enum sb_end
core_end(enum cwmp_end end)
{
	switch (end) {
	case CWMP_END_DONE:
	case CWMP_END_REFUSED:
	case CWMP_END_REPLACED:
	case CWMP_END_IDLE:
	case CWMP_END_ABORTED:
		return SB_END_LOCAL;
	case CWMP_END_TIMEOUT:
		return SB_END_DEADLINE;
	case CWMP_END_PROTOCOL:
		return SB_END_PROTOCOL;
	case CWMP_END_DRAIN:
		return SB_END_DRAIN;
	case CWMP_END_FAULT:
	case CWMP_END_COUNT:
		break;
	}
	return SB_END_LIMIT;
}

/* A device whose session is over by its own doing asks in vain; any other may try again. */
static void
tell_device(struct cwmp_session *c, enum cwmp_end end)
{
	if (end == CWMP_END_REFUSED && c->refusal) {
		cwmp_give_reply(c, c->refusal);
		c->refusal = NULL;
		return;
	}
	if (end == CWMP_END_REPLACED || end == CWMP_END_PROTOCOL)
		cwmp_say(c, 400, CWMP_COOKIE_EXPIRE, 0);
	else
		cwmp_say(c, 503, CWMP_COOKIE_EXPIRE, cwmp_retry_after(c->server, c->core));
}

static void
log_end(const struct cwmp_session *c, enum cwmp_end end)
{
	uint64_t ms = (sb_now(c->core) - c->since) / 1000000;

	if (end == CWMP_END_DONE)
		SB_LOG(c->core, DEBUG, "cwmp.ended", "why", SB_STR(cwmp_end_name(end)), "calls",
			SB_UINT(c->calls), "ms", SB_UINT(ms));
	else
		SB_LOG(c->core, INFO, "cwmp.ended", "why", SB_STR(cwmp_end_name(end)), "calls",
			SB_UINT(c->calls), "ms", SB_UINT(ms));
}

void
cwmp_finish_session(struct cwmp_session *c)
{
	enum cwmp_end end = (enum cwmp_end)c->end;

	c->state = CWMP_STATE_ENDED;
	if (!sb_address_is_null(c->waiting.caller))
		tell_device(c, end);
	cwmp_drop_calls(c);
	if (c->is_known && cwmp_service_of(c)->session_end)
		cwmp_service_of(c)->session_end(c, end);
	cwmp_count(c, c->server->metrics.ends[end], 1);
	sb_histogram_record(c->server->metrics.length, cwmp_shard(c), sb_now(c->core) - c->since);
	log_end(c, end);
	sb_close(c->core, core_end(end));
}
