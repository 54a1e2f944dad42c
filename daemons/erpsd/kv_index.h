/*
 * Keys in their order, in memory: which row each has, and what is known of it. A skip
 * list, so that finding, the next one and a prefix are one structure. Pure but for the
 * environment's memory; one thread.
 */
#ifndef ERPSD_KV_INDEX_H
#define ERPSD_KV_INDEX_H

#include "core/bytes.h"
#include "core/env.h"

#include <stdint.h>

/* Enough for 4^12 keys before finding one takes longer. */
#define ERPSD_KV_LEVELS 12

/* The octets of its key lie behind `next`. */
struct erpsd_kv_entry {
	uint64_t id;       /* of its row */
	uint64_t revision; /* as committed; 0: it is not there (yet, or any more) */
	uint32_t size;     /* of key and value, as committed */
	uint32_t writes;   /* under way: it stays here meanwhile */
	uint16_t key_size;
	uint8_t levels;
	struct erpsd_kv_entry *next[];
};

struct erpsd_kv_index {
	const struct sb_env *env;
	struct erpsd_kv_entry *first[ERPSD_KV_LEVELS];
	uint64_t dice;
};

void erpsd_kv_index_init(struct erpsd_kv_index *index, const struct sb_env *env);
/* Takes zeroed memory, too. */
void erpsd_kv_index_fini(struct erpsd_kv_index *index);

struct sb_bytes erpsd_kv_entry_key(const struct erpsd_kv_entry *entry);

/* The order of keys, octet by octet; a shorter one comes first: < 0, 0, > 0. */
int erpsd_kv_compare(struct sb_bytes a, struct sb_bytes b);

/* NULL: there is none. */
struct erpsd_kv_entry *erpsd_kv_index_find(const struct erpsd_kv_index *index, struct sb_bytes key);

/* A new entry, zeroed but for its key, which is not there yet and has at most 65535 octets. NULL:
 * no memory. */
struct erpsd_kv_entry *erpsd_kv_index_add(struct erpsd_kv_index *index, struct sb_bytes key);

/* Takes it out and frees it. */
void erpsd_kv_index_remove(struct erpsd_kv_index *index, struct erpsd_kv_entry *entry);

/* The first key that is not less; entry->next[0] is the one after it. */
struct erpsd_kv_entry *erpsd_kv_index_from(const struct erpsd_kv_index *index, struct sb_bytes key);

#endif
