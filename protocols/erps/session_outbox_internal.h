/*
 * Packets that wait for a peer that takes one at a time (pace.h), in order. There only
 * while something waits; bounded: pushes are refused, and the peer is not read, while it
 * is full.
 */
#ifndef SB_ERPS_SESSION_OUTBOX_INTERNAL_H
#define SB_ERPS_SESSION_OUTBOX_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct erps_session;
struct sb_session;

/* Packets; octets are bounded by output_high. At one in ERPS_PACE_GAP_MS this is half a minute. */
#define ERPS_OUTBOX_MAX 256

struct erps_waiting {
	struct erps_waiting *next;
	size_t size;
	uint8_t octets[];
};

struct erps_outbox {
	struct erps_waiting *head, **tail;
	size_t count, octets;
};

/* Whether a packet that is written now has to wait. */
bool erps_outbox_waits(const struct sb_session *s, const struct erps_session *p);
bool erps_outbox_is_full(const struct sb_session *s, const struct erps_session *p);

/* A place at the end, for a packet of `size` octets, to be filled at once; NULL: SB_ENOMEM. */
struct erps_waiting *erps_outbox_add(struct sb_session *s, struct erps_session *p, size_t size);
/* It will not be filled after all. */
void erps_outbox_drop_last(struct sb_session *s, struct erps_session *p);

/* Sends what may go now; sees to it that the rest is looked at in time. */
void erps_outbox_go(struct sb_session *s, struct erps_session *p);
void erps_outbox_free(struct sb_session *s, struct erps_session *p);

#endif
