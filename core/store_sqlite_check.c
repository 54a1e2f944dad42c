/*
 * Whether the file can be used at all. A small one is looked through; of a large
 * one, where that would take minutes, both ends of each table. What else is wrong
 * with it shows when it is met.
 */
#include "core/error.h"
#include "core/log.h"
#include "core/node_internal.h"
#include "core/store_sqlite_internal.h"

#include <string.h>

#define PAGES_CHECKED 4096        /* 16 MiB: hundredths of a second */
#define PAGES_BLAMED  (256 << 10) /* 1 GiB: when it does not start anyway */

/* The first complaint, with the page. */
static int
complaint_take(void *context, int count, char **values, char **names)
{
	struct sb_sqlite *s = context;
	const char *line;

	(void)names;
	if (count != 1 || !values[0] || strcmp(values[0], "ok") == 0)
		return 0;
	/* Under a headline with the name of the database. */
	line = strrchr(values[0], '\n');
	sqlite3_snprintf(sizeof(s->reason), s->reason, "%s", line ? line + 1 : values[0]);
	return 0;
}

static int
look_through(struct sb_sqlite *s)
{
	int code = sqlite3_exec(s->writing, "PRAGMA quick_check(1)", complaint_take, s, NULL);

	if (!code && *s->reason)
		return SB_ECORRUPT;
	return sb_sqlite_error(s->writing, code);
}

static int
ends_check(struct sb_sqlite *s, const struct sb_store_kind *kind)
{
	char *sql = sqlite3_mprintf("SELECT * FROM (SELECT * FROM \"%s\" ORDER BY id LIMIT 1);"
				    "SELECT * FROM (SELECT * FROM \"%s\" ORDER BY id DESC LIMIT 1)",
		kind->name, kind->name);
	int err = SB_ENOMEM;

	if (sql)
		err = sb_sqlite_error(s->writing, sqlite3_exec(s->writing, sql, NULL, NULL, NULL));
	sqlite3_free(sql);
	return err == SB_EINVAL ? 0 : err; /* it has no such table yet */
}

int
sb_sqlite_check(struct sb_sqlite *s)
{
	long long pages;
	int err = sb_sqlite_number(s, "PRAGMA page_count", &pages);

	if (!err && pages <= PAGES_CHECKED)
		return look_through(s);
	for (size_t i = 0; i < s->store->kind_count && !err; i++)
		err = ends_check(s, &s->store->kinds[i]);
	return err;
}

/* SQLite itself says no more than that it is so. */
static void
find_page(struct sb_sqlite *s)
{
	long long pages;

	if (!*s->reason && !sb_sqlite_number(s, "PRAGMA page_count", &pages) &&
		pages <= PAGES_BLAMED)
		(void)look_through(s);
}

/* Not with .recover: many builds of sqlite3 cannot, and leave an empty file that would be taken for
 * a new one. Where .dump meets damage it goes on from the other end of the table. The numbers,
 * which it leaves out, are those of store_sqlite_internal.h. */
static const char how_to_recover[] =
	"copy the file with its -wal; "
	"(echo 'PRAGMA application_id=1396863860; PRAGMA user_version=1;'; "
	"sqlite3 COPY .dump | sed 's/^ROLLBACK.*/COMMIT;/') | sqlite3 NEW";

static void
say_corrupt(struct sb_sqlite *s, const char *path, const char *reason)
{
	SB_LOG_TO(s->store->node->log, ERROR, "store.corrupt", "path", SB_STR(path), "reason",
		SB_STR(reason), "recover", SB_STR(how_to_recover));
}

/* Once, here: callers see a code. */
void
sb_sqlite_say_failed(struct sb_sqlite *s, const char *path, int err)
{
	char said[sizeof(s->reason)] = "";

	/* Before other statements change it. */
	if (s->writing)
		sqlite3_snprintf(sizeof(said), said, "%s", sqlite3_errmsg(s->writing));
	if (err == SB_ECORRUPT)
		find_page(s);
	if (*s->reason)
		sqlite3_snprintf(sizeof(said), said, "%s", s->reason);
	if (err == SB_ECORRUPT)
		say_corrupt(s, path, said);
	else
		SB_LOG_TO(s->store->node->log, ERROR, "store.open_failed", "path", SB_STR(path),
			"error", SB_ERR(err), "reason", SB_STR(said));
}
