/*
 * Authentication of requests: Basic (RFC 7617) and Digest (RFC 7616, 2617, 2069) with MD5 and
 * SHA-256, also in their -sess forms, qop auth or none. Both sides: what judges a request,
 * and what answers a challenge.
 *
 * A nonce carries its time and a proof (keyed hash), so it needs no state and holds on any
 * connection of any shard; an old one, or one of before a restart, gets stale=true. The
 * price: a request that was heard can be sent again while its nonce lives, for counts are
 * not kept (and devices begin them anew with each request). Use TLS where that matters.
 *
 * Devices are taken as they are: parameters unknown, doubled or without quotes, blanks and
 * commas anywhere, an `algorithm` that is none (the response's length says which it was), a
 * name escaped, percent-encoded or in RFC 5987's form, a uri with scheme and host or
 * without the query.
 *
 * Pure but for the keys: any thread.
 */
#ifndef SB_HTTP_AUTH_H
#define SB_HTTP_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of names and passwords, a NUL included; longer ones are wrong. */
#define HTTP_AUTH_TEXT_MAX 257

enum http_auth_scheme {
	HTTP_AUTH_NONE,
	HTTP_AUTH_BASIC,
	HTTP_AUTH_DIGEST,          /* SHA-256 and MD5 offered, the client chooses */
	HTTP_AUTH_DIGEST_MD5,      /* MD5 alone: what devices speak */
	HTTP_AUTH_BASIC_OR_DIGEST, /* Basic and MD5 */
};

enum http_auth_result {
	HTTP_AUTH_OK,
	HTTP_AUTH_MISSING, /* no Authorization of an offered scheme: challenge, count no failure */
	/* Right, but of an old nonce, or we had no memory to judge it: challenge with stale=true */
	HTTP_AUTH_STALE,
	HTTP_AUTH_WRONG, /* wrong name or password, or one that cannot be read */
};

/* What is kept instead of a password: the A1 of Digest, of "name:realm:password". It lets judge,
 * and whoever steals it pass as that name in that realm, but does not tell the password. */
struct http_auth_hash {
	uint8_t md5[16], sha256[32];
};

/* 0 or SB_ENOMEM. */
int http_auth_hash(
	const char *username, const char *realm, const char *password, struct http_auth_hash *hash);

/* Two, while one takes the other's place. */
#define HTTP_AUTH_HASHES 2

struct http_auth_known {
	size_t count;
	struct http_auth_hash each[HTTP_AUTH_HASHES];
	uint64_t ids[HTTP_AUTH_HASHES]; /* not 0: of the one that fits the claim has it */
};

struct http_auth {
	enum http_auth_scheme scheme;
	const char *realm;
	uint32_t nonce_lifetime_s; /* 0: 300 */
	uint8_t secret[32];        /* of this node: random at its start */
	/* The password of a name: 0 with at most `size` octets in `out`, NUL-terminated, or
	 * SB_ENOENT. Any thread. */
	int (*password)(void *context, const char *username, char *out, size_t size);
	/* Asked before, of names whose passwords are not kept: 0 and the hashes of which one must
	 * fit, or SB_ENOENT: `password` is asked. NULL: there are none. Any thread. */
	int (*known)(void *context, const char *username, struct http_auth_known *out);
	void *context;
};

/* Who the client says it is. */
struct http_auth_claim {
	char username[HTTP_AUTH_TEXT_MAX]; /* as it is known, else as it was sent; "": not read */
	uint64_t id; /* of the hash that fitted; 0: a password did, or nothing */
};

/* Judges a request. `authorization` is the field's value, NULL without one; `now_s` Unix seconds.
 * Takes the same time whatever is wrong. */
enum http_auth_result http_auth_check(const struct http_auth *auth, const char *authorization,
	const char *method, const char *target, int64_t now_s, struct http_auth_claim *claim);

/* The value of the `i`-th WWW-Authenticate field of a 401 (0, 1, ...), NUL-terminated in `out`:
 * its length, 0 when there are no more. 512 octets are enough with a realm of up to 128. `salt`
 * is random: it tells the nonces of one second apart. */
size_t http_auth_challenge(const struct http_auth *auth, unsigned i, bool is_stale, int64_t now_s,
	const uint8_t salt[8], char *out, size_t size);

/* ---- the client's side ---- */

struct http_auth_request {
	const char *username;
	const char *password;
	const char *method;
	const char *uri;    /* the target, as it stands in the request line */
	const char *cnonce; /* random, of letters and digits */
	uint32_t count;     /* of requests with this nonce, from 1 */
};

/* The Authorization that answers a WWW-Authenticate: the first Digest in `challenge` that we can.
 * 0; SB_ENOTSUP: none, SB_ELIMIT: more than `size`, SB_ENOMEM. 1,024 octets are enough for most. */
int http_auth_answer(
	const char *challenge, const struct http_auth_request *request, char *out, size_t size);

/* The Authorization of Basic: 0 or SB_ELIMIT. */
int http_auth_basic(const char *username, const char *password, char *out, size_t size);

#endif
