/*
 * The ends of lines, which llhttp takes more loosely than is safe behind a proxy that reads
 * them otherwise: every line ends with CR LF, no line begins with a blank (a folded field),
 * and data of a chunk is followed by CR LF at once. Over all octets that are no data. Pure.
 */
#ifndef SB_HTTP_LINES_INTERNAL_H
#define SB_HTTP_LINES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_line {
	HTTP_LINE_BEGIN, /* a line begins with the next octet */
	HTTP_LINE_INSIDE,
	HTTP_LINE_CR,   /* its CR was the last octet */
	HTTP_LINE_DATA, /* data of a chunk was */
};

/* Goes over `size` octets from *line on. False: they are no such lines. */
bool http_lines_check(enum http_line *line, const char *at, size_t size);

#endif
