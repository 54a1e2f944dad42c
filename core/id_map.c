/*
 * An ordered map from ids to pointers for ids that come nearly in order: chunks
 * of sorted ids, and a sorted array of their ranges. Appending, by far the most
 * frequent, touches the last chunk only; removing at the front moves the start of
 * the array. It is scanned in order without stepping through a tree, and an entry
 * takes some 16 octets when chunks are full.
 */
#include "core/id_map_internal.h"

#include <string.h>

#define CHUNK_IDS    128
#define SPARSE       (CHUNK_IDS / 4) /* with fewer it is joined to a neighbour that has room */
#define CAPACITY_MIN 16

struct sb_id_chunk {
	unsigned count;
	uint64_t ids[CHUNK_IDS];
	void *values[CHUNK_IDS];
};

void
sb_id_map_init(struct sb_id_map *map, const struct sb_env *env)
{
	*map = (struct sb_id_map){.env = env};
}

static void
release(struct sb_id_map *map, void *memory)
{
	map->env->release(map->env->context, memory);
}

void
sb_id_map_fini(struct sb_id_map *map)
{
	for (size_t i = 0; i < map->count; i++)
		release(map, map->ranges[map->start + i].chunk);
	if (map->ranges)
		release(map, map->ranges);
	sb_id_map_init(map, map->env);
}

static struct sb_id_range *
range_at(const struct sb_id_map *map, size_t index)
{
	return &map->ranges[map->start + index];
}

/* The range that holds `id`, or would. There is one. The last is tried first: rows are appended. An
 * id below all of them belongs to the first, which is told so when it comes in. */
static size_t
range_of(const struct sb_id_map *map, uint64_t id)
{
	const struct sb_id_range *first = range_at(map, 0), *low = first;
	size_t left = map->count;

	if (id >= first[left - 1].first)
		return left - 1;
	/* Without a branch on what is found, which nothing could predict. */
	while (left > 1) {
		size_t half = left / 2;

		low += (low[half].first <= id) * half;
		left -= half;
	}
	return (size_t)(low - first);
}

/* The first index with an id >= `id`. */
static unsigned
index_of(const struct sb_id_chunk *chunk, uint64_t id)
{
	const uint64_t *low = chunk->ids;
	unsigned left = chunk->count;

	if (left == 0 || low[left - 1] < id)
		return left;
	while (left > 1) {
		unsigned half = left / 2;

		low += (low[half - 1] < id) * (size_t)half;
		left -= half;
	}
	return (unsigned)(low - chunk->ids);
}

static void **
value_at(struct sb_id_chunk *chunk, unsigned index, uint64_t id)
{
	return index < chunk->count && chunk->ids[index] == id ? &chunk->values[index] : NULL;
}

void **
sb_id_map_find(struct sb_id_map *map, uint64_t id)
{
	struct sb_id_chunk *chunk;

	if (map->count == 0)
		return NULL;
	chunk = range_at(map, range_of(map, id))->chunk;
	return value_at(chunk, index_of(chunk, id), id);
}

/* ---- ranges ---- */

static bool
ranges_resize(struct sb_id_map *map, size_t capacity)
{
	struct sb_id_range *ranges =
		map->env->allocate(map->env->context, capacity * sizeof(*ranges));

	if (!ranges)
		return false;
	if (map->count)
		memcpy(ranges, range_at(map, 0), map->count * sizeof(*ranges));
	if (map->ranges)
		release(map, map->ranges);
	map->ranges = ranges;
	map->capacity = capacity;
	map->start = 0;
	return true;
}

/* Room for one more behind the last. Those in front go first, so what is free lies there. */
static bool
ranges_reserve(struct sb_id_map *map)
{
	if (map->start + map->count < map->capacity)
		return true;
	if (map->start < map->capacity / 2 || map->capacity == 0)
		return ranges_resize(map, map->capacity ? map->capacity * 2 : CAPACITY_MIN);
	memmove(map->ranges, range_at(map, 0), map->count * sizeof(*map->ranges));
	map->start = 0;
	return true;
}

/* A new, empty chunk at `index`. NULL: no memory. */
static struct sb_id_chunk *
range_insert(struct sb_id_map *map, size_t index, uint64_t first)
{
	struct sb_id_chunk *chunk;

	if (!ranges_reserve(map))
		return NULL;
	chunk = map->env->allocate(map->env->context, sizeof(*chunk));
	if (!chunk)
		return NULL;
	chunk->count = 0;
	memmove(range_at(map, index) + 1, range_at(map, index),
		(map->count - index) * sizeof(struct sb_id_range));
	*range_at(map, index) = (struct sb_id_range){first, chunk};
	map->count++;
	return chunk;
}

/* Rows that end are most often the oldest: the first range goes by moving the start. */
static void
range_remove(struct sb_id_map *map, size_t index)
{
	release(map, range_at(map, index)->chunk);
	map->count--;
	if (index == 0)
		map->start++;
	else
		memmove(range_at(map, index), range_at(map, index) + 1,
			(map->count - index) * sizeof(struct sb_id_range));
	if (map->count == 0)
		sb_id_map_fini(map);
	else if (map->capacity > CAPACITY_MIN && map->count < map->capacity / 8)
		(void)ranges_resize(map, map->capacity / 4);
}

