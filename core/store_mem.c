/*
 * The backend that keeps rows in memory. A batch is served on the spot, under one
 * mutex taken once; its answers still come in a later turn. A row is replaced, never
 * changed, so that a transaction which fails in the middle puts back what was there.
 */
#include "core/error.h"
#include "core/id_map_internal.h"
#include "core/node_internal.h"
#include "core/store_internal.h"

#include <pthread.h>
#include <string.h>

#define PAGE_OCTETS (1u << 20)

/* Freed rows that are kept for the next ones, by size: a row lives as long as its message is on its
 * way, and a batch makes and frees more of them than an allocator keeps at hand. */
#define ROW_STEP     32u
#define ROW_CLASSES  16u
#define ROW_KEPT_MAX 1024u

struct mem_row {
	union {
		uint64_t revision;
		struct mem_row *next_free;
	};
	uint32_t head_size, body_size;
	unsigned char data[];
};

/* What a change replaced. */
struct mem_undo {
	struct sb_id_map *table;
	uint64_t id;
	struct mem_row *old; /* NULL: no row was there */
	bool made;           /* nor was its place */
	bool is_deleted;     /* `old` has no successor, and its place is to go */
};

/* The rows, and the lock they are under. Lives as long as the store, or as a test wants. */
struct sb_store_memory {
	const struct sb_env *env;
	pthread_mutex_t lock;
	int error; /* of every commit, by sb_store_memory_fail; 0: none */
	struct mem_row *free_rows[ROW_CLASSES];
	uint32_t free_counts[ROW_CLASSES];
	struct mem_undo *undo;
	size_t undo_count, undo_capacity;
	struct sb_id_map *tables; /* NULL: never opened */
	size_t table_count;
};

/* What a store has of it. */
struct mem_store {
	struct sb_store_memory *memory;
	const struct sb_env *env;
	bool is_borrowed;
};

struct sb_store_memory *
sb_store_memory_new(const struct sb_env *env)
{
	struct sb_store_memory *mem = env->allocate(env->context, sizeof(*mem));

	if (!mem)
		return NULL;
	memset(mem, 0, sizeof(*mem));
	mem->env = env;
	pthread_mutex_init(&mem->lock, NULL);
	return mem;
}

static int
tables_make(struct sb_store_memory *mem, size_t count)
{
	if (mem->tables)
		return mem->table_count == count ? 0 : SB_EINVAL;
	mem->tables = mem->env->allocate(mem->env->context, count * sizeof(struct sb_id_map));
	if (!mem->tables)
		return SB_ENOMEM;
	mem->table_count = count;
	for (size_t i = 0; i < count; i++)
		sb_id_map_init(&mem->tables[i], mem->env);
	return 0;
}

static bool
mem_takes(const char *path)
{
	return strncmp(path, "mem:", strlen("mem:")) == 0;
}

static void
mem_close(void *context)
{
	struct mem_store *store = context;

	if (!store->is_borrowed)
		sb_store_memory_free(store->memory);
	store->env->release(store->env->context, store);
}

static int
mem_open(struct sb_store *store, const struct sb_store_options *options, void **context)
{
	const struct sb_env *env = store->env;
	struct mem_store *made = env->allocate(env->context, sizeof(*made));
	int err = SB_ENOMEM;

	if (!made)
		return SB_ENOMEM;
	*made = (struct mem_store){options->memory, env, options->memory != NULL};
	if (!made->memory)
		made->memory = sb_store_memory_new(env);
	if (made->memory)
		err = tables_make(made->memory, store->kind_count);
	if (err) {
		mem_close(made);
		return err;
	}
	made->memory->error = 0;
	*context = made;
	return 0;
}

void
sb_store_memory_fail(struct sb_store_memory *mem, int error)
{
	pthread_mutex_lock(&mem->lock);
	mem->error = error;
	pthread_mutex_unlock(&mem->lock);
}

void
sb_store_memory_cut(struct sb_store_memory *mem)
{
	sb_store_memory_fail(mem, SB_EIO);
}

/* Of rows of so many octets, each of (class + 1) steps; ROW_CLASSES: they are not kept. */
static size_t
class_of(size_t size)
{
	size_t class = (size - 1) / ROW_STEP;

	return class < ROW_CLASSES ? class : ROW_CLASSES;
}

static struct mem_row *
row_allocate(struct sb_store_memory *mem, size_t size)
{
	size_t class = class_of(size);
	struct mem_row *row;

	if (class == ROW_CLASSES)
		return mem->env->allocate(mem->env->context, size);
	row = mem->free_rows[class];
	if (!row)
		return mem->env->allocate(mem->env->context, (class + 1) * ROW_STEP);
	mem->free_rows[class] = row->next_free;
	mem->free_counts[class]--;
	return row;
}

