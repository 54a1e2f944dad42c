/* Base64 (RFC 4648), both alphabets. Pure: any thread. */
#ifndef SB_HTTP_BASE64_H
#define SB_HTTP_BASE64_H

#include "../../core/bytes.h"

#include <sys/types.h>

enum http_base64 {
	HTTP_BASE64,     /* "+/", padded with "=" */
	HTTP_BASE64_URL, /* "-_", not padded: for cookies, nonces, names of files */
};

/* The room that `size` octets take at most, a NUL included. */
#define HTTP_BASE64_SIZE(size) (((size) + 2) / 3 * 4 + 1)

/* Writes `in` to `out`, NUL-terminated: the length without the NUL, or SB_ELIMIT. */
ssize_t http_base64_encode(enum http_base64 form, struct sb_bytes in, char *out, size_t size);

/* Reads either alphabet, with padding or without: the octets written, SB_EINVAL, or SB_ELIMIT. */
ssize_t http_base64_decode(struct sb_bytes in, uint8_t *out, size_t size);

#endif
