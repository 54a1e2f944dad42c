/* Why a packet, or a call, was refused: what the peer is told, and the label it is counted by. */
#ifndef SB_ERPS_REFUSAL_INTERNAL_H
#define SB_ERPS_REFUSAL_INTERNAL_H

/* X(name, text) */
#define ERPS_REFUSAL_MAP(X)                                               \
	X(WRONG_IDENTIFIER, "wrong identifier")                           \
	X(INCOMPATIBLE_VERSION, "incompatible version")                   \
	X(AUTHENTICATION_PROVIDED, "authentication provided")             \
	X(AUTHENTICATION_REQUIRED, "authentication required")             \
	X(AUTHENTICATION_FAILED, "authentication failed")                 \
	X(BADARG, "badarg")               /* it does not decode */        \
	X(ACCESS_DENIED, "access denied") /* no rule allows it */         \
	X(UNDEF, "undef")                 /* the service takes none */    \
	X(TIMEOUT, "timeout")             /* not answered in time */      \
	X(NO_MEMORY, "no memory")         /* not kept, so not answered */ \
	X(STOPPING, "stopping")           /* its time was over */         \
	X(REJECTED, "rejected")           /* erps_reject: by its own reason */

enum erps_refusal {
#define X(name, text) ERPS_REFUSAL_##name,
	ERPS_REFUSAL_MAP(X)
#undef X
		ERPS_REFUSALS,
	ERPS_NO_REFUSAL = ERPS_REFUSALS
};

/* server_metrics.c: a static string. */
const char *erps_refusal_text(enum erps_refusal refusal);

#endif