static void
row_free(struct sb_store_memory *mem, struct mem_row *row)
{
	size_t class;

	if (!row)
		return;
	class = class_of(sizeof(*row) + row->head_size + row->body_size);
	if (class == ROW_CLASSES || mem->free_counts[class] >= ROW_KEPT_MAX) {
		mem->env->release(mem->env->context, row);
		return;
	}
	row->next_free = mem->free_rows[class];
	mem->free_rows[class] = row;
	mem->free_counts[class]++;
}

static void
free_rows_release(struct sb_store_memory *mem)
{
	for (size_t i = 0; i < ROW_CLASSES; i++) {
		struct mem_row *next;

		for (struct mem_row *row = mem->free_rows[i]; row; row = next) {
			next = row->next_free;
			mem->env->release(mem->env->context, row);
		}
	}
}

/* The maps know places only: rows are freed one by one. */
static void
table_free(struct sb_store_memory *mem, struct sb_id_map *table)
{
	struct sb_id_place place;
	bool more = sb_id_map_seek(table, 0, &place);

	for (; more; more = sb_id_map_next(table, &place))
		row_free(mem, sb_id_map_value(table, place));
	sb_id_map_fini(table);
}

void
sb_store_memory_free(struct sb_store_memory *mem)
{
	if (!mem)
		return;
	for (size_t i = 0; i < mem->table_count; i++)
		table_free(mem, &mem->tables[i]);
	free_rows_release(mem);
	pthread_mutex_destroy(&mem->lock);
	mem->env->release(mem->env->context, mem->undo);
	mem->env->release(mem->env->context, mem->tables);
	mem->env->release(mem->env->context, mem);
}

/* ---- commits ---- */

static struct mem_row *
row_new(struct sb_store_memory *mem, uint64_t revision, struct sb_bytes head, struct sb_bytes body)
{
	struct mem_row *row = row_allocate(mem, sizeof(*row) + head.size + body.size);

	if (!row)
		return NULL;
	row->revision = revision;
	row->head_size = (uint32_t)head.size;
	row->body_size = (uint32_t)body.size;
	if (head.size)
		memcpy(row->data, head.data, head.size);
	if (body.size)
		memcpy(row->data + head.size, body.data, body.size);
	return row;
}

static struct sb_bytes
head_of(const struct mem_row *row)
{
	return row ? sb_bytes(row->data, row->head_size) : sb_bytes(NULL, 0);
}

static struct sb_bytes
body_of(const struct mem_row *row)
{
	return row ? sb_bytes(row->data + row->head_size, row->body_size) : sb_bytes(NULL, 0);
}

/* What the change makes of `old`; NULL: no row. False: no memory. */
static bool
row_after(struct sb_store_memory *mem, const struct sb_store_op *op, const struct mem_row *old,
	struct mem_row **row)
{
	struct sb_bytes head = sb_bytes(op->data, op->head_size);
	struct sb_bytes body = sb_bytes(op->data + op->head_size, op->body_size);
	/* Revisions count the changes of a row from 1: 0 in a cas says that there must be none. */
	uint64_t revision = old ? old->revision + 1 : 1;

	*row = NULL;
	switch ((enum sb_store_change)op->change) {
	case SB_STORE_PUT:
		*row = row_new(mem, revision, head, body);
		break;
	case SB_STORE_MARK:
		*row = row_new(mem, revision, head, body_of(old));
		break;
	case SB_STORE_CAS:
		*row = row_new(mem, revision, head_of(old), body);
		break;
	case SB_STORE_DEL:
		return true;
	}
	return *row != NULL;
}

/* A deleted row keeps its place until the transaction has succeeded: putting it back needs no
 * memory. */
static int
apply_to_place(struct sb_store_memory *mem, struct sb_id_map *table, const struct sb_store_op *op,
	void **place, bool made)
{
	struct mem_row *old = *place, *row;

	if (!row_after(mem, op, old, &row))
		return SB_ENOSPC;
	*place = row;
	mem->undo[mem->undo_count++] = (struct mem_undo){table, op->id, old, made, !row};
	return 0;
}

static bool
makes_row(const struct sb_store_op *op)
{
	return op->change == SB_STORE_PUT || (op->change == SB_STORE_CAS && op->revision == 0);
}

static int
apply(struct sb_store_memory *mem, const struct sb_store_op *op)
{
	struct sb_id_map *table = &mem->tables[op->kind];
	bool makes = makes_row(op);
	size_t size = table->size;
	void **place = makes ? sb_id_map_make(table, op->id) : sb_id_map_find(table, op->id);
	const struct mem_row *old = place ? *place : NULL;
	bool made = table->size > size;
	int err = 0;

	if (makes && !place)
		return SB_ENOSPC;
	if (op->change == SB_STORE_CAS && (old ? old->revision : 0) != op->revision)
		err = SB_ECONFLICT;
	else if (old || makes)
		err = apply_to_place(mem, table, op, place, made);
	if (err && made)
		sb_id_map_remove(table, op->id);
	return err;
}

/* The old rows, and the places of deleted ones, go when nothing can fail any more. */
static void
keep_changes(struct sb_store_memory *mem)
{
	for (size_t i = 0; i < mem->undo_count; i++) {
		const struct mem_undo *undo = &mem->undo[i];

		row_free(mem, undo->old);
		/* Unless a later change has put one there again. */
		if (undo->is_deleted)
			sb_id_map_remove_empty(undo->table, undo->id);
	}
}

