/*
 * The writer: all that waits becomes one transaction of SQLite, its changes in the
 * order of their rows. Only where one of our transactions may fail alone, or is not
 * to be done at all, they are made one after the other, under savepoints.
 */
#include "core/error.h"
#include "core/store_sqlite_internal.h"

/* All of it again, each of our transactions under a savepoint. */
#define EACH_ALONE 1

static int
step(struct sb_sqlite *s, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);
	int err = sb_sqlite_error(s->writing, code);

	sqlite3_reset(statement);
	return err;
}

static int
run(struct sb_sqlite *s, enum sb_sqlite_step which)
{
	return step(s, s->steps[which]);
}

static uint64_t
integer_of(const unsigned char *octets, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value = value << 8 | octets[i];
	return value;
}

/* SQLite's integers are signed: the largest of 8 octets show as negative ones. Nothing is copied:
 * the transaction stays until it has been given back. */
static void
bind_head(sqlite3_stmt *statement, const struct sb_store_kind *kind, const struct sb_store_op *op)
{
	const unsigned char *at = op->data;

	for (size_t i = 0; i < kind->column_count; i++) {
		unsigned octets = kind->columns[i].octets;

		sqlite3_bind_int64(statement, (int)(SB_SQLITE_HEAD + i),
			(sqlite3_int64)integer_of(at, octets));
		at += octets;
	}
	if (kind->column_count == 0)
		sqlite3_bind_blob(statement, SB_SQLITE_HEAD, at, (int)op->head_size, SQLITE_STATIC);
}

static int
bind_body(sqlite3_stmt *statement, const struct sb_store_op *op)
{
	return sqlite3_bind_blob(statement, SB_SQLITE_BODY, op->data + op->head_size,
		(int)op->body_size, SQLITE_STATIC);
}

static enum sb_sqlite_write
write_of(const struct sb_store_op *op)
{
	switch ((enum sb_store_change)op->change) {
	case SB_STORE_PUT:
		return SB_SQLITE_PUT;
	case SB_STORE_MARK:
		return SB_SQLITE_MARK;
	case SB_STORE_DEL:
		return SB_SQLITE_DEL;
	case SB_STORE_CAS:
		break;
	}
	return op->revision ? SB_SQLITE_CAS : SB_SQLITE_CAS_NEW;
}

static int
apply(struct sb_sqlite *s, const struct sb_store_op *op)
{
	enum sb_sqlite_write write = write_of(op);
	sqlite3_stmt *statement = s->kinds[op->kind].writes[write];
	bool is_cas = op->change == SB_STORE_CAS;
	int err;

	sqlite3_bind_int64(statement, SB_SQLITE_ID, (sqlite3_int64)op->id);
	if (op->change == SB_STORE_PUT || op->change == SB_STORE_MARK)
		bind_head(statement, &s->store->kinds[op->kind], op);
	if (write == SB_SQLITE_CAS)
		sqlite3_bind_int64(statement, SB_SQLITE_HEAD, (sqlite3_int64)op->revision);
	/* The only value that may be too large. */
	if ((op->change == SB_STORE_PUT || is_cas) && bind_body(statement, op))
		return SB_EINVAL;
	err = step(s, statement);
	if (!err && is_cas && sqlite3_changes(s->writing) == 0)
		err = SB_ECONFLICT;
	return err;
}

static int
apply_all(struct sb_sqlite *s, const struct sb_txn *txn)
{
	struct sb_store_cursor cursor = sb_store_ops(txn);
	const struct sb_store_op *op;
	int err = 0;

	while (!err && (op = sb_store_op_next(&cursor)))
		err = apply(s, op);
	return err;
}

static void
set_all(struct sb_store_batch *batches, int status)
{
	for (struct sb_store_batch *batch = batches; batch; batch = batch->next)
		for (struct sb_store_request *r = batch->first; r; r = r->next)
			r->status = status;
}

/* What concerns one transaction of ours and not the file. */
static bool
is_alone(int err)
{
	return err == SB_ECONFLICT || err == SB_EINVAL || err == SB_ENOMEM;
}

/* Its own error to the transaction; what is returned concerns all. A single change is whole or
 * nothing by itself. */
static int
apply_saved(struct sb_sqlite *s, struct sb_txn *txn)
{
	int err = run(s, SB_SQLITE_SAVE), undone = 0;

	if (err)
		return err;
	txn->request.status = apply_all(s, txn);
	if (!is_alone(txn->request.status) && txn->request.status)
		return txn->request.status;
	if (txn->request.status)
		undone = run(s, SB_SQLITE_UNDO);
	return undone ? undone : run(s, SB_SQLITE_RELEASE);
}

static int
apply_plain(struct sb_sqlite *s, struct sb_txn *txn)
{
	int err = apply_all(s, txn);

	txn->request.status = err;
	if (err == SB_ECONFLICT || (txn->op_count == 1 && is_alone(err)))
		return 0;
	return is_alone(err) ? EACH_ALONE : err;
}

