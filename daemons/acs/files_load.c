/*
 * What the store says of files, read once. A file that was being written is taken away; of
 * two with one name (the newer was stored, and then the process ended) the older.
 */
#include "daemons/acs/files_internal.h"

#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/session.h"
#include "daemons/acs/kinds.h"

#include <string.h>

#define PAGE 256

enum { REF_SECRET = 1, REF_SECRET_PUT, REF_FILES };

void
acs_files_load_failed(struct sb_session *s, int err)
{
	struct acs_files_owner *owner = sb_state(s);

	SB_LOG(s, ERROR, "acs.files_failed", "error", SB_ERR(err));
	owner->files->has_failed = true;
	sb_node_stop(sb_session_node(s));
}

static void
check(struct sb_session *s, int err)
{
	if (err)
		acs_files_load_failed(s, err);
}

static int
scan(struct sb_session *s, uint64_t from)
{
	struct acs_files_owner *owner = sb_state(s);

	return sb_store_scan(
		s, owner->files->store, ACS_KIND_FILE, from, PAGE, sb_self(s), REF_FILES);
}

int
acs_files_load(struct sb_session *s)
{
	struct acs_files_owner *owner = sb_state(s);

	return sb_store_get(s, owner->files->store, ACS_KIND_SECRET, 1, sb_self(s), REF_SECRET);
}

/* ---- the secret ---- */

static int
secret_make(struct sb_session *s)
{
	struct acs_files_owner *owner = sb_state(s);
	struct acs_files *files = owner->files;
	struct sb_txn *txn = sb_txn_begin(s, files->store);
	int err;

	if (!txn)
		return SB_ENOMEM;
	sb_random(s, files->secret, sizeof(files->secret));
	err = sb_txn_put(txn, ACS_KIND_SECRET, 1, NULL, 0, files->secret, sizeof(files->secret));
	if (err) {
		sb_txn_abandon(txn);
		return err;
	}
	return sb_txn_commit(txn, sb_self(s), REF_SECRET_PUT);
}

static int
secret_got(struct sb_session *s, const struct sb_message *m)
{
	struct acs_files_owner *owner = sb_state(s);
	const struct sb_store_rows *rows = m->data;

	if (m->status == SB_ENOENT)
		return secret_make(s);
	if (m->status)
		return m->status;
	if (rows->rows[0].body_size != sizeof(owner->files->secret))
		return SB_ECORRUPT;
	memcpy(owner->files->secret, rows->rows[0].body, sizeof(owner->files->secret));
	return scan(s, 0);
}

/* ---- the files ---- */

static int
row_take(struct sb_session *s, const struct sb_store_row *row)
{
	struct acs_files_owner *owner = sb_state(s);
	struct acs_file file;
	int err;

	owner->last_id = row->id;
	err = acs_file_read(&file, row);
	if (err == SB_ENOMEM)
		return err;
	if (err) {
		/* Left where it is: a person may know what to do with it. */
		SB_LOG(s, ERROR, "acs.file_row_damaged", "id", SB_UINT(row->id));
		return 0;
	}
	return acs_files_add(s, file.is_whole ? &owner->whole : &owner->unfinished, &file)
		       ? 0
		       : SB_ENOMEM;
}

/* Rows come by rising id, and new ones stand in front. */
static bool
is_replaced(const struct acs_files_owner *owner, const struct acs_file_entry *entry)
{
	for (const struct acs_file_entry *e = owner->whole; e != entry; e = e->next)
		if (strcmp(e->file.name, entry->file.name) == 0)
			return true;
	return false;
}

/* To the unfinished ones: they go. */
static void
replaced_move(struct acs_files_owner *owner)
{
	struct acs_file_entry **at = &owner->whole;

	while (*at) {
		struct acs_file_entry *entry = *at;

		if (!is_replaced(owner, entry)) {
			owner->octets += entry->file.size;
			at = &entry->next;
			continue;
		}
		*at = entry->next;
		entry->next = owner->unfinished;
		owner->unfinished = entry;
	}
}

static int
unfinished_erase(struct sb_session *s)
{
	struct acs_files_owner *owner = sb_state(s);

	while (owner->unfinished) {
		struct acs_file_entry *entry = owner->unfinished;
		struct sb_txn *txn = sb_txn_begin(s, owner->files->store);
		int err = txn ? acs_file_erase(txn, &entry->file) : SB_ENOMEM;

		if (err) {
			sb_txn_abandon(txn);
			return err;
		}
		err = sb_txn_commit(txn, (struct sb_address){0}, 0);
		if (err)
			return err;
		owner->unfinished = entry->next;
		sb_release(s, entry);
	}
	return 0;
}

static int
loaded(struct sb_session *s)
{
	struct acs_files_owner *owner = sb_state(s);
	int err;

	replaced_move(owner);
	err = unfinished_erase(s);
	if (err)
		return err;
	owner->is_loaded = true;
	return sb_register(s, ACS_FILES_OWNER);
}

static int
files_got(struct sb_session *s, const struct sb_message *m)
{
	struct acs_files_owner *owner = sb_state(s);
	const struct sb_store_rows *rows = m->data;

	if (m->status)
		return m->status;
	for (size_t i = 0; i < rows->count; i++) {
		int err = row_take(s, &rows->rows[i]);

		if (err)
			return err;
	}
	return rows->is_last ? loaded(s) : scan(s, owner->last_id + 1);
}

bool
acs_files_loading(struct sb_session *s, struct sb_message *m)
{
	struct acs_files_owner *owner = sb_state(s);

	if (owner->is_loaded || m->type != SB_MSG_STORE)
		return false;
	if (m->ref == REF_SECRET)
		check(s, secret_got(s, m));
	else if (m->ref == REF_SECRET_PUT)
		check(s, m->status ? m->status : scan(s, 0));
	else
		check(s, files_got(s, m));
	return true;
}
