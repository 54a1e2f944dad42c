/*
 * Sessions that do anything, in any callback, on a node of several shards: accepted,
 * spawned and supervised ones, and outbound ones that reconnect to peers who cut. The
 * actors check what each callback may see; here, that nothing is left in the end.
 *
 * `core_actors [FIRST COUNT]` plays seeds; `core_actors memory [FIRST COUNT]` plays one
 * seed, and fails its n-th allocation, from the first on until a run has less.
 */
#include "actor.h"
#include "seeds.h"

#include <string.h>
#include <unistd.h>

#define PEERS    6
#define FAR_PORT 9999
#define STEPS    15

/* Sends frames of some octets, at times a part, an end, or a reset; reads or not. */
static void
peer_act(struct simulation *sim, struct sim_peer *peer)
{
	uint8_t octets[300] = {0};
	size_t size = 1 + sim_random(sim, sizeof(octets) - 1);

	for (size_t i = 0; i < size; i++)
		octets[i] = (uint8_t)sim_random(sim, sim_random(sim, 8) ? 10 : 256);
	sim_stall(peer, sim_random(sim, 6) == 0);
	switch (sim_random(sim, 30)) {
	case 0:
		sim_finish(peer);
		break;
	case 1:
		sim_reset(peer);
		break;
	default:
		sim_send(peer, octets, size);
	}
}

static void
peers_act(struct actor_stage *stage, struct sim_peer *peers[PEERS])
{
	struct simulation *sim = stage->sim;

	for (int i = 0; i < PEERS; i++) {
		bool is_over = !peers[i] || sim_was_reset(peers[i]) || sim_is_closed(peers[i]);

		if (!is_over)
			peer_act(sim, peers[i]);
		else if (sim_random(sim, 3) == 0)
			peers[i] = sim_random(sim, 2) ? sim_connect(sim, stage->port)
						      : sim_accept(sim, FAR_PORT);
	}
}

static void
begin(struct actor_stage *stage, const struct sb_limits *limits)
{
	struct sb_listener_options listener = {.name = "actors",
		.address = "127.0.0.1:0",
		.module = &actor_module,
		.args = stage,
		.limits = limits};

	if (sb_listen(stage->node, &listener, &stage->listener) == 0)
		stage->port = sb_listener_port(stage->listener);
	stage->supervisor = sb_node_root(stage->node);
	for (int i = 0; i < 4; i++) {
		struct sb_child_spec child = {
			.module = i % 2 ? &actor_module : &actor_client_module,
			.args = stage,
			.restart = SB_PERMANENT,
			.shutdown_ms = 100,
			.shard = SB_SHARD_SPREAD};

		(void)sb_node_start_child(stage->node, &child);
	}
}

static void
end(struct actor_stage *stage)
{
	struct simulation *sim = stage->sim;

	if (sim_random(sim, 2)) {
		sb_node_stop(stage->node);
		if (sim_random(sim, 2))
			sb_node_stop(stage->node);
		sim_run_for(sim, 40000000000u);
		CHECK(sb_node_is_stopped(stage->node));
	}
	sb_node_free(stage->node);
	CHECK(!stage->inside);
	CHECK(stage->started == stage->closed);
	CHECK(sim_open_sockets(sim) == 0);
}

static void
play(struct actor_stage *stage, const struct sb_limits *limits, int steps)
{
	struct simulation *sim = stage->sim;
	struct sim_peer *peers[PEERS] = {0};

	stage->ends = 5 + (unsigned)sim_random(sim, 40);
	sim_attach(sim, stage->node);
	sim_listen(sim, FAR_PORT);
	begin(stage, limits);
	sim_run_for(sim, 10000000);
	if (sim_random(sim, 4) == 0 && steps == STEPS)
		sim_fail_allocation(sim, 1 + sim_random(sim, 500));
	while (steps--) {
		peers_act(stage, peers);
		sim_starve(sim, sim_random(sim, 30) == 0);
		sim_run_for(sim, 1000000 + sim_random(sim, 30000000));
	}
	sim_starve(sim, false);
	end(stage);
}

/* Whether the allocation that was to fail came. */
static bool
run_one(uint64_t seed, int steps, uint64_t failing)
{
	struct sim_options sim_options = {.seed = seed, .socket_buffer = 1u << (8 + seed % 6)};
	struct sb_log_options log_options = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct sb_log *log = sb_log_new(&log_options);
	struct actor_stage stage = {.sim = sim_new(&sim_options), .far_port = FAR_PORT};
	struct simulation *sim = stage.sim;
	struct sb_limits limits = {.frame_budget = 1 + (uint32_t)sim_random(sim, 5),
		.read_budget = 16 + (uint32_t)sim_random(sim, 500),
		.frame_ms = 300,
		.idle_ms = 2000,
		.linger_ms = 200,
		.stop_ms = 300,
		.output_low = 100,
		.output_high = 200 + (uint32_t)sim_random(sim, 5000),
		.output_hard = 80000,
		.mailbox_messages = 1 + (uint32_t)sim_random(sim, 20),
		.max_calls = 1 + (uint32_t)sim_random(sim, 6)};
	struct sb_node_options options = {.threads = 1 + (unsigned)sim_random(sim, 3),
		.env = sim_env(sim),
		.log = log,
		.stop_ms = 1000,
		.message_budget = 1 + (uint32_t)sim_random(sim, 20)};
	bool has_failed;
	int err;

	if (seed % 3 == 0)
		sim_slow_looks(sim, 50000);
	sim_fail_allocation(sim, failing);
	err = sb_node_new(&stage.node, &options);
	CHECK(err == 0 || (err == SB_ENOMEM && failing));
	if (!err)
		play(&stage, &limits, steps);
	has_failed = sim_allocations(sim) >= failing;
	sim_finish_work(sim);
	CHECK(sim_live_allocations(sim) == 0);
	CHECK(stage.given == stage.released);
	sim_free(sim);
	sb_log_free(log);
	return has_failed;
}

static void
run_seed(uint64_t seed)
{
	(void)run_one(seed, STEPS, 0);
}

static void
run_failing(uint64_t nth)
{
	static bool is_over;

	if (!is_over && nth)
		is_over = !run_one(5, 6, nth);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "memory") == 0)
		return seeds_main(argc - 1, argv + 1, 5000, run_failing);
	return seeds_main(argc, argv, 2000, run_seed);
}
