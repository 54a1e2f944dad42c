#include "core/error.h"
#include "core/log.h"
#include "core/node_internal.h"
#include "core/store_sqlite_internal.h"

#include <string.h>

/* "file:...", or a name without a scheme; ":memory:" would be another file for each connection. */
static bool
takes(const char *path)
{
	size_t scheme = strcspn(path, ":/");

	if (strncmp(path, "file:", strlen("file:")) == 0)
		return true;
	return *path != '\0' && *path != ':' && path[scheme] != ':';
}

static struct sb_sqlite *
sqlite_new(struct sb_store *store)
{
	size_t size = sizeof(struct sb_sqlite) + store->kind_count * sizeof(struct sb_sqlite_kind);
	struct sb_sqlite *s = store->env->allocate(store->env->context, size);

	if (!s)
		return NULL;
	memset(s, 0, size);
	s->store = store;
	s->env = store->env;
	s->lock_fd = -1;
	return s;
}

static void
sqlite_free(struct sb_sqlite *s)
{
	sb_sqlite_finalize(s);
	sb_sqlite_file_close(s);
	sb_store_order_fini(&s->order, s->env);
	s->env->release(s->env->context, s);
}

static int
threads_start(struct sb_sqlite *s)
{
	int err = sb_sqlite_mover_start(&s->mover, s->moving);

	if (err)
		return err;
	err = sb_store_worker_start(&s->writer, "sb.store.writer", sb_sqlite_commit, s);
	if (err)
		goto stop_mover;
	err = sb_store_worker_start(&s->reader, "sb.store.reader", sb_sqlite_read, s);
	if (err)
		goto stop_writer;
	return 0;

stop_writer:
	sb_store_worker_stop(&s->writer);
stop_mover:
	sb_sqlite_mover_stop(&s->mover);
	return err;
}

static int
file_bring(struct sb_sqlite *s, const struct sb_store_options *options)
{
	long long page_size = 0;
	int err = sb_sqlite_file_open(s, options);

	if (!err)
		err = sb_sqlite_schema(s, options);
	if (!err)
		err = sb_sqlite_prepare(s);
	if (!err)
		err = sb_sqlite_number(s, "PRAGMA page_size", &page_size);
	s->page_size = (int)page_size;
	return err;
}

static int
sqlite_open(struct sb_store *store, const struct sb_store_options *options, void **context)
{
	struct sb_sqlite *s = sqlite_new(store);
	int err;

	if (!s)
		return SB_ENOMEM;
	sb_sqlite_health_init(s);
	err = file_bring(s, options);
	if (!err) {
		sb_sqlite_checkpoints_init(s);
		err = threads_start(s);
	}
	if (err) {
		sb_sqlite_say_failed(s, options->path, err);
		sqlite_free(s);
		return err;
	}
	SB_LOG_TO(store->node->log, INFO, "store.opened", "path", SB_STR(s->path));
	*context = s;
	return 0;
}

/* What waits is written. The last connection to go moves the log's pages into the file, unless an
 * error of the disk was seen: then it is left to the next open. */
static void
sqlite_close(void *context)
{
	struct sb_sqlite *s = context;

	sb_store_worker_stop(&s->writer);
	sb_store_worker_stop(&s->reader);
	/* Behind the writer, who asks it. */
	sb_sqlite_mover_stop(&s->mover);
	sb_sqlite_health_fini(s);
	if (!s->failure)
		sqlite3_db_config(s->writing, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	sqlite_free(s);
}

static int
sqlite_submit(void *context, struct sb_store_batch *batch)
{
	struct sb_sqlite *s = context;

	sb_store_worker_put(batch->is_reads ? &s->reader : &s->writer, batch);
	return SB_AGAIN;
}

const struct sb_store_backend sb_store_sqlite = {
	.takes = takes,
	.open = sqlite_open,
	.close = sqlite_close,
	.submit = sqlite_submit,
};
