/*
 * Targets taken apart: parameters of the query, and paths against patterns:
 *
 *	struct sb_bytes id;
 *
 *	if (http_path_matches("/devices/{id}/tasks", http_path(x), &id, 1))
 *		http_percent_decode(id, false, name, sizeof(name));
 *
 * Pure: any thread, no memory.
 */
#ifndef SB_HTTP_QUERY_H
#define SB_HTTP_QUERY_H

#include "../../core/bytes.h"
#include "percent.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The next parameter of a query ("a=1&b"), from *at on (0 at first), as it was sent; false: no
 * more. One without a "=" has an empty value. */
bool http_query_next(const char *query, size_t *at, struct sb_bytes *name, struct sb_bytes *value);

/* The first parameter of this name, decoded (with "+" a blank), NUL-terminated: its length;
 * SB_ENOENT: not there; SB_EINVAL: its encoding is broken; SB_ELIMIT: longer than `size`. */
ssize_t http_query_get(const char *query, const char *name, char *out, size_t size);

/* The same for a whole number: 0 with *value; SB_ENOENT (*value is left); SB_EINVAL: none, or over
 * `max`. */
int http_query_number(const char *query, const char *name, uint64_t max, uint64_t *value);

/* Whether the path has the pattern's segments. "{...}" takes one segment that is not empty, as it
 * was sent, into the next of the `count` captures; others are compared octet by octet. A pattern
 * has no more than `count` of them. */
bool
http_path_matches(const char *pattern, const char *path, struct sb_bytes captures[], size_t count);

#endif
