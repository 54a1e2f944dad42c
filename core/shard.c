/*
 * A shard's turn, and what lives and dies with a shard. The turn is a function
 * and not a loop, so that a thread and a simulation can both drive it; its order
 * is the contract that modules lean on: timers, input, messages, the store's
 * batch, one write for each connection, `closed` last.
 */
#include "core/shard_internal.h"

#include "core/connection_internal.h"
#include "core/envelope_internal.h"
#include "core/epoch_internal.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

#include <string.h>

/* A full handshake is a quarter of a millisecond of signing, so most turns have time for one;
 * some steps are cheap. */
#define HANDSHAKES_PER_TURN 8
#define CPU_SAMPLE          16 /* thread CPU is read in one turn of so many: a system call */

static const struct sb_module service_module = {
	.abi = SB_MODULE_ABI,
	.name = "sb.shard",
};

static void
metrics_init(struct sb_shard *shard)
{
	struct sb_metrics *m = shard->node->metrics;
	struct sb_shard_metrics *out = &shard->metrics;

#define COUNTER(field, name, help) out->field = sb_metrics_counter(m, name, help, NULL)
	COUNTER(messages, "sb_messages_total", "Messages delivered.");
	COUNTER(messages_remote, "sb_messages_remote_total", "Messages sent to another shard.");
	COUNTER(messages_full, "sb_messages_full_total", "Messages refused by a full mailbox.");
	COUNTER(messages_gone, "sb_messages_gone_total", "Messages to sessions that had gone.");
	COUNTER(late_replies, "sb_replies_late_total", "Answers nobody waited for any more.");
	COUNTER(octets_in, "sb_octets_in_total", "Octets received.");
	COUNTER(octets_out, "sb_octets_out_total", "Octets sent.");
	COUNTER(reads, "sb_reads_total", "Reads that gave octets.");
	COUNTER(writes, "sb_writes_total", "Writes to connections.");
	COUNTER(output_high, "sb_output_high_total", "Outputs over the high-water mark.");
	COUNTER(early_flushes, "sb_early_flushes_total", "Outputs written before the turn's end.");
	COUNTER(sessions_started, "sb_sessions_started_total", "Sessions started.");
#undef COUNTER
#define BUDGET(field, kind)              \
	out->field = sb_metrics_counter( \
		m, "sb_budget_hits_total", "Turns cut short by a budget.", "budget", kind, NULL)
	BUDGET(budget_octets, "octets");
	BUDGET(budget_frames, "frames");
	BUDGET(budget_messages, "messages");
	BUDGET(budget_handshakes, "handshakes");
	BUDGET(budget_time, "time");
#undef BUDGET
	for (int i = 0; i < SB_END_COUNT; i++)
		out->sessions_ended[i] = sb_metrics_counter(m, "sb_sessions_ended_total",
			"Sessions ended, by reason.", "why", sb_end_name(i), NULL);
	sb_limit_hits_init(shard);
	out->sessions = sb_metrics_gauge(m, "sb_sessions", "Sessions now.", NULL);
	out->turn_wall = sb_metrics_histogram(m, SB_UNIT_SECONDS, "sb_turn_seconds",
		"Length of a shard's turn without its wait.", "clock", "wall", NULL);
	out->turn_cpu = sb_metrics_histogram(m, SB_UNIT_SECONDS, "sb_turn_seconds",
		"Length of a shard's turn without its wait.", "clock", "cpu", NULL);
}

static struct sb_counter *
hold_counter(struct sb_shard *shard, const char *reason)
{
	return sb_metrics_counter(shard->node->metrics, "sb_holds_total",
		"Sessions that held their input.", "reason", reason, NULL);
}

/* The reasons are modules' own static words: registered when first used, then found by address,
 * since a hold may come with each PDU. The same word at two addresses takes two places and counts
 * in one series; when the places are used up the registry is asked each time, which is slower and
 * not wrong. */
void
sb_shard_count_hold(struct sb_shard *shard, const char *reason)
{
	struct sb_hold_counter *hold = NULL;
	int i = 0;

	while (i < SB_HOLD_REASONS && shard->holds[i].reason && shard->holds[i].reason != reason)
		i++;
	if (i < SB_HOLD_REASONS) {
		hold = &shard->holds[i];
		if (!hold->reason)
			*hold = (struct sb_hold_counter){reason, hold_counter(shard, reason)};
	}
	sb_counter_add(hold ? hold->counter : hold_counter(shard, reason), shard->index, 1);
}

/* The shard's own session has no parent and no module to speak of: it lends its timers to what has
 * none, listeners and the stop of the node. */
static int
service_start(struct sb_shard *shard)
{
	static const struct sb_parent nobody = {.kind = SB_PARENT_NONE};
	int err = sb_session_new(shard, &service_module, NULL, false, &nobody, &shard->service);

	return err ? err : sb_session_begin(shard->service, NULL);
}

