/*
 * A device behind a NAT (TR-069, Annex G): it waits for connection requests on a UDP port of its
 * own, and asks a STUN server from there what that port looks like from outside, again and again,
 * so that the way in stays open. What it finds stands in its model, and is told. Where the server
 * is, an ACS may have changed.
 */
#include "core/datagram.h"
#include "core/error.h"
#include "core/network.h"
#include "daemons/cwmp-sim/device.h"
#include "protocols/cwmp/stun.h"
#include "protocols/cwmp/udp_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ARENA_LIMIT = 1 << 20,
	PATH_ROOM = 320,
	REQUEST_ROOM = 384,
	STUN_PORT = 3478,
	TRIES_MAX = 5,
	FIRST_WAIT_MS = 500,
	KEEP_ALIVE_S = 30
};

struct device_nat {
	struct sb_datagram *socket;
	struct sb_timer next; /* binding request */
	union sb_socket_address server, local;
	union sb_socket_address mapped; /* zeroed: not known yet */
	uint8_t transaction[CWMP_STUN_TRANSACTION];
	unsigned tries;         /* of the request that is out; 0: none is */
	uint64_t keep_alive_ms; /* until the next one, as it was when that was decided */
	bool is_change;         /* the server is still to hear that `mapped` is another one */
};

/* ---- settings ---- */

static void
arena_init(struct sb_arena *arena)
{
	sb_arena_init(arena, sb_env_system(), NULL, 0, ARENA_LIMIT);
}

/* "" when there is none. */
static const char *
setting(struct device *d, struct sb_session *s, const char *name, struct sb_arena *arena)
{
	const char *text = device_setting(d, s, name, arena);

	return text ? text : "";
}

static int
parse_server(const char *host, const char *port, const char *acs, union sb_socket_address *server)
{
	unsigned long number = strtoul(port, NULL, 10);
	struct url url;

	/* Who names none means the ACS itself. */
	if (!*host) {
		if (url_parse(acs, &url))
			return SB_EINVAL;
		host = url.host;
	}
	if (number == 0 || number > UINT16_MAX)
		number = STUN_PORT;
	return sb_sockaddr_parse_host(host, (uint16_t)number, server);
}

/* False: STUN is off, or the server is none: names are not resolved. */
static bool
read_server(struct device *d, struct sb_session *s, union sb_socket_address *server)
{
	struct sb_arena arena;
	const char *enable, *host;
	bool is_on;

	arena_init(&arena);
	enable = setting(d, s, "STUNEnable", &arena);
	host = setting(d, s, "STUNServerAddress", &arena);
	is_on = strcmp(enable, "1") == 0 || strcmp(enable, "true") == 0;
	if (is_on && parse_server(host, setting(d, s, "STUNServerPort", &arena),
			     setting(d, s, "URL", &arena), server)) {
		SB_LOG_LIMITED(s, ERROR, "cwmpsim.udp_failed", "address", SB_STR(host), "error",
			SB_ERR(SB_EINVAL));
		is_on = false;
	}
	sb_arena_fini(&arena);
	return is_on;
}

static uint64_t
keep_alive_ms(struct device *d, struct sb_session *s)
{
	struct sb_arena arena;
	unsigned long seconds;

	arena_init(&arena);
	seconds = strtoul(setting(d, s, "STUNMinimumKeepAlivePeriod", &arena), NULL, 10);
	sb_arena_fini(&arena);
	return (seconds ? seconds : KEEP_ALIVE_S) * UINT64_C(1000);
}

/* What an ACS reads, and is told of when it is another value. */
static void
tell(struct device *d, const char *name, const char *value)
{
	const char *root = d->sim->model->root;
	const struct model_entry *entry;
	char path[PATH_ROOM];

	snprintf(path, sizeof(path), "%.*s.ManagementServer.%s", (int)strcspn(root, "."), root,
		name);
	entry = model_find(&d->model, path);
	if (entry && strcmp(entry->value, value) != 0 && model_set(&d->model, path, value) == 0)
		device_note_change(d, path);
}

/* ---- bindings ---- */

static void on_next(struct sb_session *s, struct sb_timer *timer);

static void
send_request(struct device *d, struct sb_session *s)
{
	struct device_nat *nat = d->nat;
	uint8_t out[REQUEST_ROOM];
	struct sb_arena arena;
	const char *username, *password;
	size_t size;

	arena_init(&arena);
	username = setting(d, s, "STUNUsername", &arena);
	password = setting(d, s, "STUNPassword", &arena);
	size = cwmp_stun_encode_request(nat->transaction, username, *password ? password : NULL,
		nat->is_change, out, sizeof(out));
	sb_arena_fini(&arena);
	/* What does not leave is as good as lost on the way. */
	if (size)
		(void)sb_datagram_send(nat->socket, &nat->server, out, size);
}

