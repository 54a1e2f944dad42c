/*
 * The body of a request: counted, inflated, given to the handler in parts. A handler that
 * holds is given no more: what is left of a compressed part goes back to the parser.
 */
#include "protocols/http/exchange_internal.h"

/* The body's deadline is renewed with so many octets. */
#define RENEWAL 65536u

/* Over the first of these octets, a body may grow by no more than this. */
#define RATIO_FREE (1u << 20)
#define RATIO_MAX  200u

static void
pass_over(struct http_exchange *x, size_t size)
{
	x->passed_over += size;
	if (x->passed_over > HTTP_PASS_OVER)
		sb_close(x->session, SB_END_LOCAL);
}

/* False: the handler takes no more, now or ever. */
static bool
deliver(struct http_exchange *x, struct sb_bytes part)
{
	x->body_size += part.size;
	if (x->body_size > x->body_limit) {
		http_refuse(x, x->inflater ? HTTP_REFUSAL_INFLATED : HTTP_REFUSAL_BODY_SIZE);
		return false;
	}
	x->owner->is_inside = true;
	x->handler->body(x, part);
	x->owner->is_inside = false;
	http_exchange_settle(x);
	return !x->is_held && x->answer != HTTP_ANSWER_DONE && !sb_is_closing(x->session);
}

static bool
is_bomb(const struct http_exchange *x)
{
	return x->body_size > RATIO_FREE && x->body_size / RATIO_MAX > x->wire_size;
}

static bool
inflate_some(struct http_exchange *x, struct sb_bytes *rest)
{
	struct http_session *p = x->owner;
	uint8_t *out = p->server->shards[p->shard].inflated;
	ssize_t size = http_inflate(x->inflater, rest, out, HTTP_PIECE);

	x->has_inflated = size == HTTP_PIECE;
	if (size < 0)
		http_refuse(x, size == SB_ENOMEM ? HTTP_REFUSAL_MEMORY : HTTP_REFUSAL_CONTENT);
	else if (is_bomb(x))
		http_refuse(x, HTTP_REFUSAL_INFLATED);
	if (sb_is_closing(x->session))
		return false;
	http_tally(p, p->server->metrics.inflated, (uint64_t)size);
	return size == 0 || deliver(x, sb_bytes(out, (size_t)size));
}

static void
inflate_part(struct http_exchange *x, struct sb_bytes *in)
{
	struct sb_bytes rest = x->parser.part;

	while (rest.size || x->has_inflated)
		if (!inflate_some(x, &rest))
			break;
	x->has_inflated &= x->is_held;
	if (rest.size && x->is_held) {
		http_parser_unread(&x->parser, in, rest.size);
		x->wire_size -= rest.size; /* it is counted when it comes again */
	}
}

static bool
is_inflatable(struct http_exchange *x)
{
	if (x->coding == HTTP_CODING_IDENTITY)
		return true;
	if (!x->inflater)
		x->inflater = http_inflater_new(x->owner->server->env, (enum http_coding)x->coding);
	return x->inflater != NULL;
}

static void
count(struct http_exchange *x, size_t size)
{
	struct http_session *p = x->owner;

	x->wire_size += size;
	if (x->wire_size - x->renewed_size >= RENEWAL && !x->is_held) {
		x->renewed_size = x->wire_size;
		http_deadline(x->session, p, http_limits_of(p)->body_ms);
	}
}

void
http_body_part(struct http_exchange *x, struct sb_bytes *in)
{
	size_t size = x->parser.part.size;

	x->owes_continue = false;
	count(x, size);
	if (x->answer == HTTP_ANSWER_DONE) {
		pass_over(x, size);
		return;
	}
	if (x->wire_size > x->body_limit) {
		http_refuse(x, HTTP_REFUSAL_BODY_SIZE);
		return;
	}
	if (!x->handler || !x->handler->body)
		return;
	if (!is_inflatable(x))
		http_refuse(x, HTTP_REFUSAL_MEMORY);
	else if (x->inflater)
		inflate_part(x, in);
	else
		(void)deliver(x, x->parser.part);
}

bool
http_body_is_whole(const struct http_exchange *x)
{
	return !x->inflater || http_inflater_has_ended(x->inflater);
}
