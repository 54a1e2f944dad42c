/* The seam of the store, with rows in memory and with a backend that takes its time. */
#include "core/store.h"

#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/store_internal.h"
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES, DEVICES, KINDS };

static const struct sb_store_kind kinds[KINDS] = {
	{.name = "msg", .version = 1}, {.name = "dev", .version = 1}};

static const struct sb_address nobody;

static struct sb_store *
open_store(struct lab *lab, size_t limit, uint64_t delay_ns)
{
	struct sb_store_options options = {
		.path = "mem:", .queue_limit_bytes = limit, .delay_ns = delay_ns};
	struct sb_store *store;

	assert_int_equal(sb_store_open(&store, lab->node, &options, kinds, KINDS), 0);
	return store;
}

static struct sb_txn *
begin(struct probe *probe, struct sb_store *store)
{
	struct sb_txn *txn = sb_txn_begin(probe->session, store);

	assert_non_null(txn);
	return txn;
}

static void
commit_row(struct probe *probe, struct sb_store *store, uint64_t id, const char *head,
	const char *body, uint64_t ref)
{
	struct sb_txn *txn = begin(probe, store);

	assert_int_equal(sb_txn_put(txn, MESSAGES, id, head, strlen(head), body, strlen(body)), 0);
	assert_int_equal(sb_txn_commit(txn, probe->address, ref), 0);
}

static void
assert_answer(const struct probe *probe, size_t index, uint64_t ref, int status)
{
	assert_true(index < probe->note_count);
	assert_int_equal(probe->notes[index].type, SB_MSG_STORE);
	assert_int_equal(probe->notes[index].ref, ref);
	assert_int_equal(probe->notes[index].status, status);
}

/* What a reader was told last: the rows themselves go with the message. */

struct seen_row {
	uint64_t id, revision;
	char head[16], body[16];
};

static struct {
	size_t count;
	bool is_last;
	int status;
	struct seen_row rows[64];
} seen;

static void
see(struct sb_session *s, struct probe *probe, struct sb_message *m)
{
	const struct sb_store_rows *rows = m->data;

	(void)s;
	(void)probe;
	memset(&seen, 0, sizeof(seen));
	seen.status = m->status;
	for (size_t i = 0; rows && i < rows->count && i < 64; i++) {
		const struct sb_store_row *row = &rows->rows[i];
		struct seen_row *out = &seen.rows[i];

		out->id = row->id;
		out->revision = row->revision;
		snprintf(out->head, sizeof(out->head), "%.*s", (int)row->head_size,
			row->head ? (const char *)row->head : "");
		snprintf(out->body, sizeof(out->body), "%.*s", (int)row->body_size,
			row->body ? (const char *)row->body : "");
	}
	seen.count = rows ? rows->count : 0;
	seen.is_last = rows && rows->is_last;
}

static struct probe *
reader_of(struct lab *lab, unsigned shard)
{
	static struct probe reader;

	memset(&reader, 0, sizeof(reader));
	reader.on_message = see;
	lab_start(lab, shard, &reader);
	return &reader;
}

static void
read_row(struct lab *lab, struct probe *reader, struct sb_store *store, uint64_t id)
{
	size_t before = reader->note_count;

	assert_int_equal(
		sb_store_get(reader->session, store, MESSAGES, id, reader->address, 77), 0);
	lab_until_notes(lab, reader, before + 1);
	assert_answer(reader, before, 77, seen.status);
}

static void
assert_row(struct lab *lab, struct probe *reader, struct sb_store *store, uint64_t id,
	uint64_t revision, const char *head, const char *body)
{
	read_row(lab, reader, store, id);
	assert_int_equal(seen.status, 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.rows[0].id, id);
	assert_int_equal(seen.rows[0].revision, revision);
	assert_string_equal(seen.rows[0].head, head);
	assert_string_equal(seen.rows[0].body, body);
}

static void
assert_no_row(struct lab *lab, struct probe *reader, struct sb_store *store, uint64_t id)
{
	read_row(lab, reader, store, id);
	assert_int_equal(seen.status, SB_ENOENT);
	assert_int_equal(seen.count, 0);
}

/* ---- commits ---- */

static void
test_a_commit_completes_in_a_later_turn_and_the_row_is_there(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	static struct probe probe;
	char body[] = "body";
	struct sb_txn *txn;

	lab_start(lab, 0, &probe);
	txn = begin(&probe, store);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 7, "head", 4, body, 4), 0);
	memset(body, 'x', 4); /* it was copied */
	assert_int_equal(sb_txn_commit(txn, probe.address, 42), 0);
	sb_node_turn(lab->node, 0, 0);
	assert_int_equal(probe.note_count, 0);
	sb_node_turn(lab->node, 0, 0);
	assert_answer(&probe, 0, 42, 0);
	assert_row(lab, reader_of(lab, 1), store, 7, 1, "head", "body");
}

