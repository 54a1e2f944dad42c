/*
 * The owner of files: one session that decides what they are called and how much they take, and
 * says it when it is durable. Their octets do not come this way: whoever has them writes
 * and reads their pieces itself.
 */
#include "daemons/acs/files_internal.h"

#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/session.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/kinds.h"
#include "protocols/http/base64.h"

#include <stdlib.h>
#include <string.h>

/* ---- entries ---- */

struct acs_file_entry *
acs_files_add(struct sb_session *s, struct acs_file_entry **list, const struct acs_file *file)
{
	struct acs_file_entry *entry = sb_allocate(s, sizeof(*entry));

	if (!entry)
		return NULL;
	*entry = (struct acs_file_entry){.next = *list, .file = *file};
	*list = entry;
	return entry;
}

static struct acs_file_entry **
find_name(struct acs_files_owner *owner, const char *name)
{
	struct acs_file_entry **at = &owner->whole;

	while (*at && strcmp((*at)->file.name, name) != 0)
		at = &(*at)->next;
	return at;
}

static struct acs_file_entry **
find_id(struct acs_file_entry **at, uint64_t id)
{
	while (*at && (*at)->file.id != id)
		at = &(*at)->next;
	return at;
}

static void
entry_free(struct sb_session *s, struct acs_file_entry **at)
{
	struct acs_files_owner *owner = sb_state(s);
	struct acs_file_entry *entry = *at;

	if (!entry)
		return;
	owner->octets -= entry->file.size;
	if (entry->monitor)
		sb_demonitor(s, entry->monitor);
	*at = entry->next;
	sb_release(s, entry);
}

/* ---- the list for everybody ---- */

static int
by_name(const void *left, const void *right)
{
	const struct acs_file *a = left, *b = right;

	return strcmp(a->name, b->name);
}

struct acs_file_list *
acs_files_list(const struct acs_files_owner *owner)
{
	struct acs_file_list *list;
	size_t count = 0;

	for (const struct acs_file_entry *e = owner->whole; e; e = e->next)
		count++;
	list = malloc(sizeof(*list) + count * sizeof(list->each[0]));
	if (!list)
		return NULL;
	atomic_init(&list->holders, 1);
	list->version = atomic_load(&owner->files->version);
	list->count = 0;
	for (const struct acs_file_entry *e = owner->whole; e; e = e->next)
		list->each[list->count++] = e->file;
	qsort(list->each, list->count, sizeof(list->each[0]), by_name);
	return list;
}

void
acs_file_list_release(void *memory)
{
	struct acs_file_list *list = memory;

	if (list && atomic_fetch_sub(&list->holders, 1) == 1)
		free(list);
}

/* Whoever misses it, for want of memory, sees by the version that it has. */
static void
tell(struct sb_session *s)
{
	struct acs_files_owner *owner = sb_state(s);

	atomic_fetch_add(&owner->files->version, 1);
	(void)sb_publish(s, ACS_FILE_TOPIC, ACS_FILE_CHANGED, 0, NULL, 0);
}

/* ---- answers ---- */

static void
answer(struct sb_session *s, struct sb_from from, int status)
{
	(void)sb_reply(s, from, status, SB_NOTHING);
}

static void
answer_json(struct sb_session *s, struct sb_from from, json_t *value)
{
	char *text = value ? acs_json_print(value, 0) : NULL;

	json_decref(value);
	if (text && sb_reply(s, from, 0, SB_GIVE(text, strlen(text), free)) == 0)
		return;
	free(text);
	answer(s, from, SB_ENOMEM);
}

static void
list(struct sb_session *s, const struct sb_message *m)
{
	struct acs_files_owner *owner = sb_state(s);
	struct acs_file_list *files = acs_files_list(owner);
	unsigned before = acs_json_failures();
	json_t *array = files ? json_array() : NULL;

	for (size_t i = 0; array && i < files->count; i++)
		json_array_append_new(array, acs_file_object(&files->each[i]));
	acs_file_list_release(files);
	if (array)
		array = acs_json_whole(json_pack("{s:o}", "files", array), before);
	answer_json(s, sb_message_from(m), array);
}

static void
table(struct sb_session *s, const struct sb_message *m)
{
	struct acs_file_list *files = acs_files_list(sb_state(s));

	if (!files)
		answer(s, sb_message_from(m), SB_ENOMEM);
	else if (sb_reply(s, sb_message_from(m), 0,
			 SB_GIVE(files, sizeof(*files), acs_file_list_release)))
		acs_file_list_release(files);
}

