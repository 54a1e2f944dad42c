/*
 * Whether a head that llhttp takes is one of a request that we serve, and can be read in one
 * way only: whoever stands in front of us must not see another end of its body than we do
 * (RFC 9112, 6.3 and 11.2).
 */
#include "protocols/http/exchange_internal.h"

#include <string.h>
#include <strings.h>

/* Fields that say how a request is read: where they were seen. */
struct seen {
	const char *host, *length, *coding;
	unsigned hosts, lengths, codings;
};

static bool
is(const struct http_field_view *field, const char *name)
{
	return strncasecmp(field->name, name, field->name_size) == 0;
}

/* llhttp takes blanks for letters of a name, but none behind it. */
static bool
is_token(const struct http_field_view *field)
{
	return field->name_size && !memchr(field->name, ' ', field->name_size);
}

/* Said twice, it is coded twice. */
static enum http_refusal
see_coding(struct http_exchange *x, const char *value)
{
	enum http_coding coding = http_coding_of(value);

	if (coding == HTTP_CODING_UNKNOWN || x->coding != HTTP_CODING_IDENTITY)
		return HTTP_REFUSAL_CONTENT_CODING;
	x->coding = (uint8_t)coding;
	return HTTP_NO_REFUSAL;
}

static enum http_refusal
see(struct http_exchange *x, struct seen *seen, const struct http_field_view *field)
{
	if (!is_token(field))
		return HTTP_REFUSAL_FIELD_NAME;
	switch (field->name_size) {
	case sizeof("host") - 1:
		if (is(field, "host")) {
			seen->host = field->value;
			seen->hosts++;
		}
		break;
	case sizeof("expect") - 1:
		if (!is(field, "expect"))
			break;
		if (strcasecmp(field->value, "100-continue") != 0)
			return HTTP_REFUSAL_EXPECTATION;
		x->owes_continue = x->is_1_1;
		break;
	case sizeof("content-length") - 1:
		if (is(field, "content-length")) {
			seen->length = field->value;
			seen->lengths++;
		}
		break;
	case sizeof("accept-encoding") - 1:
		if (is(field, "accept-encoding"))
			x->accept_encoding = field->value;
		break;
	case sizeof("content-encoding") - 1:
		if (is(field, "content-encoding"))
			return see_coding(x, field->value);
		break;
	case sizeof("transfer-encoding") - 1:
		if (is(field, "transfer-encoding")) {
			seen->coding = field->value;
			seen->codings++;
		}
		break;
	default:
		break;
	}
	return HTTP_NO_REFUSAL;
}

static enum http_refusal
see_all(struct http_exchange *x, struct seen *seen)
{
	struct http_field_view field;
	enum http_refusal refusal = HTTP_NO_REFUSAL;
	uint32_t at = 0;

	while (!refusal && http_head_next(&x->parser.head, &at, &field))
		refusal = see(x, seen, &field);
	return refusal;
}

static bool
is_digit(char octet)
{
	return octet >= '0' && octet <= '9';
}

static bool
is_letter(char octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
}

/* A name or an address, and a port perhaps: no list, no user, no path. */
static bool
is_host(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!is_digit(text[i]) && !is_letter(text[i]) &&
			!strchr(".-_~:[]%!$&'()*+;=", text[i]))
			return false;
	return true;
}

static enum http_refusal
judge_host(const struct http_exchange *x, const struct seen *seen)
{
	if (seen->hosts > 1 || (seen->hosts == 0 && x->is_1_1))
		return HTTP_REFUSAL_HOST;
	return seen->hosts && !is_host(seen->host, strlen(seen->host)) ? HTTP_REFUSAL_HOST
								       : HTTP_NO_REFUSAL;
}

static bool
is_number(const char *text)
{
	const char *at = text;

	while (is_digit(*at))
		at++;
	return at > text && !*at;
}

/* Codings before the last one that we would have to undo. */
static bool
ends_chunked(const char *coding)
{
	size_t size = strlen(coding), tail = sizeof("chunked") - 1;

	return size > tail && strchr(" \t,", coding[size - tail - 1]) &&
	       strcasecmp(coding + size - tail, "chunked") == 0;
}

