/*
 * Where addresses lead. A shard has its slots in chunks that never move and are
 * never freed before the shard, so that any thread may look at a slot without a
 * lock; `generation` says whose it is now. Only the owner changes a slot, all but
 * the count of its mailbox.
 */
#include "core/error.h"
#include "core/session_internal.h"
#include "core/shard_internal.h"

#include <string.h>

/*
 * The mailbox word holds the low half of the generation beside the counts, so
 * that a sender on another shard that was overtaken by the end of the session,
 * and perhaps by its slot's next one, counts into neither.
 */
#define UNIT 256u

static uint64_t
mailbox_of(uint64_t generation, uint32_t counts)
{
	return generation << 32 | counts;
}

/* Octets in units of 256, rounded up: 16 bits then say up to 16 MiB. */
static uint32_t
units_of(size_t size)
{
	size_t units = (size + UNIT - 1) / UNIT;

	return units < 0xffff ? (uint32_t)units : 0xffff;
}

uint32_t
sb_slot_limit(uint32_t messages, uint32_t octets)
{
	uint32_t units = units_of(octets);

	return (messages < 0xffff ? messages : 0xffff) << 16 | units;
}

static struct sb_slot *
slot_at(const struct sb_shard *shard, uint32_t index)
{
	struct sb_slot *chunk;

	/* The number comes from an address, which may be another node's or made up. */
	if (index >= SB_SLOT_CHUNK * SB_SLOT_CHUNKS)
		return NULL;
	chunk = atomic_load_explicit(
		&shard->slots.chunks[index / SB_SLOT_CHUNK], memory_order_acquire);
	return chunk ? &chunk[index % SB_SLOT_CHUNK] : NULL;
}

/* The end of the list of free slots. */
#define NO_SLOT UINT32_MAX

static int
slots_grow(struct sb_shard *shard)
{
	struct sb_slots *slots = &shard->slots;
	size_t size = SB_SLOT_CHUNK * sizeof(struct sb_slot);
	struct sb_slot *chunk;

	if (slots->count >= SB_SLOT_CHUNK * SB_SLOT_CHUNKS)
		return SB_ELIMIT;
	chunk = sb_shard_allocate(shard, size);
	if (!chunk)
		return SB_ENOMEM;
	memset(chunk, 0, size);
	for (uint32_t i = 0; i < SB_SLOT_CHUNK; i++)
		chunk[i].next_free = i + 1 < SB_SLOT_CHUNK ? slots->count + i + 1 : NO_SLOT;
	/* Published when it is ready to be looked at; release, for slot_at on other shards. */
	atomic_store_explicit(
		&slots->chunks[slots->count / SB_SLOT_CHUNK], chunk, memory_order_release);
	slots->free_head = slots->count;
	slots->free_tail = slots->count + SB_SLOT_CHUNK - 1;
	slots->count += SB_SLOT_CHUNK;
	return 0;
}

int
sb_slot_take(struct sb_shard *shard, struct sb_session *session, uint32_t mailbox_limit,
	struct sb_address *address)
{
	struct sb_slots *slots = &shard->slots;
	struct sb_slot *slot;
	uint32_t index;
	int err;

	if (slots->count == 0 || slots->free_head == NO_SLOT) {
		err = slots_grow(shard);
		if (err)
			return err;
	}
	index = slots->free_head;
	slot = slot_at(shard, index);
	slots->free_head = slot->next_free;
	slot->session = session;
	atomic_store_explicit(&slot->mailbox_limit, mailbox_limit, memory_order_relaxed);
	address->shard = (uint16_t)shard->index;
	address->slot = index;
	address->generation = ++slots->next_generation;
	atomic_store_explicit(
		&slot->mailbox, mailbox_of(address->generation, 0), memory_order_relaxed);
	atomic_store_explicit(&slot->generation, address->generation, memory_order_release);
	return 0;
}

/* From here on senders find nobody. The slot itself stays the session's until it is freed, so that
 * its own `closed` can still use the address. */
void
sb_slot_hide(struct sb_shard *shard, struct sb_address address)
{
	atomic_store_explicit(&slot_at(shard, address.slot)->generation, 0, memory_order_release);
}

/* To the end of the list: a slot rests as long as it can. */
void
sb_slot_give_back(struct sb_shard *shard, struct sb_address address)
{
	struct sb_slots *slots = &shard->slots;
	struct sb_slot *slot = slot_at(shard, address.slot);

	slot->session = NULL;
	slot->next_free = NO_SLOT;
	if (slots->free_head == NO_SLOT)
		slots->free_head = address.slot;
	else
		slot_at(shard, slots->free_tail)->next_free = address.slot;
	slots->free_tail = address.slot;
}

bool
sb_slot_is_live(const struct sb_shard *shard, struct sb_address address)
{
	struct sb_slot *slot = slot_at(shard, address.slot);

	return slot && address.generation != 0 &&
	       atomic_load_explicit(&slot->generation, memory_order_acquire) == address.generation;
}

/* The pointer is the owner's to follow; others only ask whether the address is live. */
struct sb_session *
sb_slot_session(const struct sb_shard *shard, struct sb_address address)
{
	return sb_slot_is_live(shard, address) ? slot_at(shard, address.slot)->session : NULL;
}

/* The place is counted before the message exists, so that no sender can put more on its way than
 * the bound. A compare-and-swap and not an addition: the word may be the next session's by now. */
int
sb_slot_reserve(struct sb_shard *shard, struct sb_address address, size_t size)
{
	struct sb_slot *slot = slot_at(shard, address.slot);
	uint32_t cost = 1u << 16 | units_of(size);
	uint64_t word;

	if (!sb_slot_is_live(shard, address))
		return SB_GONE;
	/* Relaxed throughout: the word guards a number, the message itself is published by the
	 * inbox. */
	word = atomic_load_explicit(&slot->mailbox, memory_order_relaxed);
	do {
		uint32_t counts = (uint32_t)word;
		uint32_t limit = atomic_load_explicit(&slot->mailbox_limit, memory_order_relaxed);

		if ((uint32_t)(word >> 32) != (uint32_t)address.generation)
			return SB_GONE;
		if ((counts >> 16) >= limit >> 16 ||
			(counts & 0xffff) + (cost & 0xffff) > (limit & 0xffff))
			return SB_FULL;
	} while (!atomic_compare_exchange_weak_explicit(
		&slot->mailbox, &word, word + cost, memory_order_relaxed, memory_order_relaxed));
	return 0;
}

void
sb_slot_unreserve(struct sb_shard *shard, struct sb_address address, size_t size)
{
	struct sb_slot *slot = slot_at(shard, address.slot);
	uint32_t cost = 1u << 16 | units_of(size);
	uint64_t word = atomic_load_explicit(&slot->mailbox, memory_order_relaxed);

	do {
		if ((uint32_t)(word >> 32) != (uint32_t)address.generation)
			return;
	} while (!atomic_compare_exchange_weak_explicit(
		&slot->mailbox, &word, word - cost, memory_order_relaxed, memory_order_relaxed));
}
