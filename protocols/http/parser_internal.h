/*
 * A request as a row of events: the head, parts of the body, the end. llhttp reads it; what
 * it takes and we do not is judged on the way. Nothing of a module's runs inside llhttp:
 * it stops at each event.
 */
#ifndef SB_HTTP_PARSER_INTERNAL_H
#define SB_HTTP_PARSER_INTERNAL_H

#include "core/bytes.h"
#include "protocols/http/head_internal.h"
#include "protocols/http/lines_internal.h"

#include <llhttp.h>

enum http_event {
	HTTP_EVENT_MORE, /* all is read, and something is missing */
	HTTP_EVENT_HEAD,
	HTTP_EVENT_BODY, /* `part` */
	HTTP_EVENT_END,
	HTTP_EVENT_REFUSED, /* `refusal` */
};

struct http_parser {
	llhttp_t llhttp;
	struct http_head head;
	struct sb_bytes part;
	const char *unchecked; /* inside http_parser_next: the first octet that is no data */
	uint32_t overhead;     /* octets that are no data, since the last data */
	uint32_t unread;       /* octets in front of the input that llhttp has read as data */
	uint8_t event;         /* enum http_event: where llhttp stopped */
	uint8_t refusal;       /* enum http_refusal */
	uint8_t line;          /* enum http_line */
	bool is_head_whole;
};

/* The head is set up by the caller. */
void http_parser_init(struct http_parser *p);

/* Takes octets off `in`, up to the next event. With none, the end can still come. */
enum http_event http_parser_next(struct http_parser *p, struct sb_bytes *in);

/* The last `size` octets of the part were not used: the next input begins with them. They are put
 * back in front of `in`, which they were taken from. */
void http_parser_unread(struct http_parser *p, struct sb_bytes *in, size_t size);

#endif
