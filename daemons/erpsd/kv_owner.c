/*
 * Requests come from peers' sessions, answers from the store. It is asked to stop when
 * the peers have gone, and goes itself when all it has asked of the store is answered.
 */
#include "daemons/erpsd/kv_owner.h"

#include "core/error.h"
#include "core/node.h"
#include "daemons/erpsd/kv_owner_internal.h"

static int
owner_begin(struct sb_session *s, const void *args)
{
	struct erpsd_kv_owner *o = sb_state(s);
	struct sb_metrics *metrics = sb_node_metrics(sb_session_node(s));

	o->kv = (struct erpsd_kv *)(uintptr_t)args;
	o->began_ns = sb_now(s);
	erpsd_kv_index_init(&o->index, sb_node_env(sb_session_node(s)));
	o->pendings.env = o->index.env;
	o->decoder.env = o->index.env;
	o->shown_keys =
		sb_metrics_gauge(metrics, "erpsd_kv_keys", "Keys of kv", (const char *)NULL);
	o->shown_octets = sb_metrics_gauge(
		metrics, "erpsd_kv_octets", "Octets of kv's keys and values", (const char *)NULL);
	o->errors = sb_metrics_counter(metrics, "erpsd_kv_errors_total",
		"Requests to kv that were answered with an error", (const char *)NULL);
#define X(constant, method, elements)                                                             \
	o->requests[ERPSD_KV_##constant] = sb_metrics_counter(metrics, "erpsd_kv_requests_total", \
		"Requests to kv", "method", method, (const char *)NULL);
	ERPSD_KV_OP_MAP(X)
#undef X
	return erpsd_kv_load_begin(s, o);
}

/* The words that peers read. */
static const char *
reason_of(int error)
{
	switch (error) {
	case SB_ENOENT:
		return "not_found";
	case SB_FULL:
	case SB_EBUSY:
		return "busy";
	case SB_ENOMEM:
		return "no_memory";
	case SB_ELIMIT:
		return "full";
	case SB_ENOSPC:
		return "no_space";
	case SB_ECORRUPT:
		return "corrupt";
	case SB_EINVAL:
		return "too_large";
	default:
		return "io_error";
	}
}

void
erpsd_kv_refuse(struct sb_session *s, struct erpsd_kv_owner *o, struct erps_from from, int error)
{
	sb_counter_add(o->errors, sb_session_shard(s), 1);
	erpsd_kv_answer(s, from, "{:error, reason::atom}", reason_of(error));
}

static void
request(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_request *r)
{
	sb_counter_add(o->requests[r->op], sb_session_shard(s), 1);
	switch (r->op) {
	case ERPSD_KV_PUT:
	case ERPSD_KV_CAS:
	case ERPSD_KV_DELETE:
		erpsd_kv_write(s, o, r);
		break;
	case ERPSD_KV_GET:
		erpsd_kv_get(s, o, r);
		break;
	case ERPSD_KV_KEYS:
	case ERPSD_KV_KEYS_AFTER:
		erpsd_kv_keys(s, o, r);
		break;
	case ERPSD_KV_OPS:
		break;
	}
}

static void
completed(struct sb_session *s, struct erpsd_kv_owner *o, const struct sb_message *m)
{
	struct erpsd_kv_pending pending;

	if (m->ref == ERPSD_KV_LOAD_REF) {
		erpsd_kv_load_page(s, o, m);
		return;
	}
	/* Ref 0 says that a full queue has room: nobody was told to wait. */
	if (m->ref == 0)
		return;
	pending = erpsd_kv_pending_give(&o->pendings, m->ref);
	if (pending.op == ERPSD_KV_GET)
		erpsd_kv_got(s, o, &pending, m);
	else
		erpsd_kv_written(s, o, &pending, m->status);
	if (o->is_stopping && o->pendings.used == 0)
		sb_close(s, SB_END_DRAIN);
}

static void
owner_message(struct sb_session *s, struct sb_message *m)
{
	struct erpsd_kv_owner *o = sb_state(s);

	if (m->type == ERPSD_KV_REQUEST)
		request(s, o, m->data);
	else if (m->type == SB_MSG_STORE)
		completed(s, o, m);
	sb_gauge_set(o->shown_keys, sb_session_shard(s), (int64_t)o->keys);
	sb_gauge_set(o->shown_octets, sb_session_shard(s), (int64_t)o->octets);
}

static void
owner_stopping(struct sb_session *s)
{
	struct erpsd_kv_owner *o = sb_state(s);

	o->is_stopping = true;
	if (o->pendings.used == 0)
		sb_close(s, SB_END_DRAIN);
}

static void
owner_closed(struct sb_session *s, enum sb_end why)
{
	struct erpsd_kv_owner *o = sb_state(s);

	(void)why;
	erpsd_kv_index_fini(&o->index);
	erpsd_kv_pendings_fini(&o->pendings);
	erps_decoder_fini(&o->decoder);
}

static void
owner_describe(const struct sb_session *s, struct sb_fields *fields)
{
	const struct erpsd_kv_owner *o = sb_state(s);

	sb_fields_add(fields, "keys", SB_UINT(o->keys));
	sb_fields_add(fields, "octets", SB_UINT(o->octets));
	sb_fields_add(fields, "pending", SB_UINT(o->pendings.used));
}

const struct sb_module erpsd_kv_owner_module = {
	.abi = SB_MODULE_ABI,
	.name = "erpsd.kv",
	.state_size = sizeof(struct erpsd_kv_owner),
	.start = owner_begin,
	.message = owner_message,
	.stopping = owner_stopping,
	.closed = owner_closed,
	.describe = owner_describe,
};
