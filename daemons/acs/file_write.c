#include "daemons/acs/file_write.h"

#include "core/error.h"
#include "core/registry.h"
#include "core/session.h"
#include "daemons/acs/kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECES_MOST 4 /* on their way to the store */

static void
over(struct acs_file_writer *writer, int status, struct sb_bytes text)
{
	if (writer->state == ACS_FILE_WRITE_OVER)
		return;
	writer->state = ACS_FILE_WRITE_OVER;
	if (writer->is_held)
		http_resume(writer->x);
	writer->is_held = false;
	writer->done(writer->x, status, text);
}

static void
failed(struct acs_file_writer *writer, int status)
{
	over(writer, status, sb_bytes(NULL, 0));
}

static void
hold(struct acs_file_writer *writer, bool is_held)
{
	if (writer->is_held == is_held)
		return;
	writer->is_held = is_held;
	if (is_held)
		http_hold(writer->x, "store");
	else
		http_resume(writer->x);
}

/* ---- the owner ---- */

static int
ask(struct acs_file_writer *writer, enum acs_file_message type)
{
	struct sb_session *s = http_session(writer->x);
	const struct acs_file_ask question = {.file = writer->file, .given_ms = writer->given_ms};
	struct sb_address owner;
	int err = sb_lookup(s, ACS_FILES_OWNER, &owner);

	if (err)
		return SB_GONE;
	return sb_call(s, owner, type, SB_COPY(&question, sizeof(question)), 0, &writer->ref);
}

/* Chunked bodies do not say how large they are: as large as may be. */
static uint64_t
size_expected(const struct acs_file_writer *writer)
{
	uint64_t size = http_has_body(writer->x) ? http_content_length(writer->x) : 0;

	return size == UINT64_MAX ? writer->files->options->limit : size;
}

void
acs_file_write_begin(struct acs_file_writer *writer, struct http_exchange *x,
	const struct acs_files *files, const struct acs_file *file, int64_t given_ms,
	void (*done)(struct http_exchange *x, int status, struct sb_bytes text))
{
	int err;

	*writer = (struct acs_file_writer){
		.x = x, .files = files, .file = *file, .given_ms = given_ms, .done = done};
	writer->file.size = size_expected(writer);
	if (writer->file.size > files->options->limit) {
		failed(writer, SB_ELIMIT);
		return;
	}
	http_limit_body(x, files->options->limit);
	writer->digest = EVP_MD_CTX_new();
	if (!writer->digest || EVP_DigestInit_ex(writer->digest, EVP_sha256(), NULL) != 1) {
		failed(writer, SB_ENOMEM);
		return;
	}
	err = ask(writer, ACS_FILE_BEGIN);
	if (err) {
		failed(writer, err);
		return;
	}
	writer->state = ACS_FILE_WRITE_BEGINS;
	hold(writer, true);
}

/* ---- pieces ---- */

static int
piece_put(struct acs_file_writer *writer, struct sb_txn *txn, size_t size)
{
	struct acs_file file = writer->file;
	uint8_t head[ACS_FILE_HEAD], piece_head[ACS_PIECE_HEAD];
	int err;

	acs_piece_head(file.id, file.pieces, piece_head);
	err = sb_txn_put(txn, ACS_KIND_CHUNK, acs_piece_id(file.id, file.pieces), piece_head,
		sizeof(piece_head), writer->octets, size);
	file.size += size;
	file.pieces++;
	acs_file_head(&file, head);
	return err ? err : sb_txn_mark(txn, ACS_KIND_FILE, file.id, head, sizeof(head));
}

/* The file's row counts the piece in the same transaction. */
static int
piece_commit(struct acs_file_writer *writer, size_t size)
{
	struct sb_session *s = http_session(writer->x);
	uint64_t id = acs_piece_id(writer->file.id, writer->file.pieces);
	struct sb_txn *txn = sb_txn_begin(s, writer->files->store);
	int err = txn ? piece_put(writer, txn, size) : SB_ENOMEM;

	if (err) {
		sb_txn_abandon(txn);
		return err;
	}
	return sb_txn_commit(txn, sb_self(s), id);
}

static int
piece_send(struct acs_file_writer *writer, size_t size)
{
	int err = piece_commit(writer, size);

	if (err)
		return err;
	writer->on_their_way++;
	writer->file.pieces++;
	writer->file.size += size;
	EVP_DigestUpdate(writer->digest, writer->octets, size);
	writer->size -= size;
	memmove(writer->octets, writer->octets + size, writer->size);
	return 0;
}

