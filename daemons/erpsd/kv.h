/*
 * The service `kv`: keys and values that outlive the process.
 *
 *	{:put, key, value}             {:ok, revision}
 *	{:cas, key, revision, value}   {:ok, revision}; revision 0: only if it is not there
 *	{:get, key}                    {:ok, value, revision}
 *	{:delete, key}                 :ok
 *	{:keys, prefix, limit}         {:ok, keys, more?}, in order
 *	{:keys, prefix, limit, after}  the same behind the key `after`
 *
 * or {:error, reason}. Writes are answered when they are durable. One session, the
 * owner, does all of it, so that there is one order of writes; sessions of peers hand
 * their requests to it, and it answers the callers itself.
 */
#ifndef ERPSD_KV_H
#define ERPSD_KV_H

#include "core/store.h"
#include "protocols/erps/plugin.h"

#include <stdbool.h>
#include <stdint.h>

struct erpsd_kv_limits {
	uint64_t keys;
	uint64_t octets; /* of all keys and values together */
	uint32_t key;    /* octets of one */
	uint32_t value;
};

/* What the service is started with; outlives the node. */
struct erpsd_kv {
	struct erpsd_kv_limits limits;
	struct sb_store *store; /* set before `start`; borrowed */
	bool has_failed;        /* what is stored could not be read: the node has stopped */
};

/* Its args are a struct erpsd_kv. */
extern const struct erps_plugin erpsd_kv_plugin;

/* The name that its owner takes when all that was stored is there. */
#define ERPSD_KV_OWNER "erpsd.kv"

#endif
