/* Answers: whole, or in parts as they come. */
#include "protocols/http/exchange_internal.h"

#include <stdio.h>

void
http_answer_continue(struct http_exchange *x)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

	x->owes_continue = false;
	(void)sb_write(x->session, text, sizeof(text) - 1);
}

void
http_answer_done(struct http_exchange *x)
{
	x->answer = HTTP_ANSWER_DONE;
	if (!x->owner->is_inside)
		http_kick(x->session, x->owner);
}

/* Statuses that end an exchange. */
static bool
is_final(unsigned status)
{
	return status >= 200 && status <= 599;
}

/* What the connection takes beside what waits on it already; more would end the session. */
static bool
has_room(const struct http_exchange *x, size_t size)
{
	size_t hard = sb_session_limits(x->session)->output_hard;

	return size <= hard && sb_output_size(x->session) <= hard - size;
}

static int
write_body(struct http_exchange *x, const void *data, size_t size)
{
	int err = sb_write(x->session, data, size);

	if (!err)
		http_tally(x->owner, x->owner->server->metrics.answer_octets, size);
	return err;
}

int
http_respond(struct http_exchange *x, unsigned status, const char *type, struct sb_bytes body)
{
	int err;

	if (x->answer != HTTP_ANSWER_NONE || !is_final(status))
		return SB_EINVAL;
	err = http_answer_head(x, status, type, body.size);
	if (err)
		return err;
	if (x->framing != HTTP_FRAMING_NONE)
		err = write_body(x, body.data, body.size);
	if (!err)
		http_answer_done(x);
	return err;
}

int
http_respond_begin(struct http_exchange *x, unsigned status, const char *type, uint64_t size)
{
	int err;

	if (x->answer != HTTP_ANSWER_NONE || !is_final(status))
		return SB_EINVAL;
	err = http_answer_head(x, status, type, size);
	if (err)
		return err;
	x->answer = HTTP_ANSWER_BEGUN;
	x->answer_left = size;
	http_deadline(x->session, x->owner, http_limits_of(x->owner)->answer_ms);
	return 0;
}

static int
write_chunk(struct http_exchange *x, const void *data, size_t size)
{
	char head[24];
	int head_size = snprintf(head, sizeof(head), "%zx\r\n", size);
	int err = write_body(x, head, (size_t)head_size);

	if (!err)
		err = write_body(x, data, size);
	return err ? err : write_body(x, "\r\n", 2);
}

/* The size of a chunk, and what stands around it. */
#define CHUNK_OVERHEAD 32

int
http_write(struct http_exchange *x, const void *data, size_t size)
{
	if (x->answer != HTTP_ANSWER_BEGUN)
		return SB_EINVAL;
	if (!sb_is_connected(x->session))
		return SB_GONE;
	if (size == 0 || x->framing == HTTP_FRAMING_NONE)
		return 0;
	if (x->framing == HTTP_FRAMING_LENGTH && size > x->answer_left)
		return SB_EINVAL;
	if (sb_output_is_high(x->session))
		return SB_FULL;
	if (!has_room(x, size + CHUNK_OVERHEAD))
		return SB_ELIMIT;
	if (x->framing == HTTP_FRAMING_CHUNKED)
		return write_chunk(x, data, size);
	x->answer_left -= size;
	return write_body(x, data, size);
}

int
http_respond_end(struct http_exchange *x)
{
	int err = 0;

	if (x->answer != HTTP_ANSWER_BEGUN)
		return SB_EINVAL;
	if (x->framing == HTTP_FRAMING_LENGTH && x->answer_left) {
		/* Fewer octets than were promised: the client must not take it for whole. */
		http_abort(x);
		return SB_EINVAL;
	}
	if (x->framing == HTTP_FRAMING_CHUNKED)
		err = write_body(x, "0\r\n\r\n", 5);
	if (!err)
		http_answer_done(x);
	return err;
}

bool
http_has_responded(const struct http_exchange *x)
{
	return x->answer != HTTP_ANSWER_NONE;
}
