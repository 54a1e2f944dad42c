/*
 * The service `registry`: who is connected, and pushes to them.
 *
 *	{:register, name}      :ok; {:error, :taken}, {:error, :too_many}
 *	{:unregister, name}    :ok; {:error, :not_found}
 *	{:push, name, term}    :ok when it is on its way; {:error, :not_found}, {:error, :busy}
 *	{:broadcast, term}     :ok; to everybody else
 *	:who, {:who, limit}    a list of maps, one for each peer
 *	:whoami                the caller's own
 *
 * A name is an atom or a binary (:a and "a" are one name), and is free again when its
 * peer has gone. Sessions of a shard are a list that nobody else touches; what concerns
 * all shards goes from one to the next, to a session of the registry on each.
 */
#ifndef ERPSD_REGISTRY_H
#define ERPSD_REGISTRY_H

#include "protocols/erps/plugin.h"

#include <stdint.h>

struct erpsd_registry_shard;

/* What the service is started with; zeroed, and outlives the node. */
struct erpsd_registry {
	struct erpsd_registry_shard *shards;
	unsigned shard_count;
};

/* Its args are a struct erpsd_registry. */
extern const struct erps_plugin erpsd_registry_plugin;

#endif
