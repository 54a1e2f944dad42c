/* The bounds and the seam of the store: rows in memory, and a backend that takes its time. */
#include "core/error.h"
#include "core/node_internal.h"
#include "core/store_internal.h"
#include "store_fixture.h"

#include <stdlib.h>
#include <string.h>

static struct sb_store *
open_store(struct lab *lab, size_t limit, uint64_t delay_ns)
{
	struct sb_store_options options = {
		.path = "mem:", .queue_limit_bytes = limit, .delay_ns = delay_ns};

	return store_open(lab, &options);
}

/* ---- bounds ---- */

static int
try_commit(struct probe *probe, struct sb_store *store, uint64_t id, size_t size, uint64_t ref)
{
	static const char body[100000];
	struct sb_txn *txn = store_begin(probe, store);

	assert_int_equal(sb_txn_put(txn, MESSAGES, id, NULL, 0, body, size), 0);
	return sb_txn_commit(txn, probe->address, ref);
}

static void
test_over_the_limit_a_commit_is_refused_and_told_of_room_once(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 20000, 1000000);
	static struct probe first, second;
	uint64_t taken = 0;
	int err;

	lab_stop_clock(lab);
	lab_start(lab, 0, &first);
	lab_start(lab, 1, &second);
	while (!(err = try_commit(&first, store, taken + 1, 1000, taken + 1)))
		taken++;
	assert_int_equal(err, SB_FULL);
	assert_true(taken >= 5 && taken <= 20);
	assert_int_equal(try_commit(&first, store, 99, 1000, 99), SB_FULL);
	assert_int_equal(try_commit(&second, store, 98, 1000, 98), SB_FULL);
	lab_settle(lab);
	assert_int_equal(first.note_count + second.note_count, 0);
	lab_skip(lab, 1000000);
	lab_settle(lab);
	/* The answers of all that was taken, then the one notice. */
	assert_int_equal(first.note_count, taken + 1);
	for (size_t i = 0; i < taken; i++)
		assert_answer(&first, i, i + 1, 0);
	assert_answer(&first, taken, 0, 0);
	assert_int_equal(second.note_count, 1);
	assert_answer(&second, 0, 0, 0);
	assert_int_equal(try_commit(&second, store, 98, 1000, 98), 0);
	lab_settle(lab);
	lab_skip(lab, 1000000);
	lab_settle(lab);
	assert_answer(&second, 1, 98, 0);
	assert_int_equal(atomic_load(&store->queued), 0);
}

static void
test_a_transaction_larger_than_the_limit_goes_alone(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 20000, 1000000);
	static struct probe probe;

	lab_stop_clock(lab);
	lab_start(lab, 0, &probe);
	assert_int_equal(try_commit(&probe, store, 1, 500, 1), 0);
	assert_int_equal(try_commit(&probe, store, 2, 50000, 2), SB_FULL);
	lab_settle(lab);
	lab_skip(lab, 1000000);
	lab_settle(lab);
	assert_answer(&probe, 0, 1, 0);
	assert_answer(&probe, 1, 0, 0);
	assert_int_equal(try_commit(&probe, store, 2, 50000, 2), 0);
	assert_int_equal(try_commit(&probe, store, 3, 500, 3), SB_FULL);
	lab_settle(lab);
	lab_skip(lab, 1000000);
	lab_settle(lab);
	assert_answer(&probe, 2, 2, 0);
	assert_int_equal(atomic_load(&store->queued), 0);
}

static void
test_answers_are_delayed_as_asked(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 5000000);
	static struct probe probe;

	lab_stop_clock(lab);
	lab_start(lab, 0, &probe);
	store_put(&probe, store, 1, "h", "b", 1);
	lab_settle(lab);
	lab_skip(lab, 3000000);
	store_put(&probe, store, 2, "h", "b", 2);
	lab_settle(lab);
	assert_int_equal(probe.note_count, 0);
	lab_skip(lab, 2000000);
	lab_settle(lab);
	assert_int_equal(probe.note_count, 1);
	lab_skip(lab, 3000000);
	lab_settle(lab);
	assert_int_equal(probe.note_count, 2);
	store_put(&probe, store, 3, "h", "b", 3);
	lab_settle(lab); /* the node goes with an answer due */
}

static void
test_without_memory_a_commit_is_all_or_nothing(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = store_reader(lab, 0);
	unsigned failures = 0;

	store_put(reader, store, 1, "old", "old", 1);
	lab_settle(lab);
	for (size_t n = 1;; n++) {
		struct sb_txn *txn;
		int err = 0;

		reader->note_count = 0;
		lab->fail_at = n;
		txn = sb_txn_begin(reader->session, store);
		for (uint64_t id = 1; txn && !err && id < 200; id++)
			err = sb_txn_put(txn, MESSAGES, id, "new", 3, "0123456789", 10);
		if (txn && err)
			sb_txn_abandon(txn);
		else if (txn)
			err = sb_txn_commit(txn, reader->address, 5);
		lab_settle(lab);
		lab->fail_at = 0;
		if (txn && !err) {
			assert_int_equal(reader->note_count, 1);
			err = reader->notes[0].status;
		} else {
			assert_int_equal(reader->note_count, 0);
		}
		if (txn && !err)
			break;
		failures++;
		assert_row(lab, reader, store, 1, 1, "old", "old");
		assert_no_row(lab, reader, store, 2);
		assert_no_row(lab, reader, store, 199);
	}
	assert_true(failures > 10);
	assert_row(lab, reader, store, 1, 2, "new", "0123456789");
	assert_row(lab, reader, store, 199, 1, "new", "0123456789");
}

