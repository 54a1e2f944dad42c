/* What a peer's session hands to the owner of keys and values. */
#ifndef ERPSD_KV_REQUEST_H
#define ERPSD_KV_REQUEST_H

#include "core/bytes.h"
#include "protocols/erps/service.h"

#include <stdbool.h>
#include <stdint.h>

#define ERPSD_KV_REQUEST 0x45524b01u /* a message's type */

/* X(NAME, method, elements of its tuple) */
#define ERPSD_KV_OP_MAP(X)     \
	X(PUT, "put", 3)       \
	X(CAS, "cas", 4)       \
	X(GET, "get", 2)       \
	X(DELETE, "delete", 2) \
	X(KEYS, "keys", 3)     \
	X(KEYS_AFTER, "keys", 4)

enum erpsd_kv_op {
#define X(constant, method, elements) ERPSD_KV_##constant,
	ERPSD_KV_OP_MAP(X)
#undef X
		ERPSD_KV_OPS
};

struct erpsd_kv_request {
	struct erps_from from; /* its session null: a cast, nobody waits */
	enum erpsd_kv_op op;
	uint64_t number;     /* CAS: the revision; KEYS: how many */
	uint32_t key_size;   /* as erpsd_kv_key makes it; of KEYS the prefix */
	uint32_t value_size; /* with its 131; of KEYS_AFTER the key that is passed */
	uint8_t octets[];    /* the two */
};

static inline struct sb_bytes
erpsd_kv_request_key(const struct erpsd_kv_request *r)
{
	return sb_bytes(r->octets, r->key_size);
}

static inline struct sb_bytes
erpsd_kv_request_value(const struct erpsd_kv_request *r)
{
	return sb_bytes(r->octets + r->key_size, r->value_size);
}

#endif
