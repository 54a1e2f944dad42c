/* The order in which the store's writer makes changes. */
#include "core/store_order_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHANGES_MOST 2000

/* Transactions of one chunk each, in one batch, freed together. */
struct work {
	struct sb_store_batch batch;
	struct sb_store_order order;
	uint32_t changes;
};

static struct sb_txn *
txn_add(struct work *work, uint32_t capacity)
{
	uint32_t octets = capacity * sizeof(struct sb_store_op);
	struct sb_txn *txn = calloc(1, sizeof(*txn) + octets);

	assert_non_null(txn);
	txn->first.capacity = octets;
	*work->batch.last = &txn->request;
	work->batch.last = &txn->request.next;
	return txn;
}

/* `unused` numbers the changes as they come. */
static void
change_add(struct work *work, struct sb_txn *txn, uint32_t kind, uint64_t id)
{
	struct sb_store_op op = {
		.id = id, .kind = kind, .size = sizeof(op), .unused = ++work->changes};

	assert_true(txn->first.used + sizeof(op) <= txn->first.capacity);
	memcpy(txn->first.data + txn->first.used, &op, sizeof(op));
	txn->first.used += sizeof(op);
	txn->op_count++;
}

static int
setup(void **state)
{
	struct work *work = calloc(1, sizeof(*work));

	work->batch.last = &work->batch.first;
	*state = work;
	return 0;
}

static int
teardown(void **state)
{
	struct work *work = *state;

	while (work->batch.first) {
		struct sb_store_request *request = work->batch.first;

		work->batch.first = request->next;
		free(request);
	}
	sb_store_order_fini(&work->order, sb_env_system());
	free(work);
	return 0;
}

/* By kind, then by row, then as they came; none lost, none twice. */
static void
assert_sorted(struct work *work)
{
	const struct sb_store_order_item *items;

	assert_true(sb_store_order_sort(&work->order, sb_env_system(), &work->batch));
	assert_int_equal(work->order.count, work->changes);
	items = work->order.items;
	for (size_t i = 0; i < work->order.count; i++) {
		assert_true(items[i].id == items[i].op->id && items[i].kind == items[i].op->kind);
		if (i == 0)
			continue;
		assert_true(items[i - 1].kind <= items[i].kind);
		if (items[i - 1].kind < items[i].kind)
			continue;
		assert_true(items[i - 1].id <= items[i].id);
		if (items[i - 1].id == items[i].id)
			assert_true(items[i - 1].op->unused < items[i].op->unused);
	}
}

static void
test_nothing_is_in_order(void **state)
{
	assert_sorted(*state);
	txn_add(*state, 0);
	assert_sorted(*state);
}

static void
test_runs_of_several_transactions_are_merged(void **state)
{
	struct work *work = *state;

	for (uint64_t t = 0; t < 7; t++) {
		struct sb_txn *txn = txn_add(work, 100);

		for (uint64_t i = 0; i < 50; i++)
			change_add(work, txn, 0, 1000 + i * 7 + t);
		for (uint64_t i = 0; i < 50; i++)
			change_add(work, txn, 0, i * 7 + t);
	}
	assert_sorted(work);
}

static void
test_changes_of_one_row_keep_their_order(void **state)
{
	struct work *work = *state;

	srandom(7);
	for (int round = 0; round < 20; round++) {
		struct sb_txn *txn = txn_add(work, 100);

		for (int i = 0; i < 100; i++)
			change_add(work, txn, (uint32_t)random() % 3, (uint64_t)random() % 20);
		assert_sorted(work);
	}
	assert_int_equal(work->changes, CHANGES_MOST);
}

static void *
no_memory(void *context, size_t size)
{
	(void)context;
	(void)size;
	return NULL;
}

static void
test_without_memory_there_is_no_order(void **state)
{
	struct work *work = *state;
	struct sb_env env = *sb_env_system();
	struct sb_txn *txn = txn_add(work, 1);

	env.allocate = no_memory;
	change_add(work, txn, 0, 1);
	assert_false(sb_store_order_sort(&work->order, &env, &work->batch));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_is_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_runs_of_several_transactions_are_merged, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_changes_of_one_row_keep_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_without_memory_there_is_no_order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
