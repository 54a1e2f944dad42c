/*
 * Every bound of a session and its connection. A listener or a connector carries
 * one; 0 takes the default that stands in brackets, SB_UNLIMITED (where it makes
 * sense) switches a bound off. Each bound has a counter and a log line.
 */
#ifndef SB_CORE_LIMITS_H
#define SB_CORE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define SB_UNLIMITED UINT32_MAX

struct sb_limits {
	/* Of a listener, over all shards. */
	uint32_t max_connections;            /* [10000] */
	uint32_t max_connections_per_source; /* one client address, by PROXY where used [unlimited]
					      */
	uint32_t accept_rate;                /* a second, burst of the same size [unlimited] */

	/* Deadlines, in milliseconds. */
	uint32_t handshake_ms;   /* TLS and PROXY header [10000] */
	uint32_t first_octet_ms; /* from accept to the first octet [unlimited] */
	uint32_t frame_ms;       /* an unfinished frame may stay unfinished so long [30000] */
	uint32_t idle_ms;        /* no octet from the peer [unlimited] */
	uint32_t linger_ms;      /* after close, waiting for the peer's EOF [2000] */
	uint32_t stop_ms;        /* from `stopping` to the cut, for accepted sessions [5000] */

	/* Octets. Frames and outputs are bounded by 1 GiB whatever is given; low by high by hard.
	 */
	uint32_t max_frame;    /* unfinished frame [the module's] */
	uint32_t output_low;   /* reading goes on under it, and `drained` is called [64 KiB] */
	uint32_t output_high;  /* reading stops over it [256 KiB] */
	uint32_t output_hard;  /* the session ends with SB_END_LIMIT over it [4 MiB] */
	uint32_t linger_bytes; /* read and discarded after close [256 KiB] */

	/* Fairness: what one session may use in one turn. */
	uint32_t read_budget;  /* octets [64 KiB] */
	uint32_t frame_budget; /* frames, where the module counts them with sb_frame [1024] */

	/* Mailbox and outstanding requests. */
	uint32_t mailbox_messages; /* [1024] */
	uint32_t mailbox_bytes;    /* [1 MiB] */
	uint32_t max_calls;        /* calls, monitors and jobs outstanding [1024] */
};

/* `limits` (NULL: none set) with every 0 replaced by its default; `max_frame` is the module's.
 * Pure, any thread. */
struct sb_limits sb_limits_complete(const struct sb_limits *limits, size_t max_frame);

#endif
