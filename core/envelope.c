/*
 * Messages on their way. A shard has one queue for all its sessions, filled by
 * itself at the end and by others through an inbox, a list that any thread pushes
 * to and the shard takes whole. One queue keeps the order of one sender to one
 * receiver without a queue for each session, which 10,000 idle ones would pay
 * for.
 */
#include "core/envelope_internal.h"

#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

#include <assert.h>
#include <string.h>

#define NO_CLASS 0xff
#define KEPT_MAX 4096 /* free ones of a class */

static const size_t class_payload[SB_ENVELOPE_CLASSES] = {64, 192, 448, 960};

/* Payloads of most messages are some dozen octets; those over a kilobyte are better given than
 * copied. */
static uint8_t
class_of(size_t size)
{
	for (uint8_t i = 0; i < SB_ENVELOPE_CLASSES; i++)
		if (size <= class_payload[i])
			return i;
	return NO_CLASS;
}

/* From the sending shard's pool; it is freed to the receiving one's. In a node where messages go
 * both ways that evens out, otherwise KEPT_MAX bounds it. */
static struct sb_envelope *
envelope_take(const struct sb_env *env, struct sb_shard *shard, size_t size, uint8_t *size_class)
{
	uint8_t class = class_of(size);
	struct sb_envelope *e;

	*size_class = class;
	if (class == NO_CLASS)
		return env->allocate(env->context, sizeof(*e) + size);
	if (!shard || !shard->envelopes.free[class])
		return env->allocate(env->context, sizeof(*e) + class_payload[class]);
	e = shard->envelopes.free[class];
	shard->envelopes.free[class] = e->next;
	shard->envelopes.held[class]--;
	return e;
}

struct sb_envelope *
sb_envelope_new(const struct sb_env *env, struct sb_shard *shard, struct sb_payload payload)
{
	size_t copied = payload.release ? 0 : payload.size;
	uint8_t size_class;
	struct sb_envelope *e = envelope_take(env, shard, copied, &size_class);

	if (!e)
		return NULL;
	/* The inline part is not cleared: only what was copied in is ever looked at. */
	memset(e, 0, sizeof(*e));
	e->size_class = size_class;
	e->message.size = payload.size;
	e->release = payload.release;
	e->message.data = payload.data;
	if (!payload.release) {
		e->message.data = payload.size ? e->inline_data : NULL;
		if (payload.size)
			memcpy(e->inline_data, payload.data, payload.size);
	}
	return e;
}

/* Envelopes of other shards are freed here, too: the list is bounded, the rest goes back. */
static void
envelope_give(struct sb_shard *shard, struct sb_envelope *e)
{
	uint8_t class = e->size_class;

	if (class == NO_CLASS || shard->envelopes.held[class] >= KEPT_MAX) {
		sb_shard_release(shard, e);
		return;
	}
	e->next = shard->envelopes.free[class];
	shard->envelopes.free[class] = e;
	shard->envelopes.held[class]++;
}

void
sb_envelope_free(struct sb_shard *shard, struct sb_envelope *e)
{
	if (!e)
		return;
	if (e->release)
		e->release((void *)(uintptr_t)e->message.data);
	envelope_give(shard, e);
}

void
sb_envelopes_fini(struct sb_shard *shard)
{
	for (int i = 0; i < SB_ENVELOPE_CLASSES; i++) {
		while (shard->envelopes.free[i]) {
			struct sb_envelope *e = shard->envelopes.free[i];

			shard->envelopes.free[i] = e->next;
			sb_shard_release(shard, e);
		}
		shard->envelopes.held[i] = 0;
	}
}

static void
send_local(struct sb_shard *shard, struct sb_envelope *e)
{
	e->next = NULL;
	*shard->queue_tail = e;
	shard->queue_tail = &e->next;
}

/* Newest first, so that one compare-and-swap is enough; inbox_take turns the list round. The
 * wake-up is a system call: only who finds the flag down makes it. */
static void
send_remote(struct sb_shard *to, struct sb_envelope *e)
{
	struct sb_envelope *head = atomic_load_explicit(&to->inbox, memory_order_relaxed);

	do {
		e->next = head;
	} while (!atomic_compare_exchange_weak_explicit(
		&to->inbox, &head, e, memory_order_release, memory_order_relaxed));
	if (!atomic_exchange_explicit(&to->notified, true, memory_order_acq_rel))
		to->env->loop_wake(to->loop);
}

void
sb_envelope_send(struct sb_node *node, struct sb_shard *from, struct sb_envelope *e)
{
	struct sb_shard *to;

	if (e->target.node != node->id || e->target.shard >= node->shard_count) {
		if (e->release)
			e->release((void *)(uintptr_t)e->message.data);
		node->env->release(node->env->context, e);
		return;
	}
	to = &node->shards[e->target.shard];
	if (from && to == from) {
		send_local(to, e);
		return;
	}
	if (from)
		sb_counter_add(from->metrics.messages_remote, from->index, 1);
	send_remote(to, e);
}

/* A target without a generation: it is for the shard, whoever lives there. */
struct sb_envelope *
sb_shard_control_new(struct sb_node *node, struct sb_shard *from, unsigned shard,
	void (*handle)(struct sb_shard *, struct sb_session *, struct sb_envelope *),
	struct sb_payload payload)
{
	struct sb_envelope *e = sb_envelope_new(node->env, from, payload);

