/*
 * A disk for SQLite that fails when it is told to: the system's own, under the name
 * "failing" (file:PATH?vfs=failing). One for the process; any thread may tell it.
 */
#ifndef SB_TESTS_SUPPORT_FAILING_VFS_H
#define SB_TESTS_SUPPORT_FAILING_VFS_H

enum failing_call { FAILING_READ, FAILING_WRITE, FAILING_SYNC, FAILING_CALLS };

/* 0 or an error of SQLite. Once or often. */
int failing_vfs_register(void);

/* Such calls on files whose name ends in `suffix` fail with SQLite's `code` and the system's
 * `error`, after `good` more that do not. `suffix` is a static string. */
void failing_vfs_set(enum failing_call call, const char *suffix, int good, int code, int error);
/* All is well again. */
void failing_vfs_clear(void);

/* Calls of that sort since the last clear. */
unsigned failing_vfs_count(enum failing_call call);

#endif
