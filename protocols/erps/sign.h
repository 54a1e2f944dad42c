/*
 * Signed packets (section 6 of the protocol): a packet names a secret by a key of 16
 * octets, and is signed with HMAC-SHA256 over all of it, the signature itself taken as
 * zeros. Erps 0.7.0 has the fields and refuses them; so this is for peers of one
 * configuration.
 *
 * A signature says who made a packet. It is no encryption, and a packet that was heard
 * can be sent again: use TLS.
 */
#ifndef SB_ERPS_SIGN_H
#define SB_ERPS_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "packet.h"

#define ERPS_SECRETS_MAX 64

/* A secret by the key that names it. Borrowed by all that takes one. */
struct erps_secret {
	uint8_t key[ERPS_KEY_SIZE]; /* not all zeros: that is a packet's that is not signed */
	const void *secret;
	size_t size; /* 1 and more; 32 random octets are right */
};

/* Secrets, and OpenSSL's working memory (some 1 KiB), used from packet to packet. One thread at a
 * time; any number may share the secrets. */
struct erps_signer {
	void *context;
	const struct erps_secret *secrets; /* borrowed */
	size_t count;
};

/* 0; SB_EINVAL: no secret or over ERPS_SECRETS_MAX, an empty one, a key of zeros, one key twice;
 * SB_ENOMEM. */
int erps_signer_init(struct erps_signer *signer, const struct erps_secret *secrets, size_t count);
void erps_signer_fini(struct erps_signer *signer);

/*
 * Whether a packet may pass: NULL; or why not, in the words of Erps: "authentication provided" (a
 * key or a signature where there are no secrets: `signer` NULL), "authentication required",
 * "authentication failed". A keepalive of 9 octets has no room for a signature and passes.
 */
const char *erps_signer_refusal(struct erps_signer *signer, const struct erps_packet *packet);

/* Fills in key and signature of the packet in these octets, all of it, with the first secret. 0;
 * SB_EINVAL: no packet of 96 octets and more; SB_ENOMEM. */
int erps_signer_sign(struct erps_signer *signer, uint8_t *packet, size_t size);

#endif
