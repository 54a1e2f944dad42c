/*
 * The order of the start: doorkeeper, partitions, and when the last of these has
 * joined the topic, the listeners. So no client can bind before its messages
 * could be taken; and a listener that cannot be opened ends the node, rather than
 * leave a centre that nobody reaches.
 */
#include "daemons/smpp-mc/front.h"

#include "core/registry.h"
#include "core/supervisor.h"
#include "daemons/smpp-mc/doorkeeper.h"
#include "daemons/smpp-mc/partition.h"

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
	uint32_t partitions; /* there are so many */
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
listen_all(struct sb_session *s, struct mc_front *front)
{
	for (size_t i = 0; i < front->listener_count; i++) {
		struct sb_listener *listener;
		int err = smpp_listen(front->smpp, &front->listeners[i], &listener);

		if (!err)
			continue;
		SB_LOG(s, ERROR, "mc.listen_failed", "name", SB_STR(front->listeners[i].name),
			"address", SB_STR(front->listeners[i].address), "error", SB_ERR(err));
		front->has_failed = true;
		sb_node_stop(sb_session_node(s));
		return;
	}
}

static void
front_message(struct sb_session *s, struct sb_message *m)
{
	struct state *state = sb_state(s);
	const struct sb_name_event *event = m->data;

	/* Partitions that go, and come again, change nothing once the doors are open. */
	if (m->type != SB_MSG_NAME || !event->is_held)
		return;
	if (++state->partitions == state->front->service->partition_count)
		listen_all(s, state->front);
}

static const struct sb_module front_module = {
	.abi = SB_MODULE_ABI,
	.name = "smpp-mc.front",
	.state_size = sizeof(struct state),
	.start = front_begin,
	.message = front_message,
};

/* Permanent, on shard 0: both must be found as long as the node runs. */
static int
start_alone(struct sb_node *node, const char *id, const struct sb_module *module, const void *args,
	size_t args_size)
{
	return sb_node_start_child(node, &(struct sb_child_spec){
						 .id = id,
						 .module = module,
						 .args = args,
						 .args_size = args_size,
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
	int err = start_alone(node, "doorkeeper", &mc_doorkeeper_module, NULL, 0);

	if (!err)
		err = start_partitions(front->service);
	if (!err)
		err = start_alone(node, "front", &front_module, &front, sizeof(front));
	return err;
}
