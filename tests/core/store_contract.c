/* What both backends promise: every test runs with rows in memory and with rows in a file. */
#include "store_fixture.h"

#include "core/error.h"
#include "core/node_internal.h"
#include "core/store_internal.h"

#include <stdlib.h>
#include <string.h>

static bool is_file;

static struct sb_store *
open_store(struct lab *lab)
{
	struct sb_store_options options = {.path = is_file ? store_path("rows") : "mem:"};

	return store_open(lab, &options);
}

/* Static ones are here for the second time. */
static void
start_probe(struct lab *lab, unsigned shard, struct probe *probe)
{
	memset(probe, 0, sizeof(*probe));
	lab_start(lab, shard, probe);
}

/* ---- commits ---- */

static void
test_a_commit_completes_in_a_later_turn_and_the_row_is_there(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	static struct probe probe;
	char body[] = "body";
	struct sb_txn *txn;

	start_probe(lab, 0, &probe);
	txn = store_begin(&probe, store);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 7, "head", 4, body, 4), 0);
	memset(body, 'x', 4); /* it was copied */
	assert_int_equal(sb_txn_commit(txn, probe.address, 42), 0);
	sb_node_turn(lab->node, 0, 0);
	assert_int_equal(probe.note_count, 0);
	store_settle(lab);
	assert_answer(&probe, 0, 42, 0);
	assert_row(lab, store_reader(lab, 1), store, 7, 1, "head", "body");
}

static void
test_completions_come_once_and_in_the_order_of_the_commits(void **state)
{
	enum { COUNT = 200 };
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	static struct probe probes[2];

	start_probe(lab, 0, &probes[0]);
	start_probe(lab, 1, &probes[1]);
	for (uint64_t i = 0; i < COUNT; i++) {
		store_put(&probes[0], store, i, "h", "b", i);
		store_put(&probes[1], store, COUNT + i, "h", "b", i);
		if (i % 7 == 0)
			lab_turn(lab);
	}
	store_settle(lab);
	for (int p = 0; p < 2; p++) {
		assert_int_equal(probes[p].note_count, COUNT);
		for (size_t i = 0; i < COUNT; i++)
			assert_answer(&probes[p], i, i, 0);
	}
}

static void
test_a_commit_may_answer_another_session_or_nobody(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	static struct probe first, second;
	struct sb_txn *txn;

	start_probe(lab, 0, &first);
	start_probe(lab, 1, &second);
	txn = store_begin(&first, store);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 1, "a", 1, NULL, 0), 0);
	assert_int_equal(sb_txn_commit(txn, second.address, 5), 0);
	txn = store_begin(&first, store);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 2, NULL, 0, "b", 1), 0);
	assert_int_equal(sb_txn_commit(txn, nobody, 6), 0);
	store_settle(lab);
	assert_int_equal(first.note_count, 0);
	assert_int_equal(second.note_count, 1);
	assert_answer(&second, 0, 5, 0);
	assert_row(lab, store_reader(lab, 0), store, 2, 1, "", "b");
}

static void
test_a_session_that_has_gone_loses_its_completions_not_its_commits(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	static struct probe probe;

	start_probe(lab, 0, &probe);
	store_put(&probe, store, 9, "kept", "body", 1);
	sb_abort(probe.session, SB_END_LOCAL);
	store_settle(lab);
	assert_int_equal(probe.ends, 1);
	assert_int_equal(probe.note_count, 0);
	assert_row(lab, store_reader(lab, 0), store, 9, 1, "kept", "body");
}

static void
test_each_change_counts_the_revision_up(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);
	struct sb_txn *txn;

	store_put(reader, store, 1, "one", "body", 1);
	txn = store_begin(reader, store);
	assert_int_equal(sb_txn_mark(txn, MESSAGES, 1, "two", 3), 0);
	assert_int_equal(sb_txn_mark(txn, MESSAGES, 2, "two", 3), 0);
	assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
	store_settle(lab);
	assert_row(lab, reader, store, 1, 2, "two", "body");
	assert_no_row(lab, reader, store, 2);
	store_put(reader, store, 1, "three", "other", 1);
	store_settle(lab);
	assert_row(lab, reader, store, 1, 3, "three", "other");
	txn = store_begin(reader, store);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 2), 0);
	assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
	store_settle(lab);
	assert_no_row(lab, reader, store, 1);
	store_put(reader, store, 1, "again", "", 1);
	store_settle(lab);
	assert_row(lab, reader, store, 1, 1, "again", "");
}

static void
test_kinds_are_separate(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);
	struct sb_txn *txn = store_begin(reader, store);

	assert_int_equal(sb_txn_put(txn, DEVICES, 1, "dev", 3, NULL, 0), 0);
	assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
	store_settle(lab);
	assert_no_row(lab, reader, store, 1);
}

