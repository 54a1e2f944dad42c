/* What an application does inside its session: calls, casts, cancels. */
#include "protocols/erps/client_internal.h"

static uint64_t
due_after(const struct sb_session *s, uint32_t ms)
{
	return ms == SB_UNLIMITED ? UINT64_MAX : sb_now(s) + ms * ERPS_NS_PER_MS;
}

int
erps_client_call(struct sb_session *s, struct erps_term request,
	const struct erps_call_options *options, uint64_t *id)
{
	const struct erps_call_options o = options ? *options : (struct erps_call_options){0};
	struct erps_client_session *p = erps_client_session(s);
	const struct erps_call call = {
		.due = due_after(s, o.deadline_ms ? o.deadline_ms : erps_client_opts(p)->call_ms),
		.context = o.context,
		.deadline_ms = o.deadline_ms,
		.credit = o.credit,
		.credit_left = o.credit,
	};
	uint64_t made;

	return erps_client_take_call(s, p, &call, request, id ? id : &made);
}

int
erps_client_call_with(struct sb_session *s, const struct erps_call_options *options, uint64_t *id,
	const char *pattern, ...)
{
	struct erps_client_session *p = erps_client_session(s);
	struct erps_builder b;
	va_list arguments;
	int err;

	erps_builder_init_env(&b, p->client->env, sb_session_limits(s)->output_hard);
	va_start(arguments, pattern);
	erps_put_pattern_list(&b, pattern, arguments);
	va_end(arguments);
	err = b.error ? b.error : erps_client_call(s, erps_built(&b), options, id);
	erps_builder_fini(&b);
	return err;
}

int
erps_client_cast(struct sb_session *s, struct erps_term request)
{
	return erps_client_take_cast(s, erps_client_session(s), request);
}

int
erps_client_cancel(struct sb_session *s, uint64_t id)
{
	struct erps_client_session *p = erps_client_session(s);
	struct erps_call *call = erps_calls_find(&p->calls, id);

	/* What other sessions have asked, and the probe, are not the application's. */
	if (!call || call->from.ref || id == p->probe)
		return SB_ENOENT;
	erps_client_drop(s, p, call);
	erps_client_wake(s, p);
	return 0;
}

int
erps_client_credit(struct sb_session *s, uint64_t id, uint32_t parts)
{
	struct erps_client_session *p = erps_client_session(s);
	struct erps_call *call = erps_calls_find(&p->calls, id);
	int err;

	if (!call || !call->ref || !call->credit)
		return SB_ENOENT;
	err = erps_client_write_credit(s, p, call->ref, parts);
	if (!err && __builtin_add_overflow(call->credit_left, parts, &call->credit_left))
		call->credit_left = UINT32_MAX;
	return err;
}

bool
erps_client_server_is_ours(const struct sb_session *s)
{
	const struct erps_client_session *p = erps_client_session(s);

	return p->is_ours && p->place != ERPS_AWAY;
}

size_t
erps_client_outstanding(const struct sb_session *s)
{
	return erps_client_session(s)->sent;
}

size_t
erps_client_queued(const struct sb_session *s)
{
	return erps_client_session(s)->queue.count;
}
