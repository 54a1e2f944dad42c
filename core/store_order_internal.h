/*
 * The changes of many transactions in the order of their rows: a tree of pages is
 * changed from left to right then, and new rows are appended to its end, instead of
 * being squeezed in between those that another session's transaction has put just
 * before. Changes of one row keep their order.
 */
#ifndef SB_CORE_STORE_ORDER_INTERNAL_H
#define SB_CORE_STORE_ORDER_INTERNAL_H

#include "store_internal.h"

struct sb_store_order_item {
	uint64_t id;
	uint32_t kind;
	const struct sb_store_op *op;
};

/* Keeps its memory from one use to the next. Zeroed is empty. */
struct sb_store_order {
	struct sb_store_order_item *items, *scratch;
	size_t count, capacity;
};

/* Sorts all changes of the batches, which are commits, into order->items. False: no memory, or more
 * than it is worth. */
bool sb_store_order_sort(struct sb_store_order *order, const struct sb_env *env,
	const struct sb_store_batch *batches);
void sb_store_order_fini(struct sb_store_order *order, const struct sb_env *env);

#endif
