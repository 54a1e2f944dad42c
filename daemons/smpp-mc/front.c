/*
 * The order of the start: doorkeeper, partitions, when the last of these has
 * joined the topic what the store has for them, and then the binds at upstreams and
 * the listeners. So no client can bind before its messages could be taken, or sent something before
 * what was there earlier. A store that cannot be read, or a listener that cannot be
 * opened, ends the node, rather than leave a centre that does half its work.
 */
#include "daemons/smpp-mc/front.h"

#include "core/registry.h"
#include "core/supervisor.h"
#include "daemons/smpp-mc/doorkeeper.h"
#include "daemons/smpp-mc/partition.h"
#include "daemons/smpp-mc/recovery.h"
#include "daemons/smpp-mc/upstreams.h"

#include <stdio.h>

/* What a partition may have outstanding: deliveries at all binds, and monitors of them. */
#define PARTITION_CALLS 1000000u

/* As much as a mailbox can count. */
#define PARTITION_MAILBOX       65535u
#define PARTITION_MAILBOX_BYTES (65535u * 256u)

/* Commits under way are waited for. */
#define PARTITION_SHUTDOWN_MS 10000

struct state {
	struct mc_front *front;
	struct mc_recovery recovery;
	uint32_t partitions; /* there are so many */
};

/* The front asks each partition a few things at a time. */
static const struct sb_limits front_limits = {
	.mailbox_messages = 16384,
	.max_calls = 16384,
};

static const struct sb_limits partition_limits = {
	.mailbox_messages = PARTITION_MAILBOX,
	.mailbox_bytes = PARTITION_MAILBOX_BYTES,
	.max_calls = PARTITION_CALLS,
};

/* Present partitions are told of at once, the others as they join: no order of starts is needed. */
static int
front_begin(struct sb_session *s, const void *args)
{
	struct state *state = sb_state(s);

	state->front = *(struct mc_front *const *)args;
	return sb_registry_watch(s, SB_NAME_TOPIC, MC_PARTITIONS, 0);
}

static void
front_fail(struct sb_session *s, struct mc_front *front)
{
	front->has_failed = true;
	sb_node_stop(sb_session_node(s));
}

/* Not before what was there earlier: a receipt that an upstream has must find its message. */
static void
connect_all(struct sb_session *s, struct mc_front *front)
{
	if (mc_upstreams_start(front->upstreams, sb_session_node(s)))
		front_fail(s, front);
}

static void
listen_all(struct sb_session *s, struct mc_front *front)
{
	for (size_t i = 0; i < front->listener_count; i++) {
		struct sb_listener *listener;
		int err = smpp_listen(front->smpp, &front->listeners[i], &listener);

		if (!err)
			continue;
		SB_LOG(s, ERROR, "mc.listen_failed", "name", SB_STR(front->listeners[i].name),
			"address", SB_STR(front->listeners[i].address), "error", SB_ERR(err));
		front_fail(s, front);
		return;
	}
}

/* Partitions that go, and come again, change nothing once the doors are open. */
static void
partition_came(struct sb_session *s, struct state *state)
{
	if (++state->partitions == state->front->service->partition_count)
		mc_recovery_begin(s, &state->recovery, state->front->service);
}

static void
front_message(struct sb_session *s, struct sb_message *m)
{
	struct state *state = sb_state(s);
	enum mc_recovery_stage before = state->recovery.stage;
	const struct sb_name_event *event = m->data;

	if (m->type != SB_MSG_NAME)
		mc_recovery_message(s, &state->recovery, m);
	else if (event->is_held)
		partition_came(s, state);
	if (state->recovery.stage == before)
		return;
	if (state->recovery.stage == MC_RECOVERED) {
		connect_all(s, state->front);
		listen_all(s, state->front);
	} else if (state->recovery.stage == MC_RECOVERY_FAILED) {
		front_fail(s, state->front);
	}
}

static void
front_closed(struct sb_session *s, enum sb_end why)
{
	struct state *state = sb_state(s);

	(void)why;
	mc_recovery_fini(&state->recovery);
}

static const struct sb_module front_module = {
	.abi = SB_MODULE_ABI,
	.name = "smpp-mc.front",
	.state_size = sizeof(struct state),
	.start = front_begin,
	.message = front_message,
	.closed = front_closed,
};

/* Permanent, on shard 0: both must be found as long as the node runs. */
static int
start_alone(struct sb_node *node, const char *id, const struct sb_module *module,
	const struct sb_limits *limits, const void *args, size_t args_size)
{
	return sb_node_start_child(node, &(struct sb_child_spec){
						 .id = id,
						 .module = module,
						 .args = args,
						 .args_size = args_size,
						 .limits = limits,
						 .restart = SB_PERMANENT,
						 .shard = 0,
					 });
}

static int
start_partitions(struct mc_service *service)
{
	unsigned shards = sb_node_shards(service->node);
	int err = 0;

	for (uint32_t i = 0; i < service->partition_count && !err; i++) {
		struct mc_partition_args args = {service, i};
		char id[32];

		snprintf(id, sizeof(id), "partition-%u", i);
		err = sb_node_start_child(
			service->node, &(struct sb_child_spec){
					       .id = id,
					       .module = &mc_partition_module,
					       .args = &args,
					       .args_size = sizeof(args),
					       .restart = SB_PERMANENT,
					       .shutdown_ms = PARTITION_SHUTDOWN_MS,
					       .shard = (int)(i % shards),
					       .limits = &partition_limits,
				       });
	}
	return err;
}

int
mc_front_start(struct mc_front *front)
{
	struct sb_node *node = front->service->node;
	int err = start_alone(node, "doorkeeper", &mc_doorkeeper_module, NULL, NULL, 0);

	if (!err)
		err = start_partitions(front->service);
	if (!err)
		err = start_alone(
			node, "front", &front_module, &front_limits, &front, sizeof(front));
	return err;
}
