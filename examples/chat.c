/*
 * Chat rooms over lines of text: `sb-chat [ADDRESS:PORT]`, then `nc 127.0.0.1 7001`.
 *
 * Who comes says a name first, which nobody else may have: a unique name in the
 * registry. A room is a topic. Both reach every shard, and no line of this file knows
 * on which one a session lives.
 */
#include <switchboard/core/switchboard.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_SIZE 512 /* octets of a line, and of what is sent on */
#define NAME_SIZE     32

enum { MSG_TEXT = 1 }; /* a line to show, with its end */

struct chat {
	char nick[NAME_SIZE];      /* "": has not said it yet */
	char room[NAME_SIZE];      /* "": in none */
	char confidant[NAME_SIZE]; /* whom we whispered to last; we are told when they leave */
	uint64_t monitor;
};

/* ---- what is shown ---- */

__attribute__((format(printf, 2, 3))) static void
show(struct sb_session *s, const char *format, ...)
{
	char line[LINE_MAX_SIZE];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	if (size > (int)sizeof(line) - 2)
		size = (int)sizeof(line) - 2;
	line[size] = '\n';
	/* Who reads too slowly for what the room says is ended by output_hard: nobody else waits.
	 */
	(void)sb_write(s, line, (size_t)size + 1);
}

__attribute__((format(printf, 2, 3))) static void
tell_room(struct sb_session *s, const char *format, ...)
{
	struct chat *c = sb_state(s);
	char line[LINE_MAX_SIZE];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (size >= (int)sizeof(line))
		size = sizeof(line) - 1;
	if (*c->room)
		(void)sb_publish(s, c->room, MSG_TEXT, 0, line, (size_t)size);
}

/* ---- what a user may do ---- */

static void
introduce(struct sb_session *s, struct chat *c, const char *nick)
{
	int err = strlen(nick) < NAME_SIZE ? sb_register(s, nick) : SB_EINVAL;

	if (err) {
		show(s, "* %s; another name?", sb_error_text(err));
		return;
	}
	strcpy(c->nick, nick);
	(void)sb_set_identity(s, nick);
	show(s, "* welcome, %s: /join ROOM, /msg NAME TEXT, /quit", nick);
}

static void
leave(struct sb_session *s, struct chat *c)
{
	tell_room(s, "* %s left %s", c->nick, c->room);
	if (*c->room)
		(void)sb_leave(s, c->room);
	c->room[0] = '\0';
}

/* `closed` would tell them, but comes when the peer has closed, too. */
static void
quit(struct sb_session *s, struct chat *c)
{
	leave(s, c);
	sb_close(s, SB_END_PEER);
}

static void
join(struct sb_session *s, struct chat *c, const char *room)
{
	int err = strlen(room) < NAME_SIZE ? 0 : SB_EINVAL;

	leave(s, c);
	if (!err)
		err = sb_join(s, room);
	if (err) {
		show(s, "* %s", sb_error_text(err));
		return;
	}
	strcpy(c->room, room);
	tell_room(s, "* %s joined %s", c->nick, room);
	show(s, "* %zu in %s", sb_topic_size(s, room), room);
}

static void
watch(struct sb_session *s, struct chat *c, const char *nick, struct sb_address address)
{
	if (strcmp(c->confidant, nick) == 0)
		return;
	sb_demonitor(s, c->monitor);
	strcpy(c->confidant, nick); /* somebody has it, so it fits */
	if (sb_monitor(s, address, &c->monitor))
		c->confidant[0] = '\0';
}

static void
whisper(struct sb_session *s, struct chat *c, char *rest)
{
	const char *nick = strsep(&rest, " ");
	struct sb_address address;
	char line[LINE_MAX_SIZE];
	int err = sb_lookup(s, nick, &address);

	snprintf(line, sizeof(line), "%s whispers: %s", c->nick, rest ? rest : "");
	if (!err)
		err = sb_post(s, address, MSG_TEXT, 0, SB_COPY(line, strlen(line)));
	if (err)
		show(s, "* %s: %s", nick, sb_error_text(err));
	else
		watch(s, c, nick, address);
}

static void
handle(struct sb_session *s, char *line)
{
	struct chat *c = sb_state(s);

	if (!*c->nick)
		introduce(s, c, line);
	else if (strncmp(line, "/join ", 6) == 0)
		join(s, c, line + 6);
	else if (strncmp(line, "/msg ", 5) == 0)
		whisper(s, c, line + 5);
	else if (strcmp(line, "/quit") == 0)
		quit(s, c);
	else if (*c->room)
		tell_room(s, "%s: %s", c->nick, line);
	else
		show(s, "* you are in no room");
}

/* ---- the module ---- */

static int
connected(struct sb_session *s, const struct sb_peer *peer)
{
	(void)peer;
	show(s, "* your name?");
	return 0;
}

/* Whole lines, as many as the turn allows; what is left of the last comes again with more. */
static ssize_t
received(struct sb_session *s, struct sb_bytes in)
{
	size_t used = 0;
	const uint8_t *end;

	while ((end = memchr(in.data + used, '\n', in.size - used)) && sb_frame(s)) {
		char line[LINE_MAX_SIZE];
		size_t size = (size_t)(end - in.data) - used;

		if (size >= sizeof(line))
			return SB_EPROTO;
		memcpy(line, in.data + used, size);
		line[size] = '\0';
		line[strcspn(line, "\r")] = '\0';
		used += size + 1;
		handle(s, line);
	}
	return (ssize_t)used;
}

static void
message(struct sb_session *s, struct sb_message *m)
{
	struct chat *c = sb_state(s);

	if (m->type == MSG_TEXT) {
		show(s, "%.*s", (int)m->size, (const char *)m->data);
	} else if (m->type == SB_MSG_DOWN && m->ref == c->monitor) {
		show(s, "* %s is gone", c->confidant);
		c->confidant[0] = '\0';
	}
}

static void
stopping(struct sb_session *s)
{
	show(s, "* we close for today");
	sb_close(s, SB_END_DRAIN);
}

/* Who was cut off did not say goodbye. The name and the membership have gone; others may be told.
 */
static void
closed(struct sb_session *s, enum sb_end why)
{
	struct chat *c = sb_state(s);

	tell_room(s, "* %s left %s (%s)", c->nick, c->room, sb_end_name(why));
}

static void
describe(const struct sb_session *s, struct sb_fields *fields)
{
	const struct chat *c = sb_state(s);

	sb_fields_add(fields, "room", SB_STR(c->room));
}

static const struct sb_module chat = {
	.abi = SB_MODULE_ABI,
	.name = "chat",
	.state_size = sizeof(struct chat),
	.max_frame = LINE_MAX_SIZE,
	.connected = connected,
	.received = received,
	.message = message,
	.stopping = stopping,
	.closed = closed,
	.describe = describe,
};

int
main(int argc, char **argv)
{
	struct sb_node_options options = {.signals = true};
	struct sb_listener_options listener = {
		.name = "chat",
		.address = argc > 1 ? argv[1] : "127.0.0.1:7001",
		.module = &chat,
	};
	struct sb_node *node = NULL;
	int err = sb_node_new(&node, &options);

	if (!err)
		err = sb_listen(node, &listener, NULL);
	if (!err)
		err = sb_node_run(node);
	if (err)
		fprintf(stderr, "sb-chat: %s: %s\n", listener.address, sb_error_text(err));
	sb_node_free(node);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
