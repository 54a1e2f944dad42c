/*
 * The value of the session cookie: the address of the session and a keyed proof that it is
 * ours. No table, on any shard; nobody else can make one. Pure but for OpenSSL's contexts.
 */
#ifndef SB_CWMP_TOKEN_INTERNAL_H
#define SB_CWMP_TOKEN_INTERNAL_H

#include "core/address.h"
#include "core/bytes.h"
#include "protocols/http/base64.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stdint.h>

#define CWMP_TOKEN_KEY    16
#define CWMP_TOKEN_OCTETS 22 /* shard, slot, generation; the proof */
#define CWMP_TOKEN_TEXT   30 /* of its text, without a NUL */
#define CWMP_TOKEN_SIZE   HTTP_BASE64_SIZE(CWMP_TOKEN_OCTETS)

/* One a shard: one thread at a time. */
struct cwmp_tokens {
	EVP_MAC_CTX *context;
	uint8_t key[CWMP_TOKEN_KEY];
};

/* The same key gives the same tokens. 0 or SB_ENOMEM. */
int cwmp_tokens_init(struct cwmp_tokens *tokens, const uint8_t key[CWMP_TOKEN_KEY]);
void cwmp_tokens_fini(struct cwmp_tokens *tokens);

/* NUL-terminated; false without memory (of OpenSSL's). */
bool
cwmp_token_make(struct cwmp_tokens *tokens, struct sb_address address, char out[CWMP_TOKEN_SIZE]);

/* The address of a token of ours on node `node`, whether or not the session is still there. */
bool cwmp_token_read(struct cwmp_tokens *tokens, uint16_t node, struct sb_bytes text,
	struct sb_address *address);

#endif