static void
test_a_conflict_fails_its_transaction_alone_and_whole(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);
	struct sb_txn *txn;

	store_put(reader, store, 1, "h1", "b1", 1);
	store_put(reader, store, 2, "h2", "b2", 2);
	txn = store_begin(reader, store);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 1, "x", 1, "x", 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 2), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 2, "y", 1, "y", 1), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 3, "z", 1, "z", 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 3), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 4, "z", 1, "z", 1), 0);
	assert_int_equal(sb_txn_cas(txn, MESSAGES, 1, 1, "new", 3), 0); /* it has 2 by now */
	assert_int_equal(sb_txn_commit(txn, reader->address, 3), 0);
	store_put(reader, store, 5, "h5", "b5", 4);
	store_settle(lab);
	assert_answer(reader, 0, 1, 0);
	assert_answer(reader, 1, 2, 0);
	assert_answer(reader, 2, 3, SB_ECONFLICT);
	assert_answer(reader, 3, 4, 0);
	assert_row(lab, reader, store, 1, 1, "h1", "b1");
	assert_row(lab, reader, store, 2, 1, "h2", "b2");
	assert_no_row(lab, reader, store, 3);
	assert_no_row(lab, reader, store, 4);
	assert_row(lab, reader, store, 5, 1, "h5", "b5");
}

static void
put_in(struct probe *probe, struct sb_store *store, struct sb_store_series *series, uint64_t id)
{
	struct sb_txn *txn = store_begin(probe, store);

	assert_int_equal(sb_txn_put(txn, MESSAGES, id, "h", 1, "b", 1), 0);
	sb_txn_in_series(txn, series);
	assert_int_equal(sb_txn_commit(txn, probe->address, id), 0);
}

static void
conflict_in(struct probe *probe, struct sb_store *store, struct sb_store_series *series)
{
	struct sb_txn *txn = store_begin(probe, store);

	assert_int_equal(sb_txn_cas(txn, MESSAGES, 1000, 7, "b", 1), 0);
	sb_txn_in_series(txn, series);
	assert_int_equal(sb_txn_commit(txn, probe->address, 0), 0);
}

static void
test_in_a_series_nothing_overtakes_what_failed(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);
	struct sb_store_series *series = sb_store_series_new(reader->session, store);
	struct sb_store_series *other = sb_store_series_new(reader->session, store);

	put_in(reader, store, series, 1);
	conflict_in(reader, store, series);
	put_in(reader, store, series, 2);
	put_in(reader, store, other, 3);
	store_put(reader, store, 4, "h", "b", 4);
	store_settle(lab);
	assert_answer(reader, 0, 1, 0);
	assert_answer(reader, 1, 0, SB_ECONFLICT);
	assert_answer(reader, 2, 2, SB_ECONFLICT);
	assert_answer(reader, 3, 3, 0);
	assert_answer(reader, 4, 4, 0);
	put_in(reader, store, series, 5); /* also alone */
	store_settle(lab);
	assert_answer(reader, 5, 5, SB_ECONFLICT);
	assert_no_row(lab, reader, store, 2);
	assert_no_row(lab, reader, store, 5);
	assert_row(lab, reader, store, 3, 1, "h", "b");
}

static void
test_a_series_goes_on_when_its_session_says_so_and_may_fail_again(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);
	struct sb_store_series *series = sb_store_series_new(reader->session, store);

	for (uint64_t round = 0; round < 3; round++) {
		size_t at = reader->note_count;

		conflict_in(reader, store, series);
		put_in(reader, store, series, 1);
		store_settle(lab);
		assert_answer(reader, at + 1, 1, SB_ECONFLICT);
		sb_store_series_resume(series);
		put_in(reader, store, series, 1);
		store_settle(lab);
		assert_answer(reader, at + 2, 1, 0);
		assert_row(lab, reader, store, 1, round + 1, "h", "b");
	}
}

static void
test_the_last_change_of_a_row_in_a_transaction_counts(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);
	struct sb_txn *txn;

	store_put(reader, store, 1, "h1", "b1", 1);
	store_put(reader, store, 2, "h2", "b2", 2);
	txn = store_begin(reader, store);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 1), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 1, "x", 1, "x", 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 2), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 2, "y", 1, "y", 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 2), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 3, "z", 1, "z", 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 3), 0);
	assert_int_equal(sb_txn_commit(txn, reader->address, 3), 0);
	store_settle(lab);
	assert_answer(reader, 2, 3, 0);
	assert_row(lab, reader, store, 1, 1, "x", "x");
	assert_no_row(lab, reader, store, 2);
	assert_no_row(lab, reader, store, 3);
}

