/* A request's body out of its content coding, as it comes. */
#ifndef SB_HTTP_INFLATE_INTERNAL_H
#define SB_HTTP_INFLATE_INTERNAL_H

#include "core/bytes.h"
#include "protocols/http/coding_internal.h"

#include <stdbool.h>
#include <sys/types.h>

struct http_inflater;
struct sb_env;

/* NULL: there is no memory. */
struct http_inflater *http_inflater_new(const struct sb_env *env, enum http_coding coding);
void http_inflater_free(struct http_inflater *inflater); /* NULL is fine */

/*
 * Takes octets off `in` and gives what they make in `out`, which has `size` octets: how many, 0
 * when more input is needed. SB_EPROTO: damaged, or more than one body; SB_ENOMEM.
 */
ssize_t
http_inflate(struct http_inflater *inflater, struct sb_bytes *in, uint8_t *out, size_t size);

/* Its end was there, and nothing is behind it. */
bool http_inflater_has_ended(const struct http_inflater *inflater);

#endif
