/*
 * Tokens of the API: what a caller shows, and what it may do with that. Kept as digests, so
 * that neither a core dump nor the time that a comparison takes tells one. Pure.
 */
#ifndef ACS_TOKEN_H
#define ACS_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACS_TOKEN_MIN 16 /* octets: what is shorter can be guessed */
#define ACS_TOKEN_MAX 256

#define ACS_RIGHT_READ  1u
#define ACS_RIGHT_WRITE 2u

struct acs_token {
	const char *name; /* for logs; borrowed */
	unsigned rights;
	uint8_t digest[32];
};

struct acs_tokens {
	struct acs_token *each;
	size_t count; /* none: everybody may do everything */
};

/* False: no digest could be made (no memory). */
bool acs_token_init(struct acs_token *token, const char *name, unsigned rights, const char *text);

/* The token of an Authorization field, "Bearer TEXT"; NULL: none of ours, or no such field. Takes
 * the same time whichever it is. */
const struct acs_token *acs_tokens_find(const struct acs_tokens *tokens, const char *authorization);

#endif
