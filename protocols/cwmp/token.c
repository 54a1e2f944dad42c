#include "protocols/cwmp/token_internal.h"

#include "core/error.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#define PROOF          8
#define ADDRESS_OCTETS (CWMP_TOKEN_OCTETS - PROOF)

int
cwmp_tokens_init(struct cwmp_tokens *tokens, const uint8_t key[CWMP_TOKEN_KEY])
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	size_t size = PROOF;
	OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_construct_end()};

	memcpy(tokens->key, key, CWMP_TOKEN_KEY);
	tokens->context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	if (!tokens->context || !EVP_MAC_CTX_set_params(tokens->context, params))
		return SB_ENOMEM;
	return 0;
}

void
cwmp_tokens_fini(struct cwmp_tokens *tokens)
{
	EVP_MAC_CTX_free(tokens->context);
	OPENSSL_cleanse(tokens->key, sizeof(tokens->key));
	tokens->context = NULL;
}

static bool
prove(struct cwmp_tokens *tokens, struct sb_bytes in, uint8_t proof[PROOF])
{
	size_t size;

	return EVP_MAC_init(tokens->context, tokens->key, CWMP_TOKEN_KEY, NULL) &&
	       EVP_MAC_update(tokens->context, in.data, in.size) &&
	       EVP_MAC_final(tokens->context, proof, &size, PROOF) && size == PROOF;
}

bool
cwmp_token_make(struct cwmp_tokens *tokens, struct sb_address address, char out[CWMP_TOKEN_SIZE])
{
	uint8_t octets[CWMP_TOKEN_OCTETS];
	struct sb_writer w = sb_writer_of(octets, ADDRESS_OCTETS);

	sb_put_u16(&w, address.shard);
	sb_put_u32(&w, address.slot);
	sb_put_u64(&w, address.generation);
	return prove(tokens, sb_bytes(octets, ADDRESS_OCTETS), octets + ADDRESS_OCTETS) &&
	       http_base64_encode(HTTP_BASE64_URL, sb_bytes(octets, sizeof(octets)), out,
		       CWMP_TOKEN_SIZE) == CWMP_TOKEN_TEXT;
}

bool
cwmp_token_read(
	struct cwmp_tokens *tokens, uint16_t node, struct sb_bytes text, struct sb_address *address)
{
	uint8_t octets[CWMP_TOKEN_OCTETS], proof[PROOF];
	struct sb_reader r;

	if (text.size != CWMP_TOKEN_TEXT ||
		http_base64_decode(text, octets, sizeof(octets)) != CWMP_TOKEN_OCTETS ||
		!prove(tokens, sb_bytes(octets, ADDRESS_OCTETS), proof) ||
		CRYPTO_memcmp(proof, octets + ADDRESS_OCTETS, PROOF) != 0)
		return false;
	r = sb_reader_of(sb_bytes(octets, ADDRESS_OCTETS));
	address->node = node;
	address->shard = sb_get_u16(&r);
	address->slot = sb_get_u32(&r);
	address->generation = sb_get_u64(&r);
	return true;
}
