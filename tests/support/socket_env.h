/*
 * An environment for tests of leaf pieces: the kernel's descriptors, malloc, a
 * clock and faults that the test sets. No poller, no work. One a test.
 */
#ifndef SB_TESTS_SUPPORT_SOCKET_ENV_H
#define SB_TESTS_SUPPORT_SOCKET_ENV_H

#include "core/env.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct socket_env {
	struct sb_env env;
	uint64_t now_ns;
	int64_t wall_ms;
	size_t read_max, write_max;  /* octets of one call at most; 0: as many as fit */
	bool is_write_blocked;       /* writes say SB_AGAIN */
	int read_error, write_error; /* what calls fail with; 0: they do not */
	int allocations_left;        /* then there is no memory; negative: there always is */
	_Atomic long live;           /* pieces of memory that are allocated now */
	size_t reads, writes;        /* calls so far */
};

void socket_env_init(struct socket_env *env);

#endif
