/* Values stay in the store, and are read there, off the loop; keys are in memory. */
#include "core/error.h"
#include "core/node.h"
#include "daemons/erpsd/kv_owner_internal.h"
#include "daemons/erpsd/kv_row.h"

#define KEYS_MOST  10000u
#define REPLY_MOST (512u << 10)

void
erpsd_kv_get(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_request *r)
{
	struct erpsd_kv_entry *entry = erpsd_kv_index_find(&o->index, erpsd_kv_request_key(r));
	struct erpsd_kv_pending *pending;
	uint64_t ref;
	int err;

	if (!entry || entry->revision == 0) {
		erpsd_kv_refuse(s, o, r->from, SB_ENOENT);
		return;
	}
	pending = erpsd_kv_pending_take(&o->pendings, &ref);
	if (!pending) {
		erpsd_kv_refuse(s, o, r->from, SB_FULL);
		return;
	}
	pending->from = r->from;
	pending->op = r->op;
	err = sb_store_get(s, o->kv->store, ERPSD_KIND_KV, entry->id, sb_self(s), ref);
	if (err) {
		erpsd_kv_pending_give(&o->pendings, ref);
		erpsd_kv_refuse(s, o, r->from, err);
	}
}

/* The value is looked at as if a peer had sent it: no unchecked octet becomes a term. */
static int
row_term(struct erpsd_kv_owner *o, const struct sb_store_row *row, struct erps_term *term)
{
	uint8_t key[1 + ERPSD_KV_KEY_MAX];
	struct sb_bytes value;
	size_t size;
	int err = erpsd_kv_row_read(row, key, &size, &value);

	if (!err && erps_decode(&o->decoder, value, term))
		err = SB_ECORRUPT;
	return err;
}

void
erpsd_kv_got(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_pending *pending,
	const struct sb_message *m)
{
	const struct sb_store_rows *rows = m->data;
	struct erps_term value;
	int err = m->status;

	if (!err)
		err = row_term(o, &rows->rows[0], &value);
	if (err == SB_ECORRUPT)
		SB_LOG_LIMITED(s, ERROR, "erpsd.kv_row_damaged", "id", SB_UINT(rows->rows[0].id));
	if (err)
		erpsd_kv_refuse(s, o, pending->from, err);
	else
		erpsd_kv_answer(s, pending->from, "{:ok, value, revision::uint}", value,
			rows->rows[0].revision);
}

/* ---- keys ---- */

/* What a question means: where it begins, and the prefix that all have. */
struct range {
	const struct erpsd_kv_entry *first, *end; /* of those that are told */
	size_t count;
	bool is_more;
};

static bool
begins_with(struct sb_bytes key, struct sb_bytes prefix)
{
	return key.size >= prefix.size && memcmp(key.data, prefix.data, prefix.size) == 0;
}

/* `after` may lie before all that have the prefix. */
static const struct erpsd_kv_entry *
first_of(const struct erpsd_kv_index *index, const struct erpsd_kv_request *r)
{
	struct sb_bytes prefix = erpsd_kv_request_key(r), after = erpsd_kv_request_value(r);
	const struct erpsd_kv_entry *first;

	if (r->op != ERPSD_KV_KEYS_AFTER || erpsd_kv_compare(after, prefix) < 0)
		return erpsd_kv_index_from(index, prefix);
	first = erpsd_kv_index_from(index, after);
	return first && sb_bytes_equal(erpsd_kv_entry_key(first), after) ? first->next[0] : first;
}

/* Counted before they are put: a list says first how long it is. */
static struct range
range_of(const struct erpsd_kv_index *index, const struct erpsd_kv_request *r)
{
	struct sb_bytes prefix = erpsd_kv_request_key(r);
	uint64_t most = r->number < KEYS_MOST ? r->number : KEYS_MOST;
	struct range range = {.first = first_of(index, r)};
	size_t octets = 0;

	for (range.end = range.first; range.end; range.end = range.end->next[0]) {
		if (!begins_with(erpsd_kv_entry_key(range.end), prefix))
			break;
		if (range.end->revision == 0)
			continue;
		octets += range.end->key_size + 8u;
		range.is_more = range.count == most || octets > REPLY_MOST;
		if (range.is_more)
			break;
		range.count++;
	}
	return range;
}

static void
range_put(struct erps_builder *b, const struct range *range)
{
	erps_put_tuple(b, 3);
	erps_put_atom(b, "ok");
	if (range->count)
		erps_put_list(b, range->count);
	for (const struct erpsd_kv_entry *e = range->first; e != range->end; e = e->next[0])
		if (e->revision)
			erpsd_kv_put_key(b, erpsd_kv_entry_key(e));
	erps_put_nil(b);
	erps_put_boolean(b, range->is_more);
}

void
erpsd_kv_keys(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_request *r)
{
	struct range range = range_of(&o->index, r);
	struct erps_builder b;

	if (sb_address_is_null(r->from.session))
		return;
	erps_builder_init_env(&b, sb_node_env(sb_session_node(s)), REPLY_MOST + 1024);
	range_put(&b, &range);
	if (b.error)
		erpsd_kv_refuse(s, o, r->from, b.error);
	else
		(void)erps_reply(s, r->from, erps_built(&b));
	erps_builder_fini(&b);
}
