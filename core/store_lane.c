/*
 * The lanes: what a shard asks in a turn goes to the backend at its end, and what
 * comes back goes out as messages in the same order. A lane is touched by its
 * shard alone, so asking costs no lock; the memory of each answer, and of the
 * notice that brings the batch back, is taken when it is asked for, so that a
 * commit is always told.
 */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/store_internal.h"

#include <string.h>

void
sb_store_lane_init(struct sb_store_lane *lane, struct sb_store *store, struct sb_shard *shard)
{
	lane->store = store;
	lane->shard = shard;
	lane->late_end = &lane->late;
}

/* ---- batches ---- */

/* The notice's release function: a batch whose shard is gone is freed with all that was asked in
 * it. */
static void
batch_drop(void *data)
{
	struct sb_store_batch *batch = data;

	while (batch->first) {
		struct sb_store_request *request = batch->first;

		batch->first = request->next;
		sb_store_request_drop(batch->env, request);
	}
	batch->env->release(batch->env->context, batch);
}

static struct sb_store_batch *
batch_new(struct sb_store_lane *lane, bool is_reads)
{
	struct sb_shard *shard = lane->shard;
	struct sb_store_batch *batch = lane->free_batches;

	if (batch)
		lane->free_batches = batch->next;
	else
		batch = sb_shard_allocate(shard, sizeof(*batch));
	if (!batch)
		return NULL;
	*batch = (struct sb_store_batch){.lane = lane, .env = shard->env, .is_reads = is_reads};
	batch->last = &batch->first;
	/* If it fails no request has been lost: none was in it yet. */
	batch->notice = sb_envelope_new(shard->env, shard, SB_GIVE(batch, 0, batch_drop));
	if (batch->notice)
		return batch;
	batch->next = lane->free_batches;
	lane->free_batches = batch;
	return NULL;
}

/* Its requests have gone their ways. The notice may be the very message that brought it. */
static void
batch_give(struct sb_store_lane *lane, struct sb_store_batch *batch)
{
	if (batch->notice) {
		batch->notice->release = NULL;
		sb_envelope_free(lane->shard, batch->notice);
	}
	batch->next = lane->free_batches;
	lane->free_batches = batch;
}

/* By what it came to: a missing row is an answer, not a failure. */
static void
count(struct sb_store_lane *lane, const struct sb_store_request *request)
{
	struct sb_store *store = lane->store;
	struct sb_counter *counter = store->failures;

	if (request->status == 0 || request->status == SB_ENOENT)
		counter = request->ask == SB_STORE_COMMIT ? store->commits : store->reads;
	else if (request->status == SB_ECONFLICT)
		counter = store->conflicts;
	sb_counter_add(counter, lane->shard->index, 1);
}

/* The answer's memory is here since the asking; the rows' is the backend's, and goes with the
 * message. */
static void
answer(struct sb_store_lane *lane, struct sb_store_request *request)
{
	struct sb_envelope *e = request->answer;

	count(lane, request);
	if (!e)
		return;
	e->message.status = request->status;
	if (request->rows) {
		e->message.data = request->rows;
		e->message.size = sizeof(*request->rows);
		e->release = sb_store_rows_release;
	}
	sb_envelope_send(lane->store->node, lane->shard, e);
}

static void
batch_answer(struct sb_store_lane *lane, struct sb_store_batch *batch)
{
	while (batch->first) {
		struct sb_store_request *request = batch->first;

		batch->first = request->next;
		answer(lane, request);
		sb_store_request_free(lane, request);
	}
	/* What is answered waits no longer; only then may others hear of room. */
	sb_store_queue_give(lane->store, batch->cost);
	batch_give(lane, batch);
	sb_store_queue_room_made(lane->store, lane->shard);
}

/* In the order in which they were done: all have the same delay. */
static void
late_due(struct sb_session *service, struct sb_timer *timer)
{
	struct sb_store_lane *lane =
		(struct sb_store_lane *)((char *)timer - offsetof(struct sb_store_lane, timer));

	(void)service;
	while (lane->late && lane->late->due <= lane->shard->now) {
		struct sb_store_batch *batch = lane->late;

		lane->late = batch->next;
		if (!lane->late)
			lane->late_end = &lane->late;
		batch_answer(lane, batch);
	}
	if (lane->late)
		sb_timer_start_at(lane->shard->service, &lane->timer, lane->late->due, late_due);
}

