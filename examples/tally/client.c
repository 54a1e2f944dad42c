#include "tally.h"

#include <switchboard/core/registry.h>
#include <switchboard/core/session.h>

#include <stdio.h>
#include <string.h>

#define WINDOW   8     /* requests under way at ledgers, a client */
#define CALL_MS  2000  /* what a ledger may take */
#define PING_MS  30000 /* silence, before we ask; and then, before we hang up */
#define GRACE_MS 30000 /* how long a client is waited for without a connection */

/* A request of the peer's, and the call that will answer it. */
struct pending {
	uint64_t call; /* 0: free */
	uint32_t ref;
};

struct client {
	char name[TALLY_NAME_MAX + 1]; /* "": it has not said HELLO */
	struct pending pending[WINDOW];
	unsigned in_flight;
	struct sb_timer timer; /* connected: of pings; otherwise: of patience */
	bool is_pinged;
};

/* ---- calls ---- */

static struct pending *
pending_find(struct client *c, uint64_t call)
{
	for (unsigned i = 0; i < WINDOW; i++)
		if (c->pending[i].call == call)
			return &c->pending[i];
	return NULL;
}

static void
mind_window(struct sb_session *s, const struct client *c)
{
	if (c->in_flight == WINDOW)
		sb_hold(s, "window");
	else
		sb_resume(s);
}

static void
refuse(struct sb_session *s, uint32_t ref, int error, struct sb_bytes name)
{
	struct tally_frame frame = {TALLY_REFUSED, ref, (uint64_t)-error, name};

	tally_send(s, &frame);
}

/* Asks the counter's ledger. Looked up each time: a ledger that was restarted has a new address. */
static int
ask(struct sb_session *s, struct client *c, const struct tally_frame *frame, uint64_t amount)
{
	struct tally_change change = {.number = amount};
	struct pending *pending = pending_find(c, 0);
	char name[TALLY_NAME_SIZE];
	struct sb_address ledger;
	int err;

	tally_text(change.name, frame->name);
	tally_ledger_name(name, tally_ledger_of(change.name));
	err = sb_lookup(s, name, &ledger);
	if (!err)
		err = sb_call(s, ledger, TALLY_MSG_ADD, SB_COPY(&change, sizeof(change)), CALL_MS,
			&pending->call);
	if (err)
		return err;
	pending->ref = frame->ref;
	c->in_flight++;
	mind_window(s, c);
	return 0;
}

static void
answered(struct sb_session *s, struct client *c, const struct sb_message *m)
{
	struct pending *pending = pending_find(c, m->ref);
	const struct tally_change *value = m->data;

	if (m->status) {
		refuse(s, pending->ref, m->status, sb_bytes(NULL, 0));
	} else {
		struct tally_frame frame = {
			TALLY_VALUE, pending->ref, value->number, sb_bytes_text(value->name)};

		tally_send(s, &frame);
	}
	pending->call = 0;
	c->in_flight--;
	mind_window(s, c);
}

/* ---- requests ---- */

/* A name is one client's. Who comes with the name of one that we still wait for is that one: it
 * gets the session it had, with all it watches. */
static int
hello(struct sb_session *s, struct client *c, const struct tally_frame *frame)
{
	char text[TALLY_NAME_MAX + 1], name[TALLY_NAME_SIZE];
	struct sb_address holder;
	int err;

	tally_text(text, frame->name);
	snprintf(name, sizeof(name), "client/%s", text);
	err = sb_register(s, name);
	if (err == SB_EEXIST && sb_lookup(s, name, &holder) == 0)
		return sb_hand_over(s, holder, 0);
	if (err)
		return err;
	strcpy(c->name, text);
	(void)sb_set_identity(s, text);
	SB_LOG(s, INFO, "tally.hello");
	return 0;
}

static int
watch(struct sb_session *s, struct client *c, const struct tally_frame *frame)
{
	char text[TALLY_NAME_MAX + 1], topic[TALLY_NAME_SIZE];
	int err;

	tally_text(text, frame->name);
	tally_topic_name(topic, text);
	err = sb_join(s, topic);
	return err && err != SB_EEXIST ? err : ask(s, c, frame, 0);
}

