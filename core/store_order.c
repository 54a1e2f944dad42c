/*
 * A natural merge sort: a transaction's changes are in order mostly, so there are
 * few runs to merge, and merging keeps what is equal in its order.
 */
#include "core/store_order_internal.h"

#include <string.h>

/* Over that the memory is better used otherwise; who commits so much at once can wait for it. */
#define CHANGES_MAX (1u << 18)

static bool
is_behind(const struct sb_store_order_item *a, const struct sb_store_order_item *b)
{
	return a->kind > b->kind || (a->kind == b->kind && a->id > b->id);
}

static bool
reserve(struct sb_store_order *order, const struct sb_env *env, size_t count)
{
	size_t capacity = order->capacity ? order->capacity : 256;
	struct sb_store_order_item *items;

	if (order->items && count <= order->capacity)
		return true;
	if (count > CHANGES_MAX)
		return false;
	while (capacity < count)
		capacity *= 2;
	/* Both halves are one block. */
	items = env->allocate(env->context, 2 * capacity * sizeof(*items));
	if (!items)
		return false;
	sb_store_order_fini(order, env);
	*order = (struct sb_store_order){
		.items = items, .scratch = items + capacity, .capacity = capacity};
	return true;
}

static void
gather(struct sb_store_order *order, const struct sb_txn *txn)
{
	struct sb_store_cursor cursor = sb_store_ops(txn);
	const struct sb_store_op *op;

	while ((op = sb_store_op_next(&cursor)))
		order->items[order->count++] = (struct sb_store_order_item){op->id, op->kind, op};
}

/* Where the run that begins at `from` ends. */
static size_t
run_end(const struct sb_store_order *order, size_t from)
{
	size_t at = from + 1;

	while (at < order->count && !is_behind(&order->items[at - 1], &order->items[at]))
		at++;
	return at;
}

/* Of equal ones the left run's goes first: it was there before. */
static void
merge(struct sb_store_order *order, size_t left, size_t middle, size_t end)
{
	struct sb_store_order_item *items = order->items, *out = order->scratch + left;
	size_t right = middle;

	while (left < middle && right < end)
		*out++ = is_behind(&items[left], &items[right]) ? items[right++] : items[left++];
	memcpy(out, items + left, (middle - left) * sizeof(*out));
	memcpy(out + (middle - left), items + right, (end - right) * sizeof(*out));
}

/* Each two neighbouring runs become one. How many there are then. */
static size_t
pass(struct sb_store_order *order)
{
	struct sb_store_order_item *swap = order->items;
	size_t runs = 0;

	for (size_t at = 0; at < order->count; runs++) {
		size_t middle = run_end(order, at);
		size_t end = middle < order->count ? run_end(order, middle) : middle;

		merge(order, at, middle, end);
		at = end;
	}
	order->items = order->scratch;
	order->scratch = swap;
	return runs;
}

bool
sb_store_order_sort(struct sb_store_order *order, const struct sb_env *env,
	const struct sb_store_batch *batches)
{
	size_t count = 0;

	for (const struct sb_store_batch *batch = batches; batch; batch = batch->next)
		for (struct sb_store_request *r = batch->first; r; r = r->next)
			count += ((struct sb_txn *)r)->op_count;
	if (!reserve(order, env, count))
		return false;
	order->count = 0;
	for (const struct sb_store_batch *batch = batches; batch; batch = batch->next)
		for (struct sb_store_request *r = batch->first; r; r = r->next)
			gather(order, (struct sb_txn *)r);
	while (run_end(order, 0) < order->count && pass(order) > 1)
		;
	return true;
}

void
sb_store_order_fini(struct sb_store_order *order, const struct sb_env *env)
{
	/* Whichever half came first in the block. */
	struct sb_store_order_item *block =
		order->items < order->scratch ? order->items : order->scratch;

	if (block)
		env->release(env->context, block);
	*order = (struct sb_store_order){0};
}
