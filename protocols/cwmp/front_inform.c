/* An Inform begins a session, on the shard that saw it. */
#include "core/session.h"
#include "core/supervisor.h"
#include "protocols/cwmp/device.h"
#include "protocols/cwmp/front_internal.h"

#include <string.h>

/* The place is taken first: shards begin sessions at the same time. */
static bool
take_place(struct http_exchange *x)
{
	struct cwmp_server *server = cwmp_front_server(x);
	struct cwmp_server_shard *shard = &server->shards[cwmp_front_shard(x)];
	const char *why = cwmp_overload(server);

	if (!why && !sb_rate_take(&shard->new_sessions, sb_now(http_session(x)), 1))
		why = "new_sessions_rate";
	if (why) {
		cwmp_refuse_overload(x, why);
		return false;
	}
	atomic_fetch_add_explicit(&server->sessions, 1, memory_order_relaxed);
	return true;
}

static int
spawn(struct http_exchange *x)
{
	struct cwmp_front *front = http_state(x);
	struct cwmp_server *server = cwmp_front_server(x);
	const struct sb_child_spec spec = {
		.module = &server->module, .args = server, .shutdown_ms = server->options.drain_ms};
	int err = sb_spawn(http_session(x), &spec, &front->session);

	if (err)
		atomic_fetch_sub_explicit(&server->sessions, 1, memory_order_relaxed);
	return err;
}

static struct cwmp_opening *
make_opening(struct http_exchange *x, struct cwmp_envelope *envelope, const char *device)
{
	struct cwmp_front *front = http_state(x);
	const struct cwmp_connection *connection = http_connection_state(x);
	const struct sb_peer *peer = sb_session_peer(http_session(x));
	char address[64];
	struct cwmp_opening *made;

	sb_value_format(SB_PEER(&peer->address.any), address, sizeof(address));
	made = cwmp_opening_new(http_session(x),
		&(struct cwmp_opening){
			.device = device,
			.address = address,
			.hash_id = front->hash_id,
			.entrance = connection->entrance,
			.username = front->username ? front->username : "",
			.certificate = peer->tls && peer->tls->verified && peer->tls->subject
					       ? peer->tls->subject
					       : "",
		});
	if (!made) {
		cwmp_envelope_free(envelope);
		return NULL;
	}
	made->server = cwmp_front_server(x);
	made->held = front->held;
	front->held = 0;
	/* Kept as long as the session, which is mostly waiting: without room to spare. */
	made->envelope = cwmp_envelope_copy(cwmp_front_server(x)->env, envelope);
	if (made->envelope)
		cwmp_envelope_free(envelope);
	else
		made->envelope = envelope;
	return made;
}

static void
begin(struct http_exchange *x, struct cwmp_opening *opening)
{
	if (!spawn(x)) {
		cwmp_front_ask(
			x, CWMP_MSG_INFORM, SB_GIVE(opening, sizeof(*opening), cwmp_opening_free));
		return;
	}
	cwmp_opening_free(opening);
	cwmp_respond_busy(x, cwmp_retry_after(cwmp_front_server(x), http_session(x)));
}

void
cwmp_begin_session(struct http_exchange *x, struct cwmp_envelope *envelope)
{
	struct cwmp_front *front = http_state(x);
	char device[CWMP_DEVICE_MAX];
	struct cwmp_opening *opening;

	front->session = (struct sb_address){0};
	front->is_inform = true;
	if (cwmp_device_name(&envelope->message.body.inform.device_id, device, sizeof(device)) <
		0) {
		cwmp_envelope_free(envelope);
		cwmp_refuse_unidentified(x, false);
		return;
	}
	if (!cwmp_authenticate(x)) {
		cwmp_envelope_free(envelope);
		return;
	}
	opening = make_opening(x, envelope, device);
	if (!opening)
		cwmp_respond_busy(x, cwmp_retry_after(cwmp_front_server(x), http_session(x)));
	else if (take_place(x))
		begin(x, opening);
	else
		cwmp_opening_free(opening);
}