static void
test_completions_come_once_and_in_the_order_of_the_commits(void **state)
{
	enum { COUNT = 200 };
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	static struct probe probes[2];

	lab_start(lab, 0, &probes[0]);
	lab_start(lab, 1, &probes[1]);
	for (uint64_t i = 0; i < COUNT; i++) {
		commit_row(&probes[0], store, i, "h", "b", i);
		commit_row(&probes[1], store, COUNT + i, "h", "b", i);
		if (i % 7 == 0)
			lab_turn(lab);
	}
	lab_settle(lab);
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
	struct sb_store *store = open_store(lab, 0, 0);
	static struct probe first, second;
	struct sb_txn *txn;

	lab_start(lab, 0, &first);
	lab_start(lab, 1, &second);
	txn = begin(&first, store);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 1, "a", 1, NULL, 0), 0);
	assert_int_equal(sb_txn_commit(txn, second.address, 5), 0);
	txn = begin(&first, store);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 2, NULL, 0, "b", 1), 0);
	assert_int_equal(sb_txn_commit(txn, nobody, 6), 0);
	lab_settle(lab);
	assert_int_equal(first.note_count, 0);
	assert_int_equal(second.note_count, 1);
	assert_answer(&second, 0, 5, 0);
	assert_row(lab, reader_of(lab, 0), store, 2, 1, "", "b");
}

static void
test_a_session_that_has_gone_loses_its_completions_not_its_commits(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	static struct probe probe;

	lab_start(lab, 0, &probe);
	commit_row(&probe, store, 9, "kept", "body", 1);
	sb_abort(probe.session, SB_END_LOCAL);
	lab_settle(lab);
	assert_int_equal(probe.ends, 1);
	assert_int_equal(probe.note_count, 0);
	assert_row(lab, reader_of(lab, 0), store, 9, 1, "kept", "body");
}

static void
test_each_change_counts_the_revision_up(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = reader_of(lab, 0);
	struct sb_txn *txn;

	commit_row(reader, store, 1, "one", "body", 1);
	txn = begin(reader, store);
	assert_int_equal(sb_txn_mark(txn, MESSAGES, 1, "two", 3), 0);
	assert_int_equal(sb_txn_mark(txn, MESSAGES, 2, "two", 3), 0);
	assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
	lab_settle(lab);
	assert_row(lab, reader, store, 1, 2, "two", "body");
	assert_no_row(lab, reader, store, 2);
	commit_row(reader, store, 1, "three", "other", 1);
	lab_settle(lab);
	assert_row(lab, reader, store, 1, 3, "three", "other");
	txn = begin(reader, store);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 2), 0);
	assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
	lab_settle(lab);
	assert_no_row(lab, reader, store, 1);
	commit_row(reader, store, 1, "again", "", 1);
	lab_settle(lab);
	assert_row(lab, reader, store, 1, 1, "again", "");
}

static void
test_kinds_are_separate(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = reader_of(lab, 0);
	struct sb_txn *txn = begin(reader, store);

	assert_int_equal(sb_txn_put(txn, DEVICES, 1, "dev", 3, NULL, 0), 0);
	assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
	lab_settle(lab);
	assert_no_row(lab, reader, store, 1);
}

static void
test_a_conflict_fails_its_transaction_alone_and_whole(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = reader_of(lab, 0);
	struct sb_txn *txn;

	commit_row(reader, store, 1, "h1", "b1", 1);
	commit_row(reader, store, 2, "h2", "b2", 2);
	txn = begin(reader, store);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 1, "x", 1, "x", 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 2), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 2, "y", 1, "y", 1), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 3, "z", 1, "z", 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 3), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 4, "z", 1, "z", 1), 0);
	assert_int_equal(sb_txn_cas(txn, MESSAGES, 1, 1, "new", 3), 0); /* it has 2 by now */
	assert_int_equal(sb_txn_commit(txn, reader->address, 3), 0);
	commit_row(reader, store, 5, "h5", "b5", 4);
	lab_settle(lab);
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
test_the_last_change_of_a_row_in_a_transaction_counts(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = reader_of(lab, 0);
	struct sb_txn *txn;

	commit_row(reader, store, 1, "h1", "b1", 1);
	commit_row(reader, store, 2, "h2", "b2", 2);
	txn = begin(reader, store);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 1), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 1, "x", 1, "x", 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 2), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 2, "y", 1, "y", 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 2), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 3, "z", 1, "z", 1), 0);
	assert_int_equal(sb_txn_del(txn, MESSAGES, 3), 0);
	assert_int_equal(sb_txn_commit(txn, reader->address, 3), 0);
	lab_settle(lab);
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
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = reader_of(lab, 0);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sb_txn *txn = begin(reader, store);

		assert_int_equal(sb_txn_cas(txn, MESSAGES, 1, cases[i].revision, "body", 4), 0);
		assert_int_equal(sb_txn_commit(txn, reader->address, i), 0);
		lab_settle(lab);
		assert_answer(reader, i, i, cases[i].status);
	}
	assert_row(lab, reader, store, 1, 3, "", "body");
}

