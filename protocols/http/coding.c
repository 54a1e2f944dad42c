#include "protocols/http/coding_internal.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum http_coding
http_coding_of(const char *content_encoding)
{
	if (!*content_encoding || strcasecmp(content_encoding, "identity") == 0)
		return HTTP_CODING_IDENTITY;
	if (strcasecmp(content_encoding, "gzip") == 0 ||
		strcasecmp(content_encoding, "x-gzip") == 0)
		return HTTP_CODING_GZIP;
	return strcasecmp(content_encoding, "deflate") == 0 ? HTTP_CODING_DEFLATE
							    : HTTP_CODING_UNKNOWN;
}

const char *
http_coding_name(enum http_coding coding)
{
	return coding == HTTP_CODING_GZIP ? "gzip" : "deflate";
}

/* ---- Accept-Encoding ---- */

/* Thousandths of a weight: "1", "0.25"; what cannot be read is none. */
static unsigned
weight_of(const char *text, size_t size)
{
	unsigned weight = 0, scale = 100;

	if (!size || (*text != '0' && *text != '1'))
		return 0;
	weight = *text == '1' ? 1000 : 0;
	if (size > 1 && text[1] != '.')
		return 0;
	for (size_t i = 2; i < size && i < 5; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		weight += (unsigned)(text[i] - '0') * scale;
		scale /= 10;
	}
	return weight > 1000 ? 1000 : weight;
}

/* The weight of an element of the list, behind its name. */
static unsigned
element_weight(const char *at, size_t size)
{
	const char *end = at + size;

	while (at < end && strchr(" \t;", *at))
		at++;
	if (at == end)
		return 1000;
	if (end - at < 2 || strncasecmp(at, "q=", 2) != 0)
		return 0;
	at += 2;
	while (end > at && strchr(" \t", end[-1]))
		end--;
	return weight_of(at, (size_t)(end - at));
}

static bool
is_name(const char *at, size_t size, const char *name)
{
	return size == strlen(name) && strncasecmp(at, name, size) == 0;
}

enum http_coding
http_coding_accepted(const char *accept_encoding)
{
	const char *at = accept_encoding ? accept_encoding : "";
	int gzip = -1, deflate = -1, others = 0;

	while (*at) {
		size_t size = strcspn(at, ","), name;
		int weight;

		while (size && (*at == ' ' || *at == '\t')) {
			at++;
			size--;
		}
		name = strcspn(at, " \t;,");
		if (name > size)
			name = size;
		weight = (int)element_weight(at + name, size - name);
		if (is_name(at, name, "gzip") || is_name(at, name, "x-gzip"))
			gzip = weight;
		else if (is_name(at, name, "deflate"))
			deflate = weight;
		else if (is_name(at, name, "*"))
			others = weight;
		at += size + (at[size] == ',');
	}
	gzip = gzip < 0 ? others : gzip;
	deflate = deflate < 0 ? others : deflate;
	if (gzip <= 0 && deflate <= 0)
		return HTTP_CODING_IDENTITY;
	return gzip >= deflate ? HTTP_CODING_GZIP : HTTP_CODING_DEFLATE;
}

/* ---- types ---- */

static bool
ends_with(const char *at, size_t size, const char *tail)
{
	size_t length = strlen(tail);

	return size >= length && strncasecmp(at + size - length, tail, length) == 0;
}

bool
http_type_is_text(const char *type)
{
	static const char *const texts[] = {"/json", "/xml", "/javascript", "+json", "+xml"};
	size_t size;

	if (!type)
		return false;
	size = strcspn(type, "; \t");
	if (is_name(type, size, "text/event-stream"))
		return false;
	if (strncasecmp(type, "text/", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (ends_with(type, size, texts[i]))
			return true;
	return false;
}
