/*
 * A level of the list passes over three of four entries of the one below. How high
 * an entry reaches is thrown, not chosen by its key: no order of puts makes it a
 * plain list.
 */
#include "daemons/erpsd/kv_index.h"

#include <string.h>

int
erpsd_kv_compare(struct sb_bytes a, struct sb_bytes b)
{
	size_t common = a.size < b.size ? a.size : b.size;
	int order = common ? memcmp(a.data, b.data, common) : 0;

	if (order || a.size == b.size)
		return order;
	return a.size < b.size ? -1 : 1;
}

static size_t
head_size(unsigned levels)
{
	return sizeof(struct erpsd_kv_entry) + levels * sizeof(struct erpsd_kv_entry *);
}

struct sb_bytes
erpsd_kv_entry_key(const struct erpsd_kv_entry *entry)
{
	return sb_bytes((const uint8_t *)entry + head_size(entry->levels), entry->key_size);
}

void
erpsd_kv_index_init(struct erpsd_kv_index *index, const struct sb_env *env)
{
	*index = (struct erpsd_kv_index){.env = env};
	env->random(env->context, &index->dice, sizeof(index->dice));
	index->dice |= 1;
}

void
erpsd_kv_index_fini(struct erpsd_kv_index *index)
{
	struct erpsd_kv_entry *entry = index->first[0], *next;

	for (; entry; entry = next) {
		next = entry->next[0];
		index->env->release(index->env->context, entry);
	}
	memset(index->first, 0, sizeof(index->first));
}

/* links[level] becomes what points at the first entry whose key is not less. */
static struct erpsd_kv_entry *
descend(const struct erpsd_kv_index *index, struct sb_bytes key, struct erpsd_kv_entry **links[])
{
	struct erpsd_kv_entry *const *row = index->first;
	struct erpsd_kv_entry *at = NULL;

	for (unsigned level = ERPSD_KV_LEVELS; level-- > 0;) {
		while ((at = row[level]) && erpsd_kv_compare(erpsd_kv_entry_key(at), key) < 0)
			row = at->next;
		if (links)
			links[level] = (struct erpsd_kv_entry **)(uintptr_t)&row[level];
	}
	return at;
}

struct erpsd_kv_entry *
erpsd_kv_index_from(const struct erpsd_kv_index *index, struct sb_bytes key)
{
	return descend(index, key, NULL);
}

struct erpsd_kv_entry *
erpsd_kv_index_find(const struct erpsd_kv_index *index, struct sb_bytes key)
{
	struct erpsd_kv_entry *entry = descend(index, key, NULL);

	return entry && erpsd_kv_compare(erpsd_kv_entry_key(entry), key) == 0 ? entry : NULL;
}

/* One level more with one throw in four. */
static unsigned throw(struct erpsd_kv_index * index)
{
	unsigned levels = 1;

	index->dice ^= index->dice << 13;
	index->dice ^= index->dice >> 7;
	index->dice ^= index->dice << 17;
	for (uint64_t dice = index->dice; levels < ERPSD_KV_LEVELS && (dice & 3) == 0; dice >>= 2)
		levels++;
	return levels;
}

struct erpsd_kv_entry *
erpsd_kv_index_add(struct erpsd_kv_index *index, struct sb_bytes key)
{
	const struct sb_env *env = index->env;
	struct erpsd_kv_entry **links[ERPSD_KV_LEVELS];
	unsigned levels = throw(index);
	struct erpsd_kv_entry *entry = env->allocate(env->context, head_size(levels) + key.size);

	if (!entry)
		return NULL;
	*entry = (struct erpsd_kv_entry){.key_size = (uint16_t)key.size, .levels = (uint8_t)levels};
	if (key.size)
		memcpy((uint8_t *)entry + head_size(levels), key.data, key.size);
	descend(index, key, links);
	for (unsigned level = 0; level < levels; level++) {
		entry->next[level] = *links[level];
		*links[level] = entry;
	}
	return entry;
}

void
erpsd_kv_index_remove(struct erpsd_kv_index *index, struct erpsd_kv_entry *entry)
{
	struct erpsd_kv_entry **links[ERPSD_KV_LEVELS];

	descend(index, erpsd_kv_entry_key(entry), links);
	for (unsigned level = 0; level < entry->levels; level++)
		*links[level] = entry->next[level];
	index->env->release(index->env->context, entry);
}
