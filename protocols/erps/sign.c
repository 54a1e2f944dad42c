#include "protocols/erps/sign.h"

#include "core/error.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

/* Where they are in a packet; the key's end is the signature's beginning. */
#define KEY_AT       48
#define SIGNATURE_AT 64

static const uint8_t zeros[ERPS_SIGNATURE_SIZE];

static const struct erps_secret *
find_secret(const struct erps_secret *secrets, size_t count, const uint8_t *key)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(secrets[i].key, key, ERPS_KEY_SIZE) == 0)
			return &secrets[i];
	return NULL;
}

static bool
are_secrets(const struct erps_secret *secrets, size_t count)
{
	if (count == 0 || count > ERPS_SECRETS_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
		if (secrets[i].size == 0 || !memcmp(secrets[i].key, zeros, ERPS_KEY_SIZE) ||
			find_secret(secrets, i, secrets[i].key))
			return false;
	return true;
}

int
erps_signer_init(struct erps_signer *signer, const struct erps_secret *secrets, size_t count)
{
	EVP_MAC *mac;

	*signer = (struct erps_signer){.secrets = secrets, .count = count};
	if (!are_secrets(secrets, count))
		return SB_EINVAL;
	mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	signer->context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac); /* the context keeps it */
	return signer->context ? 0 : SB_ENOMEM;
}

void
erps_signer_fini(struct erps_signer *signer)
{
	EVP_MAC_CTX_free(signer->context);
	signer->context = NULL;
}

static int
digest(struct erps_signer *signer, const struct erps_secret *secret, struct sb_bytes packet,
	uint8_t signature[ERPS_SIGNATURE_SIZE])
{
	char name[] = OSSL_DIGEST_NAME_SHA2_256;
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};
	const uint8_t *payload = packet.data + ERPS_HEADER_SIZE;
	EVP_MAC_CTX *context = signer->context;
	size_t size;

	if (!EVP_MAC_init(context, secret->secret, secret->size, parameters) ||
		!EVP_MAC_update(context, packet.data, SIGNATURE_AT) ||
		!EVP_MAC_update(context, zeros, sizeof(zeros)) ||
		!EVP_MAC_update(context, payload, packet.size - ERPS_HEADER_SIZE) ||
		!EVP_MAC_final(context, signature, &size, ERPS_SIGNATURE_SIZE))
		return SB_ENOMEM;
	return 0;
}

/* Which keys exist is no secret; what a right signature is, must not show in the time it takes. */
static bool
is_signed_rightly(struct erps_signer *signer, const struct erps_packet *packet)
{
	const struct erps_secret *secret =
		find_secret(signer->secrets, signer->count, packet->key.data);
	uint8_t expected[ERPS_SIGNATURE_SIZE];

	return secret && digest(signer, secret, packet->octets, expected) == 0 &&
	       CRYPTO_memcmp(expected, packet->signature.data, sizeof(expected)) == 0;
}

const char *
erps_signer_refusal(struct erps_signer *signer, const struct erps_packet *packet)
{
	if (packet->octets.size == ERPS_KEEPALIVE_SIZE)
		return NULL;
	if (!signer)
		return erps_packet_has_authentication(packet) ? "authentication provided" : NULL;
	if (!erps_packet_has_authentication(packet))
		return "authentication required";
	return is_signed_rightly(signer, packet) ? NULL : "authentication failed";
}

int
erps_signer_sign(struct erps_signer *signer, uint8_t *packet, size_t size)
{
	const struct erps_secret *secret = &signer->secrets[0];

	if (size < ERPS_HEADER_SIZE)
		return SB_EINVAL;
	memcpy(packet + KEY_AT, secret->key, ERPS_KEY_SIZE);
	return digest(signer, secret, sb_bytes(packet, size), packet + SIGNATURE_AT);
}
