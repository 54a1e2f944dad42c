/*
 * What modules send: posts, calls, replies. The bound is kept by the sender,
 * which counts the message into the receiver's mailbox before it exists; so it
 * learns at once whether it may, whichever shard the receiver is on.
 */
#include "core/message.h"

#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

/* A call without any deadline would break its promise when the callee ends without an answer. */
#define CALL_DEADLINE_MS 60000

/* NULL for another node's address, which a cluster may give us one day, and for one that was made
 * up. */
static struct sb_shard *
shard_of(struct sb_node *node, struct sb_address address)
{
	if (address.node != node->id || address.shard >= node->shard_count)
		return NULL;
	return &node->shards[address.shard];
}

/* Counts the message into the target's mailbox and sends it. The place first, which may be refused,
 * then the envelope, for which there may be no memory, and then nothing that can fail. */
static int
post(struct sb_node *node, struct sb_shard *from, struct sb_address sender, struct sb_address to,
	uint32_t type, uint64_t ref, bool is_call, struct sb_payload payload)
{
	struct sb_shard *target = shard_of(node, to);
	struct sb_envelope *e;
	int err;

	if (!target)
		return SB_GONE;
	err = sb_slot_reserve(target, to, payload.size);
	if (err)
		return err;
	e = sb_envelope_new(node->env, from, payload);
	if (!e) {
		sb_slot_unreserve(target, to, payload.size);
		return SB_ENOMEM;
	}
	e->message.type = type;
	e->message.ref = ref;
	e->message.is_call = is_call;
	e->message.sender = sender;
	e->target = to;
	e->is_reserved = true;
	e->reserved_size = payload.size < UINT32_MAX ? (uint32_t)payload.size : UINT32_MAX;
	sb_envelope_send(node, from, e);
	return 0;
}

static void
count_refusal(struct sb_session *s, struct sb_address to, int err)
{
	struct sb_shard *shard = s->shard;

	if (err == SB_FULL) {
		sb_counter_add(shard->metrics.messages_full, shard->index, 1);
		sb_limit_hit(s, SB_LIMIT_MAILBOX, "slot", to.slot);
	} else if (err == SB_GONE) {
		sb_counter_add(shard->metrics.messages_gone, shard->index, 1);
	}
}

int
sb_post(struct sb_session *s, struct sb_address to, uint32_t type, uint64_t ref,
	struct sb_payload payload)
{
	int err = post(s->shard->node, s->shard, s->self, to, type, ref, false, payload);

	if (err)
		count_refusal(s, to, err);
	return err;
}

/* From a thread that is no session: nobody can answer it, and its envelope comes from no pool. */
int
sb_node_post(struct sb_node *node, struct sb_address to, uint32_t type, uint64_t ref,
	struct sb_payload payload)
{
	return post(node, NULL, (struct sb_address){0}, to, type, ref, false, payload);
}

/* A call that cannot be delivered is answered like one that was: the caller has one path. */
static int
answer_refused(struct sb_session *s, struct sb_address to, uint64_t ref, int err,
	struct sb_payload payload)
{
	struct sb_from from = {s->self, ref};

	count_refusal(s, to, err);
	err = sb_answer(s->shard->node, s->shard, from, to, SB_MSG_REPLY, err, SB_NOTHING);
	if (!err && payload.release)
		payload.release((void *)(uintptr_t)payload.data);
	return err;
}

int
sb_call(struct sb_session *s, struct sb_address to, uint32_t type, struct sb_payload payload,
	uint32_t deadline_ms, uint64_t *ref)
{
	int err;

	if (!deadline_ms)
		deadline_ms = CALL_DEADLINE_MS;
	err = sb_request_open(s, SB_REQUEST_CALL, deadline_ms, to, ref);
	if (err)
		return err;
	/* The place for the answer first: once the message is out it can come. */
	err = post(s->shard->node, s->shard, s->self, to, type, *ref, true, payload);
	if (err == SB_GONE || err == SB_FULL)
		err = answer_refused(s, to, *ref, err, payload);
	if (err)
		sb_request_close(s, *ref, NULL);
	return err;
}

void
sb_call_cancel(struct sb_session *s, uint64_t ref)
{
	sb_request_close(s, ref, NULL);
}

/* A value: the message itself may be gone when it is used. */
struct sb_from
sb_message_from(const struct sb_message *m)
{
	if (!m->is_call)
		return (struct sb_from){0};
	return (struct sb_from){m->sender, m->ref};
}

int
sb_reply(struct sb_session *s, struct sb_from from, int status, struct sb_payload payload)
{
	return sb_answer(s->shard->node, s->shard, from, s->self, SB_MSG_REPLY, status, payload);
}

struct sb_message *
sb_message_keep(struct sb_message *m)
{
	((struct sb_envelope *)m)->is_kept = true;
	return m;
}

void
sb_message_free(struct sb_session *s, struct sb_message *m)
{
	struct sb_envelope *e = (struct sb_envelope *)m;

	if (s->shard->delivering == e)
		s->shard->delivering = NULL; /* freed in the callback that it came to */
	sb_envelope_free(s->shard, e);
}

void *
sb_message_take(struct sb_message *m)
{
	struct sb_envelope *e = (struct sb_envelope *)m;

	/* A copy lies in the envelope and goes with it. */
	if (!e->release)
		return NULL;
	e->release = NULL;
	return (void *)(uintptr_t)m->data;
}
