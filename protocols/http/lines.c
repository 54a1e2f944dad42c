#include "protocols/http/lines_internal.h"

#include <string.h>

/* The octet that a line may not go on with after `line`. */
static bool
may_follow(enum http_line line, char octet)
{
	switch (line) {
	case HTTP_LINE_BEGIN:
		return octet != ' ' && octet != '\t' && octet != '\n';
	case HTTP_LINE_INSIDE:
		return octet != '\n';
	case HTTP_LINE_CR:
		return octet == '\n';
	case HTTP_LINE_DATA:
		break;
	}
	return octet == '\r';
}

bool
http_lines_check(enum http_line *line, const char *at, size_t size)
{
	const char *end = at + size, *cr;

	while (at < end) {
		if (!may_follow(*line, *at))
			return false;
		if (*line == HTTP_LINE_CR) {
			*line = HTTP_LINE_BEGIN;
			at++;
			continue;
		}
		cr = memchr(at, '\r', (size_t)(end - at));
		/* A LF before the next CR is a bare one. */
		if (memchr(at, '\n', (size_t)((cr ? cr : end) - at)))
			return false;
		*line = cr ? HTTP_LINE_CR : HTTP_LINE_INSIDE;
		at = cr ? cr + 1 : end;
	}
	return true;
}
