/*
 * The reader: each request is one statement, reset at once, so that no read keeps
 * the log from being moved into the file.
 */
#include "core/error.h"
#include "core/log.h"
#include "core/node_internal.h"
#include "core/store_sqlite_internal.h"

#include <string.h>

#define PAGE_OCTETS (1u << 20)
#define PAGE_ROWS   16384u

#define HEAD_MAX (64 * sizeof(uint64_t)) /* store_kind.c bounds the columns */

/* As the statements select them. */
enum { COLUMN_ID, COLUMN_REVISION, COLUMN_BODY, COLUMN_HEAD };

static int
step(struct sb_sqlite *s, sqlite3_stmt *statement, bool *has_row)
{
	int code = sqlite3_step(statement);

	*has_row = code == SQLITE_ROW;
	return sb_sqlite_error(s->reading, code);
}

static size_t
pack_integers(sqlite3_stmt *statement, const struct sb_store_kind *kind, unsigned char *head)
{
	size_t size = 0;

	/* A row that a cas has made has no head yet. */
	if (sqlite3_column_type(statement, COLUMN_HEAD) == SQLITE_NULL)
		return 0;
	for (size_t i = 0; i < kind->column_count; i++) {
		uint64_t value = (uint64_t)sqlite3_column_int64(statement, (int)(COLUMN_HEAD + i));

		for (unsigned left = kind->columns[i].octets; left-- > 0;)
			head[size++] = (unsigned char)(value >> left * 8);
	}
	return size;
}

/* A view of the statement's row, with its head put together in `head`. Blobs first, then their
 * sizes: SQLite may convert a value that somebody else has put there. */
static struct sb_store_row
row_view(sqlite3_stmt *statement, const struct sb_store_kind *kind, unsigned char *head)
{
	struct sb_store_row row = {
		.id = (uint64_t)sqlite3_column_int64(statement, COLUMN_ID),
		.revision = (uint64_t)sqlite3_column_int64(statement, COLUMN_REVISION),
		.head = head,
		.body = sqlite3_column_blob(statement, COLUMN_BODY),
	};

	row.body_size = (size_t)sqlite3_column_bytes(statement, COLUMN_BODY);
	if (kind->column_count) {
		row.head_size = pack_integers(statement, kind, head);
		return row;
	}
	row.head = sqlite3_column_blob(statement, COLUMN_HEAD);
	row.head_size = (size_t)sqlite3_column_bytes(statement, COLUMN_HEAD);
	return row;
}

struct page {
	struct sb_store_rows *rows;
	size_t max, room; /* rows, and octets that are left */
	bool is_full;
};

/* The first row says how much memory: what it needs, and with more to come a page. */
static int
page_begin(struct sb_sqlite *s, struct page *page, size_t first)
{
	page->max = page->max < PAGE_ROWS ? page->max : PAGE_ROWS;
	page->room = first;
	if (page->max > 1 && first < PAGE_OCTETS)
		page->room = PAGE_OCTETS;
	page->rows = sb_store_rows_new(s->env, page->max, page->room);
	return page->rows ? 0 : SB_ENOMEM;
}

static int
page_add(struct sb_sqlite *s, struct page *page, const struct sb_store_row *row)
{
	size_t octets = row->head_size + row->body_size;
	int err = page->rows ? 0 : page_begin(s, page, octets);

	if (err)
		return err;
	page->is_full = page->rows->count == page->max || octets > page->room;
	if (page->is_full)
		return 0;
	page->room -= octets;
	sb_store_rows_add(page->rows, row);
	return 0;
}

static int
page_read(struct sb_sqlite *s, const struct sb_store_request *request, sqlite3_stmt *statement,
	struct page *page)
{
	const struct sb_store_kind *kind = &s->store->kinds[request->kind];
	unsigned char head[HEAD_MAX];
	bool has_row;
	int err = step(s, statement, &has_row);

	while (!err && has_row && !page->is_full) {
		struct sb_store_row row = row_view(statement, kind, head);

		err = page_add(s, page, &row);
		if (!err && !page->is_full)
			err = step(s, statement, &has_row);
	}
	if (!err && !page->rows) /* nothing there */
		page->rows = sb_store_rows_new(s->env, 0, 0);
	return err || page->rows ? err : SB_ENOMEM;
}

static int
serve(struct sb_sqlite *s, struct sb_store_request *request)
{
	bool is_get = request->ask == SB_STORE_GET;
	sqlite3_stmt *statement =
		s->kinds[request->kind].reads[is_get ? SB_SQLITE_GET : SB_SQLITE_SCAN];
	struct page page = {.max = request->max};
	int err;

	/* No row has such an id; read on as SQLite's largest it would find one that was asked for
	 * by no one. */
	if (request->id > INT64_MAX)
		sqlite3_bind_null(statement, SB_SQLITE_ID);
	else
		sqlite3_bind_int64(statement, SB_SQLITE_ID, (sqlite3_int64)request->id);
	err = page_read(s, request, statement, &page);
	if (err && err != SB_ENOMEM)
		SB_LOG_LIMITED_TO(s->store->node->log, ERROR, "store.read_failed", "error",
			SB_ERR(err), "reason", SB_STR(sqlite3_errmsg(s->reading)));
	sqlite3_reset(statement);
	if (!err && is_get && page.rows->count == 0)
		err = SB_ENOENT;
	if (err) {
		if (page.rows)
			sb_store_rows_release(page.rows);
		return err;
	}
	page.rows->is_last = !page.is_full;
	request->rows = page.rows;
	return 0;
}

void
sb_sqlite_read(void *context, struct sb_store_batch *batches)
{
	struct sb_sqlite *s = context;

	while (batches) {
		struct sb_store_batch *next = batches->next;

		for (struct sb_store_request *r = batches->first; r; r = r->next)
			r->status = serve(s, r);
		sb_store_batch_done(batches);
		batches = next;
	}
}
