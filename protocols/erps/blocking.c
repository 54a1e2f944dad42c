/*
 * The blocking client. What it does to its session it does inside the session's own
 * callbacks, as everybody must: a request is put into an order, posted as a message, and
 * turns are taken until the message has been handled. What the session is told goes
 * into a queue.
 */
#include "protocols/erps/blocking.h"

#include "core/node.h"
#include "protocols/erps/blocking_queue_internal.h"
#include "protocols/erps/client_internal.h"

#include <string.h>

#define QUEUE      1024
#define CREDIT     16
#define STOP_MS    10000
#define CONNECT_MS 5000 /* the connector's */
#define SLACK_MS   100

/* Of what has come a little later: a bound, for a server may never pause. */
#define MORE_TURNS 64

enum state {
	STATE_CONNECTING,
	STATE_CONNECTED,
	STATE_ENDED,
};

/* Messages to the session. */
enum blocking_message {
	BLOCKING_READ_ON,
	BLOCKING_ORDER,
	BLOCKING_NOTHING, /* asks whether it still takes any */
};

/* What is to be done inside the session, and how it went. */
struct order {
	struct erps_term request; /* data NULL: only to say how many wait to be sent */
	bool is_cast;
	uint32_t deadline_ms;
	uint32_t credit;
	uint64_t id;
	size_t queued;
	int result;
	bool is_done;
};

struct erps_blocking {
	const struct sb_env *env;
	struct sb_log *own_log;
	struct sb_node *node;
	struct erps_client *client;
	struct sb_address session;
	enum state state;
	enum sb_end why;
	bool is_held;
	uint32_t queue_limit;
	uint64_t dropped;
	uint64_t awaited;                         /* the call that is waited for; 0: none */
	const struct erps_stream_options *stream; /* of that call; NULL: it has no parts */
	enum erps_outcome outcome;
	struct erps_event_entry *answer; /* its term; NULL: it has none */
	struct erps_event_queue came;
	struct erps_event_queue fetched; /* the caller has them until it fetches again */
};

/* ---- the session ---- */

static struct erps_blocking *
blocking_of(const struct sb_session *s)
{
	return *(struct erps_blocking **)erps_client_state(s);
}

static int
on_start(struct sb_session *s, const void *args)
{
	struct erps_blocking *b = (struct erps_blocking *)(uintptr_t)args;

	*(struct erps_blocking **)erps_client_state(s) = b;
	b->session = sb_self(s);
	return 0;
}

static void
on_connected(struct sb_session *s, const struct sb_peer *peer)
{
	(void)peer;
	blocking_of(s)->state = STATE_CONNECTED;
}

static bool
is_full(const struct erps_blocking *b)
{
	return b->came.count >= b->queue_limit;
}

/* An answer that is waited for is behind what fills the queue: then it is read on. */
static void
hold_if_full(struct sb_session *s)
{
	struct erps_blocking *b = blocking_of(s);

	if (!is_full(b) || b->awaited || b->is_held)
		return;
	b->is_held = true;
	sb_hold(s, "blocking");
}

/* Out of memory ends the session: an event that is missing would not be noticed. */
static void
put(struct sb_session *s, enum erps_event_kind kind, struct erps_term term)
{
	struct erps_blocking *b = blocking_of(s);
	struct erps_event_entry *entry;

	if (is_full(b)) {
		b->dropped++;
		return;
	}
	entry = erps_event_entry_new(b->env, kind, term);
	if (!entry) {
		sb_close(s, SB_END_LIMIT);
		return;
	}
	erps_event_queue_put(&b->came, entry);
	hold_if_full(s);
}

static void
on_pushed(struct sb_session *s, struct erps_term push)
{
	put(s, ERPS_EVENT_PUSH, push);
}

static void
on_refused(struct sb_session *s, struct erps_term reason)
{
	put(s, ERPS_EVENT_ERROR, reason);
}

static void
on_answered(struct sb_session *s, const struct erps_answer *answer)
{
	struct erps_blocking *b = blocking_of(s);

	if (b->awaited != answer->id)
		return; /* its caller has given up */
	b->awaited = 0;
	b->outcome = answer->outcome;
	hold_if_full(s);
	if (!answer->term.data)
		return;
	b->answer = erps_event_entry_new(b->env, ERPS_EVENT_PUSH, answer->term);
	if (b->answer)
		return;
	b->outcome = ERPS_LOST;
	sb_close(s, SB_END_LIMIT);
}

