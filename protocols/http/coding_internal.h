/* Content codings: which a client takes, and which answers are worth one. Pure. */
#ifndef SB_HTTP_CODING_INTERNAL_H
#define SB_HTTP_CODING_INTERNAL_H

#include <stdbool.h>

enum http_coding {
	HTTP_CODING_IDENTITY,
	HTTP_CODING_GZIP,
	HTTP_CODING_DEFLATE, /* in zlib's format, as it says; some send it without */
	HTTP_CODING_UNKNOWN,
};

/* What a Content-Encoding says; more than one coding is unknown to us. */
enum http_coding http_coding_of(const char *content_encoding);

/* "gzip", "deflate". */
const char *http_coding_name(enum http_coding coding);

/* The best of ours that an Accept-Encoding takes (NULL: none was sent). */
enum http_coding http_coding_accepted(const char *accept_encoding);

/* Whether octets of this type become fewer: text, JSON, XML and the like. Events do not: each has
 * to leave at once. */
bool http_type_is_text(const char *type);

#endif