/* Backwards: a row that was changed twice is what it was before the first time. */
static void
undo_changes(struct sb_store_memory *mem)
{
	while (mem->undo_count) {
		const struct mem_undo *undo = &mem->undo[--mem->undo_count];
		void **place = sb_id_map_find(undo->table, undo->id);

		row_free(mem, *place);
		*place = undo->old;
		if (undo->made)
			sb_id_map_remove(undo->table, undo->id);
	}
}

static bool
undo_reserve(struct sb_store_memory *mem, size_t count)
{
	struct mem_undo *undo;

	/* Before anything is changed: to undo must need no memory. */
	mem->undo_count = 0;
	if (count <= mem->undo_capacity)
		return true;
	undo = mem->env->reallocate(mem->env->context, mem->undo, count * 2 * sizeof(*undo));
	if (!undo)
		return false;
	mem->undo = undo;
	mem->undo_capacity = count * 2;
	return true;
}

/* All changes or none: the undo list is as long as the transaction, and its memory is there before
 * the first. */
static int
commit(struct sb_store_memory *mem, const struct sb_txn *txn)
{
	struct sb_store_cursor cursor = sb_store_ops(txn);
	const struct sb_store_op *op;
	int err;

	if (mem->error)
		return mem->error;
	err = sb_store_series_error(txn);
	if (err)
		return err;
	err = undo_reserve(mem, txn->op_count) ? 0 : SB_ENOSPC;
	while (!err && (op = sb_store_op_next(&cursor)))
		err = apply(mem, op);
	if (err)
		undo_changes(mem);
	else
		keep_changes(mem);
	return err;
}

/* ---- reads ---- */

static struct sb_store_row
row_view(const struct sb_id_map *table, struct sb_id_place place)
{
	const struct mem_row *row = sb_id_map_value(table, place);

	return (struct sb_store_row){.id = sb_id_map_id(table, place),
		.revision = row->revision,
		.head = row->data,
		.head_size = row->head_size,
		.body = row->data + row->head_size,
		.body_size = row->body_size};
}

struct page {
	size_t count, octets;
	bool is_last;
};

/* How much of what lies from `place` on fits one answer. */
static struct page
page_of(const struct sb_id_map *table, struct sb_id_place place, bool more, size_t max)
{
	struct page page = {0};

	for (; more && page.count < max; more = sb_id_map_next(table, &place)) {
		struct sb_store_row row = row_view(table, place);
		size_t octets = page.octets + row.head_size + row.body_size;

		/* One row at least, however large, or a scan would stand still. */
		if (page.count && octets > PAGE_OCTETS)
			break;
		page.octets = octets;
		page.count++;
	}
	page.is_last = !more;
	return page;
}

static int
scan(struct sb_store_memory *mem, struct sb_store_request *request)
{
	const struct sb_id_map *table = &mem->tables[request->kind];
	struct sb_id_place place = {0};
	bool more = sb_id_map_seek(table, request->id, &place);
	struct page page = page_of(table, place, more, request->max);

	request->rows = sb_store_rows_new(mem->env, page.count, page.octets);
	if (!request->rows)
		return SB_ENOMEM;
	request->rows->is_last = page.is_last;
	for (size_t i = 0; i < page.count; i++) {
		struct sb_store_row row = row_view(table, place);

		sb_store_rows_add(request->rows, &row);
		sb_id_map_next(table, &place);
	}
	return 0;
}

static int
get(struct sb_store_memory *mem, struct sb_store_request *request)
{
	if (!sb_id_map_find(&mem->tables[request->kind], request->id))
		return SB_ENOENT;
	/* With max 1: a page of this row. */
	return scan(mem, request);
}

static int
serve(struct sb_store_memory *mem, struct sb_store_request *request)
{
	switch ((enum sb_store_ask)request->ask) {
	case SB_STORE_COMMIT:
		return commit(mem, (struct sb_txn *)request);
	case SB_STORE_GET:
		return get(mem, request);
	case SB_STORE_SCAN:
		return scan(mem, request);
	}
	return SB_EINVAL;
}

static int
mem_submit(void *context, struct sb_store_batch *batch)
{
	struct mem_store *store = context;
	struct sb_store_memory *mem = store->memory;

	/* One lock for all tables: a transaction may touch several, and the batch holds it for
	 * microseconds. */
	pthread_mutex_lock(&mem->lock);
	for (struct sb_store_request *r = batch->first; r; r = r->next) {
		r->status = serve(mem, r);
		if (!batch->is_reads)
			sb_store_series_note((struct sb_txn *)r);
	}
	pthread_mutex_unlock(&mem->lock);
	return 0;
}

const struct sb_store_backend sb_store_mem = {
	.takes = mem_takes,
	.open = mem_open,
	.close = mem_close,
	.submit = mem_submit,
};
