#include "daemons/acs/file_read.h"

#include "core/error.h"
#include "core/session.h"
#include "daemons/acs/kinds.h"

static void
broken(struct acs_file_reader *reader, int err)
{
	SB_LOG(http_session(reader->sender.x), ERROR, "acs.file_broken", "id", SB_UINT(reader->id),
		"at", SB_UINT(reader->at), "error", SB_ERR(err));
	http_file_fail(&reader->sender);
}

/* The piece that holds the next octets. */
static void
ask(struct acs_file_reader *reader)
{
	struct sb_session *s = http_session(reader->sender.x);
	uint64_t id = acs_piece_id(reader->id, (uint32_t)(reader->at / ACS_FILE_PIECE));
	int err = sb_store_get(s, reader->store, ACS_KIND_CHUNK, id, sb_self(s), id);

	reader->ref = err ? 0 : id;
	/* SB_FULL: it says when there is room. */
	if (err && err != SB_FULL)
		broken(reader, err);
}

static void
read_at(struct http_file_sender *sender, uint64_t at, uint64_t most)
{
	struct acs_file_reader *reader = (struct acs_file_reader *)sender;

	(void)most;
	reader->at = at;
	ask(reader);
}

void
acs_file_read_begin(struct acs_file_reader *reader, struct http_exchange *x, struct sb_store *store,
	const struct acs_file *file)
{
	const struct http_file about = {
		.size = file->size, .etag = file->sha256, .modified_s = file->changed_ms / 1000};

	*reader = (struct acs_file_reader){.store = store, .id = file->id};
	(void)http_file_send(&reader->sender, x, &about, read_at);
}

static void
got(struct acs_file_reader *reader, const struct sb_store_rows *rows)
{
	const struct sb_store_row *row = rows && rows->count ? rows->rows : NULL;
	uint64_t from = reader->at % ACS_FILE_PIECE;

	/* Not what its file says: somebody else wrote into the store. */
	if (!row || row->body_size > ACS_FILE_PIECE || row->body_size <= from)
		broken(reader, SB_ECORRUPT);
	else
		http_file_give(&reader->sender,
			sb_bytes((const uint8_t *)row->body + from, row->body_size - from));
}

void
acs_file_read_message(struct acs_file_reader *reader, const struct sb_message *m)
{
	if (!reader->sender.x || m->type != SB_MSG_STORE)
		return;
	if (m->ref == 0 && !reader->ref && reader->sender.is_reading) {
		ask(reader);
		return;
	}
	if (m->ref == 0 || m->ref != reader->ref)
		return;
	reader->ref = 0;
	if (m->status)
		broken(reader, m->status);
	else
		got(reader, m->data);
}

void
acs_file_read_drained(struct acs_file_reader *reader)
{
	if (reader->sender.x)
		http_file_drained(&reader->sender);
}

void
acs_file_read_closed(struct acs_file_reader *reader)
{
	if (reader->sender.x)
		http_file_closed(&reader->sender);
}
