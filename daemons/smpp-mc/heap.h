/*
 * Deadlines in order: a binary heap of (due, owner), which tells each owner its
 * place, so that a deadline can be taken out again. The unit of `due` is the
 * user's. One thread.
 */
#ifndef SMPP_MC_HEAP_H
#define SMPP_MC_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mc_heap_item {
	uint64_t due;
	uint32_t owner;
};

struct mc_heap {
	struct mc_heap_item *items; /* from 1 on: place 0 is "not in the heap" */
	uint32_t count;
	uint32_t capacity;
	void (*placed)(void *context, uint32_t owner, uint32_t place);
	void *context;
};

/* Allocates nothing. `placed` is called whenever an owner's place changes, with 0 when it leaves.
 */
void mc_heap_init(struct mc_heap *heap,
	void (*placed)(void *context, uint32_t owner, uint32_t place), void *context);
void mc_heap_fini(struct mc_heap *heap);

/* 0 or SB_ENOMEM. */
int mc_heap_add(struct mc_heap *heap, uint64_t due, uint32_t owner);
void mc_heap_remove(struct mc_heap *heap, uint32_t place);

/* The earliest deadline; UINT64_MAX: none. */
uint64_t mc_heap_first(const struct mc_heap *heap);

/* Takes out the earliest one if it is due: its owner, else 0. */
uint32_t mc_heap_take_due(struct mc_heap *heap, uint64_t now);

#endif