/* The next one may come. */
static void
on_part(struct sb_session *s, uint64_t id, uint64_t context, struct erps_term part)
{
	struct erps_blocking *b = blocking_of(s);

	(void)context;
	if (b->awaited != id)
		return;
	b->stream->part(b->stream->context, part);
	(void)erps_client_credit(s, id, 1);
}

static void
carry_out(struct sb_session *s, struct order *order)
{
	const struct erps_call_options options = {
		.deadline_ms = order->deadline_ms, .credit = order->credit};

	if (order->is_cast)
		order->result = erps_client_cast(s, order->request);
	else if (order->request.data)
		order->result = erps_client_call(s, order->request, &options, &order->id);
	order->queued = erps_client_queued(s);
	order->is_done = true;
	if (order->id)
		blocking_of(s)->awaited = order->id;
}

static void
on_message(struct sb_session *s, struct sb_message *m)
{
	struct order *order;

	switch ((enum blocking_message)m->type) {
	case BLOCKING_READ_ON:
		blocking_of(s)->is_held = false;
		sb_resume(s);
		break;
	case BLOCKING_ORDER:
		memcpy(&order, m->data, sizeof(order));
		carry_out(s, order);
		break;
	case BLOCKING_NOTHING:
		break;
	}
}

static void
on_closed(struct sb_session *s, enum sb_end why)
{
	struct erps_blocking *b = blocking_of(s);

	b->state = STATE_ENDED;
	b->why = why;
}

static const struct erps_client_application application = {
	.name = "erps.blocking",
	.state_size = sizeof(struct erps_blocking *),
	.start = on_start,
	.connected = on_connected,
	.answered = on_answered,
	.part = on_part,
	.pushed = on_pushed,
	.refused = on_refused,
	.message = on_message,
	.closed = on_closed,
};

/* ---- turns ---- */

static uint64_t
now(const struct erps_blocking *b)
{
	const struct sb_env *env = sb_node_env(b->node);

	return env->now(env->context);
}

static bool
is_over(const struct erps_blocking *b)
{
	return b->state == STATE_ENDED || sb_node_is_stopped(b->node);
}

/* One turn, which waits until `deadline` where there is nothing to do. False: it has passed. */
static bool
turn(struct erps_blocking *b, uint64_t deadline)
{
	uint64_t at = now(b);

	(void)sb_node_turn(b->node, 0, deadline > at ? (int64_t)(deadline - at) : 0);
	return now(b) < deadline;
}

static uint64_t
deadline_in(const struct erps_blocking *b, uint64_t ms)
{
	return now(b) + ms * ERPS_NS_PER_MS;
}

/* Inside the session. SB_GONE when there is none any more. */
static int
give_order(struct erps_blocking *b, struct order *order)
{
	int err = sb_node_post(
		b->node, b->session, BLOCKING_ORDER, 0, SB_COPY(&order, sizeof(order)));

	if (err)
		return err;
	/* A message that was taken is handled in the next turn, or dropped with its session, whose
	 * connection may linger long after: then it takes no message any more. */
	while (!order->is_done && !is_over(b)) {
		(void)turn(b, now(b));
		if (!order->is_done && sb_node_post(b->node, b->session, BLOCKING_NOTHING, 0,
					       SB_NOTHING) == SB_GONE)
			return SB_GONE;
	}
	return order->is_done ? order->result : SB_GONE;
}

static void
read_on(struct erps_blocking *b)
{
	(void)sb_node_post(b->node, b->session, BLOCKING_READ_ON, 0, SB_NOTHING);
}

/* ---- open and close ---- */

static int
make_node(struct erps_blocking *b, const struct erps_blocking_options *o)
{
	static const struct sb_log_options silent = {.level = SB_LOG_FATAL, .fd = 2};
	struct sb_node_options node = {.threads = 1, .env = b->env, .log = o->log};
	struct erps_client_options client = o->client;

	if (!node.log) {
		b->own_log = sb_log_new(&silent);
		node.log = b->own_log;
	}
	if (!node.log)
		return SB_ENOMEM;
	/* Ending is the caller's to notice; a second life would lose what it knows of the first. */
	client.restart = SB_TEMPORARY;
	client.shard = 0;
	if (sb_node_new(&b->node, &node))
		return SB_ENOMEM;
	return erps_client_start(
		b->node, client.host, client.port, &application, b, &client, &b->client);
}