static void
test_a_cas_replaces_the_body_of_the_revision_it_names(void **state)
{
	static const struct {
		uint64_t revision;
		int status;
	} cases[] = {
		{1, SB_ECONFLICT}, {0, 0}, {0, SB_ECONFLICT}, {1, 0}, {1, SB_ECONFLICT}, {2, 0}};
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sb_txn *txn = store_begin(reader, store);

		assert_int_equal(sb_txn_cas(txn, MESSAGES, 1, cases[i].revision, "body", 4), 0);
		assert_int_equal(sb_txn_commit(txn, reader->address, i), 0);
		store_settle(lab);
		assert_answer(reader, i, i, cases[i].status);
	}
	assert_row(lab, reader, store, 1, 3, "", "body");
}

static void
test_two_transactions_may_be_built_side_by_side(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);
	struct sb_txn *first = store_begin(reader, store), *second = store_begin(reader, store);

	assert_int_equal(sb_txn_put(first, MESSAGES, 1, "a", 1, NULL, 0), 0);
	assert_int_equal(sb_txn_put(second, MESSAGES, 2, "b", 1, NULL, 0), 0);
	assert_int_equal(sb_txn_put(first, MESSAGES, 3, "c", 1, NULL, 0), 0);
	sb_txn_abandon(second);
	assert_int_equal(sb_txn_commit(first, nobody, 0), 0);
	store_settle(lab);
	assert_row(lab, reader, store, 1, 1, "a", "");
	assert_no_row(lab, reader, store, 2);
	assert_row(lab, reader, store, 3, 1, "c", "");
}

static void
test_a_transaction_may_be_large(void **state)
{
	enum { COUNT = 500, SIZE = 900 };
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);
	struct sb_txn *txn = store_begin(reader, store);
	char *body = malloc(100000);

	memset(body, 'b', 100000);
	for (uint64_t i = 0; i < COUNT; i++)
		assert_int_equal(
			sb_txn_put(txn, MESSAGES, i, &i, sizeof(i), body, (size_t)SIZE + i), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, COUNT, NULL, 0, body, 100000), 0);
	assert_int_equal(sb_txn_commit(txn, reader->address, 1), 0);
	store_settle(lab);
	assert_answer(reader, 0, 1, 0);
	assert_int_equal(
		sb_store_scan(reader->session, store, MESSAGES, 0, 10000, reader->address, 2), 0);
	store_settle(lab);
	assert_int_equal(seen.count, COUNT + 1);
	assert_true(seen.is_last);
	free(body);
}

static void
test_what_makes_no_sense_is_refused(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store, *other;
	struct probe *reader = store_reader(lab, 0);
	struct sb_store_options options = {.path = "nowhere:"};
	struct sb_txn *txn;

	assert_int_equal(
		sb_store_open(&store, lab->node, &options, store_kinds, KINDS), SB_ENOTSUP);
	options.path = NULL;
	assert_int_equal(sb_store_open(&store, lab->node, &options, store_kinds, KINDS), SB_EINVAL);
	options.path = "mem:";
	assert_int_equal(sb_store_open(&store, lab->node, &options, store_kinds, 0), SB_EINVAL);
	store = open_store(lab);
	assert_int_equal(sb_store_open(&other, lab->node, &options, store_kinds, KINDS), SB_EEXIST);
	txn = store_begin(reader, store);
	assert_int_equal(sb_txn_put(txn, KINDS, 1, NULL, 0, NULL, 0), SB_EINVAL);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 1, NULL, 0, "", SIZE_MAX), SB_EINVAL);
	assert_int_equal(sb_txn_commit(txn, reader->address, 1), SB_EINVAL);
	assert_int_equal(
		sb_store_get(reader->session, store, KINDS, 1, reader->address, 1), SB_EINVAL);
	assert_int_equal(sb_store_get(reader->session, store, MESSAGES, 1, nobody, 1), SB_EINVAL);
	assert_int_equal(sb_store_scan(reader->session, store, MESSAGES, 0, 0, reader->address, 1),
		SB_EINVAL);
	sb_store_close(store);
	txn = store_begin(reader, store);
	assert_int_equal(sb_txn_commit(txn, reader->address, 1), SB_GONE);
	assert_int_equal(
		sb_store_get(reader->session, store, MESSAGES, 1, reader->address, 1), SB_GONE);
}

/* ---- scans ---- */

