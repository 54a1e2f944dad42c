/*
 * Open addressing in arrays of atomic pointers. Readers walk without a lock, so
 * nothing ever moves within an array: a name that goes leaves a mark, marks are
 * not used again, and when names and marks fill three quarters an array is
 * rebuilt and the old one retired. Sixty-four segments by the top bits of the
 * hash, each with an array of its own, keep one rebuild to a sixty-fourth of the
 * names.
 */
#include "core/name_table_internal.h"

#include "core/error.h"

#include <string.h>

#define SLOTS_MIN 8

/* Open addressing: a place is empty (the search ends), gone (it goes on) or taken. */
struct sb_name_slots {
	struct sb_retired retired;
	uint32_t size; /* a power of two */
	_Atomic(struct sb_name *) places[];
};

/* The mark of a place whose name has gone. */
static struct sb_name gone;

/* Names come from peers: without the seed nobody can choose names that fall on one place. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Eight octets a step; the last ones are filled up with zeros, which the length in the seed tells
 * apart. */
static uint64_t
hash_of(uint64_t seed, const char *text, size_t length)
{
	uint64_t hash = seed ^ length, word = 0;

	for (; length >= sizeof(word); text += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		hash = mix(hash ^ word, UINT64_C(0x9e3779b97f4a7c15) ^ seed);
	}
	word = 0;
	memcpy(&word, text, length);
	return mix(mix(hash ^ word, UINT64_C(0xd1b54a32d192ed03) ^ seed), seed | 1);
}

bool
sb_name_key(uint64_t seed, const char *text, struct sb_name_key *key)
{
	size_t length = text ? strnlen(text, SB_NAME_MAX + 1) : 0;

	if (length == 0 || length > SB_NAME_MAX)
		return false;
	*key = (struct sb_name_key){hash_of(seed, text, length), text, length};
	return true;
}

void
sb_name_table_init(struct sb_name_table *table, const struct sb_env *env, struct sb_epoch *epoch)
{
	memset(table, 0, sizeof(*table));
	table->env = env;
	table->epoch = epoch;
}

void
sb_name_table_fini(struct sb_name_table *table)
{
	for (size_t i = 0; i < SB_NAME_SEGMENTS && table->env; i++)
		table->env->release(table->env->context, atomic_load(&table->segments[i].slots));
}

static struct sb_name_segment *
segment_of(struct sb_name_table *table, uint64_t hash)
{
	/* The top six bits; places within the array are the low ones. */
	return &table->segments[hash >> 58];
}

static bool
is_same(const struct sb_name_key *a, const struct sb_name_key *b)
{
	return a->hash == b->hash && a->length == b->length &&
	       memcmp(a->text, b->text, a->length) == 0;
}

/* Either array will do while one is being replaced: both have all names that were there before and
 * after. */
struct sb_name *
sb_name_find(struct sb_name_table *table, const struct sb_name_key *key)
{
	struct sb_name_segment *segment = segment_of(table, key->hash);
	struct sb_name_slots *slots = atomic_load_explicit(&segment->slots, memory_order_acquire);

	for (uint64_t i = key->hash; slots; i++) {
		struct sb_name *name = atomic_load_explicit(
			&slots->places[i & (slots->size - 1)], memory_order_acquire);

		if (!name)
			return NULL;
		if (name != &gone && is_same(&name->key, key))
			return name;
	}
	return NULL;
}

static void
place(struct sb_name_slots *slots, struct sb_name *name)
{
	uint64_t i = name->key.hash;
	_Atomic(struct sb_name *) *at;

	do {
		at = &slots->places[i++ & (slots->size - 1)];
	} while (atomic_load_explicit(at, memory_order_relaxed));
	atomic_store_explicit(at, name, memory_order_release);
}

static void
free_slots(void *context, struct sb_retired *retired)
{
	const struct sb_env *env = context;

	env->release(env->context, retired);
}

static void
retire_slots(struct sb_name_table *table, struct sb_name_slots *slots)
{
	if (slots)
		sb_epoch_retire(
			table->epoch, &slots->retired, free_slots, (void *)(uintptr_t)table->env);
}

/* At most half full, so that it takes as many changes again before the next time. */
static uint32_t
size_for(uint32_t live)
{
	uint32_t size = SLOTS_MIN;

	while (size < live * 2)
		size *= 2;
	return size;
}

static int
rebuild(struct sb_name_table *table, struct sb_name_segment *segment, uint32_t live)
{
	struct sb_name_slots *old = atomic_load_explicit(&segment->slots, memory_order_relaxed);
	uint32_t size = size_for(live);
	size_t octets = sizeof(*old) + size * sizeof(old->places[0]);
	struct sb_name_slots *slots = table->env->allocate(table->env->context, octets);

	if (!slots)
		return SB_ENOMEM;
	memset(slots, 0, octets);
	slots->size = size;
	for (uint32_t i = 0; old && i < old->size; i++) {
		struct sb_name *name = atomic_load_explicit(&old->places[i], memory_order_relaxed);

		if (name && name != &gone)
			place(slots, name);
	}
	/* Marks are left behind. */
	segment->used = segment->live;
	/* Release: who finds the array finds it filled. */
	atomic_store_explicit(&segment->slots, slots, memory_order_release);
	retire_slots(table, old);
	return 0;
}

int
sb_name_insert(struct sb_name_table *table, struct sb_name *name)
{
	struct sb_name_segment *segment = segment_of(table, name->key.hash);
	struct sb_name_slots *slots = atomic_load_explicit(&segment->slots, memory_order_relaxed);

	if (!slots || segment->used + 1 > slots->size / 4 * 3) {
		int err = rebuild(table, segment, segment->live + 1);

		if (err)
			return err;
		slots = atomic_load_explicit(&segment->slots, memory_order_relaxed);
	}
	place(slots, name);
	segment->live++;
	segment->used++;
	return 0;
}

/* Memory comes back as names go. Without memory for less the array stays as it is. */
static void
shrink(struct sb_name_table *table, struct sb_name_segment *segment)
{
	struct sb_name_slots *slots = atomic_load_explicit(&segment->slots, memory_order_relaxed);

	if (segment->live == 0) {
		atomic_store_explicit(&segment->slots, NULL, memory_order_release);
		segment->used = 0;
		retire_slots(table, slots);
	} else if (slots->size > SLOTS_MIN && segment->live < slots->size / 8) {
		(void)rebuild(table, segment, segment->live);
	}
}

void
sb_name_remove(struct sb_name_table *table, struct sb_name *name)
{
	struct sb_name_segment *segment = segment_of(table, name->key.hash);
	struct sb_name_slots *slots = atomic_load_explicit(&segment->slots, memory_order_relaxed);
	uint64_t i = name->key.hash;
	uint32_t mask = slots->size - 1;

	while (atomic_load_explicit(&slots->places[i & mask], memory_order_relaxed) != name)
		i++;
	/* Searches go on past it only when something may lie behind. */
	if (atomic_load_explicit(&slots->places[(i + 1) & mask], memory_order_relaxed)) {
		atomic_store_explicit(&slots->places[i & mask], &gone, memory_order_release);
	} else {
		atomic_store_explicit(&slots->places[i & mask], NULL, memory_order_release);
		segment->used--;
	}
	segment->live--;
	shrink(table, segment);
}