/* The session has deadlines of its own for all that it does, and one that could not even start has
 * none: this is behind them. */
static uint64_t
open_deadline(const struct erps_blocking *b, const struct erps_client_options *o)
{
	uint64_t ms = o->connect_ms ? o->connect_ms : CONNECT_MS;

	if (o->tls)
		ms += sb_limits_complete(o->limits, 0).handshake_ms;
	if (o->probe)
		ms += erps_client_options(b->client)->call_ms;
	return deadline_in(b, ms + SLACK_MS);
}

static int
error_of_end(enum sb_end why)
{
	if (why == SB_END_DEADLINE)
		return SB_TIMEOUT;
	return why == SB_END_TLS ? SB_ETLS : SB_EUNREACH;
}

static int
wait_until_connected(struct erps_blocking *b, const struct erps_client_options *o)
{
	uint64_t deadline = open_deadline(b, o);

	while (b->state == STATE_CONNECTING && !is_over(b))
		if (!turn(b, deadline))
			return SB_TIMEOUT;
	return b->state == STATE_CONNECTED ? 0 : error_of_end(b->why);
}

static void
blocking_free(struct erps_blocking *b)
{
	sb_node_free(b->node);
	erps_client_free(b->client);
	sb_log_free(b->own_log);
	b->env->release(b->env->context, b->answer);
	erps_event_queue_clear(b->env, &b->came);
	erps_event_queue_clear(b->env, &b->fetched);
	b->env->release(b->env->context, b);
}

int
erps_blocking_open(struct erps_blocking **b, const struct erps_blocking_options *options)
{
	const struct sb_env *env = options->env ? options->env : sb_env_system();
	struct erps_blocking *made = env->allocate(env->context, sizeof(*made));
	int err;

	if (!made)
		return SB_ENOMEM;
	memset(made, 0, sizeof(*made));
	made->env = env;
	made->queue_limit = options->queue ? options->queue : QUEUE;
	err = make_node(made, options);
	if (!err)
		err = wait_until_connected(made, &options->client);
	if (err) {
		blocking_free(made);
		return err;
	}
	*b = made;
	return 0;
}

void
erps_blocking_close(struct erps_blocking *b)
{
	uint64_t deadline;

	if (!b)
		return;
	deadline = deadline_in(b, STOP_MS);
	sb_node_stop(b->node);
	while (!sb_node_is_stopped(b->node) && turn(b, deadline))
		;
	blocking_free(b);
}

/* ---- calls and casts ---- */

static int
error_of_outcome(enum erps_outcome outcome)
{
	switch (outcome) {
	case ERPS_REPLIED:
	case ERPS_FAILED:
	case ERPS_MALFORMED:
		return 0;
	case ERPS_TIMED_OUT:
		return SB_TIMEOUT;
	case ERPS_LOST:
	case ERPS_UNSENT:
		break;
	}
	return SB_GONE;
}

/* The session's own deadline comes first; behind it is only a node that does not turn. */
static void
wait_for_answer(struct erps_blocking *b, uint32_t ms)
{
	uint64_t deadline = ms == SB_UNLIMITED ? UINT64_MAX : deadline_in(b, ms + SLACK_MS);

	while (b->awaited && !is_over(b))
		if (!turn(b, deadline))
			return;
}

static int
call(struct erps_blocking *b, struct order *order, struct erps_answer *answer)
{
	const uint32_t ms = order->deadline_ms;
	struct erps_event_entry *before = b->answer;
	int err;

	*answer = (struct erps_answer){.outcome = ERPS_UNSENT};
	if (!order->request.data)
		return SB_EINVAL;
	b->answer = NULL;
	b->outcome = ERPS_LOST;
	if (b->is_held)
		read_on(b);
	err = give_order(b, order);
	/* Not sooner: the request may be made of it. */
	b->env->release(b->env->context, before);
	if (err)
		return err;
	wait_for_answer(b, ms ? ms : erps_client_options(b->client)->call_ms);
	if (b->awaited)
		b->outcome = is_over(b) ? ERPS_LOST : ERPS_TIMED_OUT;
	b->awaited = 0;
	answer->outcome = b->outcome;
	if (b->answer)
		answer->term = b->answer->event.term;
	return error_of_outcome(answer->outcome);
}

