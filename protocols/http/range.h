/* Ranges, entity tags and conditions of requests (RFC 9110, 13 and 14), as texts. Pure. */
#ifndef SB_HTTP_RANGE_H
#define SB_HTTP_RANGE_H

#include <stdbool.h>
#include <stdint.h>

enum http_range {
	HTTP_RANGE_WHOLE, /* none, one that cannot be read, or several: all of it */
	HTTP_RANGE_PART,
	HTTP_RANGE_BEYOND, /* nothing of it is there: 416 */
};

/* What a Range field (NULL: none) asks of `size` octets; *at to *end, end not included. */
enum http_range http_range_read(const char *field, uint64_t size, uint64_t *at, uint64_t *end);

/* Whether `etag` (without quotes; NULL: none) is in the list of an If-Match or If-None-Match, or
 * that is "*". Strong: weak ones (W/"x") are never equal. */
bool http_etag_matches(const char *field, const char *etag, bool is_strong);

#endif
