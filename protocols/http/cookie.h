/*
 * The Cookie field as devices really send it: RFC 6265, RFC 2965 ($Version, quotes), commas
 * for semicolons, a whole Set-Cookie echoed. Pure.
 */
#ifndef SB_HTTP_COOKIE_H
#define SB_HTTP_COOKIE_H

#include "../../core/bytes.h"

#include <stdbool.h>

/* The value of the next cookie `name` (case matters) in `field`, from *at on (0 at first), without
 * quotes; false when there is no more. Several may have the name: the caller tries each. */
bool http_cookie_next(const char *field, const char *name, size_t *at, struct sb_bytes *value);

#endif