	if (!e)
		return NULL;
	e->handle = handle;
	e->target = (struct sb_address){.node = node->id, .shard = (uint16_t)shard};
	return e;
}

int
sb_shard_control(struct sb_node *node, struct sb_shard *from, unsigned shard,
	void (*handle)(struct sb_shard *, struct sb_session *, struct sb_envelope *),
	struct sb_payload payload)
{
	struct sb_envelope *e = sb_shard_control_new(node, from, shard, handle, payload);

	if (!e)
		return SB_ENOMEM;
	sb_envelope_send(node, from, e);
	return 0;
}

/* Takes what other threads have pushed, oldest first, to the end of the queue. */
static void
inbox_take(struct sb_shard *shard)
{
	struct sb_envelope *e, *oldest = NULL;

	if (!atomic_load_explicit(&shard->notified, memory_order_acquire))
		return;
	/* Before the list is taken: who pushes after that wakes us again. An exchange, so that what
	 * they pushed who found it set is in the list. */
	(void)atomic_exchange_explicit(&shard->notified, false, memory_order_acq_rel);
	e = atomic_exchange_explicit(&shard->inbox, NULL, memory_order_acq_rel);
	while (e) {
		struct sb_envelope *next = e->next;

		e->next = oldest;
		oldest = e;
		e = next;
	}
	while (oldest) {
		struct sb_envelope *next = oldest->next;

		send_local(shard, oldest);
		oldest = next;
	}
}

void
sb_envelope_take(struct sb_shard *shard, struct sb_envelope *e)
{
	assert(shard->delivering == e);
	shard->delivering = NULL;
	if (e->release)
		e->release((void *)(uintptr_t)e->message.data);
	e->release = NULL;
	e->message.data = NULL;
	e->message.size = 0;
	e->is_reserved = false;
}

void
sb_envelope_pass_on(struct sb_shard *shard, struct sb_envelope *e, unsigned to,
	void (*handle)(struct sb_shard *, struct sb_session *, struct sb_envelope *))
{
	assert(shard->delivering == e);
	shard->delivering = NULL;
	e->is_reserved = false;
	e->handle = handle;
	e->target = (struct sb_address){.node = shard->node->id, .shard = (uint16_t)to};
	sb_envelope_send(shard->node, shard, e);
}

/* The call's own envelope becomes its answer: no memory can be wanting for it. */
static void
answer_gone(struct sb_shard *shard, struct sb_envelope *e, int status)
{
	if (!e->message.is_call)
		return;
	sb_envelope_take(shard, e);
	sb_answer_with(e, e->target, SB_MSG_REPLY, status);
	sb_envelope_send(shard->node, shard, e);
}

static void
deliver_to_module(struct sb_shard *shard, struct sb_session *s, struct sb_envelope *e)
{
	if (!s) {
		sb_counter_add(shard->metrics.messages_gone, shard->index, 1);
		answer_gone(shard, e, SB_GONE);
		return;
	}
	if (!s->module->message) {
		answer_gone(shard, e, SB_ENOTSUP);
		return;
	}
	s->module->message(s, &e->message);
}

void
sb_envelope_deliver(struct sb_shard *shard, struct sb_session *s, struct sb_envelope *e)
{
	struct sb_envelope *outer = shard->delivering;

	shard->delivering = e;
	if (e->handle)
		e->handle(shard, s, e);
	else
		deliver_to_module(shard, s, e);
	/* Taken, or freed by its receiver, it is not ours to look at. */
	if (shard->delivering && !e->is_kept)
		sb_envelope_free(shard, e);
	shard->delivering = outer;
}

static void
deliver(struct sb_shard *shard, struct sb_envelope *e)
{
	struct sb_session *s = sb_slot_session(shard, e->target);

	/* Its place is free when its turn has come, so that the receiver can be sent to from inside
	 * its own callback. */
	if (e->is_reserved)
		sb_slot_unreserve(shard, e->target, e->reserved_size);
	sb_envelope_deliver(shard, s, e);
}

/* A queue of a thousand messages is larger than the cache: the next one is fetched meanwhile. */
static void
next_soon(const struct sb_envelope *e)
{
	__builtin_prefetch(e);
	__builtin_prefetch(&e->target);
}

bool
sb_messages_deliver(struct sb_shard *shard)
{
	uint32_t budget = shard->node->message_budget;
	uint32_t done = 0;

	inbox_take(shard);
	/* What is posted meanwhile is delivered, too, up to the budget: a question within a shard
	 * is answered in the same turn. */
	while (shard->queue_head && done < budget) {
		struct sb_envelope *e = shard->queue_head;

		shard->queue_head = e->next;
		if (shard->queue_head)
			next_soon(shard->queue_head);
		else
			shard->queue_tail = &shard->queue_head;
		deliver(shard, e);
		done++;
		if (sb_slice_is_over(shard))
			break;
	}
	if (done)
		sb_counter_add(shard->metrics.messages, shard->index, done);
	if (!shard->queue_head)
		return false;
	if (done == budget)
		sb_counter_add(shard->metrics.budget_messages, shard->index, 1);
	return true;
}

/* The flag and not the list: a sender that has pushed but not yet said so will wake us. */
bool
sb_messages_wait(const struct sb_shard *shard)
{
	return shard->queue_head || atomic_load_explicit(&shard->notified, memory_order_acquire);
}
