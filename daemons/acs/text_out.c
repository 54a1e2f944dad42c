#include "daemons/acs/text_out.h"

#include "core/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_OCTETS 1024

static char *
room(struct acs_text *t, size_t size)
{
	size_t capacity = t->capacity ? t->capacity : FIRST_OCTETS;
	char *grown;

	/* Its NUL, too. */
	while (capacity < t->size + size + 1)
		capacity *= 2;
	if (capacity != t->capacity && !t->failed) {
		grown = realloc(t->data, capacity);
		t->failed = !grown;
		if (grown) {
			t->data = grown;
			t->capacity = capacity;
		}
	}
	return t->failed ? NULL : t->data + t->size;
}

static void
add(struct acs_text *t, const char *data, size_t size)
{
	char *at = room(t, size);

	if (!at || !size)
		return;
	memcpy(at, data, size);
	t->size += size;
}

void
acs_text_add(struct acs_text *t, const char *words)
{
	add(t, words, strlen(words));
}

void
acs_text_octets(struct acs_text *t, struct sb_bytes octets)
{
	add(t, (const char *)octets.data, octets.size);
}

static void
add_escaped(struct acs_text *t, uint8_t octet)
{
	char escaped[8];

	if (octet == '"' || octet == '\\') {
		escaped[0] = '\\';
		escaped[1] = (char)octet;
		add(t, escaped, 2);
		return;
	}
	snprintf(escaped, sizeof(escaped), "\\u%04x", octet);
	add(t, escaped, 6);
}

void
acs_text_json(struct acs_text *t, const char *before, struct sb_bytes text)
{
	size_t from = 0;

	acs_text_add(t, before);
	add(t, "\"", 1);
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] >= 0x20 && text.data[i] != '"' && text.data[i] != '\\')
			continue;
		add(t, (const char *)text.data + from, i - from);
		add_escaped(t, text.data[i]);
		from = i + 1;
	}
	if (text.size > from)
		add(t, (const char *)text.data + from, text.size - from);
	add(t, "\"", 1);
}

void
acs_text_number(struct acs_text *t, const char *before, uint64_t number)
{
	char digits[24];

	acs_text_add(t, before);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	acs_text_add(t, digits);
}

void
acs_time_print(char out[ACS_TIME_SIZE], int64_t unix_ms)
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm parts = {0};
	size_t size;

	gmtime_r(&seconds, &parts);
	size = strftime(out, ACS_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(out + size, ACS_TIME_SIZE - size, ".%03dZ", (int)(unix_ms % 1000));
}

void
acs_text_time(struct acs_text *t, const char *before, int64_t unix_ms)
{
	char text[ACS_TIME_SIZE];

	acs_time_print(text, unix_ms);
	acs_text_json(t, before, sb_bytes_text(text));
}

int
acs_text_end(struct acs_text *t, struct acs_octets *text)
{
	char *end = room(t, 0);

	if (!end) {
		acs_text_fini(t);
		return SB_ENOMEM;
	}
	*end = '\0';
	*text = (struct acs_octets){(uint8_t *)t->data, t->size};
	*t = (struct acs_text){0};
	return 0;
}

void
acs_text_fini(struct acs_text *t)
{
	free(t->data);
	*t = (struct acs_text){0};
}