int
sb_shard_init(struct sb_shard *shard, struct sb_node *node, unsigned index)
{
	int err;

	/* Set first: sb_shard_fini takes a shard without a node for one that was never made. */
	shard->node = node;
	shard->env = node->env;
	shard->index = index;
	shard->queue_tail = &shard->queue_head;
	shard->receive_size = node->receive_size;
	shard->now = node->env->now(node->env->context);
	metrics_init(shard);
	err = node->env->loop_new(node->env->context, index, &shard->loop);
	if (err)
		return err;
	shard->receive_buffer = sb_shard_allocate(shard, shard->receive_size);
	shard->mark = sb_shard_allocate(shard, sizeof(*shard->mark));
	if (!shard->receive_buffer || !shard->mark || sb_heap_init(shard))
		return SB_ENOMEM;
	memset(shard->mark, 0, sizeof(*shard->mark));
	return service_start(shard);
}

static void
envelope_drop(struct sb_shard *shard, struct sb_envelope *e)
{
	sb_hand_over_drop(shard, e);
	sb_envelope_free(shard, e);
}

/* Payloads go back to who gave them; a connection on its way is closed, for it has no other
 * owner. */
static void
queue_drop(struct sb_shard *shard)
{
	struct sb_envelope *e = atomic_exchange(&shard->inbox, NULL);

	while (e) {
		struct sb_envelope *next = e->next;

		envelope_drop(shard, e);
		e = next;
	}
	while (shard->queue_head) {
		e = shard->queue_head;
		shard->queue_head = e->next;
		envelope_drop(shard, e);
	}
	shard->queue_tail = &shard->queue_head;
}

void
sb_shard_cut_all(struct sb_shard *shard)
{
	for (uint32_t i = 0; i < shard->slots.count; i++) {
		struct sb_slot *slot = &shard->slots.chunks[i / SB_SLOT_CHUNK][i % SB_SLOT_CHUNK];

		if (slot->session)
			sb_session_cut(slot->session, SB_END_DRAIN);
	}
	/* Aborted connections stand in `again`; the turn that would have reset them does not come
	 * any more. */
	for (struct sb_connection *c; (c = sb_connection_next_again(shard));)
		if (c != shard->mark)
			sb_input_again(c);
	/* A `closed` may end others. */
	while (shard->ended)
		sb_sessions_reap(shard);
	queue_drop(shard);
}

void
sb_shard_fini(struct sb_shard *shard)
{
	if (!shard->node)
		return;
	/* Only dead ones are left there; taking them out frees them. */
	while (sb_connection_next_ready(shard) || sb_connection_next_opening(shard) ||
		sb_connection_next_dirty(shard))
		;
	queue_drop(shard);
	sb_envelopes_fini(shard);
	sb_request_table_fini(shard);
	sb_buffers_fini(shard);
	for (size_t i = 0; i < SB_SLOT_CHUNKS && shard->slots.chunks[i]; i++)
		sb_shard_release(shard, shard->slots.chunks[i]);
	sb_shard_release(shard, shard->heap.entries);
	sb_shard_release(shard, shard->receive_buffer);
	sb_shard_release(shard, shard->mark);
	if (shard->loop)
		shard->env->loop_free(shard->loop);
	memset(shard, 0, sizeof(*shard));
}

/* ---- drain ---- */

/* The count of drained shards is shard 0's alone: told by message, it needs no lock. */
static void
tell_node(struct sb_shard *shard, struct sb_session *nobody, struct sb_envelope *e)
{
	(void)nobody;
	(void)e;
	sb_node_shard_drained(shard->node);
}

void
sb_shard_drained(struct sb_shard *shard)
{
	if (shard->has_told_drained)
		return;
	shard->has_told_drained = true;
	if (!sb_shard_control(shard->node, shard, 0, tell_node, SB_NOTHING))
		return;
	/* No memory even for that: the cut asks again, or, without memory, halts. */
	shard->has_told_drained = false;
	sb_node_stop(shard->node);
}

void
sb_shard_drain(struct sb_shard *shard, bool cut)
{
	struct sb_session *next;

	shard->is_draining = true;
	for (struct sb_session *s = shard->children; s; s = next) {
		next = s->parent.sibling.next;
		if (cut)
			sb_session_cut(s, SB_END_DRAIN);
		else
			sb_session_ask_stop(s, s->limits->stop_ms);
	}
	if (shard->child_count == 0)
		sb_shard_drained(shard);
}

/* ---- the turn ---- */

/* What must not wait for the poller: it knows nothing of any of these. */
static bool
has_work(const struct sb_shard *shard)
{
	return shard->again.head || shard->ready.head || shard->dirty.head || shard->opening.head ||
	       shard->ended || shard->has_batch || sb_messages_wait(shard);
}

