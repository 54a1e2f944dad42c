/*
 * The environment: time, randomness, memory, sockets, the poller and foreign
 * work, replaceable as one table. The real one stands on libev and the kernel;
 * a simulation brings its own, with a fake clock, sockets in memory and no
 * threads. Nothing in core/ or protocols/ calls the system around it.
 */
#ifndef SB_CORE_ENV_H
#define SB_CORE_ENV_H

#include "peer.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sb_socket_options; /* connector.h */
struct sb_loop;           /* the environment's own: one poller of one shard */

#define SB_READABLE 1
#define SB_WRITABLE 2

/* A watched descriptor, embedded in what owns it. `ready` runs inside `poll`, on the shard. */
struct sb_io {
	int fd;
	int events; /* watched: SB_READABLE | SB_WRITABLE; 0: not watched */
	void (*ready)(struct sb_io *io, int events);
	_Alignas(8) unsigned char backend[48]; /* the environment's */
};

/* A piece of work off the loop: `run`, then `done`, on some thread. */
struct sb_work {
	void (*run)(struct sb_work *work);
	void (*done)(struct sb_work *work);
	struct sb_work *next;
};

struct sb_env {
	void *context; /* first argument of every function */

	uint64_t (*now)(void *context);        /* monotonic nanoseconds */
	int64_t (*wall)(void *context);        /* Unix milliseconds */
	uint64_t (*thread_cpu)(void *context); /* ns of CPU this thread has used; may be NULL */
	void (*random)(void *context, void *out, size_t size);

	void *(*allocate)(void *context, size_t size); /* aligned to 16; NULL: none left */
	void *(*reallocate)(void *context, void *memory, size_t size);
	void (*release)(void *context, void *memory);

	/* Sockets: non-blocking, close-on-exec. 0 or a count, or a negative error; SB_AGAIN: not
	 * now. `socket_read` gives 0 at the end of input. */
	/* SB_EADDRINUSE: somebody listens there already; `is_first` is false beside a socket of
	 * the same listener, which is no such somebody. */
	int (*socket_listen)(void *context, const union sb_socket_address *at, int backlog,
		bool is_first, int *fd);
	/* Takes over a socket made elsewhere: as ours are. 0 or an error. */
	int (*socket_adopt)(void *context, int fd);
	int (*socket_accept)(void *context, int fd, union sb_socket_address *peer, int *accepted);
	/* Out of descriptors: takes the next connection with one kept for this, and closes it. */
	void (*socket_refuse)(void *context, int fd);
	int (*socket_connect)(void *context, const union sb_socket_address *to,
		const union sb_socket_address *from, int *fd); /* SB_AGAIN: under way */
	/* What an outbound socket wants besides; after socket_connect. May be NULL. */
	int (*socket_tune)(void *context, int fd, const struct sb_socket_options *options);
	int (*socket_error)(void *context, int fd); /* how a connect ended */
	int (*socket_name)(void *context, int fd, union sb_socket_address *local);
	ssize_t (*socket_read)(void *context, int fd, void *buf, size_t size);
	ssize_t (*socket_write)(void *context, int fd, const void *data, size_t size);
	int (*socket_finish)(void *context, int fd); /* shutdown of the writing side */
	void (*socket_close)(void *context, int fd);
	void (*socket_abort)(void *context, int fd); /* reset, then close */

	/* Datagrams; closed and named as other sockets are. All three may be NULL: there are none.
	 * `datagram_receive` gives the size of the next one, of which `size` octets are stored, or
	 * SB_AGAIN; `datagram_send` SB_FULL when the kernel has no room. */
	int (*datagram_open)(void *context, const union sb_socket_address *at, int *fd);
	ssize_t (*datagram_receive)(
		void *context, int fd, union sb_socket_address *from, void *buf, size_t size);
	int (*datagram_send)(void *context, int fd, const union sb_socket_address *to,
		const void *data, size_t size);

	/* The poller of one shard. */
	int (*loop_new)(void *context, unsigned shard, struct sb_loop **loop);
	void (*loop_free)(struct sb_loop *loop);
	void (*loop_watch)(struct sb_loop *loop, struct sb_io *io, int events); /* 0: stop */
	/* Calls `ready` of what is. Waits at most `wait_ns`; negative: for ever. */
	void (*loop_poll)(struct sb_loop *loop, int64_t wait_ns);
	void (*loop_wake)(struct sb_loop *loop); /* ends a wait; any thread */

	/* Runs `work.run` off the loop and calls `done` from any thread. SB_FULL: the queue is. */
	int (*work_submit)(void *context, struct sb_work *work);
};

/* The kernel's: clock_gettime, getrandom, malloc, sockets, libev, a pool of threads. One value for
 * the process, without state of its own but that pool. */
const struct sb_env *sb_env_system(void);

#endif
