/*
 * Upstreams, looked at by sessions and partitions of all shards, and the ids that
 * they give. An id is not kept but hashed, with the upstream's name, to 64 bits:
 * that fits an entry, and two of a million meet once in ten million times.
 */
#include "daemons/smpp-mc/upstream.h"

#include <stdlib.h>
#include <string.h>

void
mc_upstream_fini(struct mc_upstream *upstream)
{
	free((char *)(uintptr_t)upstream->party.system_id);
	free((char *)(uintptr_t)upstream->host);
	free((char *)(uintptr_t)upstream->system_id);
	free((char *)(uintptr_t)upstream->password);
	free((char *)(uintptr_t)upstream->system_type);
	free((char *)(uintptr_t)upstream->address_range);
}

void
mc_upstream_state_init(
	struct mc_upstream_state *state, struct sb_metrics *metrics, const char *name)
{
#define X(field, metric, help) \
	state->field =         \
		sb_metrics_counter(metrics, metric, help, "upstream", name, (const char *)NULL);
	MC_UPSTREAM_COUNTER_MAP(X)
#undef X
}

/* ---- ids ---- */

/* FNV-1a, and at the end as much again, so that all bits depend on all octets. Rows do not keep it:
 * it is made anew at each start. */
static uint64_t
hash(uint64_t hash, const void *octets, size_t size)
{
	const uint8_t *at = octets;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

uint64_t
mc_upstream_key(const char *name, enum smpp_id_spelling spelling, struct sb_bytes id)
{
	uint64_t key = hash(UINT64_C(0xcbf29ce484222325), name, strlen(name) + 1);
	uint8_t text[SMPP_ID_SIZE_MAX];
	struct sb_writer w = sb_writer_of(text, sizeof(text));

	/* One that has no such spelling is what it is. */
	if (smpp_id_normalize(id, spelling, &w) == 0)
		id = sb_bytes(text, sb_writer_size(&w));
	key = hash(key, id.data, id.size);
	key = (key ^ key >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return key ^ key >> 29;
}