static void
request(struct sb_session *s, struct client *c, const struct tally_frame *frame)
{
	int err = frame->op == TALLY_ADD ? ask(s, c, frame, frame->number) : watch(s, c, frame);

	if (err)
		refuse(s, frame->ref, err, frame->name);
}

static int
handle(struct sb_session *s, struct client *c, const struct tally_frame *frame)
{
	static const struct tally_frame pong = {.op = TALLY_PONG};

	c->is_pinged = false;
	if (!*c->name)
		return frame->op == TALLY_HELLO ? hello(s, c, frame) : SB_EPROTO;
	switch (frame->op) {
	case TALLY_ADD:
	case TALLY_WATCH:
		request(s, c, frame);
		return 0;
	case TALLY_PING:
		tally_send(s, &pong);
		return 0;
	case TALLY_PONG:
		return 0;
	case TALLY_HELLO:
	case TALLY_BYE:
	case TALLY_VALUE:
	case TALLY_CHANGED:
	case TALLY_REFUSED:
		break;
	}
	return SB_EPROTO;
}

static ssize_t
client_received(struct sb_session *s, struct sb_bytes in)
{
	struct tally_frame frame;
	size_t used = 0;
	ssize_t size;

	while ((size = tally_decode(sb_bytes(in.data + used, in.size - used), &frame)) > 0) {
		if (!sb_frame(s))
			break;
		if (handle(s, sb_state(s), &frame))
			return SB_EPROTO;
		used += (size_t)size;
	}
	return size < 0 ? size : (ssize_t)used;
}

static void
client_message(struct sb_session *s, struct sb_message *m)
{
	const struct tally_change *change = m->data;

	if (m->type == SB_MSG_REPLY)
		answered(s, sb_state(s), m);
	if (m->type == TALLY_MSG_CHANGED) {
		struct tally_frame frame = {
			TALLY_CHANGED, 0, change->number, sb_bytes_text(change->name)};

		tally_send(s, &frame);
	}
}

/* ---- deadlines, and life without a connection ---- */

static void
ping_due(struct sb_session *s, struct sb_timer *timer)
{
	static const struct tally_frame ping = {.op = TALLY_PING};
	struct client *c = sb_state(s);

	if (c->is_pinged || !*c->name) {
		sb_disconnect(s, SB_END_DEADLINE);
		return;
	}
	c->is_pinged = true;
	tally_send(s, &ping);
	sb_timer_start(s, timer, PING_MS, ping_due);
}

static int
client_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct client *c = sb_state(s);

	(void)peer;
	c->is_pinged = false;
	sb_timer_start(s, &c->timer, PING_MS, ping_due);
	mind_window(s, c); /* answers to the former connection may be under way */
	return 0;
}

static void
patience_over(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	sb_close(s, SB_END_PEER);
}

static void
client_input_ended(struct sb_session *s)
{
	sb_disconnect(s, SB_END_PEER); /* the default would end the session, too */
}

static void
client_disconnected(struct sb_session *s, enum sb_end why)
{
	struct client *c = sb_state(s);

	if (*c->name)
		sb_timer_start(s, &c->timer, GRACE_MS, patience_over);
	else
		sb_close(s, why);
}

static void
client_stopping(struct sb_session *s)
{
	static const struct tally_frame bye = {.op = TALLY_BYE};

	tally_send(s, &bye);
	sb_close(s, SB_END_DRAIN);
}

static void
client_describe(const struct sb_session *s, struct sb_fields *fields)
{
	const struct client *c = sb_state(s);

	sb_fields_add(fields, "in_flight", SB_UINT(c->in_flight));
	sb_fields_add(fields, "connected", SB_BOOL(sb_is_connected(s)));
}

const struct sb_module tally_client_module = {
	.abi = SB_MODULE_ABI,
	.name = "tally.client",
	.state_size = sizeof(struct client),
	.max_frame = TALLY_FRAME_MAX,
	.connected = client_connected,
	.received = client_received,
	.input_ended = client_input_ended,
	.disconnected = client_disconnected,
	.stopping = client_stopping,
	.message = client_message,
	.describe = client_describe,
};
