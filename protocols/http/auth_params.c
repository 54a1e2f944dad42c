#include "protocols/http/auth_params_internal.h"

#include <strings.h>

static bool
is_one_of(uint8_t octet, const char *set)
{
	return octet && strchr(set, octet);
}

static struct sb_bytes
take(struct sb_bytes *in, size_t size)
{
	struct sb_bytes taken = sb_bytes(in->data, size);

	*in = sb_bytes(in->data + size, in->size - size);
	return taken;
}

static void
skip(struct sb_bytes *in, const char *set)
{
	size_t size = 0;

	while (size < in->size && is_one_of(in->data[size], set))
		size++;
	take(in, size);
}

static struct sb_bytes
take_until(struct sb_bytes *in, const char *ends)
{
	size_t size = 0;

	while (size < in->size && !is_one_of(in->data[size], ends))
		size++;
	return take(in, size);
}

/* A quoted text whose end is missing ends where everything does. */
static struct sb_bytes
take_quoted(struct sb_bytes *in)
{
	size_t size = 0;
	struct sb_bytes text;

	take(in, 1);
	while (size < in->size && in->data[size] != '"')
		size += in->data[size] == '\\' && in->size - size > 1 ? 2 : 1;
	text = take(in, size);
	if (in->size)
		take(in, 1);
	return text;
}

bool
http_auth_param_next(struct sb_bytes *in, struct http_auth_param *param)
{
	size_t name_end;

	*param = (struct http_auth_param){0};
	skip(in, " \t,=");
	if (in->size == 0)
		return false;
	param->name = take_until(in, " \t,=");
	name_end = in->size;
	skip(in, " \t");
	if (in->size == 0 || in->data[0] != '=') {
		param->is_scheme = name_end > in->size && in->size && in->data[0] != ',';
		return true;
	}
	take(in, 1);
	skip(in, " \t");
	if (in->size)
		param->value = in->data[0] == '"' ? take_quoted(in) : take_until(in, " \t,");
	return true;
}

bool
http_auth_is(struct sb_bytes word, const char *text)
{
	return word.size == strlen(text) &&
	       strncasecmp((const char *)word.data, text, word.size) == 0;
}

bool
http_auth_unescape(struct sb_bytes value, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] == '\\' && i + 1 < value.size)
			i++;
		if (used + 1 >= size)
			return false;
		out[used++] = (char)value.data[i];
	}
	out[used] = '\0';
	return true;
}