static void
get(struct sb_session *s, const struct sb_message *m)
{
	const struct acs_file_ask *ask = m->data;
	struct acs_file_entry *entry = *find_name(sb_state(s), ask->file.name);

	if (entry)
		answer_json(s, sb_message_from(m), acs_file_object(&entry->file));
	else
		answer(s, sb_message_from(m), SB_ENOENT);
}

/* ---- what waits for the store ---- */

static struct acs_file_pending *
pending_new(struct sb_session *s, const struct sb_message *m, uint64_t id)
{
	struct acs_files_owner *owner = sb_state(s);
	struct acs_file_pending *pending = sb_allocate(s, sizeof(*pending));

	if (!pending)
		return NULL;
	*pending = (struct acs_file_pending){
		.next = owner->pending,
		.ref = ++owner->last_ref,
		.from = sb_message_from(m),
		.type = (enum acs_file_message)m->type,
		.id = id,
	};
	owner->pending = pending;
	return pending;
}

static struct acs_file_pending
pending_take(struct sb_session *s, struct acs_file_pending **at)
{
	struct acs_file_pending *pending = *at, taken = *pending;

	*at = pending->next;
	sb_release(s, pending);
	return taken;
}

/* Commits what was put together if it was, and has the answer come when it is durable; else
 * answers now. Eats the transaction. */
static bool
commit(struct sb_session *s, const struct sb_message *m, struct sb_txn *txn, int err, uint64_t id)
{
	struct acs_files_owner *owner = sb_state(s);
	struct acs_file_pending *pending = txn && !err ? pending_new(s, m, id) : NULL;

	if (!pending) {
		sb_txn_abandon(txn);
		answer(s, sb_message_from(m), err ? err : SB_ENOMEM);
		return false;
	}
	err = sb_txn_commit(txn, sb_self(s), pending->ref);
	if (!err)
		return true;
	pending_take(s, &owner->pending);
	answer(s, sb_message_from(m), err);
	return false;
}

static int
file_put(struct sb_txn *txn, const struct acs_file *file)
{
	uint8_t head[ACS_FILE_HEAD];
	char *body = acs_file_body(file);
	int err;

	if (!body)
		return SB_ENOMEM;
	acs_file_head(file, head);
	err = sb_txn_put(txn, ACS_KIND_FILE, file->id, head, sizeof(head), body, strlen(body));
	free(body);
	return err;
}

/* Nobody waits for it: what is left now is found at the next start. */
static void
erase(struct sb_session *s, const struct acs_file *file)
{
	struct acs_files_owner *owner = sb_state(s);
	struct sb_txn *txn = sb_txn_begin(s, owner->files->store);
	int err = txn ? acs_file_erase(txn, file) : SB_ENOMEM;

	if (err)
		sb_txn_abandon(txn);
	else
		err = sb_txn_commit(txn, (struct sb_address){0}, 0);
	if (err)
		SB_LOG(s, WARNING, "acs.file_left", "name", SB_STR(file->name), "id",
			SB_UINT(file->id), "error", SB_ERR(err));
}

/* ---- files that go ---- */

/* What goes stays for a while: pieces that a writer has sent may still come to the store from
 * another shard, and who is reading it reads it to its end. */
#define SWEEP_MS 30000u

static void
sweep(struct sb_session *s, struct sb_timer *timer)
{
	struct acs_files_owner *owner = sb_state(s);
	struct acs_file_entry **at = &owner->unfinished;
	bool is_any_left = false;

	while (*at) {
		struct acs_file_entry *entry = *at;
		bool is_dropped = entry->dropped_ns != 0;

		if (!is_dropped || sb_now(s) - entry->dropped_ns < SWEEP_MS * UINT64_C(1000000)) {
			is_any_left = is_any_left || is_dropped;
			at = &entry->next;
			continue;
		}
		erase(s, &entry->file);
		entry_free(s, at);
	}
	if (is_any_left)
		sb_timer_start(s, timer, SWEEP_MS, sweep);
}

static void
drop(struct sb_session *s, struct acs_file_entry *entry)
{
	struct acs_files_owner *owner = sb_state(s);

	entry->dropped_ns = sb_now(s);
	if (!sb_timer_is_started(&owner->sweep))
		sb_timer_start(s, &owner->sweep, SWEEP_MS, sweep);
}

/* A whole one: out of the list, and then away. */
static void
retire(struct sb_session *s, struct acs_file_entry **at)
{
	struct acs_files_owner *owner = sb_state(s);
	struct acs_file_entry *entry = *at;

	*at = entry->next;
	entry->next = owner->unfinished;
	owner->unfinished = entry;
	drop(s, entry);
}

/* ---- a new file ---- */