static enum http_refusal
judge_framing(struct http_exchange *x, const struct seen *seen)
{
	if (!seen->codings) {
		if (seen->lengths > 1 || (seen->lengths && !is_number(seen->length)))
			return HTTP_REFUSAL_FRAMING;
		x->content_length = seen->lengths ? x->parser.llhttp.content_length : 0;
		/* It would mean that the body is chunked. */
		return x->content_length == UINT64_MAX ? HTTP_REFUSAL_FRAMING : HTTP_NO_REFUSAL;
	}
	if (seen->codings > 1 || seen->lengths || !x->is_1_1)
		return HTTP_REFUSAL_FRAMING;
	x->content_length = UINT64_MAX;
	if (strcasecmp(seen->coding, "chunked") == 0)
		return HTTP_NO_REFUSAL;
	return ends_chunked(seen->coding) ? HTTP_REFUSAL_TRANSFER_CODING : HTTP_REFUSAL_FRAMING;
}

/* ---- the request line ---- */

static enum http_method
method_of(uint8_t method)
{
	switch (method) {
	case HTTP_GET:
		return HTTP_METHOD_GET;
	case HTTP_HEAD:
		return HTTP_METHOD_HEAD;
	case HTTP_POST:
		return HTTP_METHOD_POST;
	case HTTP_PUT:
		return HTTP_METHOD_PUT;
	case HTTP_PATCH:
		return HTTP_METHOD_PATCH;
	case HTTP_DELETE:
		return HTTP_METHOD_DELETE;
	case HTTP_OPTIONS:
		return HTTP_METHOD_OPTIONS;
	default:
		return HTTP_METHOD_OTHER;
	}
}

/* What is behind scheme and host of an absolute target; NULL: it is none. */
static char *
behind_host(char *target)
{
	char *host = NULL;
	size_t size;

	if (strncasecmp(target, "http://", 7) == 0)
		host = target + 7;
	else if (strncasecmp(target, "https://", 8) == 0)
		host = target + 8;
	size = host ? strcspn(host, "/?") : 0;
	return size && is_host(host, size) ? host + size : NULL;
}

static enum http_refusal
judge_target(struct http_exchange *x)
{
	char *target = x->parser.head.text, *query;

	x->query = "";
	if (strchr(target, '#'))
		return HTTP_REFUSAL_TARGET;
	if (strcmp(target, "*") == 0) {
		x->path = target;
		return x->method == HTTP_METHOD_OPTIONS ? HTTP_NO_REFUSAL : HTTP_REFUSAL_TARGET;
	}
	if (*target != '/')
		target = behind_host(target);
	if (!target)
		return HTTP_REFUSAL_TARGET;
	query = strchr(target, '?');
	if (query) {
		*query = 0;
		x->query = query + 1;
	}
	x->path = *target ? target : "/";
	return HTTP_NO_REFUSAL;
}

static enum http_refusal
judge_request_line(struct http_exchange *x)
{
	llhttp_t *llhttp = &x->parser.llhttp;

	if (llhttp->http_major != 1)
		return HTTP_REFUSAL_VERSION;
	x->is_1_1 = llhttp->http_minor == 1;
	x->method = (uint8_t)method_of(llhttp->method);
	/* We are no proxy; and what llhttp knows beyond SOURCE are RTSP's. */
	if (llhttp->method == HTTP_CONNECT || llhttp->method > HTTP_SOURCE)
		return HTTP_REFUSAL_METHOD;
	return judge_target(x);
}

/* One of HTTP/1.0 stays only if it says so. */
static void
see_persistence(struct http_exchange *x)
{
	unsigned flags = x->parser.llhttp.flags;

	x->says_keep_alive =
		!x->is_1_1 && (flags & F_CONNECTION_KEEP_ALIVE) && !(flags & F_CONNECTION_CLOSE);
	x->closes |= x->is_1_1 ? (flags & F_CONNECTION_CLOSE) != 0 : !x->says_keep_alive;
	/* Nobody here speaks what an Upgrade asks for; llhttp would stop for it. */
	x->parser.llhttp.upgrade = 0;
}

enum http_refusal
http_judge(struct http_exchange *x)
{
	struct seen seen = {0};
	enum http_refusal refusal = judge_request_line(x);

	see_persistence(x);
	if (!refusal)
		refusal = see_all(x, &seen);
	if (!refusal)
		refusal = judge_framing(x, &seen);
	if (!refusal)
		refusal = judge_host(x, &seen);
	/* Without a body there is nothing to wait for. */
	x->owes_continue &= x->content_length > 0;
	return refusal;
}
