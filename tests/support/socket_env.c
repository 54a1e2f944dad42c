#include "tests/support/socket_env.h"

#include "core/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static uint64_t
env_now(void *context)
{
	return ((struct socket_env *)context)->now_ns;
}

static int64_t
env_wall(void *context)
{
	return ((struct socket_env *)context)->wall_ms;
}

static void
env_random(void *context, void *out, size_t size)
{
	(void)context;
	memset(out, 0x5b, size);
}

static bool
has_memory(struct socket_env *env)
{
	if (env->allocations_left == 0)
		return false;
	if (env->allocations_left > 0)
		env->allocations_left--;
	return true;
}

static void *
env_allocate(void *context, size_t size)
{
	struct socket_env *env = context;
	void *memory = has_memory(env) ? malloc(size) : NULL;

	env->live += memory != NULL;
	return memory;
}

static void *
env_reallocate(void *context, void *memory, size_t size)
{
	struct socket_env *env = context;
	void *moved = has_memory(env) ? realloc(memory, size) : NULL;

	env->live += moved && !memory;
	return moved;
}

static void
env_release(void *context, void *memory)
{
	((struct socket_env *)context)->live -= memory != NULL;
	free(memory);
}

static size_t
at_most(size_t size, size_t max)
{
	return max && size > max ? max : size;
}

static ssize_t
env_read(void *context, int fd, void *buf, size_t size)
{
	struct socket_env *env = context;
	ssize_t got;

	env->reads++;
	if (env->read_error)
		return env->read_error;
	got = recv(fd, buf, at_most(size, env->read_max), MSG_DONTWAIT);
	return got < 0 ? sb_error_from_errno(errno) : got;
}

static ssize_t
env_write(void *context, int fd, const void *data, size_t size)
{
	struct socket_env *env = context;
	ssize_t put;

	env->writes++;
	if (env->write_error)
		return env->write_error;
	if (env->is_write_blocked)
		return SB_AGAIN;
	put = send(fd, data, at_most(size, env->write_max), MSG_DONTWAIT | MSG_NOSIGNAL);
	return put < 0 ? sb_error_from_errno(errno) : put;
}

static int
env_finish(void *context, int fd)
{
	(void)context;
	return shutdown(fd, SHUT_WR) ? sb_error_from_errno(errno) : 0;
}

void
socket_env_init(struct socket_env *env)
{
	*env = (struct socket_env){
		.env = {.context = env,
			.now = env_now,
			.wall = env_wall,
			.random = env_random,
			.allocate = env_allocate,
			.reallocate = env_reallocate,
			.release = env_release,
			.socket_read = env_read,
			.socket_write = env_write,
			.socket_finish = env_finish},
		.allocations_left = -1,
	};
}
