#include "daemons/acs/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

static bool
digest_of(const char *text, uint8_t digest[32])
{
	return EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL) == 1;
}

bool
acs_token_init(struct acs_token *token, const char *name, unsigned rights, const char *text)
{
	*token = (struct acs_token){.name = name, .rights = rights};
	return digest_of(text, token->digest);
}

/* NULL: another scheme. */
static const char *
bearer_of(const char *authorization)
{
	if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
		return NULL;
	authorization += 7;
	return authorization + strspn(authorization, " ");
}

/* All are compared, also after one that fits. */
const struct acs_token *
acs_tokens_find(const struct acs_tokens *tokens, const char *authorization)
{
	const char *text = bearer_of(authorization);
	const struct acs_token *found = NULL;
	uint8_t digest[32];

	if (!text || !digest_of(text, digest))
		return NULL;
	for (size_t i = 0; i < tokens->count; i++)
		if (CRYPTO_memcmp(tokens->each[i].digest, digest, sizeof(digest)) == 0)
			found = &tokens->each[i];
	return found;
}
