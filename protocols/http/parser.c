#include "protocols/http/parser_internal.h"

#include <string.h>

/* What may stand between data of chunks: sizes with extensions; and the trailer, which is passed
 * over. */
#define OVERHEAD_MAX 4096u

static struct http_parser *
parser_of(llhttp_t *llhttp)
{
	return llhttp->data;
}

/* What llhttp is told: 0, or that we want no more. */
static int
verdict(struct http_parser *p, bool is_taken)
{
	if (is_taken)
		return 0;
	p->refusal = p->head.refusal;
	return HPE_USER;
}

static int
on_target(llhttp_t *llhttp, const char *at, size_t size)
{
	struct http_parser *p = parser_of(llhttp);

	return verdict(p, http_head_target(&p->head, at, size));
}

static int
on_target_end(llhttp_t *llhttp)
{
	struct http_parser *p = parser_of(llhttp);

	return verdict(p, http_head_target_end(&p->head));
}

/* Fields behind the head are the trailer's. */
static int
on_name(llhttp_t *llhttp, const char *at, size_t size)
{
	struct http_parser *p = parser_of(llhttp);

	return p->is_head_whole ? 0 : verdict(p, http_head_name(&p->head, at, size));
}

static int
on_name_end(llhttp_t *llhttp)
{
	struct http_parser *p = parser_of(llhttp);

	return p->is_head_whole ? 0 : verdict(p, http_head_name_end(&p->head));
}

static int
on_value(llhttp_t *llhttp, const char *at, size_t size)
{
	struct http_parser *p = parser_of(llhttp);

	return p->is_head_whole ? 0 : verdict(p, http_head_value(&p->head, at, size));
}

static int
on_value_end(llhttp_t *llhttp)
{
	struct http_parser *p = parser_of(llhttp);

	return p->is_head_whole ? 0 : verdict(p, http_head_value_end(&p->head));
}

static int
stop_at(llhttp_t *llhttp, enum http_event event)
{
	parser_of(llhttp)->event = (uint8_t)event;
	return HPE_PAUSED;
}

static int
on_head(llhttp_t *llhttp)
{
	parser_of(llhttp)->is_head_whole = true;
	return stop_at(llhttp, HTTP_EVENT_HEAD);
}

/* Octets up to `end` that are no data. */
static bool
check_lines(struct http_parser *p, const char *end)
{
	enum http_line line = (enum http_line)p->line;
	size_t size = (size_t)(end - p->unchecked);
	bool is_sound = http_lines_check(&line, p->unchecked, size);

	p->line = (uint8_t)line;
	p->overhead += (uint32_t)size;
	p->unchecked = end;
	return is_sound;
}

static int
on_body(llhttp_t *llhttp, const char *at, size_t size)
{
	struct http_parser *p = parser_of(llhttp);

	if (!check_lines(p, at)) {
		p->refusal = HTTP_REFUSAL_CHUNK;
		return HPE_USER;
	}
	/* Executed without octets, inside a body, it has such a part. */
	if (!size)
		return 0;
	p->part = sb_bytes(at, size);
	p->unchecked = at + size;
	p->line = HTTP_LINE_DATA;
	p->overhead = 0;
	return stop_at(llhttp, HTTP_EVENT_BODY);
}

static int
on_end(llhttp_t *llhttp)
{
	return stop_at(llhttp, HTTP_EVENT_END);
}

static const llhttp_settings_t settings = {
	.on_url = on_target,
	.on_url_complete = on_target_end,
	.on_header_field = on_name,
	.on_header_field_complete = on_name_end,
	.on_header_value = on_value,
	.on_header_value_complete = on_value_end,
	.on_headers_complete = on_head,
	.on_body = on_body,
	.on_message_complete = on_end,
};

void
http_parser_init(struct http_parser *p)
{
	llhttp_init(&p->llhttp, HTTP_REQUEST, &settings);
	p->llhttp.data = p;
	p->line = HTTP_LINE_BEGIN;
}

