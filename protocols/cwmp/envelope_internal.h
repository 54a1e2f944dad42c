/* An envelope and the memory that it owns: one allocation, and the blocks of its arena. */
#ifndef SB_CWMP_ENVELOPE_INTERNAL_H
#define SB_CWMP_ENVELOPE_INTERNAL_H

#include "core/arena.h"
#include "protocols/cwmp/decode.h"

struct cwmp_envelope_memory {
	struct cwmp_envelope envelope; /* first: what its owner holds */
	const struct sb_env *env;
	struct sb_arena_block *blocks;
	_Alignas(16) char room[]; /* of the arena before its blocks, or of a copy */
};

#endif
