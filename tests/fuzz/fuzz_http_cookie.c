/* Any text as a Cookie field: values lie in it, without quotes, and the search always ends. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/http/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void
find_all(const char *field, const char *name)
{
	size_t length = strlen(field), at = 0, before;
	struct sb_bytes value;

	for (before = 0; http_cookie_next(field, name, &at, &value); before = at) {
		const char *start = (const char *)value.data;

		expect(at > before || (at == before && value.size == 0), "it goes on");
		expect(at <= length, "it stays inside");
		expect(start >= field && start + value.size <= field + length, "so does the value");
		expect(!memchr(start, '\0', value.size), "it is text");
	}
	expect(at == length, "it ends at the end");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	expect(text != NULL, "memory");
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	find_all(text, "session");
	find_all(text, "a");
	free(text);
	return 0;
}