static void
token_make(struct sb_session *s, struct acs_file *file)
{
	char text[HTTP_BASE64_SIZE(16)];
	uint8_t octets[16];

	sb_random(s, octets, sizeof(octets));
	(void)http_base64_encode(
		HTTP_BASE64_URL, sb_bytes(octets, sizeof(octets)), text, sizeof(text));
	memcpy(file->token, text, sizeof(file->token));
}

static bool
has_room(const struct acs_files_owner *owner, uint64_t size)
{
	const struct acs_file_options *options = owner->files->options;

	return size <= options->limit && owner->octets <= options->total &&
	       size <= options->total - owner->octets && owner->last_id < ACS_FILE_ID_MAX;
}

/* A place is good once: the first that comes through it has it, unless it gives up. */
static bool
is_taken(const struct acs_files_owner *owner, const struct acs_file_ask *ask)
{
	const struct acs_file_entry *there =
		*find_name((struct acs_files_owner *)(uintptr_t)owner, ask->file.name);

	if (!ask->given_ms)
		return false;
	if (there && there->file.changed_ms >= ask->given_ms)
		return true;
	for (const struct acs_file_entry *e = owner->unfinished; e; e = e->next)
		if (e->given_ms == ask->given_ms && !e->dropped_ns &&
			strcmp(e->file.name, ask->file.name) == 0 &&
			strcmp(e->file.device, ask->file.device) == 0)
			return true;
	return false;
}

/* Its row is there before its first piece. */
static void
begin(struct sb_session *s, const struct sb_message *m)
{
	struct acs_files_owner *owner = sb_state(s);
	const struct acs_file_ask *ask = m->data;
	struct acs_file file = ask->file;
	struct acs_file_entry *entry;
	struct sb_txn *txn;

	if (is_taken(owner, ask)) {
		answer(s, sb_message_from(m), SB_EEXIST);
		return;
	}
	if (!has_room(owner, file.size)) {
		answer(s, sb_message_from(m), SB_ELIMIT);
		return;
	}
	file.id = owner->last_id + 1;
	file.changed_ms = sb_wall_ms(s);
	file.is_whole = false;
	token_make(s, &file);
	entry = acs_files_add(s, &owner->unfinished, &file);
	if (!entry) {
		answer(s, sb_message_from(m), SB_ENOMEM);
		return;
	}
	entry->given_ms = ask->given_ms;
	owner->last_id = file.id;
	owner->octets += file.size;
	if (sb_monitor(s, m->sender, &entry->monitor)) {
		entry_free(s, find_id(&owner->unfinished, file.id));
		answer(s, sb_message_from(m), SB_FULL);
		return;
	}
	txn = sb_txn_begin(s, owner->files->store);
	if (!commit(s, m, txn, txn ? file_put(txn, &file) : SB_ENOMEM, file.id))
		entry_free(s, find_id(&owner->unfinished, file.id));
}

static void
begun(struct sb_session *s, const struct acs_file_pending *pending, int status)
{
	struct acs_files_owner *owner = sb_state(s);

	if (status)
		entry_free(s, find_id(&owner->unfinished, pending->id));
	(void)sb_reply(s, pending->from, status, SB_COPY(&pending->id, sizeof(pending->id)));
}

static void
end(struct sb_session *s, const struct sb_message *m)
{
	struct acs_files_owner *owner = sb_state(s);
	const struct acs_file_ask *ask = m->data;
	struct acs_file_entry *entry = *find_id(&owner->unfinished, ask->file.id);
	struct sb_txn *txn = sb_txn_begin(s, owner->files->store);
	int err = SB_ENOMEM;

	if (entry) {
		owner->octets += ask->file.size - entry->file.size;
		entry->file.size = ask->file.size;
		entry->file.pieces = ask->file.pieces;
		entry->file.changed_ms = sb_wall_ms(s);
		entry->file.is_whole = true;
		memcpy(entry->file.sha256, ask->file.sha256, sizeof(entry->file.sha256));
	}
	if (!entry)
		err = SB_ENOENT;
	else if (txn)
		err = file_put(txn, &entry->file);
	commit(s, m, txn, err, ask->file.id);
}

/* In the place of the one that had its name. */
static void
ended(struct sb_session *s, const struct acs_file_pending *pending, int status)
{
	struct acs_files_owner *owner = sb_state(s);
	struct acs_file_entry **at = find_id(&owner->unfinished, pending->id), *entry = *at, **old;

	if (status || !entry) {
		answer(s, pending->from, status ? status : SB_ENOENT);
		return;
	}
	*at = entry->next;
	if (entry->monitor)
		sb_demonitor(s, entry->monitor);
	entry->monitor = 0;
	old = find_name(owner, entry->file.name);
	if (*old)
		retire(s, old);
	entry->next = owner->whole;
	owner->whole = entry;
	SB_LOG(s, INFO, "acs.file_stored", "name", SB_STR(entry->file.name), "size",
		SB_UINT(entry->file.size), "sha256", SB_STR(entry->file.sha256));
	tell(s);
	answer_json(s, pending->from, acs_file_object(&entry->file));
}

