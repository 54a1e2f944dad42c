/*
 * What other sessions of the node want of a service's session, or of its peer: their
 * message goes to the session that has the connection, and does there what a call of
 * the same function on the spot would. Terms travel as their octets: they come from
 * this process, and were checked, or built, already.
 */
#include "core/node.h"
#include "protocols/erps/session_internal.h"
#include "protocols/erps/session_outbox_internal.h"

static bool
is_own(const struct sb_session *s, struct sb_address address)
{
	return sb_address_equal(sb_self(s), address);
}

static struct sb_payload
copy_of(struct erps_term term)
{
	return SB_COPY(term.data, term.size);
}

static struct sb_from
local_from(struct erps_from from)
{
	return (struct sb_from){from.session, from.ref};
}

/* ---- the sender's side ---- */

int
erps_reply(struct sb_session *s, struct erps_from from, struct erps_term reply)
{
	if (from.is_local)
		return sb_reply(s, local_from(from), 0, copy_of(reply));
	if (is_own(s, from.session))
		return erps_answer(s, sb_state(s), from.ref, ERPS_REPLY, reply);
	return sb_post(s, from.session, ERPS_MSG_REPLY, from.ref, copy_of(reply));
}

int
erps_reject(struct sb_session *s, struct erps_from from, const char *reason)
{
	uint8_t room[ERPS_REASON_ROOM];
	struct erps_term term = erps_reason(room, reason);

	if (from.is_local)
		return sb_reply(s, local_from(from), SB_ECANCELED, copy_of(term));
	if (is_own(s, from.session))
		return erps_answer(s, sb_state(s), from.ref, ERPS_ERROR, term);
	return sb_post(s, from.session, ERPS_MSG_REJECT, from.ref, copy_of(term));
}

/* Most answers fit the stack; the others are built again in memory. */
int
erps_reply_with(struct sb_session *s, struct erps_from from, const char *pattern, ...)
{
	const struct sb_env *env = sb_node_env(sb_session_node(s));
	uint8_t room[1024];
	struct erps_builder b;
	va_list arguments;
	int err;

	erps_builder_init(&b, room, sizeof(room));
	va_start(arguments, pattern);
	erps_put_pattern_list(&b, pattern, arguments);
	va_end(arguments);
	if (b.error == SB_FULL) {
		erps_builder_init_env(&b, env, sb_session_limits(s)->output_hard);
		va_start(arguments, pattern);
		erps_put_pattern_list(&b, pattern, arguments);
		va_end(arguments);
	}
	err = b.error ? b.error : erps_reply(s, from, erps_built(&b));
	erps_builder_fini(&b);
	return err;
}

int
erps_push(struct sb_session *s, struct erps_term term)
{
	struct erps_session *p = sb_state(s);
	int err;

	/* Nobody waits for it in vain, as for an answer: it is the one that can be refused. */
	if (erps_outbox_is_full(s, p))
		return SB_FULL;
	err = erps_write_term(s, p, ERPS_PUSH, term);
	if (!err)
		erps_tally(p, p->server->metrics.pushes);
	return err;
}

int
erps_push_to(struct sb_session *s, struct sb_address to, struct erps_term term)
{
	return sb_post(s, to, ERPS_MSG_PUSH, 0, copy_of(term));
}

int
erps_node_push(struct sb_node *node, struct sb_address to, struct erps_term term)
{
	return sb_node_post(node, to, ERPS_MSG_PUSH, 0, copy_of(term));
}

int
erps_cast_to(struct sb_session *s, struct sb_address to, struct erps_term request)
{
	return sb_post(s, to, ERPS_MSG_CAST, 0, copy_of(request));
}

int
erps_call_to(struct sb_session *s, struct sb_address to, struct erps_term request,
	uint32_t deadline_ms, uint64_t *ref)
{
	return sb_call(s, to, ERPS_MSG_CALL, copy_of(request), deadline_ms, ref);
}

bool
erps_message_term(const struct sb_message *m, struct erps_term *term)
{
	bool is_answer = m->type == SB_MSG_REPLY && (m->status == 0 || m->status == SB_ECANCELED);

	if ((!is_answer && (m->type < ERPS_MSG_FIRST || m->type >= ERPS_MSG_END)) || !m->size)
		return false;
	*term = (struct erps_term){m->data, m->size};
	return true;
}

/* ---- the receiver's side ---- */

static void
local_call(struct sb_session *s, struct erps_session *p, struct sb_message *m,
	struct erps_term request)
{
	const struct sb_from caller = sb_message_from(m);
	const struct erps_from from = {
		.session = caller.caller, .ref = caller.ref, .is_local = true};

	erps_tally(p, p->server->metrics.local_calls);
	if (erps_service_of(p)->handle_call)
		erps_callback(p)->handle_call(s, from, request);
	else
		(void)erps_reject(s, from, erps_refusal_text(ERPS_REFUSAL_UNDEF));
}

bool
erps_remote_message(struct sb_session *s, struct erps_session *p, struct sb_message *m)
{
	struct erps_term term;

	if (m->type < ERPS_MSG_FIRST || m->type >= ERPS_MSG_END || !erps_message_term(m, &term))
		return false;
	switch ((enum erps_message)m->type) {
	case ERPS_MSG_REPLY:
		(void)erps_answer(s, p, m->ref, ERPS_REPLY, term);
		break;
	case ERPS_MSG_REJECT:
		(void)erps_answer(s, p, m->ref, ERPS_ERROR, term);
		break;
	case ERPS_MSG_PUSH:
		(void)erps_push(s, term);
		break;
	case ERPS_MSG_CALL:
		local_call(s, p, m, term);
		break;
	case ERPS_MSG_CAST:
		if (erps_service_of(p)->handle_cast)
			erps_callback(p)->handle_cast(s, term);
		break;
	case ERPS_MSG_END:
		break;
	}
	return true;
}
