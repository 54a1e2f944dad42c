#include "store_fixture.h"

#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/store_internal.h"

#include "core/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct sb_store_kind store_kinds[KINDS] = {
	{.name = "msg", .version = 1}, {.name = "dev", .version = 1}};

const struct sb_address nobody;

struct seen seen;

/* ---- files ---- */

static char folder[64];

void
store_folder_make(void)
{
	snprintf(folder, sizeof(folder), "/tmp/switchboard-store-XXXXXX");
	assert_non_null(mkdtemp(folder));
}

/* Tests take away permissions, too: what is in it may be removed all the same. */
void
store_folder_remove(void)
{
	DIR *dir;

	chmod(folder, 0700);
	dir = opendir(folder);
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(folder);
}

const char *
store_path(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* ---- the log ---- */

void
store_capture(struct lab *lab)
{
	int fd = open(store_path("log"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	dup2(fd, lab->log_fd);
	close(fd);
	sb_log_set_level(lab->log, SB_LOG_INFO);
}

unsigned
store_said(const char *text)
{
	char log[16384];
	FILE *file = fopen(store_path("log"), "r");
	size_t size;
	unsigned count = 0;

	assert_non_null(file);
	size = fread(log, 1, sizeof(log) - 1, file);
	fclose(file);
	log[size] = '\0';
	for (const char *at = log; (at = strstr(at, text)); at++)
		count++;
	return count;
}

/* ---- turns ---- */

struct sb_store *
store_open(struct lab *lab, const struct sb_store_options *options)
{
	struct sb_store *store;

	assert_int_equal(sb_store_open(&store, lab->node, options, store_kinds, KINDS), 0);
	return store;
}

static bool
is_answered(void *context)
{
	struct lab *lab = context;

	return atomic_load(&lab->node->store->queued) == 0;
}

void
store_settle(struct lab *lab)
{
	/* What was asked goes over at the end of a turn. */
	lab_turn(lab);
	lab_until(lab, is_answered, lab);
	lab_settle(lab);
}

/* ---- requests ---- */

struct sb_txn *
store_begin(struct probe *probe, struct sb_store *store)
{
	struct sb_txn *txn = sb_txn_begin(probe->session, store);

	assert_non_null(txn);
	return txn;
}

void
store_put(struct probe *probe, struct sb_store *store, uint64_t id, const char *head,
	const char *body, uint64_t ref)
{
	struct sb_txn *txn = store_begin(probe, store);

	assert_int_equal(sb_txn_put(txn, MESSAGES, id, head, strlen(head), body, strlen(body)), 0);
	assert_int_equal(sb_txn_commit(txn, probe->address, ref), 0);
}

void
assert_answer(const struct probe *probe, size_t index, uint64_t ref, int status)
{
	assert_true(index < probe->note_count);
	assert_int_equal(probe->notes[index].type, SB_MSG_STORE);
	assert_int_equal(probe->notes[index].ref, ref);
	assert_int_equal(probe->notes[index].status, status);
}

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
		out->head_size = row->head_size;
		out->body_size = row->body_size;
		snprintf(out->head, sizeof(out->head), "%.*s", (int)row->head_size,
			row->head ? (const char *)row->head : "");
		snprintf(out->body, sizeof(out->body), "%.*s", (int)row->body_size,
			row->body ? (const char *)row->body : "");
	}
	seen.count = rows ? rows->count : 0;
	if (seen.count)
		seen.last = rows->rows[seen.count - 1].id;
	if (seen.count && seen.rows[0].head_size)
		memcpy(seen.octets, rows->rows[0].head,
			seen.rows[0].head_size < 16 ? seen.rows[0].head_size : 16);
	seen.is_last = rows && rows->is_last;
}

struct probe *
store_reader(struct lab *lab, unsigned shard)
{
	static struct probe reader;

	memset(&reader, 0, sizeof(reader));
	reader.on_message = see;
	lab_start(lab, shard, &reader);
	return &reader;
}

void
read_row(struct lab *lab, struct probe *reader, struct sb_store *store, uint64_t id)
{
	size_t before = reader->note_count;

	assert_int_equal(
		sb_store_get(reader->session, store, MESSAGES, id, reader->address, 77), 0);
	lab_until_notes(lab, reader, before + 1);
	assert_answer(reader, before, 77, seen.status);
}

void
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

void
assert_no_row(struct lab *lab, struct probe *reader, struct sb_store *store, uint64_t id)
{
	read_row(lab, reader, store, id);
	assert_int_equal(seen.status, SB_ENOENT);
	assert_int_equal(seen.count, 0);
}
