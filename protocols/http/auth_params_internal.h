/* What stands in Authorization and WWW-Authenticate: names of schemes, and parameters. Pure. */
#ifndef SB_HTTP_AUTH_PARAMS_INTERNAL_H
#define SB_HTTP_AUTH_PARAMS_INTERNAL_H

#include "core/bytes.h"

struct http_auth_param {
	struct sb_bytes name;
	struct sb_bytes value; /* between the quotes, escapes and all */
	bool is_scheme;        /* `name` is a scheme's, its parameters follow */
};

/* Takes the next one off the front of *in; false: no more. Never fails: what is no parameter comes
 * as one without a value. */
bool http_auth_param_next(struct sb_bytes *in, struct http_auth_param *param);

/* Whether they are the same, letters' case aside. */
bool http_auth_is(struct sb_bytes word, const char *text);

/* Writes `value` without the backslashes of its escapes, NUL-terminated. False: it is too long. */
bool http_auth_unescape(struct sb_bytes value, char *out, size_t size);

#endif
