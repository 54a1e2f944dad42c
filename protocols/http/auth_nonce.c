#include "protocols/http/auth_nonce_internal.h"

#include "core/error.h"
#include "protocols/http/auth.h"
#include "protocols/http/base64.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/* 4 octets of time, 8 of salt, 12 of the proof: 32 digits without padding. */
#define TIME_SIZE  4
#define SALT_SIZE  8
#define PROOF_AT   (TIME_SIZE + SALT_SIZE)
#define NONCE_SIZE 24

#define DEFAULT_LIFETIME_S 300

static int
prove(const struct http_auth *auth, uint8_t octets[PROOF_AT], uint8_t proof[NONCE_SIZE - PROOF_AT])
{
	uint8_t whole[EVP_MAX_MD_SIZE];

	if (!HMAC(EVP_sha256(), auth->secret, sizeof(auth->secret), octets, PROOF_AT, whole, NULL))
		return SB_ENOMEM;
	memcpy(proof, whole, NONCE_SIZE - PROOF_AT);
	return 0;
}

int
http_nonce_make(const struct http_auth *auth, int64_t now_s, const uint8_t salt[8],
	char nonce[HTTP_NONCE_SIZE])
{
	uint8_t octets[NONCE_SIZE];
	struct sb_writer w = sb_writer_of(octets, PROOF_AT);
	int err;

	sb_put_u32(&w, (uint32_t)now_s);
	sb_put_bytes(&w, salt, SALT_SIZE);
	err = prove(auth, octets, octets + PROOF_AT);
	if (err)
		return err;
	http_base64_encode(
		HTTP_BASE64_URL, sb_bytes(octets, sizeof(octets)), nonce, HTTP_NONCE_SIZE);
	return 0;
}

bool
http_nonce_is_fresh(const struct http_auth *auth, struct sb_bytes nonce, int64_t now_s)
{
	uint32_t lifetime = auth->nonce_lifetime_s ? auth->nonce_lifetime_s : DEFAULT_LIFETIME_S;
	uint8_t octets[NONCE_SIZE], proof[NONCE_SIZE - PROOF_AT];
	struct sb_reader r;

	if (http_base64_decode(nonce, octets, sizeof(octets)) != NONCE_SIZE ||
		prove(auth, octets, proof) != 0 ||
		CRYPTO_memcmp(proof, octets + PROOF_AT, sizeof(proof)) != 0)
		return false;
	r = sb_reader_of(sb_bytes(octets, TIME_SIZE));
	/* Of the future it is when the clock was set back: its age is then very large. */
	return (uint32_t)now_s - sb_get_u32(&r) <= lifetime;
}
