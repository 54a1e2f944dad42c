/*
 * The tables. A kind's version and columns stand beside the rows (sb_kind and
 * sb_column), both to migrate by and to read. All that an open has to change is
 * one transaction: it is done, or the file is as it was.
 */
#include "core/error.h"
#include "core/log.h"
#include "core/node_internal.h"
#include "core/store_sqlite_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char own_tables[] =
	"CREATE TABLE IF NOT EXISTS sb_kind("
	"name TEXT PRIMARY KEY, version INTEGER NOT NULL, columns TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS sb_column("
	"kind TEXT, position INTEGER, name TEXT, octets INTEGER, text TEXT,"
	" PRIMARY KEY(kind, position)) WITHOUT ROWID";

/* ---- running SQL ---- */

static int
run(struct sb_sqlite *s, const char *sql)
{
	return sb_sqlite_error(s->writing, sqlite3_exec(s->writing, sql, NULL, NULL, NULL));
}

/* The text is SQLite's, from sqlite3_mprintf: NULL without memory. */
static int
run_made(struct sb_sqlite *s, char *sql)
{
	int err = sql ? run(s, sql) : SB_ENOMEM;

	sqlite3_free(sql);
	return err;
}

static int
number_take(void *context, int count, char **values, char **names)
{
	(void)names;
	if (count == 1 && values[0])
		*(long long *)context = strtoll(values[0], NULL, 10);
	return 0;
}

int
sb_sqlite_number(struct sb_sqlite *s, const char *sql, long long *number)
{
	*number = 0;
	return sb_sqlite_error(
		s->writing, sqlite3_exec(s->writing, sql, number_take, number, NULL));
}

__attribute__((format(printf, 3, 4))) static int
refuse(struct sb_sqlite *s, int err, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	sqlite3_vsnprintf(sizeof(s->reason), s->reason, format, arguments);
	va_end(arguments);
	return err;
}

/* ---- the file ---- */

/* A file of something else is left alone; an empty one becomes ours. */
static int
format_check(struct sb_sqlite *s)
{
	long long application, format, tables;
	int err = sb_sqlite_number(s, "PRAGMA application_id", &application);

	if (!err)
		err = sb_sqlite_number(s, "PRAGMA user_version", &format);
	if (!err)
		err = sb_sqlite_number(s, "SELECT count(*) FROM sqlite_schema", &tables);
	if (err)
		return err;
	if (application != SB_SQLITE_APPLICATION && (application || format || tables))
		return refuse(s, SB_ENOTSUP, "a database of another program");
	if (format > SB_SQLITE_FORMAT)
		return refuse(s, SB_ENOTSUP, "format %lld of a newer program: this one knows %d",
			format, SB_SQLITE_FORMAT);
	return 0;
}

static int
own_tables_make(struct sb_sqlite *s)
{
	int err = run(s, own_tables);

	if (!err)
		err = run_made(
			s, sqlite3_mprintf("PRAGMA application_id=%d", SB_SQLITE_APPLICATION));
	if (!err)
		err = run_made(s, sqlite3_mprintf("PRAGMA user_version=%d", SB_SQLITE_FORMAT));
	return err;
}

/* ---- a kind ---- */

/* "flags/1 priority/1 submit/8": two programs of one version must agree in it. NULL: no memory. */
static char *
columns_text(const struct sb_store_kind *kind)
{
	sqlite3_str *text = sqlite3_str_new(NULL);

	for (size_t i = 0; i < kind->column_count; i++)
		sqlite3_str_appendf(text, "%s%s/%d", i ? " " : "", kind->columns[i].name,
			kind->columns[i].octets);
	/* An empty one has no text at all. */
	if (kind->column_count == 0)
		sqlite3_str_appendall(text, "head");
	return sqlite3_str_finish(text);
}

static int
table_make(struct sb_sqlite *s, const struct sb_store_kind *kind)
{
	sqlite3_str *sql = sqlite3_str_new(s->writing);

	sqlite3_str_appendf(sql,
		"CREATE TABLE \"%s\"(id INTEGER PRIMARY KEY, revision INTEGER NOT NULL",
		kind->name);
	for (size_t i = 0; i < kind->column_count; i++)
		sqlite3_str_appendf(sql, ", \"%s\" INTEGER", kind->columns[i].name);
	if (kind->column_count == 0)
		sqlite3_str_appendall(sql, ", head BLOB");
	sqlite3_str_appendall(sql, ", body BLOB)");
	return run_made(s, sqlite3_str_finish(sql));
}

