/* Answers: whole, or in parts as they come; compressed where that is asked for and worth it. */
#include "protocols/http/exchange_internal.h"

#include <stdio.h>

/* Smaller ones fit a packet as they are. */
#define COMPRESSED_MIN 1024

/* A larger one would hold the turn up for milliseconds: it is for an answer in parts. */
#define COMPRESSED_MAX (256u << 10)

/* The size of a chunk, and what stands around it. */
#define CHUNK_OVERHEAD 32

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

bool
http_has_responded(const struct http_exchange *x)
{
	return x->answer != HTTP_ANSWER_NONE;
}

/* Statuses that end an exchange. */
static bool
is_final(unsigned status)
{
	return status >= 200 && status <= 599;
}

/* Sets what may be done with the answer: `varies`, and the coding that would be used. */
static void
choose_coding(const struct http_exchange *x, struct http_answer *answer)
{
	if (x->owner->server->options.no_compression || x->is_fixed || answer->status != 200 ||
		answer->size < COMPRESSED_MIN || !http_type_is_text(answer->type))
		return;
	answer->varies = true;
	answer->coding = http_coding_accepted(x->accept_encoding);
}

static int
write_body(struct http_exchange *x, const void *data, size_t size)
{
	int err = sb_write(x->session, data, size);

	if (!err)
		http_tally(x->owner, x->owner->server->metrics.answer_octets, size);
	return err;
}

/* ---- whole ---- */

static int
respond(struct http_exchange *x, const struct http_answer *answer, struct sb_bytes body)
{
	int err = http_answer_head(x, answer);

	if (!err && x->framing != HTTP_FRAMING_NONE)
		err = write_body(x, body.data, body.size);
	if (!err)
		http_answer_done(x);
	return err;
}

/* What the body becomes, in memory that the caller releases; NULL: it stays as it is, for want of
 * memory or because it would not be smaller. */
static uint8_t *
compress_all(struct http_exchange *x, enum http_coding coding, struct sb_bytes *body)
{
	struct http_compressor *compressor = http_compressor_new(x->owner->server->env, coding);
	struct sb_bytes rest = *body;
	size_t bound, size;
	uint8_t *out = NULL;

	if (!compressor)
		return NULL;
	bound = http_compress_bound(compressor, body->size);
	out = sb_allocate(x->session, bound);
	size = out ? http_compress(compressor, &rest, true, out, bound) : bound;
	http_compressor_free(compressor);
	if (out && size < body->size) {
		*body = sb_bytes(out, size);
		return out;
	}
	sb_release(x->session, out);
	return NULL;
}

int
http_respond(struct http_exchange *x, unsigned status, const char *type, struct sb_bytes body)
{
	struct http_answer answer = {.status = status, .type = type, .size = body.size};
	uint8_t *compressed = NULL;
	int err;

	if (x->answer != HTTP_ANSWER_NONE || !is_final(status))
		return SB_EINVAL;
	if (!sb_is_connected(x->session))
		return SB_GONE;
	choose_coding(x, &answer);
	if (answer.coding != HTTP_CODING_IDENTITY && body.size <= COMPRESSED_MAX)
		compressed = compress_all(x, answer.coding, &body);
	if (!compressed)
		answer.coding = HTTP_CODING_IDENTITY;
	answer.size = body.size;
	err = respond(x, &answer, body);
	sb_release(x->session, compressed);
	return err;
}

/* ---- in parts ---- */

int
http_respond_begin(struct http_exchange *x, unsigned status, const char *type, uint64_t size)
{
	struct http_answer answer = {.status = status, .type = type, .size = size};
	int err;

	if (x->answer != HTTP_ANSWER_NONE || !is_final(status))
		return SB_EINVAL;
	choose_coding(x, &answer);
	if (answer.coding != HTTP_CODING_IDENTITY)
		x->compressor = http_compressor_new(x->owner->server->env, answer.coding);
	if (x->compressor)
		answer.size = UINT64_MAX;
	else
		answer.coding = HTTP_CODING_IDENTITY;
	err = http_answer_head(x, &answer);
	if (err)
		return err;
	x->answer = HTTP_ANSWER_BEGUN;
	x->answer_left = size;
	http_deadline(x->session, x->owner, http_limits_of(x->owner)->answer_ms);
	return 0;
}

static int
write_part(struct http_exchange *x, const void *data, size_t size)
{
	char head[24];
	int head_size, err;

	if (x->framing != HTTP_FRAMING_CHUNKED)
		return write_body(x, data, size);
	head_size = snprintf(head, sizeof(head), "%zx\r\n", size);
	err = write_body(x, head, (size_t)head_size);
	if (!err)
		err = write_body(x, data, size);
	return err ? err : write_body(x, "\r\n", 2);
}

static int
write_compressed(struct http_exchange *x, struct sb_bytes in, bool is_last)
{
	struct http_session *p = x->owner;
	uint8_t *out = p->server->shards[p->shard].compressed;
	size_t size;
	int err = 0;

	do {
		size = http_compress(x->compressor, &in, is_last, out, HTTP_PIECE);
		if (size)
			err = write_part(x, out, size);
	} while (!err && size == HTTP_PIECE);
	return err;
}

/* What the connection takes beside what waits on it already; more would end the session. */
static bool
has_room(const struct http_exchange *x, size_t size)
{
	size_t hard = sb_session_limits(x->session)->output_hard;
	size_t whole = size + size / 256 + CHUNK_OVERHEAD * (size / HTTP_PIECE + 2);

	return whole <= hard && sb_output_size(x->session) <= hard - whole;
}

int
http_write(struct http_exchange *x, const void *data, size_t size)
{
	if (x->answer != HTTP_ANSWER_BEGUN || size > x->answer_left)
		return SB_EINVAL;
	if (!sb_is_connected(x->session))
		return SB_GONE;
	if (size == 0 || x->framing == HTTP_FRAMING_NONE)
		return 0;
	if (sb_output_is_high(x->session))
		return SB_FULL;
	if (!has_room(x, size))
		return SB_ELIMIT;
	if (x->answer_left != UINT64_MAX)
		x->answer_left -= size;
	return x->compressor ? write_compressed(x, sb_bytes(data, size), false)
			     : write_part(x, data, size);
}

/* Fewer octets than were promised must not be taken for the whole. */
static bool
is_short(const struct http_exchange *x)
{
	return x->answer_left && x->answer_left != UINT64_MAX && x->framing != HTTP_FRAMING_NONE;
}

int
http_respond_end(struct http_exchange *x)
{
	int err = 0;

	if (x->answer != HTTP_ANSWER_BEGUN)
		return SB_EINVAL;
	if (is_short(x)) {
		http_abort(x);
		return SB_EINVAL;
	}
	if (!sb_is_connected(x->session))
		return SB_GONE;
	if (x->compressor && x->framing != HTTP_FRAMING_NONE)
		err = write_compressed(x, sb_bytes(NULL, 0), true);
	if (!err && x->framing == HTTP_FRAMING_CHUNKED)
		err = write_body(x, "0\r\n\r\n", 5);
	if (!err)
		http_answer_done(x);
	return err;
}
