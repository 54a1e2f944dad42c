/* A peer's side of keys and values: requests are read, and handed to their owner. */
#include "daemons/erpsd/kv.h"

#include "core/error.h"
#include "core/registry.h"
#include "core/supervisor.h"
#include "daemons/erpsd/kv_owner.h"
#include "daemons/erpsd/kv_request.h"
#include "daemons/erpsd/kv_row.h"

#include <string.h>

#define EXTERNAL_TERM 131

/* Commits under way are waited for. */
#define OWNER_SHUTDOWN_MS 10000

struct peer {
	const struct erpsd_kv *kv;
};

/* A request as it was read; the terms view it. */
struct question {
	enum erpsd_kv_op op;
	uint64_t number;
	uint8_t key[1 + ERPSD_KV_KEY_MAX];
	size_t key_size;
	uint8_t after[1 + ERPSD_KV_KEY_MAX];
	size_t after_size;
	struct erps_term value;
};

static const struct {
	const char *method;
	size_t elements;
} ops[ERPSD_KV_OPS] = {
#define X(constant, method, elements) {method, elements},
	ERPSD_KV_OP_MAP(X)
#undef X
};

static int
peer_begin(struct sb_session *s, const void *args)
{
	struct peer *peer = erps_state(s);

	peer->kv = args;
	return 0;
}

/* NULL, or the reason why it is none. */
static const char *
op_read(struct erps_term request, enum erpsd_kv_op *op)
{
	struct erps_term method;

	if (!erps_element(request, 0, &method))
		return "badarg";
	for (*op = 0; *op < ERPSD_KV_OPS; (*op)++)
		if (erps_count(request) == ops[*op].elements &&
			erps_is_atom(method, ops[*op].method))
			return NULL;
	return "badarg";
}

static const char *
rest_read(struct erps_term request, struct question *q)
{
	struct erps_term term;

	switch (q->op) {
	case ERPSD_KV_PUT:
		return erps_element(request, 2, &q->value) ? NULL : "badarg";
	case ERPSD_KV_CAS:
		return erps_element(request, 2, &term) && erps_get_unsigned(term, &q->number) &&
				       erps_element(request, 3, &q->value)
			       ? NULL
			       : "badarg";
	case ERPSD_KV_KEYS_AFTER:
		if (!erps_element(request, 3, &term))
			return "badarg";
		q->after_size = erpsd_kv_key(term, ERPSD_KV_KEY_MAX, q->after);
		if (!q->after_size)
			return "badarg";
		/* fall through */
	case ERPSD_KV_KEYS:
		return erps_element(request, 2, &term) && erps_get_unsigned(term, &q->number)
			       ? NULL
			       : "badarg";
	case ERPSD_KV_GET:
	case ERPSD_KV_DELETE:
	case ERPSD_KV_OPS:
		break;
	}
	return NULL;
}

static const char *
question_read(const struct erpsd_kv *kv, struct erps_term request, struct question *q)
{
	struct erps_term key;
	const char *reason = op_read(request, &q->op);

	if (reason)
		return reason;
	if (!erps_element(request, 1, &key))
		return "badarg";
	q->key_size = erpsd_kv_key(key, kv->limits.key, q->key);
	if (!q->key_size)
		return "badarg";
	reason = rest_read(request, q);
	if (!reason && q->value.size + 1 > kv->limits.value)
		return "too_large";
	return reason;
}

/* One piece of memory, which moves to the owner. */
static struct erpsd_kv_request *
request_new(const struct sb_session *s, const struct question *q)
{
	size_t value_size = q->value.data ? q->value.size + 1 : q->after_size;
	struct erpsd_kv_request *r = sb_payload_new(s, sizeof(*r) + q->key_size + value_size);
	uint8_t *at;

	if (!r)
		return NULL;
	*r = (struct erpsd_kv_request){.op = q->op,
		.number = q->number,
		.key_size = (uint32_t)q->key_size,
		.value_size = (uint32_t)value_size};
	memcpy(r->octets, q->key, q->key_size);
	at = r->octets + q->key_size;
	if (q->value.data) {
		*at = EXTERNAL_TERM;
		memcpy(at + 1, q->value.data, q->value.size);
	} else if (q->after_size) {
		memcpy(at, q->after, q->after_size);
	}
	return r;
}

/* NULL: the owner answers. */
static const char *
request_send(struct sb_session *s, const struct erps_from *from, const struct question *q)
{
	struct erpsd_kv_request *r;
	struct sb_address owner;

	/* It is not there while it begins again after a fault of its own. */
	if (sb_lookup(s, ERPSD_KV_OWNER, &owner))
		return "busy";
	r = request_new(s, q);
	if (!r)
		return "no_memory";
	if (from)
		r->from = *from;
	if (sb_post(s, owner, ERPSD_KV_REQUEST, 0,
		    SB_GIVE(r, sizeof(*r) + r->key_size + r->value_size, sb_payload_free)) == 0)
		return NULL;
	sb_payload_free(r);
	return "busy";
}

static void
peer_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	struct peer *peer = erps_state(s);
	struct question q = {0};
	const char *reason = question_read(peer->kv, request, &q);

	if (!reason)
		reason = request_send(s, &from, &q);
	if (!reason)
		return;
	if (strcmp(reason, "badarg") == 0)
		(void)erps_reject(s, from, reason);
	else
		(void)erps_reply_with(s, from, "{:error, reason::atom}", reason);
}

static void
peer_cast(struct sb_session *s, struct erps_term request)
{
	struct peer *peer = erps_state(s);
	struct question q = {0};

	if (!question_read(peer->kv, request, &q))
		(void)request_send(s, NULL, &q);
}

static int
kv_start(struct sb_node *node, const void *args)
{
	/* Every peer has a window of requests here at a time. */
	static const struct sb_limits limits = {
		.mailbox_messages = 65535, .mailbox_bytes = 64u << 20, .max_calls = 65536};

	return sb_node_start_child(node, &(struct sb_child_spec){
						 .id = "kv",
						 .module = &erpsd_kv_owner_module,
						 .args = args,
						 .restart = SB_PERMANENT,
						 .shutdown_ms = OWNER_SHUTDOWN_MS,
						 .shard = 0,
						 .limits = &limits,
					 });
}

static const struct erps_service service = {
	.name = "kv",
	.state_size = sizeof(struct peer),
	.init = peer_begin,
	.handle_call = peer_call,
	.handle_cast = peer_cast,
};

static const char *const methods[] = {"put", "cas", "get", "delete", "keys", NULL};

const struct erps_plugin erpsd_kv_plugin = {
	.abi = ERPS_PLUGIN_ABI,
	.name = "kv",
	.service = &service,
	.methods = methods,
	.start = kv_start,
};
