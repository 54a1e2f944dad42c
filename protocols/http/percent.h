/* Percent-encoding (RFC 3986). Pure: any thread. */
#ifndef SB_HTTP_PERCENT_H
#define SB_HTTP_PERCENT_H

#include "../../core/bytes.h"

#include <stdbool.h>
#include <sys/types.h>

/* Decodes `in` to `out`, NUL-terminated; with `is_form` a "+" is a blank. The length without the
 * NUL; SB_EINVAL: a "%" without two digits, or a NUL; SB_ELIMIT: it does not fit. */
ssize_t http_percent_decode(struct sb_bytes in, bool is_form, char *out, size_t size);

/* Encodes all but letters, digits and "-._~". The length, NUL not counted, or SB_ELIMIT. */
ssize_t http_percent_encode(struct sb_bytes in, char *out, size_t size);

#endif
