#include "tally.h"

#include <switchboard/core/connector.h>
#include <switchboard/core/registry.h>
#include <switchboard/core/session.h>

#include <stdio.h>
#include <string.h>

struct mirror {
	char name[32]; /* ours over there, the same at each connection */
	char counter[TALLY_NAME_MAX + 1];
};

/* Connects, and connects again whenever that is over: this session has no end of its own. */
static int
mirror_start(struct sb_session *s, const void *args)
{
	const struct tally_mirror_args *to = args;
	struct mirror *m = sb_state(s);
	struct sb_connector_options options = {
		.host = to->host, .port = to->port, .tls = to->tls, .reconnect = true};
	uint32_t number;

	sb_random(s, &number, sizeof(number));
	snprintf(m->name, sizeof(m->name), "mirror/%08x", (unsigned)number);
	strcpy(m->counter, to->counter);
	return sb_connect(s, &options);
}

static int
mirror_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct mirror *m = sb_state(s);
	struct tally_frame hello = {.op = TALLY_HELLO, .name = sb_bytes_text(m->name)};
	struct tally_frame watch = {.op = TALLY_WATCH, .name = sb_bytes_text(m->counter)};

	(void)peer;
	tally_send(s, &hello);
	tally_send(s, &watch);
	return 0;
}

static void
pass_on(struct sb_session *s, const struct tally_frame *frame)
{
	struct tally_change change = {.number = frame->number};
	char topic[TALLY_NAME_SIZE];

	tally_text(change.name, frame->name);
	tally_topic_name(topic, change.name);
	(void)sb_publish(s, topic, TALLY_MSG_CHANGED, 0, &change, sizeof(change));
}

static void
handle(struct sb_session *s, const struct tally_frame *frame)
{
	static const struct tally_frame pong = {.op = TALLY_PONG};

	if (frame->op == TALLY_PING)
		tally_send(s, &pong);
	else if (frame->op == TALLY_VALUE || frame->op == TALLY_CHANGED)
		pass_on(s, frame);
}

static ssize_t
mirror_received(struct sb_session *s, struct sb_bytes in)
{
	struct tally_frame frame;
	size_t used = 0;
	ssize_t size;

	while ((size = tally_decode(sb_bytes(in.data + used, in.size - used), &frame)) > 0) {
		if (!sb_frame(s))
			break;
		handle(s, &frame);
		used += (size_t)size;
	}
	return size < 0 ? size : (ssize_t)used;
}

const struct sb_module tally_mirror_module = {
	.abi = SB_MODULE_ABI,
	.name = "tally.mirror",
	.state_size = sizeof(struct mirror),
	.max_frame = TALLY_FRAME_MAX,
	.start = mirror_start,
	.connected = mirror_connected,
	.received = mirror_received,
};