/* What is said of the kind beside its rows. */
static int
kind_describe(struct sb_sqlite *s, const struct sb_store_kind *kind)
{
	char *columns = columns_text(kind);
	int err = SB_ENOMEM;

	if (columns)
		err = run_made(s, sqlite3_mprintf("REPLACE INTO sb_kind VALUES(%Q,%u,%Q);"
						  "DELETE FROM sb_column WHERE kind=%Q",
					  kind->name, kind->version, columns, kind->name));
	sqlite3_free(columns);
	for (size_t i = 0; i < kind->column_count && !err; i++) {
		const struct sb_store_column *column = &kind->columns[i];

		err = run_made(
			s, sqlite3_mprintf("INSERT INTO sb_column VALUES(%Q,%d,%Q,%d,%Q)",
				   kind->name, (int)i, column->name, column->octets, column->text));
	}
	return err;
}

static int
migrate(struct sb_sqlite *s, const struct sb_store_kind *kind, uint32_t from)
{
	int err = 0;

	for (uint32_t version = 1; version < kind->version && !err; version++) {
		const char *sql = kind->migrations ? kind->migrations[version - 1] : NULL;

		if (!sql)
			return refuse(s, SB_ENOTSUP, "no migration of %s from version %u",
				kind->name, version < from ? from : version);
		if (version < from)
			continue;
		err = run(s, sql);
		if (!err)
			SB_LOG_TO(s->store->node->log, INFO, "store.migrated", "kind",
				SB_STR(kind->name), "version", SB_UINT(version + 1));
	}
	return err;
}

/* The file's own idea of a kind; 0: it has none. */
static int
version_read(struct sb_sqlite *s, const struct sb_store_kind *kind, long long *version)
{
	char *sql = sqlite3_mprintf("SELECT version FROM sb_kind WHERE name=%Q", kind->name);
	int err = sql ? sb_sqlite_number(s, sql, version) : SB_ENOMEM;

	sqlite3_free(sql);
	return err;
}

/* Other columns under the same version would be read as what they are not. */
static int
columns_check(struct sb_sqlite *s, const struct sb_store_kind *kind)
{
	char *columns = columns_text(kind), *sql = NULL;
	long long same = 0;
	int err = SB_ENOMEM;

	if (columns)
		sql = sqlite3_mprintf("SELECT count(*) FROM sb_kind WHERE name=%Q AND columns=%Q",
			kind->name, columns);
	if (sql)
		err = sb_sqlite_number(s, sql, &same);
	sqlite3_free(sql);
	sqlite3_free(columns);
	if (!err && !same)
		return refuse(s, SB_ENOTSUP, "%s has other columns in the file under version %u",
			kind->name, kind->version);
	return err;
}

static int
kind_bring(struct sb_sqlite *s, const struct sb_store_kind *kind)
{
	long long version;
	int err = version_read(s, kind, &version);

	if (err)
		return err;
	if (version > kind->version)
		return refuse(s, SB_ENOTSUP,
			"%s has version %lld of a newer program: this one knows %u", kind->name,
			version, kind->version);
	if (version == kind->version)
		return columns_check(s, kind);
	err = version ? migrate(s, kind, (uint32_t)version) : table_make(s, kind);
	return err ? err : kind_describe(s, kind);
}

/* ---- all of it ---- */

static int
bring(struct sb_sqlite *s, const struct sb_store_options *options)
{
	int err = own_tables_make(s);

	for (size_t i = 0; i < s->store->kind_count && !err; i++)
		err = kind_bring(s, &s->store->kinds[i]);
	if (!err && options->views)
		err = run(s, options->views);
	return err;
}

int
sb_sqlite_schema(struct sb_sqlite *s, const struct sb_store_options *options)
{
	int err = format_check(s);

	/* Before the first word is written. */
	if (!err)
		err = sb_sqlite_check(s);
	if (!err)
		err = run(s, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = bring(s, options);
	if (!err)
		return run(s, "COMMIT");
	/* SQLite's own words go with the next statement. */
	if (!*s->reason)
		refuse(s, err, "%s", sqlite3_errmsg(s->writing));
	sqlite3_exec(s->writing, "ROLLBACK", NULL, NULL, NULL);
	return err;
}
