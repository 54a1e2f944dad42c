/* Status line and fields of an answer: put together in the connection's output, in one go. */
#include "protocols/http/exchange_internal.h"

#include <string.h>

/* What is ours of it, with the longest values. */
#define OWN_SIZE 320

static void
put(char **at, const char *text, size_t size)
{
	if (size)
		memcpy(*at, text, size);
	*at += size;
}

#define PUT(at, literal) put(at, literal, sizeof(literal) - 1)

static void
put_number(char **at, uint64_t value)
{
	char digits[20];
	size_t size = 0;

	do {
		digits[sizeof(digits) - ++size] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put(at, digits + sizeof(digits) - size, size);
}

static void
put_status(char **at, unsigned status)
{
	const char *text = http_status_text(status);

	PUT(at, "HTTP/1.1 ");
	put_number(at, status);
	PUT(at, " ");
	put(at, text, strlen(text));
	PUT(at, "\r\n");
}

/* Made once a second. */
static void
put_date(char **at, const struct http_exchange *x)
{
	struct http_server_shard *shard = &x->owner->server->shards[x->owner->shard];
	int64_t now_s = sb_wall_ms(x->session) / 1000;

	if (shard->date_s != now_s || !shard->date[0]) {
		http_date_format(now_s, shard->date);
		shard->date_s = now_s;
	}
	PUT(at, "Date: ");
	put(at, shard->date, HTTP_DATE_SIZE - 1);
	PUT(at, "\r\n");
}

static void
put_type(char **at, const struct http_answer *answer)
{
	if (answer->type) {
		PUT(at, "Content-Type: ");
		put(at, answer->type, strlen(answer->type));
		PUT(at, "\r\n");
	}
	if (answer->coding != HTTP_CODING_IDENTITY) {
		const char *name = http_coding_name(answer->coding);

		PUT(at, "Content-Encoding: ");
		put(at, name, strlen(name));
		PUT(at, "\r\n");
	}
	if (answer->varies)
		PUT(at, "Vary: Accept-Encoding\r\n");
}

/* 204 and 304 have neither body nor length (RFC 9110, 8.6). */
static bool
has_no_body(unsigned status)
{
	return status == 204 || status == 304;
}

static void
put_framing(char **at, const struct http_exchange *x, const struct http_answer *answer)
{
	if (has_no_body(answer->status))
		return;
	if (answer->size != UINT64_MAX) {
		PUT(at, "Content-Length: ");
		put_number(at, answer->size);
		PUT(at, "\r\n");
	} else if (x->is_1_1) {
		PUT(at, "Transfer-Encoding: chunked\r\n");
	}
}

static void
put_connection(char **at, const struct http_exchange *x)
{
	if (x->closes)
		PUT(at, "Connection: close\r\n");
	else if (x->says_keep_alive)
		PUT(at, "Connection: keep-alive\r\n");
}

static enum http_answer_framing
framing_of(const struct http_exchange *x, const struct http_answer *answer)
{
	if (has_no_body(answer->status) || x->method == HTTP_METHOD_HEAD)
		return HTTP_FRAMING_NONE;
	if (answer->size != UINT64_MAX)
		return HTTP_FRAMING_LENGTH;
	return x->is_1_1 ? HTTP_FRAMING_CHUNKED : HTTP_FRAMING_CLOSE;
}

/* What is left of the request is not worth reading, or may never come. */
static bool
is_rest_refused(const struct http_exchange *x)
{
	if (x->request == HTTP_REQUEST_DONE)
		return false;
	return x->owes_continue || (x->content_length != UINT64_MAX &&
					   x->content_length - x->wire_size > HTTP_PASS_OVER);
}

static void
count(const struct http_exchange *x, const struct http_answer *answer, size_t size)
{
	const struct http_session *p = x->owner;

	http_tally(p, p->server->metrics.answers[answer->status / 100 - 1], 1);
	http_tally(p, p->server->metrics.answer_octets, size);
	if (answer->coding != HTTP_CODING_IDENTITY)
		http_tally(p, p->server->metrics.compressed, 1);
}

int
http_answer_head(struct http_exchange *x, const struct http_answer *answer)
{
	size_t size = OWN_SIZE + (answer->type ? strlen(answer->type) : 0) + x->fields_size;
	char *begin, *at;

	if (!sb_is_connected(x->session))
		return SB_GONE;
	begin = (char *)sb_write_room(x->session, size);
	if (!begin)
		return SB_FULL;
	x->framing = (uint8_t)framing_of(x, answer);
	if (x->framing == HTTP_FRAMING_CLOSE || is_rest_refused(x))
		x->closes = true;
	at = begin;
	put_status(&at, answer->status);
	put_date(&at, x);
	put_type(&at, answer);
	put(&at, x->fields, x->fields_size);
	put_framing(&at, x, answer);
	put_connection(&at, x);
	PUT(&at, "\r\n");
	sb_write_commit(x->session, (size_t)(at - begin));
	x->status = (uint16_t)answer->status;
	x->owes_continue = false;
	count(x, answer, (size_t)(at - begin));
	return 0;
}