static void
rest(struct device *d, struct sb_session *s)
{
	struct device_nat *nat = d->nat;

	nat->tries = 0;
	nat->keep_alive_ms = keep_alive_ms(d, s);
	sb_timer_start(s, &nat->next, nat->keep_alive_ms, on_next);
}

/* A request, or the same once more; who is not answered at all waits for the next time. */
static void
on_next(struct sb_session *s, struct sb_timer *timer)
{
	struct device *d = device_of(s);
	struct device_nat *nat = d->nat;

	if (nat->tries == 0)
		sb_random(s, nat->transaction, sizeof(nat->transaction));
	send_request(d, s);
	nat->tries++;
	if (nat->tries < TRIES_MAX)
		sb_timer_start(s, timer, (uint64_t)FIRST_WAIT_MS << (nat->tries - 1), on_next);
	else
		rest(d, s);
}

static void
mapped_anew(struct device *d, struct sb_session *s)
{
	const struct device_nat *nat = d->nat;
	char text[SB_SOCKADDR_TEXT_MAX];

	sb_sockaddr_format(&nat->mapped.any, text, sizeof(text));
	tell(d, "UDPConnectionRequestAddress", text);
	tell(d, "NATDetected", sb_sockaddr_equal(&nat->mapped.any, &nat->local.any) ? "0" : "1");
	device_wake_to_tell(d, s);
}

/* The server, too, hears of another address at once. */
static void
answered(struct device *d, struct sb_session *s, struct sb_bytes in)
{
	struct device_nat *nat = d->nat;
	union sb_socket_address mapped;

	if (nat->tries == 0 || cwmp_stun_decode_response(in, nat->transaction, &mapped))
		return;
	rest(d, s);
	nat->is_change = !sb_sockaddr_equal(&mapped.any, &nat->mapped.any);
	nat->mapped = mapped;
	if (!nat->is_change)
		return;
	sb_timer_start(s, &nat->next, 0, on_next);
	mapped_anew(d, s);
}

/* ---- connection requests ---- */

/* It comes several times, and anybody may send an old one again: one that is not newer than the
 * last is none. */
static void
requested(struct device *d, struct sb_session *s, struct sb_bytes in)
{
	struct sb_arena arena;
	int64_t time_s;
	uint32_t id;
	bool is_right;

	arena_init(&arena);
	is_right = cwmp_udp_text_check(in, setting(d, s, "ConnectionRequestUsername", &arena),
		setting(d, s, "ConnectionRequestPassword", &arena), &time_s, &id);
	sb_arena_fini(&arena);
	if (!is_right || time_s <= d->asked_s)
		return;
	d->asked_s = time_s;
	device_requested(d, s);
}

static void
received(struct sb_session *s, struct sb_datagram *socket, const union sb_socket_address *from,
	struct sb_bytes in)
{
	struct device *d = device_of(s);

	(void)socket;
	if (in.size && in.data[0] == 'G')
		requested(d, s, in);
	else if (sb_sockaddr_equal(&from->any, &d->nat->server.any))
		answered(d, s, in);
}

/* ---- on and off ---- */

static void
start(struct device *d, struct sb_session *s, const union sb_socket_address *server)
{
	const char *address = d->sim->options.udp_address;
	const struct sb_datagram_options options = {.address = address, .received = received};
	struct device_nat *nat = calloc(1, sizeof(*nat));
	int err = nat ? sb_datagram_open(s, &options, &nat->socket) : SB_ENOMEM;

	if (!err)
		err = sb_sockaddr_parse(address, &nat->local);
	if (err) {
		SB_LOG_LIMITED(s, ERROR, "cwmpsim.udp_failed", "address", SB_STR(address), "error",
			SB_ERR(err));
		free(nat);
		return;
	}
	/* The port is at the same place in both families. */
	nat->local.v4.sin_port = htons(sb_datagram_port(nat->socket));
	nat->server = *server;
	d->nat = nat;
	sb_timer_start(s, &nat->next, 0, on_next);
}

void
device_nat_stop(struct device *d, struct sb_session *s)
{
	if (!d->nat)
		return;
	sb_timer_stop(s, &d->nat->next);
	sb_datagram_close(d->nat->socket);
	free(d->nat);
	d->nat = NULL;
}

void
device_nat_update(struct device *d, struct sb_session *s)
{
	union sb_socket_address server;
	bool is_on;

	if (!d->sim->options.udp_address)
		return;
	is_on = read_server(d, s, &server);
	if (d->nat && (!is_on || !sb_sockaddr_equal(&server.any, &d->nat->server.any)))
		device_nat_stop(d, s);
	if (is_on && !d->nat)
		start(d, s, &server);
	else if (is_on && d->nat->tries == 0 && d->nat->keep_alive_ms != keep_alive_ms(d, s))
		rest(d, s);
	if (is_on)
		return;
	tell(d, "UDPConnectionRequestAddress", "");
	tell(d, "NATDetected", "0");
}
