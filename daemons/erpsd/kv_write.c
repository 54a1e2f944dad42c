/*
 * Writes go to the store in the order in which they come, and their ends come back in
 * the same one. So what an entry says, its revision and size as committed, is always
 * true of the last write that has ended, however many of that key are under way, and
 * whichever of them fail. A revision is counted here as the store counts it.
 */
#include "core/error.h"
#include "daemons/erpsd/kv_owner_internal.h"
#include "daemons/erpsd/kv_row.h"

static void
drop_if_empty(struct erpsd_kv_owner *o, struct erpsd_kv_entry *entry)
{
	if (entry->revision || entry->writes)
		return;
	erpsd_kv_index_remove(&o->index, entry);
	o->keys--;
}

/* ---- before ---- */

/* A key that nobody writes to any more has the revision that it shows. */
static bool
is_conflict(const struct erpsd_kv_entry *entry, uint64_t revision)
{
	if (!entry)
		return revision != 0;
	return entry->writes == 0 && entry->revision != revision;
}

/* 0, or why the request is answered without the store. */
static int
check(const struct erpsd_kv_owner *o, const struct erpsd_kv_entry *entry,
	const struct erpsd_kv_request *r)
{
	uint64_t size = (uint64_t)r->key_size + r->value_size;

	if (r->op == ERPSD_KV_DELETE)
		return entry ? 0 : SB_ENOENT;
	if (r->op == ERPSD_KV_CAS && is_conflict(entry, r->number))
		return SB_ECONFLICT;
	if (!entry && o->keys >= o->kv->limits.keys)
		return SB_ELIMIT;
	/* No sum that could be too large: sizes are of 32 bits, the limit of 40. */
	return o->octets + size > o->kv->limits.octets ? SB_ELIMIT : 0;
}

static struct erpsd_kv_entry *
entry_new(struct erpsd_kv_owner *o, struct sb_bytes key)
{
	struct erpsd_kv_entry *entry = erpsd_kv_index_add(&o->index, key);

	if (!entry)
		return NULL;
	entry->id = o->next_id++;
	o->keys++;
	return entry;
}

static int
txn_fill(struct sb_session *s, struct sb_txn *txn, const struct erpsd_kv_request *r,
	const struct erpsd_kv_entry *entry)
{
	/* The row has the key without the octet in front. */
	const uint8_t *body = r->octets + 1;
	size_t size = r->key_size - 1 + r->value_size;
	uint8_t head[ERPSD_KV_HEAD_SIZE];
	int err;

	erpsd_kv_head_put(head, erpsd_kv_request_key(r), sb_wall_ms(s));
	if (r->op == ERPSD_KV_DELETE)
		return sb_txn_del(txn, ERPSD_KIND_KV, entry->id);
	if (r->op == ERPSD_KV_PUT)
		return sb_txn_put(txn, ERPSD_KIND_KV, entry->id, head, sizeof(head), body, size);
	err = sb_txn_cas(txn, ERPSD_KIND_KV, entry->id, r->number, body, size);
	/* A row that a compare-and-swap makes has no head yet. */
	if (!err && r->number == 0)
		err = sb_txn_mark(txn, ERPSD_KIND_KV, entry->id, head, sizeof(head));
	return err;
}

static int
commit(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_request *r,
	const struct erpsd_kv_entry *entry, uint64_t ref)
{
	struct sb_txn *txn = sb_txn_begin(s, o->kv->store);
	int err;

	if (!txn)
		return SB_ENOMEM;
	err = txn_fill(s, txn, r, entry);
	if (err) {
		sb_txn_abandon(txn);
		return err;
	}
	return sb_txn_commit(txn, sb_self(s), ref);
}

/* The entry stays, and its octets are counted, until the write has ended. */
static int
write_begin(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_request *r,
	struct erpsd_kv_entry *entry)
{
	uint32_t size = r->op == ERPSD_KV_DELETE ? 0 : r->key_size + r->value_size;
	struct erpsd_kv_pending *pending;
	uint64_t ref;
	int err;

	pending = erpsd_kv_pending_take(&o->pendings, &ref);
	if (!pending)
		return SB_FULL;
	*pending = (struct erpsd_kv_pending){.from = r->from,
		.op = r->op,
		.is_new = r->op == ERPSD_KV_CAS && r->number == 0,
		.size = size,
		.entry = entry};
	err = commit(s, o, r, entry, ref);
	if (err) {
		erpsd_kv_pending_give(&o->pendings, ref);
		return err;
	}
	entry->writes++;
	o->octets += size;
	return 0;
}

static void
refuse(struct sb_session *s, struct erpsd_kv_owner *o, struct erps_from from, int error,
	const struct erpsd_kv_entry *entry)
{
	if (error != SB_ECONFLICT) {
		erpsd_kv_refuse(s, o, from, error);
		return;
	}
	sb_counter_add(o->errors, sb_session_shard(s), 1);
	erpsd_kv_answer(s, from, "{:error, {:conflict, revision::uint}}",
		entry ? entry->revision : UINT64_C(0));
}

void
erpsd_kv_write(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_request *r)
{
	struct erpsd_kv_entry *entry = erpsd_kv_index_find(&o->index, erpsd_kv_request_key(r));
	int err = check(o, entry, r);

	if (err) {
		refuse(s, o, r->from, err, entry);
		return;
	}
	if (!entry)
		entry = entry_new(o, erpsd_kv_request_key(r));
	err = entry ? write_begin(s, o, r, entry) : SB_ENOMEM;
	if (!err)
		return;
	refuse(s, o, r->from, err, entry);
	if (entry)
		drop_if_empty(o, entry);
}

/* ---- after ---- */

/* Said once, not with each write. */
static void
tell_health(struct sb_session *s, struct erpsd_kv_owner *o, int status)
{
	bool is_failing = status && status != SB_ECONFLICT && status != SB_EINVAL;

	if (is_failing == o->is_failing || (status && !is_failing))
		return;
	o->is_failing = is_failing;
	if (is_failing)
		SB_LOG(s, ERROR, "erpsd.kv_failing", "error", SB_ERR(status));
	else
		SB_LOG(s, INFO, "erpsd.kv_works");
}

static void
deleted(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_pending *pending)
{
	struct erpsd_kv_entry *entry = pending->entry;

	if (entry->revision == 0) {
		erpsd_kv_refuse(s, o, pending->from, SB_ENOENT);
		return;
	}
	o->octets -= entry->size;
	entry->size = 0;
	entry->revision = 0;
	erpsd_kv_answer(s, pending->from, ":ok");
}

static void
put(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_pending *pending)
{
	struct erpsd_kv_entry *entry = pending->entry;

	o->octets -= entry->size;
	entry->size = pending->size;
	/* Its head was one change more. */
	entry->revision += pending->is_new ? 2 : 1;
	erpsd_kv_answer(s, pending->from, "{:ok, revision::uint}", entry->revision);
}

void
erpsd_kv_written(struct sb_session *s, struct erpsd_kv_owner *o,
	const struct erpsd_kv_pending *pending, int status)
{
	struct erpsd_kv_entry *entry = pending->entry;

	entry->writes--;
	tell_health(s, o, status);
	if (status) {
		o->octets -= pending->size;
		refuse(s, o, pending->from, status, entry);
	} else if (pending->op == ERPSD_KV_DELETE) {
		deleted(s, o, pending);
	} else {
		put(s, o, pending);
	}
	drop_if_empty(o, entry);
}
