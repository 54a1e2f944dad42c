/*
 * A disk that fails under a program that knows nothing of it: loaded before the C
 * library (LD_PRELOAD), it lets writes and syncs of files under one folder fail
 * when a control file says so.
 *
 *	FAILING_DISK_FOLDER   the folder, as a full path
 *	FAILING_DISK_CONTROL  the control file: "CALLS ERRNO", as in "write 28" or
 *	                      "sync 5" or "all 5"; absent or empty: all is well
 *
 * Each call looks at the control file anew: for tests, where that cost does not count.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* The C library's own; found when they are first needed. */
static void *
next(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		abort();
	return found;
}

#define NEXT(name, result, ...)             \
	static result (*real)(__VA_ARGS__); \
	if (!real)                          \
	*(void **)&real = next(name)

/* ---- whether a call fails ---- */

static ssize_t
control_read(char *text, size_t size)
{
	const char *path = getenv("FAILING_DISK_CONTROL");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, size);
	close(fd);
	return n;
}

static bool
is_ours(int fd)
{
	const char *folder = getenv("FAILING_DISK_FOLDER");
	char link[64], path[4096];
	ssize_t n;

	if (!folder)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	return n > 0 && (size_t)n > strlen(folder) && strncmp(path, folder, strlen(folder)) == 0 &&
	       path[strlen(folder)] == '/';
}

/* 0, or the errno that such a call fails with. errno itself is left as it is. */
static int
failure_of(int fd, const char *call)
{
	char text[64], calls[16];
	int kept = errno, error = 0;
	ssize_t n = control_read(text, sizeof(text) - 1);

	if (n > 0) {
		text[n] = '\0';
		if (sscanf(text, "%15s %d", calls, &error) != 2 ||
			(strcmp(calls, "all") != 0 && strcmp(calls, call) != 0) || !is_ours(fd))
			error = 0;
	}
	errno = kept;
	return error;
}

static bool
fails(int fd, const char *call)
{
	int error = failure_of(fd, call);

	if (error)
		errno = error;
	return error != 0;
}

/* ---- the calls ---- */

ssize_t
write(int fd, const void *data, size_t size)
{
	NEXT("write", ssize_t, int, const void *, size_t);
	return fails(fd, "write") ? -1 : real(fd, data, size);
}

ssize_t
pwrite(int fd, const void *data, size_t size, off_t at)
{
	NEXT("pwrite", ssize_t, int, const void *, size_t, off_t);
	return fails(fd, "write") ? -1 : real(fd, data, size, at);
}

ssize_t
pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	NEXT("pwrite64", ssize_t, int, const void *, size_t, off64_t);
	return fails(fd, "write") ? -1 : real(fd, data, size, at);
}

ssize_t
writev(int fd, const struct iovec *parts, int count)
{
	NEXT("writev", ssize_t, int, const struct iovec *, int);
	return fails(fd, "write") ? -1 : real(fd, parts, count);
}

int
fsync(int fd)
{
	NEXT("fsync", int, int);
	return fails(fd, "sync") ? -1 : real(fd);
}

int
fdatasync(int fd)
{
	NEXT("fdatasync", int, int);
	return fails(fd, "sync") ? -1 : real(fd);
}

int
posix_fallocate(int fd, off_t at, off_t size)
{
	int error = failure_of(fd, "write");

	NEXT("posix_fallocate", int, int, off_t, off_t);
	return error ? error : real(fd, at, size);
}
