/* What a handler asks of a request. */
#include "protocols/http/exchange_internal.h"

#include <string.h>
#include <strings.h>

struct sb_session *
http_session(const struct http_exchange *x)
{
	return x->session;
}

void *
http_state(const struct http_exchange *x)
{
	return x->state;
}

void *
http_connection_state(const struct http_exchange *x)
{
	return http_session_state(x->session);
}

enum http_method
http_method(const struct http_exchange *x)
{
	return (enum http_method)x->method;
}

const char *
http_method_name(const struct http_exchange *x)
{
	return llhttp_method_name((llhttp_method_t)x->parser.llhttp.method);
}

const char *
http_path(const struct http_exchange *x)
{
	return x->path;
}

const char *
http_query(const struct http_exchange *x)
{
	return x->query;
}

static const char *
find(const struct http_exchange *x, const char *name, uint32_t at)
{
	size_t size = strlen(name);
	struct http_field_view field;

	while (http_head_next(&x->parser.head, &at, &field))
		if (field.name_size == size && strncasecmp(field.name, name, size) == 0)
			return field.value;
	return NULL;
}

const char *
http_field(const struct http_exchange *x, const char *name)
{
	return find(x, name, 0);
}

/* The next field begins behind the value's NUL. */
const char *
http_field_next(const struct http_exchange *x, const char *name, const char *previous)
{
	return find(x, name, (uint32_t)(previous + strlen(previous) + 1 - x->parser.head.text));
}

bool
http_has_body(const struct http_exchange *x)
{
	return x->content_length > 0;
}

uint64_t
http_content_length(const struct http_exchange *x)
{
	return x->content_length;
}
