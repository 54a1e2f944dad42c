#include "tests/support/failing_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct rule {
	const char *suffix; /* NULL: none */
	int good, code, error;
	unsigned count;
};

static struct {
	pthread_mutex_t lock;
	struct rule rules[FAILING_CALLS];
	sqlite3_vfs *system;
	sqlite3_vfs vfs;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* What SQLite gives memory for; the system's own file lies behind it. */
struct failing_file {
	sqlite3_file base;
	const char *name;
	int error; /* of its last failure of ours */
};

static sqlite3_file *
real(sqlite3_file *file)
{
	return (sqlite3_file *)((struct failing_file *)file + 1);
}

/* ---- rules ---- */

void
failing_vfs_set(enum failing_call call, const char *suffix, int good, int code, int error)
{
	pthread_mutex_lock(&disk.lock);
	disk.rules[call] = (struct rule){suffix, good, code, error, disk.rules[call].count};
	pthread_mutex_unlock(&disk.lock);
}

void
failing_vfs_clear(void)
{
	pthread_mutex_lock(&disk.lock);
	memset(disk.rules, 0, sizeof(disk.rules));
	pthread_mutex_unlock(&disk.lock);
}

unsigned
failing_vfs_count(enum failing_call call)
{
	unsigned count;

	pthread_mutex_lock(&disk.lock);
	count = disk.rules[call].count;
	pthread_mutex_unlock(&disk.lock);
	return count;
}

static bool
ends_in(const char *name, const char *suffix)
{
	size_t size = name ? strlen(name) : 0, end = strlen(suffix);

	return size >= end && strcmp(name + size - end, suffix) == 0;
}

/* SQLITE_OK, or how this call fails. */
static int
judge(sqlite3_file *file, enum failing_call call)
{
	struct failing_file *failing = (struct failing_file *)file;
	struct rule *rule = &disk.rules[call];
	int code = SQLITE_OK;

	pthread_mutex_lock(&disk.lock);
	rule->count++;
	if (rule->suffix && ends_in(failing->name, rule->suffix) && rule->good-- <= 0) {
		code = rule->code;
		failing->error = rule->error;
	}
	pthread_mutex_unlock(&disk.lock);
	return code;
}

/* ---- a file ---- */

static int
file_close(sqlite3_file *file)
{
	return real(file)->pMethods->xClose(real(file));
}

static int
file_read(sqlite3_file *file, void *data, int size, sqlite3_int64 at)
{
	int code = judge(file, FAILING_READ);

	return code ? code : real(file)->pMethods->xRead(real(file), data, size, at);
}

static int
file_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
	int code = judge(file, FAILING_WRITE);

	return code ? code : real(file)->pMethods->xWrite(real(file), data, size, at);
}

static int
file_sync(sqlite3_file *file, int flags)
{
	int code = judge(file, FAILING_SYNC);

	return code ? code : real(file)->pMethods->xSync(real(file), flags);
}

static int
file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return real(file)->pMethods->xTruncate(real(file), size);
}

static int
file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real(file)->pMethods->xFileSize(real(file), size);
}

static int
file_lock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xLock(real(file), level);
}

static int
file_unlock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xUnlock(real(file), level);
}

static int
file_reserved(sqlite3_file *file, int *out)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

static int
file_control(sqlite3_file *file, int what, void *argument)
{
	const struct failing_file *failing = (struct failing_file *)file;

	if (what == SQLITE_FCNTL_LAST_ERRNO && failing->error) {
		*(int *)argument = failing->error;
		return SQLITE_OK;
	}
	return real(file)->pMethods->xFileControl(real(file), what, argument);
}

static int
file_sector(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

static int
file_device(sqlite3_file *file)
{
	return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int
file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}

static int
file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void
file_shm_barrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static int
file_shm_unmap(sqlite3_file *file, int remove)
{
	return real(file)->pMethods->xShmUnmap(real(file), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_device,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
};

/* ---- the disk ---- */

static int
disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	struct failing_file *made = (struct failing_file *)file;
	int code = disk.system->xOpen(disk.system, name, real(file), flags, out);

	(void)vfs;
	made->name = name;
	made->error = 0;
	made->base.pMethods = code == SQLITE_OK ? &methods : NULL;
	return code;
}

int
failing_vfs_register(void)
{
	if (disk.system)
		return SQLITE_OK;
	disk.system = sqlite3_vfs_find(NULL);
	disk.vfs = *disk.system;
	disk.vfs.szOsFile = disk.system->szOsFile + (int)sizeof(struct failing_file);
	disk.vfs.zName = "failing";
	disk.vfs.pNext = NULL;
	disk.vfs.xOpen = disk_open;
	return sqlite3_vfs_register(&disk.vfs, 0);
}
