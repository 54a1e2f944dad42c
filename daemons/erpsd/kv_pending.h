/*
 * What the owner has asked of the store and has no answer to yet, by the ref that the
 * answer will have. One thread.
 */
#ifndef ERPSD_KV_PENDING_H
#define ERPSD_KV_PENDING_H

#include "daemons/erpsd/kv_index.h"
#include "daemons/erpsd/kv_request.h"

#define ERPSD_KV_PENDING_MAX 65536u

struct erpsd_kv_pending {
	struct erps_from from;
	enum erpsd_kv_op op;
	bool is_new;                  /* a compare-and-swap that makes its row */
	uint32_t size;                /* of key and value, for writes */
	struct erpsd_kv_entry *entry; /* of a write */
	uint32_t next;                /* free ones: the one after it */
};

struct erpsd_kv_pendings {
	const struct sb_env *env;
	struct erpsd_kv_pending *slots;
	uint32_t room, used, free; /* `free`: 1 + the first free slot; 0: none below `room` */
};

/* A slot, zeroed, and its ref, which is never 0. It moves with the next take. NULL: no memory, or
 * ERPSD_KV_PENDING_MAX are out. */
struct erpsd_kv_pending *erpsd_kv_pending_take(struct erpsd_kv_pendings *pendings, uint64_t *ref);

/* The slot of a ref, given back, by value. `ref` is one that was taken. */
struct erpsd_kv_pending erpsd_kv_pending_give(struct erpsd_kv_pendings *pendings, uint64_t ref);

/* Takes zeroed memory, too. */
void erpsd_kv_pendings_fini(struct erpsd_kv_pendings *pendings);

#endif
