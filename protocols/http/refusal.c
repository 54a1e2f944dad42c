/* Requests that the server answers itself, because nobody can be asked or has answered. */
#include "protocols/http/exchange_internal.h"

struct refusal {
	uint16_t status;
	uint8_t end; /* enum sb_end */
	const char *text;
};

static const struct refusal refusals[] = {[HTTP_NO_REFUSAL] = {200, SB_END_LOCAL, "none"},
#define X(name, status, end, text) [HTTP_REFUSAL_##name] = {(status), SB_END_##end, (text)},
	HTTP_REFUSAL_MAP(X)
#undef X
};

const char *
http_refusal_text(enum http_refusal refusal)
{
	return refusals[refusal].text;
}

/* Its method and target are known once the head is whole. */
static void
say(const struct http_exchange *x, const struct refusal *refusal)
{
	SB_LOG_LIMITED(x->session, INFO, "http.refused", "reason", SB_STR(refusal->text), "status",
		SB_UINT(refusal->status), "method", SB_STR(x->path ? http_method_name(x) : NULL),
		"path", SB_STR(x->path));
}

#define BODY_MAX 512

/* Without what a handler wanted to say. */
static void
answer(struct http_exchange *x, unsigned status)
{
	const struct http_server_options *options = &x->owner->server->options;
	struct sb_bytes text = sb_bytes_text(http_status_text(status));
	struct http_answer head = {.status = status, .type = "text/plain"};
	char body[BODY_MAX];

	if (options->refusal) {
		text = sb_bytes(body, options->refusal(status, body, sizeof(body)));
		head.type = options->refusal_type;
	}
	head.size = text.size;

	http_answer_fields_free(x);
	if (http_answer_head(x, &head) == 0 && x->framing != HTTP_FRAMING_NONE)
		(void)sb_write(x->session, text.data, text.size);
}

void
http_refuse(struct http_exchange *x, enum http_refusal why)
{
	const struct refusal *refusal = &refusals[why];
	struct http_session *p = x->owner;

	http_tally(p, p->server->metrics.refusals[why], 1);
	say(x, refusal);
	x->closes = true;
	if (x->answer == HTTP_ANSWER_NONE) {
		answer(x, refusal->status);
		sb_close(x->session, (enum sb_end)refusal->end);
	} else {
		/* A part of another answer is out: only a reset says that it is not whole. */
		sb_abort(x->session, (enum sb_end)refusal->end);
	} /* Now, and not when the client has gone, too: that may take its time. */
	http_exchange_close_handler(x);
}
