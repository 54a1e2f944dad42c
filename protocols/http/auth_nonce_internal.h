/* Nonces: the time and a salt, with a proof that they are of this node. Pure. */
#ifndef SB_HTTP_AUTH_NONCE_INTERNAL_H
#define SB_HTTP_AUTH_NONCE_INTERNAL_H

#include "core/bytes.h"

struct http_auth;

#define HTTP_NONCE_SIZE 33 /* letters, and a NUL */

/* 0 or SB_ENOMEM. */
int http_nonce_make(const struct http_auth *auth, int64_t now_s, const uint8_t salt[8],
	char nonce[HTTP_NONCE_SIZE]);

/* Whether we made it, and not too long ago. */
bool http_nonce_is_fresh(const struct http_auth *auth, struct sb_bytes nonce, int64_t now_s);

#endif