int
erps_blocking_call(struct erps_blocking *b, struct erps_term request, uint32_t timeout_ms,
	struct erps_answer *answer)
{
	struct order order = {.request = request, .deadline_ms = timeout_ms};

	return call(b, &order, answer);
}

int
erps_blocking_stream(struct erps_blocking *b, struct erps_term request,
	const struct erps_stream_options *options, uint32_t timeout_ms, struct erps_answer *answer)
{
	struct order order = {.request = request,
		.deadline_ms = timeout_ms,
		.credit = options->credit ? options->credit : CREDIT};
	int err;

	b->stream = options;
	err = call(b, &order, answer);
	b->stream = NULL;
	return err;
}

/* Turns until nothing waits to be sent: the pace towards the server may take some. */
static int
wait_until_sent(struct erps_blocking *b)
{
	uint64_t deadline = deadline_in(b, erps_client_options(b->client)->call_ms);
	struct order order;

	do {
		int err;

		if (!turn(b, deadline))
			return SB_TIMEOUT;
		order = (struct order){.is_cast = false};
		err = give_order(b, &order);
		if (err)
			return err;
	} while (order.queued);
	return 0;
}

int
erps_blocking_cast(struct erps_blocking *b, struct erps_term request)
{
	struct order order = {.request = request, .is_cast = true};
	int err = give_order(b, &order);

	/* What was not queued has left with the turn. */
	return err || !order.queued ? err : wait_until_sent(b);
}

/* A request of `pattern`, to be given back with erps_builder_fini. */
static struct erps_term
build(struct erps_blocking *b, struct erps_builder *builder, const char *pattern, va_list arguments)
{
	erps_builder_init_env(builder, b->env, SIZE_MAX);
	erps_put_pattern_list(builder, pattern, arguments);
	return erps_built(builder);
}

int
erps_blocking_call_with(struct erps_blocking *b, uint32_t timeout_ms, struct erps_answer *answer,
	const char *pattern, ...)
{
	struct erps_builder builder;
	struct erps_term request;
	va_list arguments;
	int err;

	va_start(arguments, pattern);
	request = build(b, &builder, pattern, arguments);
	va_end(arguments);
	err = erps_blocking_call(b, request, timeout_ms, answer);
	if (builder.error)
		err = builder.error;
	erps_builder_fini(&builder);
	return err;
}

int
erps_blocking_cast_with(struct erps_blocking *b, const char *pattern, ...)
{
	struct erps_builder builder;
	struct erps_term request;
	va_list arguments;
	int err;

	va_start(arguments, pattern);
	request = build(b, &builder, pattern, arguments);
	va_end(arguments);
	err = builder.error ? builder.error : erps_blocking_cast(b, request);
	erps_builder_fini(&builder);
	return err;
}

/* ---- events ---- */

static void
fetch(struct erps_blocking *b, struct erps_event events[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct erps_event_entry *entry = erps_event_queue_take(&b->came);

		events[i] = entry->event;
		erps_event_queue_put(&b->fetched, entry);
	}
	if (b->is_held && !is_full(b))
		read_on(b);
}

ssize_t
erps_blocking_wait(
	struct erps_blocking *b, uint32_t timeout_ms, struct erps_event events[], size_t max)
{
	uint64_t deadline = deadline_in(b, timeout_ms);
	size_t count;

	erps_event_queue_clear(b->env, &b->fetched);
	do {
		if ((max && b->came.count) || is_over(b))
			break;
	} while (turn(b, deadline));
	/* What has come already is had in any case: some turns without a wait. */
	for (unsigned i = 0; i < MORE_TURNS && sb_node_turn(b->node, 0, 0); i++)
		;
	count = b->came.count < max ? b->came.count : max;
	if (!b->came.count && is_over(b))
		return SB_GONE;
	fetch(b, events, count);
	return (ssize_t)count;
}

uint64_t
erps_blocking_dropped(const struct erps_blocking *b)
{
	return b->dropped;
}

enum sb_end
erps_blocking_end(const struct erps_blocking *b)
{
	return b->why;
}
