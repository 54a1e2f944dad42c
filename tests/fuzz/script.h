/*
 * Inputs that say what happens to a session, one thing after the other: an octet under
 * `first_act` is the size of a piece that the peer sends (it follows, cut at the end of
 * the input), the others are acts.
 */
#ifndef SB_TESTS_FUZZ_SCRIPT_H
#define SB_TESTS_FUZZ_SCRIPT_H

#include "core/bytes.h"
#include "tests/sim/simulation.h"

#include <stdlib.h>

#define HOLDS(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

struct script_step {
	unsigned act; /* 0: a piece */
	struct sb_bytes piece;
};

/* Takes the next step off the script; false: it has ended. */
static inline bool
script_next(struct sb_bytes *script, unsigned first_act, struct script_step *step)
{
	size_t size;

	if (!script->size)
		return false;
	size = script->data[0];
	*script = sb_bytes(script->data + 1, script->size - 1);
	*step = (struct script_step){.act = size >= first_act ? (unsigned)size : 0};
	if (step->act)
		return true;
	if (size > script->size)
		size = script->size;
	step->piece = sb_bytes(script->data, size);
	*script = sb_bytes(script->data + size, script->size - size);
	return true;
}

/* Acts of a session's peer, and of the clock; a target's own begin at SCRIPT_OWN_ACTS. */
#define SCRIPT_FIRST_ACT 240

enum script_act {
	SCRIPT_TURN = SCRIPT_FIRST_ACT,
	SCRIPT_SECOND,
	SCRIPT_HALF_MINUTE,
	SCRIPT_FINISH,
	SCRIPT_RESET,
	SCRIPT_STALL,
	SCRIPT_OWN_ACTS,
};

/* Does it, and returns for how many ns the machine is to run then. */
static inline uint64_t
script_act(enum script_act act, struct sim_peer *peer, bool *is_stalled)
{
	switch (act) {
	case SCRIPT_SECOND:
		return 1000000000;
	case SCRIPT_HALF_MINUTE:
		return 30100000000;
	case SCRIPT_FINISH:
		sim_finish(peer);
		break;
	case SCRIPT_RESET:
		sim_reset(peer);
		break;
	case SCRIPT_STALL:
		*is_stalled = !*is_stalled;
		sim_stall(peer, *is_stalled);
		return 0;
	case SCRIPT_TURN:
	case SCRIPT_OWN_ACTS:
		break;
	}
	return 1000;
}

#endif
