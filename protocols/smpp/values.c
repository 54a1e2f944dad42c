/*
 * Message states by code (3.4, 5.2.28; 0 and 9 are 5.0's): an array indexed by
 * the code, whose gaps the map does not have.
 */
#include "protocols/smpp/values.h"

#include <stddef.h>

static const struct {
	bool final;
	const char *text;
} states[] = {
#define X(name, code, final, text) [code] = {final, text},
	SMPP_MESSAGE_STATE_MAP(X)
#undef X
};

#define STATES (sizeof(states) / sizeof(states[0]))

bool
smpp_message_state_is_final(uint8_t state)
{
	return state < STATES && states[state].final;
}

const char *
smpp_message_state_text(uint8_t state)
{
	return states[state < STATES ? state : SMPP_STATE_UNKNOWN].text;
}
