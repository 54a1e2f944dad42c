/*
 * A map from 64-bit ids to values, in order: for rows that are appended with rising
 * ids and deleted in about that order. Ids lie in sorted chunks; memory comes back
 * as rows go. One thread at a time.
 */
#ifndef SB_CORE_ID_MAP_INTERNAL_H
#define SB_CORE_ID_MAP_INTERNAL_H

#include "env.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_id_chunk;

/* The first id that a chunk may hold. */
struct sb_id_range {
	uint64_t first;
	struct sb_id_chunk *chunk;
};

struct sb_id_map {
	const struct sb_env *env;
	struct sb_id_range *ranges; /* capacity of them; those in use begin at `start` */
	size_t start, count, capacity;
	size_t size; /* ids */
};

/* Where an id is, or would be. Valid until the next change. */
struct sb_id_place {
	size_t range;
	unsigned index;
};

void sb_id_map_init(struct sb_id_map *map, const struct sb_env *env);
/* The map's memory; not what its values point at. */
void sb_id_map_fini(struct sb_id_map *map);

/* The value's place; NULL: no such id. */
void **sb_id_map_find(struct sb_id_map *map, uint64_t id);
/* The same, made with a NULL value where it is not there. NULL: no memory. */
void **sb_id_map_make(struct sb_id_map *map, uint64_t id);
/* Removes the id, which is there. */
void sb_id_map_remove(struct sb_id_map *map, uint64_t id);
/* Removes the id if it is there with a NULL value. */
void sb_id_map_remove_empty(struct sb_id_map *map, uint64_t id);

/* The first place with an id >= `from`; and the next one. False: nothing there. */
bool sb_id_map_seek(const struct sb_id_map *map, uint64_t from, struct sb_id_place *place);
bool sb_id_map_next(const struct sb_id_map *map, struct sb_id_place *place);
uint64_t sb_id_map_id(const struct sb_id_map *map, struct sb_id_place place);
void *sb_id_map_value(const struct sb_id_map *map, struct sb_id_place place);

#endif
