/*
 * The real environment: one constant table for the whole process. It has no
 * state, so nodes share it.
 */
#include "core/env_system_internal.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

/* All of these are read in user space (vDSO), but for the thread's CPU time. */
static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t
system_now(void *context)
{
	(void)context;
	return clock_ns(CLOCK_MONOTONIC);
}

static int64_t
system_wall(void *context)
{
	(void)context;
	return (int64_t)(clock_ns(CLOCK_REALTIME) / 1000000u);
}

static uint64_t
system_thread_cpu(void *context)
{
	(void)context;
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void
system_random(void *context, void *out, size_t size)
{
	uint8_t *at = out;

	(void)context;
	while (size) {
		ssize_t n = getrandom(at, size, 0);

		/* Only before the kernel's generator is seeded, or by a signal, does it give
		 * less. */
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
}

static void *
system_allocate(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void *
system_reallocate(void *context, void *memory, size_t size)
{
	(void)context;
	return realloc(memory, size);
}

static void
system_release(void *context, void *memory)
{
	(void)context;
	free(memory);
}

static const struct sb_env system_env = {
	.now = system_now,
	.wall = system_wall,
	.thread_cpu = system_thread_cpu,
	.random = system_random,
	.allocate = system_allocate,
	.reallocate = system_reallocate,
	.release = system_release,
	.socket_listen = sb_system_listen,
	.socket_adopt = sb_system_adopt,
	.socket_accept = sb_system_accept,
	.socket_refuse = sb_system_refuse,
	.socket_connect = sb_system_connect,
	.socket_tune = sb_system_tune,
	.socket_error = sb_system_error,
	.socket_name = sb_system_name,
	.socket_read = sb_system_read,
	.socket_write = sb_system_write,
	.socket_finish = sb_system_finish,
	.socket_close = sb_system_close,
	.socket_abort = sb_system_abort,
	.datagram_open = sb_system_datagram_open,
	.datagram_receive = sb_system_datagram_receive,
	.datagram_send = sb_system_datagram_send,
	.loop_new = sb_system_loop_new,
	.loop_free = sb_system_loop_free,
	.loop_watch = sb_system_loop_watch,
	.loop_poll = sb_system_loop_poll,
	.loop_wake = sb_system_loop_wake,
	.work_submit = sb_system_work_submit,
};

const struct sb_env *
sb_env_system(void)
{
	return &system_env;
}
