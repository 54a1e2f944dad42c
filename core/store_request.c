/* Transactions and reads: what is asked of the store, until it is in the shard's batch. */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/store_internal.h"

#include <string.h>

/* Most transactions put one message and fit their first block, which is used again and again. */
#define TXN_BLOCK     1024u /* a transaction with its first chunk */
#define CHUNK_BLOCK   (16u << 10)
#define FREE_TXNS_MAX 1024
#define OP_OCTETS_MAX (UINT32_MAX / 4)
#define READ_COST     1024

/* All but the first, which is part of the transaction's own block. */
static void
chunks_free(const struct sb_env *env, struct sb_txn *txn)
{
	struct sb_store_chunk *chunk = txn->first.next;

	while (chunk) {
		struct sb_store_chunk *next = chunk->next;

		env->release(env->context, chunk);
		chunk = next;
	}
}

/* To the lane that it came from: begun and committed on one shard, so the list needs no lock. */
static void
txn_give(struct sb_store_lane *lane, struct sb_txn *txn)
{
	chunks_free(lane->store->env, txn);
	if (lane->free_txn_count >= FREE_TXNS_MAX) {
		sb_shard_release(lane->shard, txn);
		return;
	}
	txn->request.next = (struct sb_store_request *)lane->free_txns;
	lane->free_txns = txn;
	lane->free_txn_count++;
}

void
sb_store_request_free(struct sb_store_lane *lane, struct sb_store_request *request)
{
	if (request->ask == SB_STORE_COMMIT)
		txn_give(lane, (struct sb_txn *)request);
	else
		sb_shard_release(lane->shard, request);
}

/* When the node goes and no turn comes any more: the lane's lists are not of use, all of it is
 * freed at once. */
void
sb_store_request_drop(const struct sb_env *env, struct sb_store_request *request)
{
	if (request->rows)
		sb_store_rows_release(request->rows);
	if (request->answer)
		env->release(env->context, request->answer);
	if (request->ask == SB_STORE_COMMIT)
		chunks_free(env, (struct sb_txn *)request);
	env->release(env->context, request);
}

/* ---- transactions ---- */

static struct sb_txn *
txn_take(struct sb_store_lane *lane)
{
	struct sb_txn *txn = lane->free_txns;

	if (!txn)
		return sb_shard_allocate(lane->shard, TXN_BLOCK);
	lane->free_txns = (struct sb_txn *)txn->request.next;
	lane->free_txn_count--;
	return txn;
}

struct sb_txn *
sb_txn_begin(struct sb_session *s, struct sb_store *store)
{
	struct sb_store_lane *lane = &store->lanes[s->shard->index];
	struct sb_txn *txn = txn_take(lane);

	if (!txn)
		return NULL;
	/* Not the block behind it: the changes write their own. */
	memset(txn, 0, sizeof(*txn));
	txn->lane = lane;
	txn->request.ask = SB_STORE_COMMIT;
	txn->last = &txn->first;
	txn->first.capacity =
		TXN_BLOCK - offsetof(struct sb_txn, first) - offsetof(struct sb_store_chunk, data);
	return txn;
}

void
sb_txn_abandon(struct sb_txn *txn)
{
	if (txn)
		txn_give(txn->lane, txn);
}

static struct sb_store_chunk *
chunk_for(struct sb_txn *txn, uint32_t size)
{
	const struct sb_env *env = txn->lane->store->env;
	uint32_t block = CHUNK_BLOCK - sizeof(struct sb_store_chunk);
	struct sb_store_chunk *chunk = txn->last;

	if (chunk->capacity - chunk->used >= size)
		return chunk;
	/* One change is in one chunk, however large, so that the backend sees head and body as they
	 * are. */
	if (block < size)
		block = size;
	chunk = env->allocate(env->context, sizeof(*chunk) + block);
	if (!chunk)
		return NULL;
	*chunk = (struct sb_store_chunk){.capacity = block};
	txn->last->next = chunk;
	txn->last = chunk;
	return chunk;
}

/* Room for one more change of so many octets of head and body. */
static int
op_add(struct sb_txn *txn, const struct sb_store_op *given, struct sb_store_op **out)
{
	uint32_t size = sizeof(struct sb_store_op) + given->head_size + given->body_size;
	struct sb_store_chunk *chunk;

	/* The next one begins aligned for its 64-bit fields. */
	size = (size + 7) & ~7u;
	chunk = chunk_for(txn, size);
	if (!chunk)
		return SB_ENOMEM;
	*out = (void *)(chunk->data + chunk->used);
	**out = *given;
	(*out)->size = size;
	chunk->used += size;
	txn->op_count++;
	txn->request.cost += size;
	return 0;
}