static void
test_a_scan_goes_through_all_rows_page_by_page(void **state)
{
	enum { COUNT = 100, PAGE = 30 };
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);
	uint64_t from = 0, next = 0;

	for (uint64_t i = COUNT; i-- > 0;)
		store_put(reader, store, i * 5, "h", "b", 1);
	store_settle(lab);
	for (bool is_last = false; !is_last; is_last = seen.is_last) {
		assert_int_equal(sb_store_scan(reader->session, store, MESSAGES, from, PAGE,
					 reader->address, 2),
			0);
		store_settle(lab);
		assert_true(seen.count == PAGE || (seen.is_last && seen.count == COUNT % PAGE));
		for (size_t i = 0; i < seen.count; i++, next++)
			assert_int_equal(seen.rows[i].id, next * 5);
		from = seen.rows[seen.count - 1].id + 1;
	}
	assert_int_equal(next, COUNT);
}

static void
test_the_last_page_says_so_also_when_it_is_full_or_empty(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);

	for (uint64_t i = 0; i < 4; i++)
		store_put(reader, store, i, "h", "b", 1);
	store_settle(lab);
	assert_int_equal(
		sb_store_scan(reader->session, store, MESSAGES, 0, 4, reader->address, 2), 0);
	store_settle(lab);
	assert_int_equal(seen.count, 4);
	assert_true(seen.is_last);
	assert_int_equal(
		sb_store_scan(reader->session, store, MESSAGES, 4, 4, reader->address, 2), 0);
	store_settle(lab);
	assert_int_equal(seen.status, 0);
	assert_int_equal(seen.count, 0);
	assert_true(seen.is_last);
}

/* They come after the turn's batch has gone: nothing else need wake the shard for the next one. */
static void
commit_in_closed(struct sb_session *s, struct probe *probe)
{
	struct sb_txn *txn = sb_txn_begin(s, probe->context);

	assert_non_null(txn);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 9, "h", 1, "last", 4), 0);
	assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
}

static void
test_a_commit_in_closed_does_not_wait_for_other_work(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	static struct probe probe;

	start_probe(lab, 0, &probe);
	probe.on_closed = commit_in_closed;
	probe.context = store;
	sb_close(probe.session, SB_END_LOCAL);
	while (sb_node_turn(lab->node, 0, 0) || !probe.ends)
		;
	assert_null(store->lanes[0].commits);
	store_settle(lab);
	assert_row(lab, store_reader(lab, 1), store, 9, 1, "h", "last");
}

static void
test_a_page_is_bounded_in_octets_but_has_a_row(void **state)
{
	enum { SIZE = 700000 };
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *reader = store_reader(lab, 0);
	char *body = calloc(2, SIZE);

	for (uint64_t i = 0; i < 3; i++) {
		struct sb_txn *txn = store_begin(reader, store);
		size_t size = i == 0 ? SIZE * 2u : SIZE / 2u;

		assert_int_equal(sb_txn_put(txn, MESSAGES, i, NULL, 0, body, size), 0);
		assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
	}
	store_settle(lab);
	assert_int_equal(
		sb_store_scan(reader->session, store, MESSAGES, 0, 9, reader->address, 2), 0);
	store_settle(lab);
	assert_int_equal(seen.count, 1);
	assert_false(seen.is_last);
	assert_int_equal(
		sb_store_scan(reader->session, store, MESSAGES, 1, 9, reader->address, 2), 0);
	store_settle(lab);
	assert_int_equal(seen.count, 2);
	assert_true(seen.is_last);
	free(body);
}

static int
set_up(void **state)
{
	struct lab *lab = malloc(sizeof(*lab));

	store_folder_make();
	lab_init(lab, 2);
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	lab_fini(*state);
	free(*state);
	store_folder_remove();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_commit_completes_in_a_later_turn_and_the_row_is_there),
		TEST(test_completions_come_once_and_in_the_order_of_the_commits),
		TEST(test_a_commit_may_answer_another_session_or_nobody),
		TEST(test_a_session_that_has_gone_loses_its_completions_not_its_commits),
		TEST(test_each_change_counts_the_revision_up),
		TEST(test_kinds_are_separate),
		TEST(test_a_conflict_fails_its_transaction_alone_and_whole),
		TEST(test_in_a_series_nothing_overtakes_what_failed),
		TEST(test_a_series_goes_on_when_its_session_says_so_and_may_fail_again),
		TEST(test_the_last_change_of_a_row_in_a_transaction_counts),
		TEST(test_a_cas_replaces_the_body_of_the_revision_it_names),
		TEST(test_two_transactions_may_be_built_side_by_side),
		TEST(test_a_transaction_may_be_large),
		TEST(test_what_makes_no_sense_is_refused),
		TEST(test_a_scan_goes_through_all_rows_page_by_page),
		TEST(test_the_last_page_says_so_also_when_it_is_full_or_empty),
		TEST(test_a_page_is_bounded_in_octets_but_has_a_row),
		TEST(test_a_commit_in_closed_does_not_wait_for_other_work),
	};
	int failed = cmocka_run_group_tests_name("memory", tests, NULL, NULL);

	is_file = true;
	return failed + cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
