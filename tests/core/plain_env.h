/* An environment of memory only, for what needs no more; the n-th allocation from now can fail. */
#ifndef SB_TESTS_CORE_PLAIN_ENV_H
#define SB_TESTS_CORE_PLAIN_ENV_H

#include "core/env.h"

#include <stdlib.h>

struct plain_env {
	struct sb_env env;
	size_t live;          /* blocks not released yet */
	size_t fail_at;       /* 1: the next one; 0: none fails */
	unsigned char filler; /* of `random` */
};

static inline void *
plain_allocate(void *context, size_t size)
{
	struct plain_env *plain = context;
	void *memory;

	if (plain->fail_at && --plain->fail_at == 0)
		return NULL;
	memory = malloc(size);
	plain->live += memory != NULL;
	return memory;
}

static inline void
plain_release(void *context, void *memory)
{
	struct plain_env *plain = context;

	plain->live -= memory != NULL;
	free(memory);
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
					    .release = plain_release,
					    .random = plain_random}};
}

#endif
