#include "bed.h"

#include <unistd.h>

#define LIMIT_NS 30000000000u

void
bed_init(struct bed *bed, unsigned shards, uint64_t seed)
{
	struct sim_options sim_options = {.seed = seed};
	struct sb_log_options log_options = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct sb_node_options options = {.threads = shards};

	bed->sim = sim_new(&sim_options);
	bed->log = sb_log_new(&log_options);
	options.env = sim_env(bed->sim);
	options.log = bed->log;
	assert_int_equal(sb_node_new(&bed->node, &options), 0);
	sim_attach(bed->sim, bed->node);
}

static bool
is_stopped(void *context)
{
	return sb_node_is_stopped(((struct bed *)context)->node);
}

void
bed_fini(struct bed *bed)
{
	sb_node_stop(bed->node);
	assert_true(sim_run_until(bed->sim, is_stopped, bed, LIMIT_NS));
	sb_node_free(bed->node);
	assert_int_equal(sim_open_sockets(bed->sim), 0);
	sim_free(bed->sim);
	sb_log_free(bed->log);
}

uint16_t
bed_listen(struct bed *bed, const struct sb_module *module, const void *args,
	const struct sb_limits *limits)
{
	struct sb_listener_options options = {.name = module->name,
		.address = "127.0.0.1:0",
		.module = module,
		.args = args,
		.limits = limits};
	struct sb_listener *listener;

	assert_int_equal(sb_listen(bed->node, &options, &listener), 0);
	return sb_listener_port(listener);
}

void
bed_child(struct bed *bed, const struct sb_module *module, const void *args, int shard)
{
	struct sb_child_spec spec = {.id = module->name,
		.module = module,
		.args = args,
		.restart = SB_PERMANENT,
		.shard = shard};

	assert_int_equal(sb_node_start_child(bed->node, &spec), 0);
}

struct wait {
	struct bed *bed;
	const char *name;
	struct sb_address holder;
	struct sim_peer *peer;
	size_t size;
	const unsigned *counter;
};

static bool
is_held(void *context)
{
	struct wait *wait = context;

	return sb_node_lookup(wait->bed->node, wait->name, &wait->holder) == 0;
}

struct sb_address
bed_name(struct bed *bed, const char *name)
{
	struct wait wait = {.bed = bed, .name = name};

	if (!sim_run_until(bed->sim, is_held, &wait, LIMIT_NS))
		fail_msg("nobody holds %s", name);
	return wait.holder;
}

static bool
has_come(void *context)
{
	struct wait *wait = context;

	return sim_received(wait->peer).size >= wait->size;
}

struct sb_bytes
bed_receive(struct bed *bed, struct sim_peer *peer, size_t size)
{
	struct wait wait = {.peer = peer, .size = size};

	if (!sim_run_until(bed->sim, has_come, &wait, LIMIT_NS))
		fail_msg("%zu octets of %zu have come", sim_received(peer).size, size);
	return sim_received(peer);
}

static bool
has_ended(void *context)
{
	return sim_has_ended(context);
}

void
bed_ended(struct bed *bed, struct sim_peer *peer)
{
	assert_true(sim_run_until(bed->sim, has_ended, peer, LIMIT_NS));
}

void
bed_run_ms(struct bed *bed, uint64_t ms)
{
	sim_run_for(bed->sim, ms * 1000000u);
}

static bool
is_reached(void *context)
{
	const struct wait *wait = context;

	return *wait->counter >= wait->size;
}

void
bed_count(struct bed *bed, const unsigned *counter, unsigned count)
{
	struct wait wait = {.counter = counter, .size = count};

	if (!sim_run_until(bed->sim, is_reached, &wait, LIMIT_NS))
		fail_msg("counted %u of %u", *counter, count);
}
