/*
 * One list of errors for the whole house. Every function that returns `int`
 * returns 0 (or a count, where it says so) or one of these negative codes.
 * The list makes the codes, their names and their texts.
 */
#ifndef SB_CORE_ERROR_H
#define SB_CORE_ERROR_H

/* X(name, code, text) */
#define SB_ERROR_MAP(X)                                            \
	X(SB_GONE, -1, "the session addressed no longer exists")   \
	X(SB_FULL, -2, "a bounded queue has no room")              \
	X(SB_TIMEOUT, -3, "the deadline passed")                   \
	X(SB_AGAIN, -4, "not now: would block")                    \
	X(SB_EINVAL, -5, "invalid argument")                       \
	X(SB_ENOMEM, -6, "out of memory")                          \
	X(SB_EPROTO, -7, "the peer broke the protocol")            \
	X(SB_EEXIST, -8, "the name is taken")                      \
	X(SB_ENOENT, -9, "no such name")                           \
	X(SB_ELIMIT, -10, "a configured limit was reached")        \
	X(SB_EIO, -11, "input/output error")                       \
	X(SB_ECONFIG, -12, "invalid configuration")                \
	X(SB_ETLS, -13, "TLS failed")                              \
	X(SB_EADDRINUSE, -14, "address already in use")            \
	X(SB_EACCES, -15, "permission denied")                     \
	X(SB_ECONNREFUSED, -16, "connection refused")              \
	X(SB_ECONNRESET, -17, "connection reset by the peer")      \
	X(SB_EUNREACH, -18, "host or network unreachable")         \
	X(SB_ERESOLVE, -19, "the name could not be resolved")      \
	X(SB_EMFILE, -20, "out of descriptors")                    \
	X(SB_ENOSPC, -21, "no space left on the device")           \
	X(SB_ECONFLICT, -22, "the stored revision is another one") \
	X(SB_ECANCELED, -23, "canceled")                           \
	X(SB_ENOTSUP, -24, "not supported")                        \
	X(SB_ECORRUPT, -25, "stored data is damaged")              \
	X(SB_EBUSY, -26, "in use by another process")              \
	X(SB_EREMOTE, -27, "the peer answered with a fault")

enum sb_error {
#define X(name, code, text) name = (code),
	SB_ERROR_MAP(X)
#undef X
};

/* The name of a code ("SB_GONE"), for logs and metrics; "SB_EUNKNOWN" for a code not on the list.
 * A static string. Any thread. */
const char *sb_error_name(int error);

/* One sentence on a code, for people. A static string. Any thread. */
const char *sb_error_text(int error);

/* The code that fits an `errno` value; SB_EIO where none fits better. Any thread. */
int sb_error_from_errno(int errno_value);

#endif
