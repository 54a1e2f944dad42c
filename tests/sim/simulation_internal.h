/* What the parts of the simulation share. */
#ifndef SB_TESTS_SIM_SIMULATION_INTERNAL_H
#define SB_TESTS_SIM_SIMULATION_INTERNAL_H

#include "core/bytes.h"
#include "simulation.h"

#define SIM_SOCKETS 512
#define SIM_FIRST   3 /* the lowest descriptor */

/* Octets one way: `size` from `data`, of which `visible` have arrived. */
struct sim_pipe {
	uint8_t *data;
	size_t size, capacity, visible;
	struct sim_segment {
		uint64_t at; /* when it arrives */
		size_t size;
		bool is_end;
	} * segments;
	size_t segment_count, segment_capacity;
	uint64_t last_at;
	bool has_ended; /* the end is visible */
	bool is_ending; /* the end is on its way */
};

enum sim_kind { SIM_FREE, SIM_LISTENER, SIM_STREAM };

struct sim_socket {
	enum sim_kind kind;
	uint16_t port;         /* a listener's */
	struct sim_peer *peer; /* of a stream */
	struct sb_io *io;
	struct sb_loop *loop;
	uint64_t connected_at;
	bool is_refused;
	struct sim_peer *pending[64]; /* of a listener: not accepted yet */
	size_t pending_count;
};

/* The test's end. The node's end is `fd` of the simulation; -1: closed, or not accepted yet. */
struct sim_peer {
	struct simulation *sim;
	struct sim_peer *next;
	int fd;
	uint16_t port;
	uint64_t pending_at;
	struct sim_pipe to_node, from_node;
	bool is_stalled, was_reset, node_closed, is_taken;
	uint8_t *inbox;
	size_t inbox_size, inbox_capacity;
	/* The other end is the node, too (an sb_connect of it to a listener of it). */
	struct sim_peer *mirror;
	bool is_mirror;
};

struct sb_loop {
	struct simulation *sim;
	unsigned shard;
	bool is_awake;
	bool has_more; /* its last turn left something to do */
};

struct simulation {
	struct sb_env env;
	struct sim_options options;
	struct sb_node *node;
	uint64_t now;
	uint64_t max_look_ns; /* by which a look at the clock moves it */
	uint64_t random;
	struct sim_socket sockets[SIM_SOCKETS];
	struct sim_peer *peers;
	uint16_t test_ports[16];
	size_t test_port_count;
	struct sb_loop *loops[64];
	unsigned loop_count;
	struct sb_work *work, **work_tail;
	uint64_t allocations, fail_at, live;
	bool is_starved, is_work_held;
	unsigned accepts_to_fail;
	uint16_t next_port;
};

/* pipe.c */
void sim_pipe_free(struct sim_pipe *pipe);
/* Never NULL. */
void *sim_kernel_memory(const struct simulation *sim, void *memory, size_t size);
/* Puts octets on their way; they arrive in order. */
void sim_pipe_put(struct simulation *sim, struct sim_pipe *pipe, const void *data, size_t size);
void sim_pipe_end(struct simulation *sim, struct sim_pipe *pipe);
/* Lets arrive what is due. */
void sim_pipe_settle(const struct simulation *sim, struct sim_pipe *pipe);
size_t sim_pipe_take(struct sim_pipe *pipe, void *out, size_t size);
uint64_t sim_pipe_next(const struct sim_pipe *pipe); /* UINT64_MAX: nothing on its way */

/* sockets.c */
void sim_sockets_install(struct simulation *sim);
void sim_settle(struct simulation *sim);
int sim_ready_events(struct simulation *sim, int fd);
uint64_t sim_next_arrival(struct simulation *sim);
size_t sim_room(const struct simulation *sim, const struct sim_pipe *pipe);

#endif
