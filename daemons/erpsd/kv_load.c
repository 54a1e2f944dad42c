/*
 * The store is read in pages, in order of id; the owner takes its name when all is
 * there. A row that cannot be understood is left where it is, and said.
 */
#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "daemons/erpsd/kv_owner_internal.h"
#include "daemons/erpsd/kv_row.h"

#define PAGE_ROWS 1024

/* Half a store is none: the node stops, rather than answer that keys are not there. */
static void
fail(struct sb_session *s, struct erpsd_kv_owner *o, int error)
{
	SB_LOG(s, ERROR, "erpsd.kv_failed", "error", SB_ERR(error), "id", SB_UINT(o->next_id));
	o->kv->has_failed = true;
	sb_node_stop(sb_session_node(s));
}

static int
page_ask(struct sb_session *s, struct erpsd_kv_owner *o)
{
	return sb_store_scan(s, o->kv->store, ERPSD_KIND_KV, o->next_id, PAGE_ROWS, sb_self(s),
		ERPSD_KV_LOAD_REF);
}

int
erpsd_kv_load_begin(struct sb_session *s, struct erpsd_kv_owner *o)
{
	int err;

	o->next_id = 1;
	err = page_ask(s, o);
	if (err)
		fail(s, o, err);
	return 0;
}

static int
take(struct sb_session *s, struct erpsd_kv_owner *o, const struct sb_store_row *row)
{
	uint8_t octets[1 + ERPSD_KV_KEY_MAX];
	struct erpsd_kv_entry *entry;
	struct sb_bytes key = {octets, 0}, value;

	/* A key has one row: a second one is not of our making. */
	if (erpsd_kv_row_read(row, octets, &key.size, &value) ||
		erpsd_kv_index_find(&o->index, key)) {
		o->damaged++;
		SB_LOG_LIMITED(s, ERROR, "erpsd.kv_row_damaged", "id", SB_UINT(row->id));
		return 0;
	}
	entry = erpsd_kv_index_add(&o->index, key);
	if (!entry)
		return SB_ENOMEM;
	entry->id = row->id;
	entry->revision = row->revision;
	entry->size = (uint32_t)(key.size + value.size);
	o->keys++;
	o->octets += entry->size;
	return 0;
}

static void
loaded(struct sb_session *s, struct erpsd_kv_owner *o)
{
	int err = sb_register(s, ERPSD_KV_OWNER);

	if (err) {
		fail(s, o, err);
		return;
	}
	SB_LOG(s, INFO, "erpsd.kv_loaded", "keys", SB_UINT(o->keys), "octets", SB_UINT(o->octets),
		"damaged", SB_UINT(o->damaged), "ms", SB_UINT((sb_now(s) - o->began_ns) / 1000000));
}

void
erpsd_kv_load_page(struct sb_session *s, struct erpsd_kv_owner *o, const struct sb_message *m)
{
	const struct sb_store_rows *rows = m->data;
	int err = m->status;

	for (size_t i = 0; !err && i < rows->count; i++) {
		err = take(s, o, &rows->rows[i]);
		o->next_id = rows->rows[i].id + 1;
	}
	if (!err && !rows->is_last)
		err = page_ask(s, o);
	if (err)
		fail(s, o, err);
	else if (rows->is_last)
		loaded(s, o);
}
