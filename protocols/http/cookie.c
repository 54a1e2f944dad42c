#include "protocols/http/cookie.h"

/* Past what separates cookies. */
static size_t
skip_separators(const char *field, size_t at)
{
	return at + strspn(field + at, " \t;,");
}

/* What is at `at` up to one of `ends`, without blanks behind it; *at goes there. */
static struct sb_bytes
take_until(const char *field, size_t *at, const char *ends)
{
	size_t start = *at, size;

	*at += strcspn(field + start, ends);
	size = *at - start;
	while (size && strchr(" \t", field[start + size - 1]))
		size--;
	return sb_bytes(field + start, size);
}

static struct sb_bytes
take_value(const char *field, size_t *at)
{
	struct sb_bytes value;

	*at += strspn(field + *at, " \t");
	if (field[*at] != '"')
		return take_until(field, at, ";,");
	++*at;
	value.data = (const uint8_t *)field + *at;
	value.size = strcspn(field + *at, "\"");
	*at += value.size;
	*at += strcspn(field + *at, ";,"); /* whatever stands behind the quote */
	return value;
}

bool
http_cookie_next(const char *field, const char *name, size_t *at, struct sb_bytes *value)
{
	while (field[ *at = skip_separators(field, *at)]) {
		struct sb_bytes found = take_until(field, at, "=;,");

		*value = sb_bytes(field + *at, 0);
		if (field[*at] == '=') {
			++*at;
			*value = take_value(field, at);
		}
		if (sb_bytes_equal(found, sb_bytes_text(name)))
			return true;
	}
	*value = sb_bytes(NULL, 0);
	return false;
}