/* A delay makes the store of a test, or of a demonstration, as slow as a disk. */
static void
batch_returned(struct sb_store_lane *lane, struct sb_store_batch *batch)
{
	if (!lane->store->delay_ns) {
		batch_answer(lane, batch);
		return;
	}
	batch->next = NULL;
	batch->due = lane->shard->now + lane->store->delay_ns;
	*lane->late_end = batch;
	lane->late_end = &batch->next;
	if (!sb_timer_is_started(&lane->timer))
		sb_timer_start_at(lane->shard->service, &lane->timer, batch->due, late_due);
}

static void
handle_done(struct sb_shard *shard, struct sb_session *nobody, struct sb_envelope *e)
{
	struct sb_store_batch *batch = (struct sb_store_batch *)(uintptr_t)e->message.data;

	(void)shard;
	(void)nobody;
	e->release = NULL;
	batch_returned(batch->lane, batch);
}

void
sb_store_batch_done(struct sb_store_batch *batch)
{
	struct sb_node *node = batch->lane->store->node;
	struct sb_envelope *e = batch->notice;

	batch->notice = NULL;
	e->handle = handle_done;
	e->target =
		(struct sb_address){.node = node->id, .shard = (uint16_t)batch->lane->shard->index};
	/* As from a foreign thread: a backend's own may call this. */
	sb_envelope_send(node, NULL, e);
}

/* Taken out of the slot first: what is asked while it is served is the next batch's. */
static void
hand_over(struct sb_store_lane *lane, struct sb_store_batch **slot)
{
	struct sb_store_batch *batch = *slot;

	*slot = NULL;
	if (batch && lane->store->backend->submit(lane->store->context, batch) == 0)
		batch_returned(lane, batch);
}

void
sb_store_lane_turn(struct sb_shard *shard, void *context)
{
	struct sb_store *store = context;
	struct sb_store_lane *lane = &store->lanes[shard->index];

	/* What was taken ahead and not used is given back with each turn: no lane can keep others
	 * out while it sleeps. */
	if (lane->allowance)
		sb_store_queue_give(store, lane->allowance);
	lane->allowance = 0;
	/* Commits before reads, so that with a backend that serves on the spot a session reads what
	 * it has just committed. */
	hand_over(lane, &lane->commits);
	hand_over(lane, &lane->reads);
	if (lane->waiters.count && sb_store_queue_has_room(store, atomic_load(&lane->wanted)))
		sb_store_waiters_tell(lane);
}

/* ---- asking ---- */

static struct sb_envelope *
answer_new(struct sb_store_lane *lane, struct sb_address to, uint64_t ref)
{
	struct sb_envelope *e = sb_envelope_new(lane->shard->env, lane->shard, SB_NOTHING);

	if (!e)
		return NULL;
	e->target = to;
	e->message.type = SB_MSG_STORE;
	e->message.ref = ref;
	return e;
}

static int
append(struct sb_store_lane *lane, struct sb_store_request *request, struct sb_address to,
	uint64_t ref)
{
	bool is_read = request->ask != SB_STORE_COMMIT;
	struct sb_store_batch **slot = is_read ? &lane->reads : &lane->commits;

	if (!*slot)
		*slot = batch_new(lane, is_read);
	if (!*slot)
		return SB_ENOMEM;
	if (!sb_address_is_null(to)) {
		request->answer = answer_new(lane, to, ref);
		if (!request->answer)
			return SB_ENOMEM;
	}
	request->next = NULL;
	*(*slot)->last = request;
	(*slot)->last = &request->next;
	(*slot)->cost += request->cost;
	return 0;
}

/* The place in the queue first; without memory it is given back, and nothing was asked. */
int
sb_store_lane_add(struct sb_store_lane *lane, struct sb_store_request *request,
	struct sb_address to, uint64_t ref)
{
	int err;

	/* A `closed` asks after this turn's batch has gone. */
	lane->shard->has_batch = true;
	if (!sb_store_queue_take(lane, request->cost))
		return sb_store_queue_refuse(lane, to, request->cost);
	err = append(lane, request, to, ref);
	if (err)
		sb_store_queue_give(lane->store, request->cost);
	return err;
}

void
sb_store_lane_fini(struct sb_store_lane *lane)
{
	const struct sb_env *env = lane->store->env;

	while (lane->late) {
		struct sb_store_batch *batch = lane->late;

		lane->late = batch->next;
		if (batch->notice)
			env->release(env->context, batch->notice);
		batch_drop(batch);
	}
	while (lane->free_batches) {
		struct sb_store_batch *batch = lane->free_batches;

		lane->free_batches = batch->next;
		env->release(env->context, batch);
	}
	while (lane->free_txns) {
		struct sb_txn *txn = lane->free_txns;

		lane->free_txns = (struct sb_txn *)txn->request.next;
		env->release(env->context, txn);
	}
	sb_store_series_fini(lane);
	sb_store_waiters_fini(lane);
}