static void
test_two_transactions_may_be_built_side_by_side(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = reader_of(lab, 0);
	struct sb_txn *first = begin(reader, store), *second = begin(reader, store);

	assert_int_equal(sb_txn_put(first, MESSAGES, 1, "a", 1, NULL, 0), 0);
	assert_int_equal(sb_txn_put(second, MESSAGES, 2, "b", 1, NULL, 0), 0);
	assert_int_equal(sb_txn_put(first, MESSAGES, 3, "c", 1, NULL, 0), 0);
	sb_txn_abandon(second);
	assert_int_equal(sb_txn_commit(first, nobody, 0), 0);
	lab_settle(lab);
	assert_row(lab, reader, store, 1, 1, "a", "");
	assert_no_row(lab, reader, store, 2);
	assert_row(lab, reader, store, 3, 1, "c", "");
}

static void
test_a_transaction_may_be_large(void **state)
{
	enum { COUNT = 500, SIZE = 900 };
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = reader_of(lab, 0);
	struct sb_txn *txn = begin(reader, store);
	char *body = malloc(100000);

	memset(body, 'b', 100000);
	for (uint64_t i = 0; i < COUNT; i++)
		assert_int_equal(
			sb_txn_put(txn, MESSAGES, i, &i, sizeof(i), body, (size_t)SIZE + i), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, COUNT, NULL, 0, body, 100000), 0);
	assert_int_equal(sb_txn_commit(txn, reader->address, 1), 0);
	lab_settle(lab);
	assert_answer(reader, 0, 1, 0);
	assert_int_equal(
		sb_store_scan(reader->session, store, MESSAGES, 0, 10000, reader->address, 2), 0);
	lab_settle(lab);
	assert_int_equal(seen.count, COUNT + 1);
	assert_true(seen.is_last);
	free(body);
}

static void
test_what_makes_no_sense_is_refused(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store, *other;
	struct probe *reader = reader_of(lab, 0);
	struct sb_store_options options = {.path = "nowhere:"};
	struct sb_txn *txn;

	assert_int_equal(sb_store_open(&store, lab->node, &options, kinds, KINDS), SB_ENOTSUP);
	options.path = NULL;
	assert_int_equal(sb_store_open(&store, lab->node, &options, kinds, KINDS), SB_EINVAL);
	options.path = "mem:";
	assert_int_equal(sb_store_open(&store, lab->node, &options, kinds, 0), SB_EINVAL);
	store = open_store(lab, 0, 0);
	assert_int_equal(sb_store_open(&other, lab->node, &options, kinds, KINDS), SB_EEXIST);
	txn = begin(reader, store);
	assert_int_equal(sb_txn_put(txn, KINDS, 1, NULL, 0, NULL, 0), SB_EINVAL);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 1, NULL, 0, "", SIZE_MAX), SB_EINVAL);
	assert_int_equal(sb_txn_commit(txn, reader->address, 1), SB_EINVAL);
	assert_int_equal(
		sb_store_get(reader->session, store, KINDS, 1, reader->address, 1), SB_EINVAL);
	assert_int_equal(sb_store_get(reader->session, store, MESSAGES, 1, nobody, 1), SB_EINVAL);
	assert_int_equal(sb_store_scan(reader->session, store, MESSAGES, 0, 0, reader->address, 1),
		SB_EINVAL);
	sb_store_close(store);
	txn = begin(reader, store);
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
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = reader_of(lab, 0);
	uint64_t from = 0, next = 0;

	for (uint64_t i = COUNT; i-- > 0;)
		commit_row(reader, store, i * 5, "h", "b", 1);
	lab_settle(lab);
	for (bool is_last = false; !is_last; is_last = seen.is_last) {
		assert_int_equal(sb_store_scan(reader->session, store, MESSAGES, from, PAGE,
					 reader->address, 2),
			0);
		lab_settle(lab);
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
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = reader_of(lab, 0);

	for (uint64_t i = 0; i < 4; i++)
		commit_row(reader, store, i, "h", "b", 1);
	lab_settle(lab);
	assert_int_equal(
		sb_store_scan(reader->session, store, MESSAGES, 0, 4, reader->address, 2), 0);
	lab_settle(lab);
	assert_int_equal(seen.count, 4);
	assert_true(seen.is_last);
	assert_int_equal(
		sb_store_scan(reader->session, store, MESSAGES, 4, 4, reader->address, 2), 0);
	lab_settle(lab);
	assert_int_equal(seen.status, 0);
	assert_int_equal(seen.count, 0);
	assert_true(seen.is_last);
}

