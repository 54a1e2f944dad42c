#include "protocols/http/range.h"

#include "core/bytes.h"

#include <string.h>
#include <strings.h>

/* A number without sign, *at behind it; false: none, or too large. */
static bool
read_number(const char **at, uint64_t *value)
{
	const char *digit = *at;

	for (*value = 0; *digit >= '0' && *digit <= '9'; digit++)
		if (__builtin_mul_overflow(*value, 10, value) ||
			__builtin_add_overflow(*value, (uint64_t)(*digit - '0'), value))
			return false;
	if (digit == *at)
		return false;
	*at = digit;
	return true;
}

static const char *
skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* "-500": the last 500. */
static enum http_range
read_suffix(const char *at, uint64_t size, uint64_t *from, uint64_t *end)
{
	uint64_t count;

	at++;
	if (!read_number(&at, &count) || *skip_blanks(at))
		return HTTP_RANGE_WHOLE;
	if (count == 0 || size == 0)
		return HTTP_RANGE_BEYOND;
	*from = count < size ? size - count : 0;
	*end = size;
	return HTTP_RANGE_PART;
}

/* "500-" or "500-999", the last included. */
static enum http_range
read_part(const char *at, uint64_t size, uint64_t *from, uint64_t *end)
{
	uint64_t first, last = UINT64_MAX;

	if (!read_number(&at, &first) || *at++ != '-')
		return HTTP_RANGE_WHOLE;
	if (*at >= '0' && *at <= '9' && !read_number(&at, &last))
		return HTTP_RANGE_WHOLE;
	if (*skip_blanks(at) || last < first)
		return HTTP_RANGE_WHOLE;
	if (first >= size)
		return HTTP_RANGE_BEYOND;
	*from = first;
	*end = last < size ? last + 1 : size;
	return HTTP_RANGE_PART;
}

enum http_range
http_range_read(const char *field, uint64_t size, uint64_t *at, uint64_t *end)
{
	static const char unit[] = "bytes=";

	*at = 0;
	*end = size;
	if (!field || strncasecmp(field, unit, sizeof(unit) - 1) != 0)
		return HTTP_RANGE_WHOLE;
	field = skip_blanks(field + sizeof(unit) - 1);
	return *field == '-' ? read_suffix(field, size, at, end) : read_part(field, size, at, end);
}

bool
http_etag_matches(const char *field, const char *etag, bool is_strong)
{
	size_t size = etag ? strlen(etag) : 0;

	field = skip_blanks(field);
	if (strcmp(field, "*") == 0)
		return true;
	while (etag && *field) {
		bool is_weak = strncmp(field, "W/", 2) == 0;
		const char *text = field + (is_weak ? 2 : 0);
		size_t length;

		if (*text++ != '"')
			return false;
		length = strcspn(text, "\"");
		if (length == size && memcmp(text, etag, size) == 0 && !(is_weak && is_strong))
			return true;
		field = text + length + (text[length] == '"');
		field += strspn(field, ", \t");
	}
	return false;
}
