/*
 * Message states by code (3.4, 5.2.28; 0 and 9 are 5.0's): an array indexed by
 * the code, whose gaps the map does not have.
 */
#include "protocols/smpp/values.h"

#include <stddef.h>
#include <strings.h>

#include "core/error.h"

static const struct {
	bool final;
	const char *text;
	const char *name;
} states[] = {
#define X(name, code, final, text) [code] = {final, text, #name},
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

const char *
smpp_message_state_name(uint8_t state)
{
	return states[state < STATES ? state : SMPP_STATE_UNKNOWN].name;
}

static bool
is_word(struct sb_bytes word, const char *text)
{
	return word.size == strlen(text) &&
	       strncasecmp((const char *)word.data, text, word.size) == 0;
}

int
smpp_message_state_from_name(struct sb_bytes name, uint8_t *state)
{
	for (size_t i = 0; i < STATES; i++) {
		if (is_word(name, states[i].name) || is_word(name, states[i].text)) {
			*state = (uint8_t)i;
			return 0;
		}
	}
	return SB_ENOENT;
}