static int64_t
wait_until(struct sb_shard *shard, int64_t wait_ns)
{
	uint64_t first = sb_heap_first(shard);
	uint64_t now;

	if (has_work(shard))
		return 0;
	if (first == UINT64_MAX)
		return wait_ns;
	/* The turn's time, a little old: the sleep is that much too long at most, and no clock is
	 * read for it. */
	now = shard->now;
	if (first <= now)
		return 0;
	if (wait_ns < 0 || first - now < (uint64_t)wait_ns)
		return first - now < INT64_MAX ? (int64_t)(first - now) : INT64_MAX;
	return wait_ns;
}

void
sb_shard_refresh(struct sb_shard *shard)
{
	sb_epoch_enter(shard->node->epoch, shard->index);
	shard->now = shard->env->now(shard->env->context);
	shard->has_wall = false;
}

/* Asleep the shard refers to nothing that others may free; from its end on it may. */
static void
poll(struct sb_shard *shard, int64_t wait_ns)
{
	int64_t wait = wait_until(shard, wait_ns);

	sb_epoch_leave(shard->node->epoch, shard->index);
	shard->env->loop_poll(shard->loop, wait);
	sb_shard_refresh(shard);
}

static void
run_timers(struct sb_shard *shard)
{
	struct sb_session *s;

	while ((s = sb_heap_due(shard, shard->now)))
		sb_timers_fire(s);
}

/* Any of them may be gone when its turn comes: so none of them ends the list. */
static bool
run_again(struct sb_shard *shard)
{
	struct sb_connection *c;

	if (!shard->again.head)
		return true;
	/* What is put there meanwhile has its turn in the next one. */
	sb_connection_mark_again(shard);
	while ((c = sb_connection_next_again(shard)) != shard->mark) {
		sb_input_again(c);
		if (sb_slice_is_over(shard))
			return false;
	}
	return true;
}

static bool
run_ready(struct sb_shard *shard)
{
	struct sb_connection *c;

	while ((c = sb_connection_next_ready(shard))) {
		int events = c->ready_events;
		/* Its step comes later, so that nobody waits for it. */
		bool is_handshake = c->phase == SB_CONNECTION_HANDSHAKE;

		c->ready_events = 0;
		sb_connection_process(c, events);
		if (!is_handshake && sb_slice_is_over(shard))
			return false;
	}
	return true;
}

/* When the ready ones take all the time, the others go first in the next turn. */
static void
run_open(struct sb_shard *shard)
{
	bool is_again_first = shard->is_again_first;

	shard->is_again_first = false;
	if (is_again_first && !run_again(shard))
		return;
	shard->is_again_first = !run_ready(shard);
	if (!is_again_first && !shard->is_again_first)
		(void)run_again(shard);
}

/* Signing is the most expensive thing that an unknown peer can ask for: a storm of new connections
 * must not keep the open ones waiting. But one has its step in any case. */
static void
run_opening(struct sb_shard *shard)
{
	struct sb_connection *c;
	unsigned done = 0;

	while (done < HANDSHAKES_PER_TURN && (c = sb_connection_next_opening(shard))) {
		/* It may have been aborted meanwhile. */
		if (c->phase == SB_CONNECTION_HANDSHAKE)
			sb_opening_handshake(c);
		done++;
		if (sb_slice_look(shard))
			return;
	}
	if (shard->opening.head)
		sb_counter_add(shard->metrics.budget_handshakes, shard->index, 1);
}

static void
run_input(struct sb_shard *shard)
{
	sb_slice_begin(shard, SB_STEP_INPUT);
	run_open(shard);
	run_opening(shard);
}

/* Messages come after input, so that what connections ask of each other in this turn is answered in
 * it; the store's batch after both, so that it holds all of them; the flush after that, and
 * `closed` when nothing can come any more. */
static void
run(struct sb_shard *shard)
{
	if (!shard->dirty.head)
		shard->flushed_at = shard->now;
	run_timers(shard);
	if (!sb_slice_passes_input(shard))
		run_input(shard);
	sb_slice_begin(shard, SB_STEP_MESSAGES);
	(void)sb_messages_deliver(shard);
	shard->has_batch = false;
	if (shard->before_flush)
		shard->before_flush(shard, shard->before_flush_context);
	sb_slice_begin(shard, SB_STEP_FLUSH);
	if (!sb_slice_delays_flush(shard))
		sb_output_flush_all(shard);
	if (shard->ended)
		sb_sessions_reap(shard);
}

bool
sb_shard_turn(struct sb_shard *shard, int64_t wait_ns)
{
	const struct sb_env *env = shard->env;
	bool measures_cpu = env->thread_cpu && shard->turns++ % CPU_SAMPLE == 0;
	uint64_t cpu = 0;

	/* Its wait is not part of the turn's length. */
	poll(shard, wait_ns);
	if (measures_cpu)
		cpu = env->thread_cpu(env->context);
	run(shard);
	if (measures_cpu)
		sb_histogram_record(
			shard->metrics.turn_cpu, shard->index, env->thread_cpu(env->context) - cpu);
	sb_histogram_record(
		shard->metrics.turn_wall, shard->index, env->now(env->context) - shard->now);
	return has_work(shard);
}
