/*
 * Calls and casts of other sessions. Their terms come in messages of the node, checked
 * by who sent them; the answer goes back as the reply to the message.
 */
#include "protocols/erps/pool_internal.h"

#include <string.h>

/* Far from what applications number their own messages with. */
enum ask_message {
	ERPS_CLIENT_ASK = 0xfee98000,
	ERPS_CLIENT_TELL,
	ERPS_CLIENT_ASK_CANCEL,
	ERPS_CLIENT_FORWARD,
	ERPS_CLIENT_MOVE,
};

#define CALL_MS 5000

/* Of a question and of an answer; the term follows. */
struct ask {
	struct sb_from from; /* of one that was forwarded */
	uint64_t due;        /* on the node's clock; UINT64_MAX: never */
	uint32_t deadline_ms;
	uint32_t outcome;
	uint32_t moves;
};

/* Messages up to this are copied from the stack. */
#define SMALL 256

/* A payload of head and term: *payload is `small` filled, or memory to give. */
static int
make_payload(struct sb_session *s, const struct ask *head, struct erps_term term,
	uint8_t small[SMALL], struct sb_payload *payload)
{
	size_t size = sizeof(*head) + term.size;
	uint8_t *octets = size <= SMALL ? small : sb_payload_new(s, size);

	if (!octets)
		return SB_ENOMEM;
	memcpy(octets, head, sizeof(*head));
	if (term.size)
		memcpy(octets + sizeof(*head), term.data, term.size);
	*payload = octets == small ? SB_COPY(octets, size) : SB_GIVE(octets, size, sb_payload_free);
	return 0;
}

/* On an error the payload is still ours. */
static int
release_on(int err, const struct sb_payload *payload)
{
	if (err && payload->release)
		payload->release((void *)(uintptr_t)payload->data);
	return err;
}

static struct erps_term
term_of(const struct sb_message *m)
{
	const uint8_t *octets = m->data;

	if (m->size <= sizeof(struct ask))
		return (struct erps_term){NULL, 0};
	return (struct erps_term){octets + sizeof(struct ask), m->size - sizeof(struct ask)};
}

/* ---- any session ---- */

int
erps_client_ask(struct sb_session *s, struct sb_address to, struct erps_term request,
	uint32_t deadline_ms, uint64_t *ref)
{
	uint32_t ms = deadline_ms ? deadline_ms : CALL_MS;
	const struct ask head = {
		.due = sb_now(s) + ms * ERPS_NS_PER_MS, .deadline_ms = deadline_ms};
	struct sb_payload payload;
	uint8_t small[SMALL];
	int err;

	if (!request.data)
		return SB_EINVAL;
	err = make_payload(s, &head, request, small, &payload);
	if (err)
		return err;
	return release_on(sb_call(s, to, ERPS_CLIENT_ASK, payload, ms, ref), &payload);
}

/* The core's own: the mailbox was full, the session had gone before it looked. */
static enum erps_outcome
outcome_of_status(int status)
{
	if (status == SB_TIMEOUT)
		return ERPS_TIMED_OUT;
	return status == SB_FULL || status == SB_GONE ? ERPS_UNSENT : ERPS_LOST;
}

void
erps_client_read_answer(const struct sb_message *m, struct erps_answer *answer)
{
	struct ask head;

	*answer = (struct erps_answer){.context = m->ref};
	if (m->status || m->size < sizeof(head)) {
		answer->outcome = outcome_of_status(m->status);
		return;
	}
	memcpy(&head, m->data, sizeof(head));
	answer->outcome = (enum erps_outcome)head.outcome;
	answer->term = term_of(m);
}

void
erps_client_ask_cancel(struct sb_session *s, struct sb_address to, uint64_t ref)
{
	sb_call_cancel(s, ref);
	(void)sb_post(s, to, ERPS_CLIENT_ASK_CANCEL, ref, SB_NOTHING);
}

int
erps_client_tell(struct sb_session *s, struct sb_address to, struct erps_term request)
{
	const struct ask head = {0};
	struct sb_payload payload;
	uint8_t small[SMALL];
	int err;

	if (!request.data)
		return SB_EINVAL;
	err = make_payload(s, &head, request, small, &payload);
	if (err)
		return err;
	return release_on(sb_post(s, to, ERPS_CLIENT_TELL, 0, payload), &payload);
}

/* ---- the client's session ---- */

/* Without memory for the term the caller hears at least that; without any, its own deadline tells
 * it. */
void
erps_client_reply(
	struct sb_session *s, struct sb_from from, enum erps_outcome outcome, struct erps_term term)
{
	const struct ask head = {.outcome = (uint32_t)outcome};
	struct sb_payload payload;
	uint8_t small[SMALL];

	if (make_payload(s, &head, term, small, &payload))
		(void)sb_reply(s, from, SB_ENOMEM, SB_NOTHING);
	else
		(void)release_on(sb_reply(s, from, 0, payload), &payload);
}

int
erps_client_forward(struct sb_session *s, struct sb_address to, const struct erps_call *call,
	struct erps_term request)
{
	const struct ask head = {.from = call->from,
		.due = call->due,
		.deadline_ms = call->deadline_ms,
		.moves = call->moves + 1};
	struct sb_payload payload;
	uint8_t small[SMALL];
	int err = make_payload(s, &head, request, small, &payload);

	if (err)
		return err;
	return release_on(sb_post(s, to, ERPS_CLIENT_FORWARD, 0, payload), &payload);
}

void
erps_client_ask_move(struct sb_session *s, struct sb_address to)
{
	(void)sb_post(s, to, ERPS_CLIENT_MOVE, 0, SB_NOTHING);
}

/* One that cannot be taken here may be elsewhere, in a pool. */
static void
take_ask(struct sb_session *s, struct erps_client_session *p, const struct sb_message *m)
{
	struct erps_call call = {0};
	struct ask head;
	uint64_t id;

	if (m->size <= sizeof(head))
		return;
	memcpy(&head, m->data, sizeof(head));
	call.from = m->type == ERPS_CLIENT_FORWARD ? head.from : sb_message_from(m);
	call.due = head.due;
	call.deadline_ms = head.deadline_ms;
	call.moves = head.moves;
	if (erps_client_take_call(s, p, &call, term_of(m), &id) == 0 ||
		erps_pool_move(s, p, &call, term_of(m)))
		return;
	erps_client_reply(s, call.from, ERPS_UNSENT, (struct erps_term){NULL, 0});
}

static void
take_cancel(struct sb_session *s, struct erps_client_session *p, const struct sb_message *m)
{
	struct erps_call *call = erps_calls_first(&p->calls);

	while (call &&
		!(call->from.ref == m->ref && sb_address_equal(call->from.caller, m->sender)))
		call = erps_calls_next(&p->calls, call);
	if (call)
		erps_client_drop(s, p, call);
}

bool
erps_client_message(struct sb_session *s, struct erps_client_session *p, struct sb_message *m)
{
	switch (m->type) {
	case ERPS_CLIENT_ASK:
	case ERPS_CLIENT_FORWARD:
		take_ask(s, p, m);
		return true;
	case ERPS_CLIENT_TELL:
		(void)erps_client_take_cast(s, p, term_of(m));
		return true;
	case ERPS_CLIENT_ASK_CANCEL:
		take_cancel(s, p, m);
		return true;
	case ERPS_CLIENT_MOVE:
		if (p->place == ERPS_AWAY)
			erps_pool_move_queue(s, p);
		return true;
	default:
		return false;
	}
}
