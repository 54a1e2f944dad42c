/*
 * Why a session, or its connection, ended. One list makes values, names and the
 * question that supervision asks: was it a normal end?
 */
#ifndef SB_CORE_END_H
#define SB_CORE_END_H

#include <stdbool.h>

/* X(name, text, normal) */
#define SB_END_MAP(X)                                                                            \
	X(LOCAL, "local", true)        /* we closed it */                                        \
	X(DRAIN, "drain", true)        /* we closed it because the node or supervisor stops */   \
	X(PEER, "peer", true)          /* the peer ended it in order */                          \
	X(HANDED, "handed", true)      /* the connection went to another session */              \
	X(PROTOCOL, "protocol", false) /* the peer broke the protocol */                         \
	X(LIMIT, "limit", false)       /* a bound was reached: queue, memory, frame size */      \
	X(DEADLINE, "deadline", false) /* a deadline passed: handshake, frame, idle, shutdown */ \
	X(RESET, "reset", false)       /* the transport failed under us */                       \
	X(CONNECT, "connect", false)   /* an outbound connection could not be made */            \
	X(TLS, "tls", false)           /* the TLS handshake or record layer failed */            \
	X(FAULT, "fault", false)       /* the module said sb_fail, or its start failed */        \
	X(GONE, "gone", false)         /* it was not there (only in end notices) */

enum sb_end {
#define X(name, text, normal) SB_END_##name,
	SB_END_MAP(X)
#undef X
		SB_END_COUNT
};

/* "local", "drain", ...: for logs and metric labels. A static string. Any thread. */
const char *sb_end_name(enum sb_end end);

/* Whether supervision counts this as a normal end (a transient child is not restarted). */
bool sb_end_is_normal(enum sb_end end);

#endif
