/* Digest: its parameters, and the response that they call for. Pure. */
#ifndef SB_HTTP_AUTH_DIGEST_INTERNAL_H
#define SB_HTTP_AUTH_DIGEST_INTERNAL_H

#include "core/bytes.h"

/* A SHA-256; in hexadecimal digits, and a NUL. */
#define HTTP_DIGEST_SIZE 32
#define HTTP_DIGEST_HEX  65

/* Views into the field, NULL where a parameter is missing. Of several with one name the first. */
struct http_digest {
	struct sb_bytes username, username_extended, realm, nonce, uri, response, algorithm;
	struct sb_bytes cnonce, nc, qop, opaque;
	bool is_sha256, is_session; /* by `algorithm`: "SHA-256", "MD5-sess" */
};

/* Takes the next Digest of Authorization or WWW-Authenticate off the front of *in: false: none. */
bool http_digest_next(struct sb_bytes *in, struct http_digest *digest);

/* The right response in three steps, by the algorithm of `digest`: the hash of the user, which does
 * not change; that of the request; and of both with nonce, cnonce, nc and qop, without qop as in
 * RFC 2069. Each: 0 or SB_ENOMEM. */
int http_digest_user(bool is_sha256, struct sb_bytes username, struct sb_bytes realm,
	const char *password, uint8_t user[HTTP_DIGEST_SIZE]);
int http_digest_request(
	const struct http_digest *digest, const char *method, char hex[HTTP_DIGEST_HEX]);
int http_digest_response(const struct http_digest *digest, const uint8_t *user, const char *request,
	char hex[HTTP_DIGEST_HEX]);

#endif
