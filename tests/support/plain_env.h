/*
 * An environment of memory only, for what needs no more: it counts what is taken, and
 * the n-th allocation from now can fail.
 */
#ifndef SB_TESTS_SUPPORT_PLAIN_ENV_H
#define SB_TESTS_SUPPORT_PLAIN_ENV_H

#include "core/env.h"

#include <stdlib.h>

struct plain_env {
	struct sb_env env;
	size_t live;          /* blocks not released yet */
	size_t octets, peak;  /* in them now, and at most since the peak was last set */
	size_t fail_at;       /* 1: the next one; 0: none fails */
	unsigned char filler; /* of `random` */
};

/* Before each block: its size, in the room of the strictest alignment. */
struct plain_block {
	_Alignas(16) size_t size;
};

static inline void *
plain_reallocate(void *context, void *memory, size_t size)
{
	struct plain_env *plain = context;
	struct plain_block *block = memory ? (struct plain_block *)memory - 1 : NULL;
	size_t before = block ? block->size : 0;

	if (plain->fail_at && --plain->fail_at == 0)
		return NULL;
	block = realloc(block, sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	plain->live += memory == NULL;
	plain->octets += size - before;
	if (plain->octets > plain->peak)
		plain->peak = plain->octets;
	return block + 1;
}

static inline void *
plain_allocate(void *context, size_t size)
{
	return plain_reallocate(context, NULL, size);
}

static inline void
plain_release(void *context, void *memory)
{
	struct plain_env *plain = context;
	struct plain_block *block = memory ? (struct plain_block *)memory - 1 : NULL;

	plain->live -= block != NULL;
	plain->octets -= block ? block->size : 0;
	free(block);
}

static inline void
plain_random(void *context, void *out, size_t size)
{
	struct plain_env *plain = context;

	for (size_t i = 0; i < size; i++)
		((unsigned char *)out)[i] = plain->filler++;
}

static inline void
plain_env_init(struct plain_env *plain)
{
	*plain = (struct plain_env){.env = {.context = plain,
					    .allocate = plain_allocate,
					    .reallocate = plain_reallocate,
					    .release = plain_release,
					    .random = plain_random}};
}

#endif
