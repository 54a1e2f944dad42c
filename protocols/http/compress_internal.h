/* Answers in a content coding that their client takes. */
#ifndef SB_HTTP_COMPRESS_INTERNAL_H
#define SB_HTTP_COMPRESS_INTERNAL_H

#include "core/bytes.h"
#include "protocols/http/coding_internal.h"

#include <stdint.h>

struct http_compressor;
struct sb_env;

/* NULL: there is no memory. */
struct http_compressor *http_compressor_new(const struct sb_env *env, enum http_coding coding);
void http_compressor_free(struct http_compressor *compressor); /* NULL is fine */

/* Octets that `size` ones can become at most, in one go. */
size_t http_compress_bound(struct http_compressor *compressor, size_t size);

/*
 * Takes octets off `in` and gives what they become in `out`, which has `size` octets: how many. All
 * of `in` is out when it is used up and fewer than `size` were given; with `is_last` the end, too.
 */
size_t http_compress(struct http_compressor *compressor, struct sb_bytes *in, bool is_last,
	uint8_t *out, size_t size);

#endif
