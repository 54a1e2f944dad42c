/* An environment of memory only: the n-th allocation fails, and what is not given back is told. */
#ifndef SB_TESTS_ERPS_MEMORY_H
#define SB_TESTS_ERPS_MEMORY_H

#include "core/env.h"

struct memory {
	struct sb_env env;
	size_t left;   /* allocations until one fails */
	size_t blocks; /* not released yet */
};

/* Into `memory`, which env's context points at. */
void memory_init(struct memory *memory, size_t left);

#endif