/* Some errors make SQLite end its transaction: what came after them would be one of its own. */
static int
why_gone(struct sb_sqlite *s, const struct sb_txn *txn)
{
	return sqlite3_get_autocommit(s->writing) ? txn->request.status : 0;
}

static int
apply_next(struct sb_sqlite *s, struct sb_txn *txn, bool each_alone)
{
	bool is_saved = each_alone || (txn->has_cas && txn->op_count > 1);
	int err;

	txn->request.status = sb_store_series_error(txn);
	if (txn->request.status)
		return 0;
	err = is_saved ? apply_saved(s, txn) : apply_plain(s, txn);
	if (!err)
		sb_store_series_note(txn);
	return err ? err : why_gone(s, txn);
}

static int
apply_one_by_one(struct sb_sqlite *s, struct sb_store_batch *batches, bool each_alone)
{
	int err = 0;

	for (struct sb_store_batch *batch = batches; batch; batch = batch->next)
		for (struct sb_store_request *r = batch->first; r && !err; r = r->next)
			err = apply_next(s, (struct sb_txn *)r, each_alone);
	return err;
}

/* Whose changes they are is not known here: one that fails alone is found in another attempt. */
static int
apply_in_order(struct sb_sqlite *s)
{
	int err = 0;

	for (size_t i = 0; i < s->order.count && !err; i++)
		err = apply(s, s->order.items[i].op);
	return is_alone(err) ? EACH_ALONE : err;
}

/* A conflict is an answer, and common where there are comparisons at all. What fails for its series
 * must not be among the others. */
static bool
may_be_sorted(const struct sb_store_batch *batches)
{
	for (; batches; batches = batches->next)
		for (struct sb_store_request *r = batches->first; r; r = r->next) {
			const struct sb_txn *txn = (struct sb_txn *)r;

			if (txn->has_cas || sb_store_series_error(txn))
				return false;
		}
	return true;
}

static int
apply_batches(struct sb_sqlite *s, struct sb_store_batch *batches, bool each_alone)
{
	if (each_alone || !may_be_sorted(batches) ||
		!sb_store_order_sort(&s->order, s->env, batches))
		return apply_one_by_one(s, batches, each_alone);
	set_all(batches, 0);
	return apply_in_order(s);
}

/* One transaction of SQLite. 0, EACH_ALONE or what concerns all: then nothing was done. */
static int
attempt(struct sb_sqlite *s, struct sb_store_batch *batches, bool each_alone)
{
	int err = run(s, SB_SQLITE_BEGIN);

	if (err)
		return err;
	err = apply_batches(s, batches, each_alone);
	if (!err)
		err = run(s, SB_SQLITE_COMMIT);
	/* Unless SQLite has done that itself, as it does when the disk is full. */
	if (err && !sqlite3_get_autocommit(s->writing))
		(void)run(s, SB_SQLITE_ROLLBACK);
	return err;
}

static void
give_back(struct sb_store_batch *batches)
{
	while (batches) {
		struct sb_store_batch *next = batches->next;

		sb_store_batch_done(batches);
		batches = next;
	}
}

static uint64_t
rows_in(const struct sb_store_batch *batches)
{
	uint64_t rows = 0;

	for (; batches; batches = batches->next)
		for (struct sb_store_request *r = batches->first; r; r = r->next)
			if (r->status == 0)
				rows += ((struct sb_txn *)r)->op_count;
	return rows;
}

/* 0, or what concerns all. */
static int
commit(struct sb_sqlite *s, struct sb_store_batch *batches)
{
	uint64_t since = s->env->now(s->env->context);
	int err = attempt(s, batches, false);

	if (err == EACH_ALONE)
		err = attempt(s, batches, true);
	if (err)
		sb_sqlite_failed(s, err);
	else
		sb_sqlite_committed(s, rows_in(batches), s->env->now(s->env->context) - since);
	return err;
}

/* Then nothing is tried: a transaction of nothing would succeed on a disk that is full, too. */
static bool
is_all_refused(struct sb_store_batch *batches)
{
	for (struct sb_store_batch *batch = batches; batch; batch = batch->next)
		for (struct sb_store_request *r = batch->first; r; r = r->next) {
			r->status = sb_store_series_error((struct sb_txn *)r);
			if (!r->status)
				return false;
		}
	return true;
}

static void
note_all(const struct sb_store_batch *batches)
{
	for (; batches; batches = batches->next)
		for (struct sb_store_request *r = batches->first; r; r = r->next)
			sb_store_series_note((struct sb_txn *)r);
}

void
sb_sqlite_commit(void *context, struct sb_store_batch *batches)
{
	struct sb_sqlite *s = context;
	int err = s->failure;

	if (!err && !is_all_refused(batches))
		err = commit(s, batches);
	if (err)
		set_all(batches, err);
	note_all(batches);
	give_back(batches);
	/* Only now, with nobody waiting for it. */
	if (!err)
		sb_sqlite_checkpoint(s);
	sb_sqlite_count_cpu(s);
}
