/*
 * A table of named things, looked at without a lock and changed under one. Entries
 * never move; arrays that were outgrown are retired. It is cut into segments that grow
 * one by one, so that no change takes long however many names there are.
 */
#ifndef SB_CORE_NAME_TABLE_INTERNAL_H
#define SB_CORE_NAME_TABLE_INTERNAL_H

#include "env.h"
#include "epoch_internal.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SB_NAME_MAX      255
#define SB_NAME_SEGMENTS 64

/* What one looks for. */
struct sb_name_key {
	uint64_t hash;
	const char *text;
	size_t length;
};

/* Embedded in what has a name. The key's text lies behind it, or lives as long. */
struct sb_name {
	struct sb_name_key key;
	struct sb_retired retired;
};

struct sb_name_slots;

struct sb_name_segment {
	_Atomic(struct sb_name_slots *) slots;
	uint32_t live; /* names */
	uint32_t used; /* and places that are not to be reused */
};

struct sb_name_table {
	const struct sb_env *env;
	struct sb_epoch *epoch;
	struct sb_name_segment segments[SB_NAME_SEGMENTS];
};

/* The key of a NUL-terminated text: false when it is not 1 to SB_NAME_MAX octets long. */
bool sb_name_key(uint64_t seed, const char *text, struct sb_name_key *key);

void
sb_name_table_init(struct sb_name_table *table, const struct sb_env *env, struct sb_epoch *epoch);
/* Its arrays; not what is in them. */
void sb_name_table_fini(struct sb_name_table *table);

/* What has this name, or NULL. Inside a turn without the lock, elsewhere with it. */
struct sb_name *sb_name_find(struct sb_name_table *table, const struct sb_name_key *key);

/* With the lock. A name that is not there yet: 0 or SB_ENOMEM. */
int sb_name_insert(struct sb_name_table *table, struct sb_name *name);
/* With the lock. Of one that is there; the caller retires it. */
void sb_name_remove(struct sb_name_table *table, struct sb_name *name);

#endif
