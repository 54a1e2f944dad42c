/*
 * An Erps service in a page: who is in the room tells others things. A session is a
 * connection, has a state of its own, and can be found by a name.
 *
 *	erps call 127.0.0.1:4747 '{:enter, "ann"}'
 */
#include <switchboard/core/switchboard.h>
#include <switchboard/protocols/erps/daemon.h>

#include <stdio.h>
#include <string.h>

#define NAME_MAX_OCTETS 32

struct guest {
	char name[sizeof("room/") + NAME_MAX_OCTETS]; /* "": has not entered */
	struct erps_from waiting;                     /* one call that is answered later */
	struct sb_timer timer;
};

/* "room/ann"; false: no name. */
static bool
place_of(struct sb_bytes name, char place[sizeof("room/") + NAME_MAX_OCTETS])
{
	if (!name.size || name.size > NAME_MAX_OCTETS || memchr(name.data, '\0', name.size))
		return false;
	snprintf(place, sizeof("room/") + NAME_MAX_OCTETS, "room/%.*s", (int)name.size,
		(const char *)name.data);
	return true;
}

static const char *
enter(struct sb_session *s, struct guest *guest, struct sb_bytes name)
{
	char place[sizeof(guest->name)];

	if (*guest->name || !place_of(name, place))
		return "badarg";
	if (sb_register(s, place))
		return "taken";
	memcpy(guest->name, place, sizeof(place));
	return NULL;
}

static const char *
tell(struct sb_session *s, const struct guest *guest, struct sb_bytes name, struct erps_term what)
{
	char place[sizeof(guest->name)];
	uint8_t room[1024];
	struct erps_builder push;
	struct sb_address to;

	if (!*guest->name)
		return "enter first";
	if (!place_of(name, place) || sb_lookup(s, place, &to))
		return "nobody";
	erps_builder_init(&push, room, sizeof(room));
	erps_put_pattern(&push, "{:told, from::text, what}", guest->name + strlen("room/"), what);
	return push.error || erps_push_to(s, to, erps_built(&push)) ? "not now" : NULL;
}

static void
bell(struct sb_session *s, struct sb_timer *timer)
{
	struct guest *guest = erps_state(s);

	(void)timer;
	erps_reply_with(s, guest->waiting, ":ding");
}

static void
handle_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	struct guest *guest = erps_state(s);
	const char *refusal = "badarg";
	struct erps_term what;
	struct sb_bytes name;
	uint64_t ms;

	if (erps_match(request, "{:bell, ms::uint}", &ms) && ms < 60000 &&
		!sb_timer_is_started(&guest->timer)) {
		guest->waiting = from;
		sb_timer_start(s, &guest->timer, ms, bell);
		return;
	}
	if (erps_match(request, "{:enter, name::binary}", &name))
		refusal = enter(s, guest, name);
	else if (erps_match(request, "{:tell, name::binary, what}", &name, &what))
		refusal = tell(s, guest, name, what);
	if (refusal)
		erps_reject(s, from, refusal);
	else
		erps_reply_with(s, from, ":ok");
}

static const struct erps_service room = {
	.name = "room",
	.state_size = sizeof(struct guest),
	.handle_call = handle_call,
};

int
main(int argc, char **argv)
{
	const struct sb_listener_options listener = {
		.name = "room", .address = argc > 1 ? argv[1] : "127.0.0.1:4747"};
	const struct erps_daemon_options options = {
		.listener = &listener, .service = {.window = 100, .answer_ms = 65000}};
	struct sb_node_options node_options = {.signals = true};
	struct erps_daemon *daemon = NULL;
	struct sb_node *node = NULL;
	int err = sb_node_new(&node, &node_options);

	if (!err)
		err = erps_daemon_start(&daemon, node, &room, NULL, &options);
	if (!err)
		err = sb_node_run(node);
	if (err)
		fprintf(stderr, "sb-room: %s: %s\n", listener.address, sb_error_text(err));
	sb_node_free(node);
	erps_daemon_free(daemon);
	return err ? 1 : 0;
}