static void
dropped(struct sb_session *s, const struct sb_message *m)
{
	struct acs_files_owner *owner = sb_state(s);
	const struct acs_file_ask *ask = m->data;
	struct acs_file_entry *entry = *find_id(&owner->unfinished, ask->file.id);

	if (!entry)
		return;
	entry->file.pieces = ask->file.pieces;
	drop(s, entry);
}

/* It went before it heard that it may write, or it would have said so: there are no pieces. */
static void
writer_down(struct sb_session *s, const struct sb_message *m)
{
	struct acs_files_owner *owner = sb_state(s);

	for (struct acs_file_entry *e = owner->unfinished; e; e = e->next)
		if (e->monitor == m->ref) {
			e->monitor = 0;
			if (!e->dropped_ns)
				drop(s, e);
		}
}

/* ---- an old one ---- */

static void
take_away(struct sb_session *s, const struct sb_message *m)
{
	struct acs_files_owner *owner = sb_state(s);
	const struct acs_file_ask *ask = m->data;
	struct acs_file_entry *entry = *find_name(owner, ask->file.name);
	struct sb_txn *txn = entry ? sb_txn_begin(s, owner->files->store) : NULL;

	if (!entry)
		answer(s, sb_message_from(m), SB_ENOENT);
	else
		commit(s, m, txn, txn ? acs_file_erase(txn, &entry->file) : SB_ENOMEM,
			entry->file.id);
}

static void
deleted(struct sb_session *s, const struct acs_file_pending *pending, int status)
{
	struct acs_files_owner *owner = sb_state(s);
	struct acs_file_entry **at = find_id(&owner->whole, pending->id);

	if (!status && *at) {
		SB_LOG(s, INFO, "acs.file_deleted", "name", SB_STR((*at)->file.name));
		retire(s, at);
		tell(s);
	}
	answer(s, pending->from, status);
}

/* ---- the session ---- */

static void
stored(struct sb_session *s, const struct sb_message *m)
{
	struct acs_files_owner *owner = sb_state(s);
	struct acs_file_pending **at = &owner->pending, pending;

	while (*at && (*at)->ref != m->ref)
		at = &(*at)->next;
	if (!*at)
		return; /* there is room again: who was refused asks again */
	pending = pending_take(s, at);
	if (pending.type == ACS_FILE_BEGIN)
		begun(s, &pending, m->status);
	else if (pending.type == ACS_FILE_END)
		ended(s, &pending, m->status);
	else
		deleted(s, &pending, m->status);
}

static void
message(struct sb_session *s, struct sb_message *m)
{
	if (acs_files_loading(s, m))
		return;
	switch (m->type) {
	case SB_MSG_STORE:
		stored(s, m);
		return;
	case ACS_FILE_BEGIN:
		begin(s, m);
		return;
	case ACS_FILE_END:
		end(s, m);
		return;
	case ACS_FILE_DROP:
		dropped(s, m);
		return;
	case SB_MSG_DOWN:
		writer_down(s, m);
		return;
	case ACS_FILE_GET:
		get(s, m);
		return;
	case ACS_FILE_LIST:
		list(s, m);
		return;
	case ACS_FILE_DELETE:
		take_away(s, m);
		return;
	case ACS_FILE_TABLE:
		table(s, m);
		return;
	}
}

static int
start(struct sb_session *s, const void *args)
{
	struct acs_files_owner *owner = sb_state(s);

	owner->files = (struct acs_files *)(uintptr_t)args;
	return acs_files_load(s);
}

static void
entries_free(struct sb_session *s, struct acs_file_entry *entry)
{
	while (entry) {
		struct acs_file_entry *next = entry->next;

		sb_release(s, entry);
		entry = next;
	}
}

static void
closed(struct sb_session *s, enum sb_end why)
{
	struct acs_files_owner *owner = sb_state(s);

	(void)why;
	entries_free(s, owner->whole);
	entries_free(s, owner->unfinished);
	while (owner->pending)
		pending_take(s, &owner->pending);
}

const struct sb_module acs_files_owner_module = {
	.abi = SB_MODULE_ABI,
	.name = "acs.files",
	.state_size = sizeof(struct acs_files_owner),
	.start = start,
	.message = message,
	.closed = closed,
};
