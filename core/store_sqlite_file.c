/*
 * The file: its connections, how they are set, and the lock that keeps a second
 * process of ours out. SQLite's own lock cannot do that: operators are to read the
 * file while it is in use.
 */
#include "core/error.h"
#include "core/log.h"
#include "core/node_internal.h"
#include "core/store_sqlite_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS        5000  /* for an operator who writes: then our commit fails */
#define WRITER_CACHE   65536 /* KiB; taken as pages are used */
#define READER_CACHE   8192
#define LOG_KEPT_BYTES (256 << 20)

static int
connection_open(const char *path, sqlite3 **db)
{
	/* Each is used by one thread at a time: no mutexes inside. */
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int code = sqlite3_open_v2(path, db, flags, NULL);

	if (!*db)
		return SB_ENOMEM;
	if (code)
		return sb_sqlite_error(*db, code);
	sqlite3_busy_timeout(*db, BUSY_MS);
	/* Until all is well: what could not be opened is left as it was. */
	sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return 0;
}

/* SQLite tries once more, to read only, and then misses the file: whether it could be made its
 * folder knows. Named whole, for who has started us may not know where that was. */
static int
why_missing(struct sb_sqlite *s, const char *path)
{
	const char *end = strrchr(path, '/');
	char folder[PATH_MAX], whole[PATH_MAX];
	size_t size = end ? (size_t)(end - path) + 1 : 0;

	if (size >= sizeof(folder))
		return SB_ENOENT;
	memcpy(folder, path, size);
	snprintf(folder + size, sizeof(folder) - size, ".");
	if (!realpath(folder, whole) || access(whole, W_OK | X_OK) == 0)
		return SB_ENOENT;
	sqlite3_snprintf(sizeof(s->reason), s->reason, "no right to make a file in %s", whole);
	return SB_EACCES;
}

/* Held for as long as the descriptor is open: it goes with the process, however that ends. */
static int
lock_take(struct sb_sqlite *s)
{
	char *path = sqlite3_mprintf("%s.lock", s->path);

	if (!path)
		return SB_ENOMEM;
	snprintf(s->reason, sizeof(s->reason), "%s.lock cannot be taken", s->path);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	sqlite3_free(path);
	if (s->lock_fd < 0)
		return sb_error_from_errno(errno);
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0) {
		*s->reason = '\0';
		return 0;
	}
	if (errno != EWOULDBLOCK)
		return sb_error_from_errno(errno);
	snprintf(s->reason, sizeof(s->reason), "%s.lock is held: another process uses it", s->path);
	return SB_EBUSY;
}

static void
keep_one_to_owner(struct sb_sqlite *s, const char *path)
{
	struct stat is;

	if (!path || stat(path, &is) || !(is.st_mode & (S_IRWXG | S_IRWXO)))
		return;
	if (chmod(path, is.st_mode & S_IRWXU))
		SB_LOG_TO(s->store->node->log, WARNING, "store.readable", "path", SB_STR(path),
			"errno", SB_INT(errno));
}

/* What is stored may be secret: the file is its owner's alone, also one that was made by somebody
 * else, and with it the log that a crash has left. A new log is as the file is. */
static void
keep_to_owner(struct sb_sqlite *s)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};

	for (size_t i = 0; s->path && *s->path && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char *path = sqlite3_mprintf("%s%s", s->path, suffixes[i]);

		keep_one_to_owner(s, path);
		sqlite3_free(path);
	}
}

static int
run(sqlite3 *db, const char *sql)
{
	return sb_sqlite_error(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static int
set(sqlite3 *db, const char *name, long value)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "PRAGMA %s=%ld", name, value);
	return run(db, sql);
}

/* Said by the pragma's row: there are file systems where it cannot be. */
static int
is_wal(void *context, int count, char **values, char **names)
{
	bool *is_so = context;

	(void)names;
	*is_so = count == 1 && values[0] && strcmp(values[0], "wal") == 0;
	return 0;
}

static int
journal_set(struct sb_sqlite *s)
{
	bool is_so = false;
	int code = sqlite3_exec(s->writing, "PRAGMA journal_mode=WAL", is_wal, &is_so, NULL);

	if (code)
		return sb_sqlite_error(s->writing, code);
	if (is_so)
		return 0;
	snprintf(s->reason, sizeof(s->reason), "no write-ahead log on this file system");
	return SB_ENOTSUP;
}

static int
sync_of(struct sb_sqlite *s, const char *durability, long *level)
{
	static const char *const words[] = {"memory", "normal", "full"};

	for (*level = 0; *level < 3; ++*level)
		if (strcmp(durability ? durability : "full", words[*level]) == 0)
			return 0;
	snprintf(s->reason, sizeof(s->reason), "durability is full, normal or memory");
	return SB_EINVAL;
}

static int
writer_set(struct sb_sqlite *s, long sync)
{
	int err = journal_set(s);

	if (!err)
		err = set(s->writing, "synchronous", sync);
	if (!err)
		err = set(s->writing, "journal_size_limit", LOG_KEPT_BYTES);
	if (!err)
		err = set(s->writing, "cache_size", -WRITER_CACHE);
	if (!err)
		err = set(s->writing, "trusted_schema", 0);
	return err;
}

static int
reader_set(struct sb_sqlite *s)
{
	int err = set(s->reading, "cache_size", -READER_CACHE);

	return err ? err : set(s->reading, "query_only", 1);
}

/* It reads once, so that the log is open. */
static int
mover_set(struct sb_sqlite *s, long sync)
{
	int err = set(s->moving, "synchronous", sync);

	return err ? err : run(s->moving, "SELECT 1 FROM sqlite_schema LIMIT 1");
}

int
sb_sqlite_file_open(struct sb_sqlite *s, const struct sb_store_options *options)
{
	long sync;
	int err = sync_of(s, options->durability, &sync);

	if (!err)
		err = connection_open(options->path, &s->writing);
	if (err == SB_ENOENT)
		err = why_missing(s, options->path);
	if (!err)
		s->path = sqlite3_db_filename(s->writing, "main");
	if (!err && sqlite3_db_readonly(s->writing, "main")) {
		snprintf(s->reason, sizeof(s->reason), "no right to write to it");
		err = SB_EACCES;
	}
	if (!err)
		err = lock_take(s);
	if (!err)
		keep_to_owner(s);
	if (!err)
		err = writer_set(s, sync);
	if (!err)
		err = connection_open(options->path, &s->reading);
	if (!err)
		err = reader_set(s);
	if (!err)
		err = connection_open(options->path, &s->moving);
	if (!err)
		err = mover_set(s, sync);
	return err;
}

/* In this order: nobody else is let in before all are closed. */
void
sb_sqlite_file_close(struct sb_sqlite *s)
{
	sqlite3_close(s->moving);
	sqlite3_close(s->reading);
	sqlite3_close(s->writing);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
}