static void
finish(struct acs_file_writer *writer)
{
	uint8_t digest[32];
	int err;

	EVP_DigestFinal_ex(writer->digest, digest, NULL);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(writer->file.sha256 + 2 * i, 3, "%02x", digest[i]);
	writer->state = ACS_FILE_WRITE_ENDS;
	err = ask(writer, ACS_FILE_END);
	if (err)
		failed(writer, err);
}

/* Sends what can be sent; holds the client while more than a piece is left. */
static void
go_on(struct acs_file_writer *writer)
{
	int err = 0;

	if (writer->state != ACS_FILE_WRITE_TAKES)
		return;
	while (!err && writer->on_their_way < PIECES_MOST &&
		(writer->size >= ACS_FILE_PIECE || (writer->has_all && writer->size > 0)))
		err = piece_send(
			writer, writer->size < ACS_FILE_PIECE ? writer->size : ACS_FILE_PIECE);
	if (err && err != SB_FULL) {
		failed(writer, err);
		return;
	}
	/* What is on its way comes back and tries again; SB_FULL says when there is room. */
	if (writer->has_all && writer->size == 0 && writer->on_their_way == 0)
		finish(writer);
	else if (!writer->has_all)
		hold(writer, writer->size >= ACS_FILE_PIECE);
}

static bool
reserve(struct acs_file_writer *writer, size_t size)
{
	size_t room = writer->room ? writer->room : ACS_FILE_PIECE;
	uint8_t *more;

	while (room < size)
		room *= 2;
	if (room == writer->room)
		return true;
	more = realloc(writer->octets, room);
	if (!more)
		return false;
	writer->octets = more;
	writer->room = room;
	return true;
}

void
acs_file_write_body(struct acs_file_writer *writer, struct sb_bytes part)
{
	/* Not in every state is it held already: a part may come with the head. */
	if (writer->state != ACS_FILE_WRITE_BEGINS && writer->state != ACS_FILE_WRITE_TAKES)
		return;
	if (writer->file.size + writer->size + part.size > writer->files->options->limit &&
		writer->state == ACS_FILE_WRITE_TAKES) {
		failed(writer, SB_ELIMIT);
		return;
	}
	if (!reserve(writer, writer->size + part.size)) {
		failed(writer, SB_ENOMEM);
		return;
	}
	memcpy(writer->octets + writer->size, part.data, part.size);
	writer->size += part.size;
	go_on(writer);
}

void
acs_file_write_end(struct acs_file_writer *writer)
{
	writer->has_all = true;
	go_on(writer);
}

/* ---- what comes back ---- */

static void
begun(struct acs_file_writer *writer, const struct sb_message *m)
{
	if (m->status || m->size != sizeof(writer->file.id)) {
		over(writer, m->status ? m->status : SB_EINVAL, sb_bytes(m->data, m->size));
		return;
	}
	memcpy(&writer->file.id, m->data, sizeof(writer->file.id));
	writer->file.size = 0;
	writer->state = ACS_FILE_WRITE_TAKES;
	hold(writer, false);
	go_on(writer);
}

/* Pieces of this file: their refs are their ids. */
static bool
is_ours(const struct acs_file_writer *writer, uint64_t ref)
{
	return ref >> ACS_FILE_PIECE_BITS == writer->file.id && writer->file.id;
}

static void
stored(struct acs_file_writer *writer, const struct sb_message *m)
{
	if (m->ref && !is_ours(writer, m->ref))
		return;
	if (m->ref)
		writer->on_their_way--;
	if (m->status)
		failed(writer, m->status);
	else
		go_on(writer);
}

void
acs_file_write_message(struct acs_file_writer *writer, const struct sb_message *m)
{
	if (m->type == SB_MSG_STORE)
		stored(writer, m);
	else if (m->type == SB_MSG_REPLY && m->ref == writer->ref && writer->ref) {
		writer->ref = 0;
		if (writer->state == ACS_FILE_WRITE_BEGINS)
			begun(writer, m);
		else if (writer->state == ACS_FILE_WRITE_ENDS) {
			if (m->status == 0)
				writer->file.is_whole = true;
			over(writer, m->status, sb_bytes(m->data, m->size));
		}
	}
}

static void
drop(struct acs_file_writer *writer)
{
	struct sb_session *s = http_session(writer->x);
	const struct acs_file_ask question = {.file = writer->file};
	struct sb_address owner;

	if (sb_lookup(s, ACS_FILES_OWNER, &owner) == 0)
		(void)sb_post(s, owner, ACS_FILE_DROP, 0, SB_COPY(&question, sizeof(question)));
}

void
acs_file_write_fini(struct acs_file_writer *writer)
{
	if (writer->file.id && !writer->file.is_whole)
		drop(writer);
	if (writer->ref)
		sb_call_cancel(http_session(writer->x), writer->ref);
	EVP_MD_CTX_free(writer->digest);
	free(writer->octets);
}
