/* Status line and fields of an answer: put together in the connection's output, in one go. */
#include "protocols/http/exchange_internal.h"

#include <string.h>

/* Status line, Date, Content-Length, Transfer-Encoding, Connection: with their longest values. */
#define OWN_SIZE 256

/* ---- fields that the handler sets ---- */

void
http_answer_fields_free(struct http_exchange *x)
{
	sb_release(x->session, x->fields_memory);
	x->fields = NULL;
	x->fields_memory = NULL;
	x->fields_size = x->fields_capacity = 0;
}

/* First what the block has left, then memory of their own. */
static char *
fields_room(struct http_exchange *x, size_t size)
{
	size_t wanted = x->fields_size + size;
	char *memory;

	if (!x->fields) {
		x->fields = x->room + x->room_used;
		x->fields_capacity = (uint32_t)(HTTP_EXCHANGE_ROOM - x->room_used);
		x->room_used = HTTP_EXCHANGE_ROOM;
	}
	if (wanted <= x->fields_capacity)
		return x->fields + x->fields_size;
	memory = sb_allocate(x->session, wanted * 2);
	if (!memory)
		return NULL;
	memcpy(memory, x->fields, x->fields_size);
	sb_release(x->session, x->fields_memory);
	x->fields = x->fields_memory = memory;
	x->fields_capacity = (uint32_t)(wanted * 2);
	return memory + x->fields_size;
}

/* Longer ones no client takes. */
#define FIELD_MAX 16384

static bool
is_field_text(const char *text, size_t size)
{
	return size <= FIELD_MAX && !text[strcspn(text, "\r\n")];
}

int
http_set_field(struct http_exchange *x, const char *name, const char *value)
{
	size_t name_size = strlen(name), value_size = strlen(value);
	char *at;

	if (!name_size || !is_field_text(name, name_size) || !is_field_text(value, value_size) ||
		x->answer != HTTP_ANSWER_NONE)
		return SB_EINVAL;
	at = fields_room(x, name_size + value_size + 4);
	if (!at)
		return SB_ENOMEM;
	memcpy(at, name, name_size);
	memcpy(at + name_size, ": ", 2);
	memcpy(at + name_size + 2, value, value_size);
	memcpy(at + name_size + 2 + value_size, "\r\n", 2);
	x->fields_size += (uint32_t)(name_size + value_size + 4);
	return 0;
}

/* ---- the head ---- */

static void
put(char **at, const char *text, size_t size)
{
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
put_framing(char **at, const struct http_exchange *x, unsigned status, uint64_t size)
{
	/* 204 and 304 have neither body nor length (RFC 9110, 8.6). */
	if (status == 204 || status == 304)
		return;
	if (size != UINT64_MAX) {
		PUT(at, "Content-Length: ");
		put_number(at, size);
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
framing_of(const struct http_exchange *x, unsigned status, uint64_t size)
{
	if (status == 204 || status == 304 || x->method == HTTP_METHOD_HEAD)
		return HTTP_FRAMING_NONE;
	if (size != UINT64_MAX)
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
					   x->content_length - x->body_size > HTTP_PASS_OVER);
}

static void
count(const struct http_exchange *x, unsigned status, size_t size)
{
	const struct http_session *p = x->owner;

	http_tally(p, p->server->metrics.answers[status / 100 - 1], 1);
	http_tally(p, p->server->metrics.answer_octets, size);
}

int
http_answer_head(struct http_exchange *x, unsigned status, const char *type, uint64_t size)
{
	size_t type_size = type ? strlen(type) : 0;
	char *begin, *at;

	if (!sb_is_connected(x->session))
		return SB_GONE;
	begin = (char *)sb_write_room(x->session, OWN_SIZE + type_size + x->fields_size);
	if (!begin)
		return SB_FULL;
	x->framing = (uint8_t)framing_of(x, status, size);
	if (x->framing == HTTP_FRAMING_CLOSE || is_rest_refused(x))
		x->closes = true;
	at = begin;
	put_status(&at, status);
	put_date(&at, x);
	if (type) {
		PUT(&at, "Content-Type: ");
		put(&at, type, type_size);
		PUT(&at, "\r\n");
	}
	if (x->fields_size)
		put(&at, x->fields, x->fields_size);
	put_framing(&at, x, status, size);
	put_connection(&at, x);
	PUT(&at, "\r\n");
	sb_write_commit(x->session, (size_t)(at - begin));
	x->status = (uint16_t)status;
	x->owes_continue = false;
	count(x, status, (size_t)(at - begin));
	return 0;
}
