#include "protocols/http/query.h"

#include "core/error.h"

bool
http_query_next(const char *query, size_t *at, struct sb_bytes *name, struct sb_bytes *value)
{
	const char *start;
	size_t size;

	*at += strspn(query + *at, "&");
	start = query + *at;
	size = strcspn(start, "&");
	if (size == 0)
		return false;
	*at += size;
	*name = sb_bytes(start, strcspn(start, "=&"));
	*value = sb_bytes(start + name->size, size - name->size);
	if (value->size) /* the "=" */
		*value = sb_bytes(value->data + 1, value->size - 1);
	return true;
}

/* Names that need no encoding may have one. */
static bool
is_name(struct sb_bytes sent, const char *name)
{
	char decoded[64];

	return http_percent_decode(sent, true, decoded, sizeof(decoded)) >= 0 &&
	       strcmp(decoded, name) == 0;
}

ssize_t
http_query_get(const char *query, const char *name, char *out, size_t size)
{
	struct sb_bytes found, value;
	size_t at = 0;

	while (http_query_next(query, &at, &found, &value))
		if (is_name(found, name))
			return http_percent_decode(value, true, out, size);
	return SB_ENOENT;
}

int
http_query_number(const char *query, const char *name, uint64_t max, uint64_t *value)
{
	char text[24];
	ssize_t size = http_query_get(query, name, text, sizeof(text));
	uint64_t number = 0;

	if (size == SB_ENOENT)
		return SB_ENOENT;
	if (size <= 0)
		return SB_EINVAL;
	for (const char *at = text; *at; at++)
		if (*at < '0' || *at > '9' || __builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
			return SB_EINVAL;
	if (number > max)
		return SB_EINVAL;
	*value = number;
	return 0;
}

bool
http_path_matches(const char *pattern, const char *path, struct sb_bytes captures[], size_t count)
{
	for (size_t used = 0; *pattern;) {
		size_t size;

		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		size = strcspn(path, "/");
		if (size == 0 || used == count)
			return false;
		captures[used++] = sb_bytes(path, size);
		path += size;
		pattern += strcspn(pattern, "/");
	}
	return *path == '\0';
}