static enum http_event
refuse(struct http_parser *p, enum http_refusal refusal)
{
	p->refusal = (uint8_t)refusal;
	return HTTP_EVENT_REFUSED;
}

/* A method that nobody knows is told from what was never HTTP. */
static enum http_refusal
refusal_of(const struct http_parser *p, enum llhttp_errno error, const char *at, const char *end)
{
	switch (error) {
	case HPE_INVALID_METHOD:
		return at < end && ((*at >= 'A' && *at <= 'Z') || *at == '-')
			       ? HTTP_REFUSAL_METHOD
			       : HTTP_REFUSAL_MALFORMED;
	case HPE_INVALID_VERSION:
	case HPE_PAUSED_H2_UPGRADE:
		return HTTP_REFUSAL_VERSION;
	case HPE_UNEXPECTED_CONTENT_LENGTH:
	case HPE_INVALID_CONTENT_LENGTH:
	case HPE_INVALID_TRANSFER_ENCODING:
		return HTTP_REFUSAL_FRAMING;
	case HPE_INVALID_CHUNK_SIZE:
		return HTTP_REFUSAL_CHUNK;
	default:
		return p->is_head_whole ? HTTP_REFUSAL_CHUNK : HTTP_REFUSAL_MALFORMED;
	}
}

/* What was read up to `end`, and is no data, is in lines and not too much. */
static enum http_refusal
judge(struct http_parser *p, const char *end)
{
	bool is_head = !p->is_head_whole || p->event == HTTP_EVENT_HEAD;

	if (p->event != HTTP_EVENT_BODY && !check_lines(p, end))
		return is_head ? HTTP_REFUSAL_LINES : HTTP_REFUSAL_CHUNK;
	if (!is_head)
		return p->overhead > OVERHEAD_MAX ? HTTP_REFUSAL_CHUNK : HTTP_NO_REFUSAL;
	if (p->overhead > p->head.limit)
		return p->head.fields ? HTTP_REFUSAL_HEAD_SIZE : HTTP_REFUSAL_TARGET_SIZE;
	if (p->is_head_whole)
		p->overhead = 0;
	return HTTP_NO_REFUSAL;
}

static enum http_event
execute(struct http_parser *p, struct sb_bytes *in)
{
	const char *begin = (const char *)in->data, *end = begin + in->size, *stop = end;
	enum llhttp_errno error;
	enum http_refusal refusal;

	p->unchecked = begin;
	p->event = HTTP_EVENT_MORE;
	error = llhttp_execute(&p->llhttp, begin, in->size);
	if (error == HPE_PAUSED) {
		stop = llhttp_get_error_pos(&p->llhttp);
		llhttp_resume(&p->llhttp);
	} else if (error != HPE_OK) {
		if (p->refusal)
			return HTTP_EVENT_REFUSED;
		return refuse(p, refusal_of(p, error, llhttp_get_error_pos(&p->llhttp), end));
	}
	refusal = judge(p, stop);
	if (refusal)
		return refuse(p, refusal);
	*in = sb_bytes(stop, (size_t)(end - stop));
	return (enum http_event)p->event;
}

/* Data that llhttp has read already. */
static enum http_event
again(struct http_parser *p, struct sb_bytes *in)
{
	size_t size = p->unread < in->size ? p->unread : in->size;

	if (!size)
		return HTTP_EVENT_MORE;
	p->part = sb_bytes(in->data, size);
	p->unread -= (uint32_t)size;
	*in = sb_bytes(in->data + size, in->size - size);
	return HTTP_EVENT_BODY;
}

enum http_event
http_parser_next(struct http_parser *p, struct sb_bytes *in)
{
	static const uint8_t none[1];

	if (p->unread)
		return again(p, in);
	if (!in->data)
		*in = sb_bytes(none, 0);
	return execute(p, in);
}

void
http_parser_unread(struct http_parser *p, struct sb_bytes *in, size_t size)
{
	p->unread += (uint32_t)size;
	*in = sb_bytes(in->data - size, in->size + size);
}
