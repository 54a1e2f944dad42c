/*
 * The statements, by kind: made of its columns once, prepared when the store is
 * opened, and kept. Names were checked: they need no more than quotes, for those
 * that are words of SQL.
 */
#include "core/error.h"
#include "core/store_sqlite_internal.h"

/* Without columns the head is one itself. */
static size_t
column_count(const struct sb_store_kind *kind)
{
	return kind->column_count ? kind->column_count : 1;
}

static const char *
column_name(const struct sb_store_kind *kind, size_t i)
{
	return kind->column_count ? kind->columns[i].name : "head";
}

static void
put_names(sqlite3_str *sql, const struct sb_store_kind *kind)
{
	for (size_t i = 0; i < column_count(kind); i++)
		sqlite3_str_appendf(sql, ",\"%s\"", column_name(kind, i));
}

static void
put_parameters(sqlite3_str *sql, const struct sb_store_kind *kind)
{
	for (size_t i = 0; i < column_count(kind); i++)
		sqlite3_str_appendf(sql, ",?%d", (int)(SB_SQLITE_HEAD + i));
}

static void
put_assignments(sqlite3_str *sql, const struct sb_store_kind *kind)
{
	for (size_t i = 0; i < column_count(kind); i++)
		sqlite3_str_appendf(
			sql, ",\"%s\"=?%d", column_name(kind, i), (int)(SB_SQLITE_HEAD + i));
}

/* An insert which, where the row is there, becomes an update: the row's place is looked for in any
 * case. */
static void
write_put(sqlite3_str *sql, const struct sb_store_kind *kind)
{
	sqlite3_str_appendf(sql, "INSERT INTO \"%s\"(id,revision,body", kind->name);
	put_names(sql, kind);
	sqlite3_str_appendall(sql, ") VALUES(?1,1,?2");
	put_parameters(sql, kind);
	sqlite3_str_appendall(sql, ") ON CONFLICT(id) DO UPDATE SET revision=revision+1,body=?2");
	put_assignments(sql, kind);
}

static void
write_mark(sqlite3_str *sql, const struct sb_store_kind *kind)
{
	sqlite3_str_appendf(sql, "UPDATE \"%s\" SET revision=revision+1", kind->name);
	put_assignments(sql, kind);
	sqlite3_str_appendall(sql, " WHERE id=?1");
}

static void
write_del(sqlite3_str *sql, const struct sb_store_kind *kind)
{
	sqlite3_str_appendf(sql, "DELETE FROM \"%s\" WHERE id=?1", kind->name);
}

/* Whether it was done is seen by the number of rows that changed. */
static void
write_cas(sqlite3_str *sql, const struct sb_store_kind *kind)
{
	sqlite3_str_appendf(sql,
		"UPDATE \"%s\" SET revision=revision+1,body=?2 WHERE id=?1 AND revision=?3",
		kind->name);
}

static void
write_cas_new(sqlite3_str *sql, const struct sb_store_kind *kind)
{
	sqlite3_str_appendf(sql,
		"INSERT INTO \"%s\"(id,revision,body) VALUES(?1,1,?2) ON CONFLICT(id) DO NOTHING",
		kind->name);
}

static void
read_rows(sqlite3_str *sql, const struct sb_store_kind *kind)
{
	sqlite3_str_appendall(sql, "SELECT id,revision,body");
	put_names(sql, kind);
	sqlite3_str_appendf(sql, " FROM \"%s\" WHERE id", kind->name);
}

static void
read_get(sqlite3_str *sql, const struct sb_store_kind *kind)
{
	read_rows(sql, kind);
	sqlite3_str_appendall(sql, "=?1");
}

static void
read_scan(sqlite3_str *sql, const struct sb_store_kind *kind)
{
	read_rows(sql, kind);
	sqlite3_str_appendall(sql, ">=?1 ORDER BY id");
}

typedef void sql_maker(sqlite3_str *sql, const struct sb_store_kind *kind);

static sql_maker *const writes[SB_SQLITE_WRITES] = {
	[SB_SQLITE_PUT] = write_put,
	[SB_SQLITE_MARK] = write_mark,
	[SB_SQLITE_DEL] = write_del,
	[SB_SQLITE_CAS] = write_cas,
	[SB_SQLITE_CAS_NEW] = write_cas_new,
};

static sql_maker *const reads[SB_SQLITE_READS] = {
	[SB_SQLITE_GET] = read_get,
	[SB_SQLITE_SCAN] = read_scan,
};

static const char *const steps[SB_SQLITE_STEPS] = {
	[SB_SQLITE_BEGIN] = "BEGIN IMMEDIATE",
	[SB_SQLITE_COMMIT] = "COMMIT",
	[SB_SQLITE_ROLLBACK] = "ROLLBACK",
	[SB_SQLITE_SAVE] = "SAVEPOINT one",
	[SB_SQLITE_UNDO] = "ROLLBACK TO one",
	[SB_SQLITE_RELEASE] = "RELEASE one",
};

static int
prepare(sqlite3 *db, const char *sql, sqlite3_stmt **statement)
{
	return sb_sqlite_error(
		db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL));
}

static int
prepare_made(
	sqlite3 *db, sql_maker *make, const struct sb_store_kind *kind, sqlite3_stmt **statement)
{
	sqlite3_str *sql = sqlite3_str_new(db);
	char *text;
	int err;

	make(sql, kind);
	text = sqlite3_str_finish(sql);
	if (!text)
		return SB_ENOMEM;
	err = prepare(db, text, statement);
	sqlite3_free(text);
	return err;
}

static int
prepare_kind(struct sb_sqlite *s, const struct sb_store_kind *kind, struct sb_sqlite_kind *out)
{
	int err = 0;

	for (int i = 0; i < SB_SQLITE_WRITES && !err; i++)
		err = prepare_made(s->writing, writes[i], kind, &out->writes[i]);
	for (int i = 0; i < SB_SQLITE_READS && !err; i++)
		err = prepare_made(s->reading, reads[i], kind, &out->reads[i]);
	return err;
}

int
sb_sqlite_prepare(struct sb_sqlite *s)
{
	int err = 0;

	for (int i = 0; i < SB_SQLITE_STEPS && !err; i++)
		err = prepare(s->writing, steps[i], &s->steps[i]);
	for (size_t i = 0; i < s->store->kind_count && !err; i++)
		err = prepare_kind(s, &s->store->kinds[i], &s->kinds[i]);
	return err;
}

void
sb_sqlite_finalize(struct sb_sqlite *s)
{
	for (int i = 0; i < SB_SQLITE_STEPS; i++)
		sqlite3_finalize(s->steps[i]);
	for (size_t i = 0; i < s->store->kind_count; i++) {
		for (int k = 0; k < SB_SQLITE_WRITES; k++)
			sqlite3_finalize(s->kinds[i].writes[k]);
		for (int k = 0; k < SB_SQLITE_READS; k++)
			sqlite3_finalize(s->kinds[i].reads[k]);
	}
}