static void
test_a_page_is_bounded_in_octets_but_has_a_row(void **state)
{
	enum { SIZE = 700000 };
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = reader_of(lab, 0);
	char *body = calloc(2, SIZE);

	for (uint64_t i = 0; i < 3; i++) {
		struct sb_txn *txn = begin(reader, store);
		size_t size = i == 0 ? SIZE * 2u : SIZE / 2u;

		assert_int_equal(sb_txn_put(txn, MESSAGES, i, NULL, 0, body, size), 0);
		assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
	}
	lab_settle(lab);
	assert_int_equal(
		sb_store_scan(reader->session, store, MESSAGES, 0, 9, reader->address, 2), 0);
	lab_settle(lab);
	assert_int_equal(seen.count, 1);
	assert_false(seen.is_last);
	assert_int_equal(
		sb_store_scan(reader->session, store, MESSAGES, 1, 9, reader->address, 2), 0);
	lab_settle(lab);
	assert_int_equal(seen.count, 2);
	assert_true(seen.is_last);
	free(body);
}

/* ---- bounds ---- */

static int
try_commit(struct probe *probe, struct sb_store *store, uint64_t id, size_t size, uint64_t ref)
{
	static const char body[100000];
	struct sb_txn *txn = begin(probe, store);

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
	commit_row(&probe, store, 1, "h", "b", 1);
	lab_settle(lab);
	lab_skip(lab, 3000000);
	commit_row(&probe, store, 2, "h", "b", 2);
	lab_settle(lab);
	assert_int_equal(probe.note_count, 0);
	lab_skip(lab, 2000000);
	lab_settle(lab);
	assert_int_equal(probe.note_count, 1);
	lab_skip(lab, 3000000);
	lab_settle(lab);
	assert_int_equal(probe.note_count, 2);
	commit_row(&probe, store, 3, "h", "b", 3);
	lab_settle(lab); /* the node goes with an answer due */
}

static void
test_without_memory_a_commit_is_all_or_nothing(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab, 0, 0);
	struct probe *reader = reader_of(lab, 0);
	unsigned failures = 0;

	commit_row(reader, store, 1, "old", "old", 1);
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
	.scheme = "slow:", .open = slow_open, .close = slow_close, .submit = slow_submit};

static struct sb_store *
open_slow(struct lab *lab)
{
	struct sb_store_options options = {.path = "slow:"};
	struct sb_store *store;

	assert_int_equal(
		sb_store_open_with(&store, lab->node, &slow_backend, &options, kinds, KINDS), 0);
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
		commit_row(&probe, store, i, "h", "b", i);
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
	commit_row(&probe, store, 9, "h", "b", 9);
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
		TEST(test_a_commit_completes_in_a_later_turn_and_the_row_is_there),
		TEST(test_completions_come_once_and_in_the_order_of_the_commits),
		TEST(test_a_commit_may_answer_another_session_or_nobody),
		TEST(test_a_session_that_has_gone_loses_its_completions_not_its_commits),
		TEST(test_each_change_counts_the_revision_up),
		TEST(test_kinds_are_separate),
		TEST(test_a_conflict_fails_its_transaction_alone_and_whole),
		TEST(test_the_last_change_of_a_row_in_a_transaction_counts),
		TEST(test_a_cas_replaces_the_body_of_the_revision_it_names),
		TEST(test_two_transactions_may_be_built_side_by_side),
		TEST(test_a_transaction_may_be_large),
		TEST(test_what_makes_no_sense_is_refused),
		TEST(test_a_scan_goes_through_all_rows_page_by_page),
		TEST(test_the_last_page_says_so_also_when_it_is_full_or_empty),
		TEST(test_a_page_is_bounded_in_octets_but_has_a_row),
		TEST(test_over_the_limit_a_commit_is_refused_and_told_of_room_once),
		TEST(test_a_transaction_larger_than_the_limit_goes_alone),
		TEST(test_answers_are_delayed_as_asked),
		TEST(test_without_memory_a_commit_is_all_or_nothing),
		TEST(test_a_slow_backend_gets_one_batch_a_turn_and_sort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