/* Before anything is kept: what a backend gets, it can take as it is. */
static bool
makes_sense(const struct sb_store *store, const struct sb_store_op *op, size_t head, size_t body)
{
	uint32_t columns;

	if (op->kind >= store->kind_count || op->id > INT64_MAX || op->revision > INT64_MAX)
		return false;
	if (head > OP_OCTETS_MAX || body > OP_OCTETS_MAX)
		return false;
	columns = store->head_sizes[op->kind];
	return columns == 0 || head == columns || op->change == SB_STORE_DEL ||
	       op->change == SB_STORE_CAS;
}

static int
change(struct sb_txn *txn, struct sb_store_op op, struct sb_bytes head, struct sb_bytes body)
{
	struct sb_store_op *room;
	int err = SB_EINVAL;

	if (makes_sense(txn->lane->store, &op, head.size, body.size)) {
		op.head_size = (uint32_t)head.size;
		op.body_size = (uint32_t)body.size;
		err = op_add(txn, &op, &room);
	}
	if (err) {
		/* Kept: the caller may leave the errors of single changes and look at the commit's
		 * alone. */
		txn->error = err;
		return err;
	}
	if (head.size)
		memcpy(room->data, head.data, head.size);
	if (body.size)
		memcpy(room->data + head.size, body.data, body.size);
	return 0;
}

int
sb_txn_put(struct sb_txn *txn, unsigned kind, uint64_t id, const void *head, size_t head_size,
	const void *body, size_t body_size)
{
	struct sb_store_op op = {.change = SB_STORE_PUT, .kind = kind, .id = id};

	return change(txn, op, sb_bytes(head, head_size), sb_bytes(body, body_size));
}

int
sb_txn_mark(struct sb_txn *txn, unsigned kind, uint64_t id, const void *head, size_t head_size)
{
	struct sb_store_op op = {.change = SB_STORE_MARK, .kind = kind, .id = id};

	return change(txn, op, sb_bytes(head, head_size), sb_bytes(NULL, 0));
}

int
sb_txn_del(struct sb_txn *txn, unsigned kind, uint64_t id)
{
	struct sb_store_op op = {.change = SB_STORE_DEL, .kind = kind, .id = id};

	return change(txn, op, sb_bytes(NULL, 0), sb_bytes(NULL, 0));
}

int
sb_txn_cas(struct sb_txn *txn, unsigned kind, uint64_t id, uint64_t revision, const void *body,
	size_t body_size)
{
	struct sb_store_op op = {
		.change = SB_STORE_CAS, .kind = kind, .id = id, .revision = revision};

	txn->has_cas = true;
	return change(txn, op, sb_bytes(NULL, 0), sb_bytes(body, body_size));
}

int
sb_txn_commit(struct sb_txn *txn, struct sb_address to, uint64_t ref)
{
	int err = txn->error;

	if (!err && !txn->lane->store->context)
		err = SB_GONE;
	/* What it holds in memory, not what it says: many small ones are bounded, too. */
	txn->request.cost += TXN_BLOCK;
	if (!err)
		err = sb_store_lane_add(txn->lane, &txn->request, to, ref);
	if (err)
		txn_give(txn->lane, txn);
	return err;
}

/* ---- reads ---- */

/* Reads take a place in the queue as well: what they bring is memory, too. */
static int
ask(struct sb_session *s, struct sb_store *store, struct sb_store_request asked,
	struct sb_address to, uint64_t ref)
{
	struct sb_store_lane *lane = &store->lanes[s->shard->index];
	struct sb_store_request *request;
	int err;

	if (asked.kind >= store->kind_count || sb_address_is_null(to))
		return SB_EINVAL;
	if (!store->context)
		return SB_GONE;
	request = sb_shard_allocate(s->shard, sizeof(*request));
	if (!request)
		return SB_ENOMEM;
	*request = asked;
	request->cost = READ_COST;
	err = sb_store_lane_add(lane, request, to, ref);
	if (err)
		sb_shard_release(s->shard, request);
	return err;
}

int
sb_store_get(struct sb_session *s, struct sb_store *store, unsigned kind, uint64_t id,
	struct sb_address to, uint64_t ref)
{
	struct sb_store_request request = {.ask = SB_STORE_GET, .kind = kind, .id = id, .max = 1};

	return ask(s, store, request, to, ref);
}

int
sb_store_scan(struct sb_session *s, struct sb_store *store, unsigned kind, uint64_t from,
	size_t max, struct sb_address to, uint64_t ref)
{
	struct sb_store_request request = {
		.ask = SB_STORE_SCAN, .kind = kind, .id = from, .max = max};

	return max ? ask(s, store, request, to, ref) : SB_EINVAL;
}
