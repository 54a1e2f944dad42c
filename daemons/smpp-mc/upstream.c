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
#define X(field, metric, help)             \
	state->field = sb_metrics_counter( \
		metrics, metric, help, "upstream", name, (const char *)NULL);
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

static int
digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* False: it is no number of that base, or too large a one. */
static bool
number_of(struct sb_bytes text, unsigned base, uint64_t *number)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text.size; i++) {
		unsigned digit = (unsigned)digit_of(text.data[i]);

		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	*number = value;
	return text.size > 0;
}

/* 0: as text. */
static unsigned
base_of(enum mc_id_spelling spelling, bool is_receipt)
{
	switch (spelling) {
	case MC_IDS_SAME:
		return 0;
	case MC_IDS_DECIMAL:
		return 10;
	case MC_IDS_HEX:
		return 16;
	case MC_IDS_HEX_DECIMAL:
		return is_receipt ? 10 : 16;
	case MC_IDS_DECIMAL_HEX:
		return is_receipt ? 16 : 10;
	}
	return 0;
}

uint64_t
mc_upstream_key(
	const char *name, enum mc_id_spelling spelling, struct sb_bytes id, bool is_receipt)
{
	unsigned base = base_of(spelling, is_receipt);
	uint64_t key = hash(UINT64_C(0xcbf29ce484222325), name, strlen(name) + 1);
	uint64_t number;

	/* What is no number, though it should be one, is what it is. */
	if (base && number_of(id, base, &number))
		key = hash(key, &number, sizeof(number));
	else
		key = hash(key, id.data, id.size);
	key = (key ^ key >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return key ^ key >> 29;
}