/* ---- rows that outlive their node ---- */

static void
test_rows_in_memory_are_there_for_the_next_node(void **state)
{
	struct sb_store_memory *memory = sb_store_memory_new(sb_env_system());
	struct sb_store_options options = {.path = "mem:", .memory = memory};
	struct lab *lab = *state;
	struct sb_store *store = store_open(lab, &options);
	struct probe *reader = store_reader(lab, 0);

	store_put(reader, store, 1, "head", "body", 1);
	lab_settle(lab);
	store_put(reader, store, 2, "lost", "body", 2);
	sb_store_memory_cut(memory);
	lab_settle(lab);
	assert_answer(reader, 1, 2, SB_EIO);
	lab_fini(lab);
	lab_init(lab, 2);
	store = store_open(lab, &options);
	reader = store_reader(lab, 0);
	assert_row(lab, reader, store, 1, 1, "head", "body");
	assert_no_row(lab, reader, store, 2);
	store_put(reader, store, 2, "again", "body", 3);
	lab_settle(lab);
	assert_row(lab, reader, store, 2, 1, "again", "body");
	lab_fini(lab);
	sb_store_memory_free(memory);
	lab_init(lab, 2);
}

/* ---- a backend that takes batches and gives them back when the test says so ---- */

static struct {
	struct sb_store_batch *first, **last;
	unsigned count;
	bool is_open;
} slow;

static int
slow_open(struct sb_store *store, const struct sb_store_options *options, void **context)
{
	(void)store;
	(void)options;
	slow.first = NULL;
	slow.last = &slow.first;
	slow.count = 0;
	slow.is_open = true;
	*context = &slow;
	return 0;
}

static int
slow_submit(void *context, struct sb_store_batch *batch)
{
	(void)context;
	batch->next = NULL;
	*slow.last = batch;
	slow.last = &batch->next;
	slow.count++;
	return SB_AGAIN;
}

static void
slow_give_back(void)
{
	while (slow.first) {
		struct sb_store_batch *batch = slow.first;

		slow.first = batch->next;
		for (struct sb_store_request *r = batch->first; r; r = r->next)
			r->status = SB_EIO;
		sb_store_batch_done(batch);
	}
	slow.last = &slow.first;
}

static void
slow_close(void *context)
{
	(void)context;
	slow_give_back();
	slow.is_open = false;
}

static const struct sb_store_backend slow_backend = {
	.open = slow_open, .close = slow_close, .submit = slow_submit};

static struct sb_store *
open_slow(struct lab *lab)
{
	struct sb_store_options options = {.path = "slow:"};
	struct sb_store *store;

	assert_int_equal(
		sb_store_open_with(&store, lab->node, &slow_backend, &options, store_kinds, KINDS),
		0);
	return store;
}

static void
test_a_slow_backend_gets_one_batch_a_turn_and_sort(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_slow(lab);
	static struct probe probe;

	lab_start(lab, 1, &probe);
	for (uint64_t i = 0; i < 5; i++)
		store_put(&probe, store, i, "h", "b", i);
	assert_int_equal(sb_store_get(probe.session, store, MESSAGES, 1, probe.address, 5), 0);
	assert_int_equal(slow.count, 0);
	lab_settle(lab);
	assert_int_equal(slow.count, 2);
	assert_int_equal(probe.note_count, 0);
	slow_give_back();
	lab_settle(lab);
	assert_int_equal(probe.note_count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_answer(&probe, i, i, SB_EIO);
	lab_settle(lab);
	assert_int_equal(slow.count, 2);
	store_put(&probe, store, 9, "h", "b", 9);
	lab_settle(lab); /* a batch is out when the node goes */
	assert_int_equal(slow.count, 3);
}

static int
set_up(void **state)
{
	struct lab *lab = malloc(sizeof(*lab));

	lab_init(lab, 2);
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	lab_fini(*state);
	assert_false(slow.is_open);
	free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_over_the_limit_a_commit_is_refused_and_told_of_room_once),
		TEST(test_a_transaction_larger_than_the_limit_goes_alone),
		TEST(test_answers_are_delayed_as_asked),
		TEST(test_without_memory_a_commit_is_all_or_nothing),
		TEST(test_rows_in_memory_are_there_for_the_next_node),
		TEST(test_a_slow_backend_gets_one_batch_a_turn_and_sort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
