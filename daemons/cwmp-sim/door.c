#include "daemons/cwmp-sim/door.h"
#include "core/error.h"
#include "core/registry.h"
#include "core/session.h"
#include "daemons/cwmp-sim/device.h"
#include "protocols/http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHALLENGE_ROOM = 512, PATIENCE_MS = 5000, TARGET_ROOM = 64, AUTHORIZATION_ROOM = 1024 };

/* What the device must know to judge. */
struct door_request {
	char target[TARGET_ROOM];
	char authorization[AUTHORIZATION_ROOM]; /* "": none */
};

/* ---- the device's side ---- */

/* Who may ask, while one request is judged. */
struct credentials {
	const char *username, *password;
};

static int
password_of(void *context, const char *username, char *out, size_t size)
{
	const struct credentials *credentials = context;

	if (strcmp(username, credentials->username) != 0)
		return SB_ENOENT;
	return (size_t)snprintf(out, size, "%s", credentials->password) < size ? 0 : SB_ENOENT;
}

static unsigned
judge(struct device *d, struct sb_session *s, const struct door_request *request)
{
	struct http_auth auth = d->sim->door;
	struct credentials credentials;
	struct sb_arena arena;
	struct http_auth_claim claim;
	enum http_auth_result result;

	sb_arena_init(&arena, sb_env_system(), NULL, 0, 1 << 20);
	credentials.username = device_setting(d, s, "ConnectionRequestUsername", &arena);
	credentials.password = device_setting(d, s, "ConnectionRequestPassword", &arena);
	auth.password = password_of;
	auth.context = &credentials;
	if (!credentials.username || !credentials.username[0])
		result = HTTP_AUTH_OK;
	else
		result = http_auth_check(&auth,
			request->authorization[0] ? request->authorization : NULL, "GET",
			request->target, sb_wall_ms(s) / 1000, &claim);
	sb_arena_fini(&arena);
	if (result != HTTP_AUTH_OK)
		return 401;
	return d->state == DEVICE_AWAY ? 503 : 200;
}

void
door_ask_device(struct device *d, struct sb_session *s, struct sb_message *m)
{
	unsigned status = judge(d, s, m->data);

	if (status == 200)
		device_requested(d, s);
	sb_reply(s, sb_message_from(m), (int)status, SB_NOTHING);
}

/* ---- the HTTP server's side ---- */

struct visit {
	uint64_t ref; /* of the question to the device */
};

static struct sim *
sim_of(struct http_exchange *x)
{
	return *(struct sim **)http_connection_state(x);
}

static void
challenge(struct http_exchange *x)
{
	const struct http_auth *auth = &sim_of(x)->door;
	struct sb_session *s = http_session(x);
	char value[CHALLENGE_ROOM];
	uint8_t salt[8];

	sb_random(s, salt, sizeof(salt));
	for (unsigned i = 0; http_auth_challenge(
		     auth, i, false, sb_wall_ms(s) / 1000, salt, value, sizeof(value));
		i++)
		http_set_field(x, "WWW-Authenticate", value);
	http_respond(x, 401, NULL, sb_bytes(NULL, 0));
}

static void
on_end(struct http_exchange *x)
{
	struct sb_session *s = http_session(x);
	struct visit *visit = http_state(x);
	const char *authorization = http_field(x, "Authorization");
	struct door_request request = {0};
	struct sb_address device;
	char name[TARGET_ROOM];

	snprintf(request.target, sizeof(request.target), "%s", http_path(x));
	snprintf(request.authorization, sizeof(request.authorization), "%s",
		authorization ? authorization : "");
	snprintf(name, sizeof(name), "cwmp-sim.%s", http_path(x) + 1);
	if (http_method(x) != HTTP_METHOD_GET)
		http_respond(x, 405, NULL, sb_bytes(NULL, 0));
	else if (sb_lookup(s, name, &device))
		http_respond(x, 404, NULL, sb_bytes(NULL, 0));
	else if (sb_call(s, device, SIM_CONNECTION_REQUEST, SB_COPY(&request, sizeof(request)),
			 PATIENCE_MS, &visit->ref))
		http_respond(x, 503, NULL, sb_bytes(NULL, 0));
}

static void
on_message(struct http_exchange *x, struct sb_message *m)
{
	const struct visit *visit = http_state(x);

	if (m->type != SB_MSG_REPLY || m->ref != visit->ref)
		return;
	if (m->status == 401)
		challenge(x);
	else
		http_respond(x, m->status > 0 ? (unsigned)m->status : 503, NULL, sb_bytes(NULL, 0));
}

static const struct http_handler *
route(struct http_exchange *x, void *context)
{
	static const struct http_handler handler = {
		.state_size = sizeof(struct visit), .end = on_end, .message = on_message};

	*(struct sim **)http_connection_state(x) = context;
	return &handler;
}

static int
listen_at(struct sim *sim, const struct http_server *server)
{
	struct sb_listener_options listener = {.name = "connection-requests",
		.address = sim->options.door_address,
		.module = http_server_module(server),
		.args = server};
	struct sb_listener *opened;
	int err = sb_listen(sim->node, &listener, &opened);

	if (!err)
		sim->door_port = sb_listener_port(opened);
	return err;
}

int
door_open(struct sim *sim, struct http_server **server)
{
	const struct http_server_options options = {.name = "cwmp-sim.door",
		.route = route,
		.context = sim,
		.connection_size = sizeof(struct sim *)};
	int err;

	sim->door = (struct http_auth){.scheme = HTTP_AUTH_DIGEST_MD5, .realm = "cwmp-sim"};
	sb_env_system()->random(
		sb_env_system()->context, sim->door.secret, sizeof(sim->door.secret));
	err = http_server_new(server, sim->node, &options);
	if (!err)
		err = listen_at(sim, *server);
	if (err)
		fprintf(stderr, "cwmp-sim: %s: %s\n", sim->options.door_address,
			sb_error_text(err));
	return err;
}
