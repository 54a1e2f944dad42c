/*
 * The door: accepts a connection, has a session of the service started where the
 * daemon's options say, and hands it the connection. Nothing is read meanwhile: what
 * the peer has sent goes along.
 */
#include "core/registry.h"
#include "protocols/erps/daemon_internal.h"

struct door {
	const struct erps_daemon *daemon;
	uint64_t ref; /* of the start */
};

static int
door_start(struct sb_session *s, const void *args)
{
	((struct door *)sb_state(s))->daemon = args;
	return 0;
}

/* Looked up each time: one that was restarted has another address. */
static int
start_under_supervisor(struct sb_session *s, const struct erps_daemon *daemon,
	const struct sb_child_spec *spec, uint64_t *ref)
{
	struct sb_address supervisor;
	int err = sb_lookup(s, daemon->server_supervisor, &supervisor);

	return err ? err : sb_start_child(s, supervisor, spec, ref);
}

static int
start_server(struct sb_session *s, const struct erps_daemon *daemon, uint64_t *ref)
{
	const struct sb_child_spec spec = {
		.module = &daemon->server->handed_module,
		.args = daemon->server,
		.restart = SB_TEMPORARY, /* it lives as long as its connection */
		.shutdown_ms = daemon->shutdown_ms,
		.shard = SB_SHARD_SPREAD,
		.limits = &daemon->limits,
	};

	if (daemon->start_server)
		return daemon->start_server(s, &spec, ref, daemon->context);
	return start_under_supervisor(s, daemon, &spec, ref);
}

static int
door_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct door *door = sb_state(s);
	int err;

	(void)peer;
	sb_hold(s, "server");
	err = start_server(s, door->daemon, &door->ref);
	if (err)
		SB_LOG_LIMITED(s, WARNING, "erps.not_started", "error", SB_ERR(err));
	return err < 0 ? err : 0;
}

static void
door_message(struct sb_session *s, struct sb_message *m)
{
	const struct door *door = sb_state(s);
	const struct sb_child_started *started = m->data;
	int err = m->status;

	if (m->type != SB_MSG_REPLY || m->ref != door->ref)
		return;
	if (!err)
		err = sb_hand_over(s, started->address, 0);
	if (!err)
		return;
	SB_LOG_LIMITED(s, WARNING, "erps.not_started", "error", SB_ERR(err));
	sb_close(s, SB_END_LIMIT);
}

const struct sb_module erps_door_module = {
	.abi = SB_MODULE_ABI,
	.name = "erps.door",
	.state_size = sizeof(struct door),
	.start = door_start,
	.connected = door_connected,
	.message = door_message,
};
