/*
 * What peers of our own may say besides (docs/erps-extensions.md): that they do not wait
 * any longer, and how many parts of an answer they have room for; and what they are told:
 * parts, and that we stop.
 */
#include "protocols/erps/extension_internal.h"
#include "protocols/erps/session_internal.h"

/* ---- calls ---- */

/* Seldom asked: no index is kept for it. */
static struct erps_pending_call *
find_ref(const struct erps_session *p, struct erps_term ref)
{
	for (uint32_t slot = 0; p->pending && slot < p->pending->capacity; slot++) {
		struct erps_pending_call *call = &p->pending->calls[slot];
		struct erps_term known = erps_call_ref(call);

		if (call->id && sb_bytes_equal(sb_bytes(known.data, known.size),
					sb_bytes(ref.data, ref.size)))
			return call;
	}
	return NULL;
}

/* One that has been answered meanwhile is no mistake of the peer's. */
void
erps_cancel_asked(struct sb_session *s, struct erps_session *p, struct erps_term ref)
{
	struct erps_pending_call *call = find_ref(p, ref);

	if (call)
		erps_cancel(s, p, call);
}

/* ---- parts ---- */

static void
tell_credit(struct sb_session *s, struct erps_session *p, struct erps_pending_call *call)
{
	if (!call->is_credit_awaited || !call->credit || sb_output_is_high(s))
		return;
	/* Cleared before the call: a part inside that is refused waits anew. */
	call->is_credit_awaited = false;
	if (erps_service_of(p)->handle_credit)
		erps_callback(p)->handle_credit(s, erps_from_of(s, call));
}

bool
erps_credit_asked(struct sb_session *s, struct erps_session *p, struct erps_term payload)
{
	struct erps_pending_call *call;
	struct erps_term ref;
	uint64_t credit;

	if (!erps_match(payload, "{ref, credit::uint}", &ref, &credit))
		return false;
	call = find_ref(p, ref);
	if (!call || !call->takes_parts)
		return true;
	call->credit = credit < ERPS_CREDIT_MAX - call->credit ? call->credit + (uint32_t)credit
							       : ERPS_CREDIT_MAX;
	tell_credit(s, p, call);
	return true;
}

void
erps_credit_drained(struct sb_session *s, struct erps_session *p)
{
	/* A callback may answer its call, and the table go with the last. */
	for (uint32_t slot = 0; p->pending && slot < p->pending->capacity; slot++)
		if (p->pending->calls[slot].id && !sb_is_closing(s))
			tell_credit(s, p, &p->pending->calls[slot]);
}

int
erps_reply_part(struct sb_session *s, struct erps_from from, struct erps_term part)
{
	struct erps_session *p = sb_state(s);
	struct erps_pending_call *call;
	int err;

	if (from.is_local || !sb_address_equal(from.session, sb_self(s)))
		return SB_ENOTSUP;
	call = erps_call_find(p, from.ref);
	if (!call)
		return sb_is_connected(s) ? SB_ENOENT : SB_GONE;
	if (!call->takes_parts)
		return SB_ENOTSUP;
	if (!call->credit || sb_output_is_high(s)) {
		call->is_credit_awaited = true;
		return SB_FULL;
	}
	err = erps_write_pair(s, p, ERPS_PART, part, erps_call_ref(call));
	if (err)
		return err;
	call->credit--;
	erps_tally(p, p->server->metrics.parts);
	return 0;
}

/* ---- the end ---- */

void
erps_tell_drain(struct sb_session *s, struct erps_session *p)
{
	uint8_t room[16];
	struct erps_builder b;

	if (!p->is_ours)
		return;
	erps_builder_init(&b, room, sizeof(room));
	erps_put_unsigned(&b, erps_options(p)->drain_ms);
	(void)erps_write_term(s, p, ERPS_DRAIN, erps_built(&b));
}