/* ---- ids ---- */

static void
ids_move(struct sb_id_chunk *to, unsigned at, const struct sb_id_chunk *from, unsigned index,
	unsigned count)
{
	memmove(&to->ids[at], &from->ids[index], count * sizeof(to->ids[0]));
	memmove(&to->values[at], &from->values[index], count * sizeof(to->values[0]));
}

static void **
id_insert(struct sb_id_map *map, struct sb_id_chunk *chunk, unsigned index, uint64_t id)
{
	ids_move(chunk, index + 1, chunk, index, chunk->count - index);
	chunk->ids[index] = id;
	chunk->values[index] = NULL;
	chunk->count++;
	map->size++;
	return &chunk->values[index];
}

/* Room in a full chunk: its upper half moves to a new one. An append leaves it full instead. */
static struct sb_id_chunk *
split(struct sb_id_map *map, size_t range, uint64_t id)
{
	struct sb_id_chunk *full = range_at(map, range)->chunk, *upper;
	/* Half-empty chunks for ever behind every append would double the memory. */
	bool is_append = range + 1 == map->count && id > full->ids[CHUNK_IDS - 1];
	uint64_t first = is_append ? id : full->ids[CHUNK_IDS / 2];

	upper = range_insert(map, range + 1, first);
	if (!upper)
		return NULL;
	if (!is_append) {
		ids_move(upper, 0, full, CHUNK_IDS / 2, CHUNK_IDS / 2);
		upper->count = full->count = CHUNK_IDS / 2;
	}
	return id >= first ? upper : full;
}

void **
sb_id_map_make(struct sb_id_map *map, uint64_t id)
{
	struct sb_id_chunk *chunk;
	unsigned index;
	size_t range;

	if (map->count == 0 && !range_insert(map, 0, id))
		return NULL;
	range = range_of(map, id);
	chunk = range_at(map, range)->chunk;
	index = index_of(chunk, id);
	if (value_at(chunk, index, id))
		return &chunk->values[index];
	if (chunk->count == CHUNK_IDS) {
		chunk = split(map, range, id);
		if (!chunk)
			return NULL;
		index = index_of(chunk, id);
	}
	if (id < range_at(map, 0)->first)
		range_at(map, 0)->first = id;
	return id_insert(map, chunk, index, id);
}

/* Half a chunk at most, so that the next insertions do not split it again at once. */
static void
join_next(struct sb_id_map *map, size_t range)
{
	struct sb_id_chunk *chunk = range_at(map, range)->chunk;
	struct sb_id_chunk *next = range_at(map, range + 1)->chunk;

	if (chunk->count + next->count > CHUNK_IDS / 2)
		return;
	ids_move(chunk, chunk->count, next, 0, next->count);
	chunk->count += next->count;
	range_remove(map, range + 1);
}

static void
remove_at(struct sb_id_map *map, size_t range, unsigned index)
{
	struct sb_id_chunk *chunk = range_at(map, range)->chunk;

	chunk->count--;
	map->size--;
	ids_move(chunk, index, chunk, index + 1, chunk->count - index);
	if (chunk->count == 0) {
		range_remove(map, range);
	} else if (chunk->count < SPARSE) {
		if (range + 1 < map->count)
			join_next(map, range);
		if (range > 0)
			join_next(map, range - 1);
	}
}

void
sb_id_map_remove(struct sb_id_map *map, uint64_t id)
{
	size_t range = range_of(map, id);

	remove_at(map, range, index_of(range_at(map, range)->chunk, id));
}

void
sb_id_map_remove_empty(struct sb_id_map *map, uint64_t id)
{
	struct sb_id_chunk *chunk;
	size_t range;
	unsigned index;
	void **value;

	if (map->count == 0)
		return;
	range = range_of(map, id);
	chunk = range_at(map, range)->chunk;
	index = index_of(chunk, id);
	value = value_at(chunk, index, id);
	if (value && !*value)
		remove_at(map, range, index);
}

/* ---- in order ---- */

bool
sb_id_map_seek(const struct sb_id_map *map, uint64_t from, struct sb_id_place *place)
{
	const struct sb_id_chunk *chunk;

	if (map->count == 0)
		return false;
	place->range = range_of(map, from);
	chunk = range_at(map, place->range)->chunk;
	place->index = index_of(chunk, from);
	if (place->index < chunk->count)
		return true;
	place->index--;
	return sb_id_map_next(map, place);
}

bool
sb_id_map_next(const struct sb_id_map *map, struct sb_id_place *place)
{
	if (++place->index < range_at(map, place->range)->chunk->count)
		return true;
	place->index = 0;
	return ++place->range < map->count;
}

uint64_t
sb_id_map_id(const struct sb_id_map *map, struct sb_id_place place)
{
	return range_at(map, place.range)->chunk->ids[place.index];
}

void *
sb_id_map_value(const struct sb_id_map *map, struct sb_id_place place)
{
	return range_at(map, place.range)->chunk->values[place.index];
}
