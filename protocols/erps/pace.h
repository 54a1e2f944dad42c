/*
 * Pacing: how Erps 0.7.0 is kept alive. It reads its socket once in a while and takes
 * what it read for one packet: of two that came together its client loses both, and its
 * server closes the connection (section 5 of the protocol). So:
 *
 * - A server leaves 120 ms between two packets to a peer that it takes for Erps.Client,
 *   which polls every 100 ms and reads one packet a poll. Its polls are 101 ms apart and
 *   more: after exactly 100 ms one packet in a hundred would meet the one before.
 * - A client has one packet in flight to a server that has not proved to be one of ours:
 *   after a call it waits for the answer, after anything else for ERPS_PACE_PAUSE_MS.
 *
 * Each packet to such a peer leaves in a write of its own. Peers of our own prove
 * themselves (docs/erps-extensions.md) and are never paced.
 *
 * Pure: no clock of its own, no memory; one thread at a time. Times are monotonic
 * nanoseconds.
 */
#ifndef SB_ERPS_PACE_H
#define SB_ERPS_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"
#include "term.h"

#define ERPS_PACE_GAP_MS    120 /* between two packets to an Erps.Client */
#define ERPS_PACE_PROMPT_MS 4   /* between an answer and a call that waited for it */
#define ERPS_PACE_PROMPT    4   /* in a row */
#define ERPS_PACE_PAUSE_MS  10  /* after a packet to an Erps.Server that is not answered */

enum erps_pacing {
	ERPS_PACING_AUTO, /* towards peers that look like Erps 0.7.0 itself */
	ERPS_PACING_ALWAYS,
	ERPS_PACING_NEVER,
};

/*
 * A server's view of one peer. It is taken for Erps.Client while all it sends looks so: its Refs
 * are hashes of 27 bits, never counted (in steps of whatever size), never the same again and again;
 * its identifier has 11 octets at most; nothing is signed; its keepalives have 9 octets. What does
 * not look so proves that it is not, for good (a Ref under 256 only the second time: one hash in
 * half a million is).
 *
 * That such a peer has sent something does not show that it has read our last packet: its callers
 * know nothing of each other, and keepalives and casts go out by themselves. So the gap is kept
 * whatever comes; with one exception. A call that follows an answer within ERPS_PACE_PROMPT_MS may
 * be chance; after ERPS_PACE_PROMPT answers in a row, each after a gap, it is not: whoever waits
 * for them calls as soon as one is read. The next answer then leaves early, since nothing unread
 * is there. That tells the two apart:
 *
 * - Erps.Client reads this one at its next poll. So one caller of it has an answer a poll, as from
 *   a server of Erps.
 * - A peer that calls again at once does not poll. It is seen three times, each after another gap,
 *   and then it is not Erps, for good.
 */
struct erps_pace {
	uint64_t left_at; /* of the last packet to it; 0: none yet */
	int64_t last_ref; /* -1: none yet */
	int64_t last_step;
	uint8_t small_refs, steps;
	uint8_t prompt; /* calls in a row that came at once after an answer */
	uint8_t proofs; /* the same, after answers that left early */
	bool is_paced, can_prove;
	bool is_answer;  /* the last packet to it */
	bool has_called; /* since that left */
	bool is_early;   /* that left before the gap was over, and no call has come since */
	bool must_rest;  /* the next one waits for the gap */
};

void erps_pace_init(struct erps_pace *pace, enum erps_pacing pacing);

/* Whether the gap is kept to this peer; once false it stays so. */
static inline bool
erps_pace_is_on(const struct erps_pace *pace)
{
	return pace->is_paced;
}

/* A packet came: asked for every one, before anything is done with it. */
void erps_pace_came(struct erps_pace *pace, const struct erps_packet *packet);

/* It was a call with this Ref (after erps_pace_came). */
void erps_pace_called(struct erps_pace *pace, uint64_t now, struct erps_term ref);

/* When the next packet may leave: 0: at once. */
uint64_t erps_pace_due(const struct erps_pace *pace, uint64_t now);

/* A packet of this type left. */
void erps_pace_left(struct erps_pace *pace, uint64_t now, uint8_t type);

/* A client's view of one server, for one connection. */
struct erps_turn {
	uint64_t free_at;
	bool is_paced, can_prove, awaits_answer;
};

void erps_turn_init(struct erps_turn *turn, enum erps_pacing pacing);

/* When the next packet may leave: 0: at once; UINT64_MAX: when the answer is there. */
uint64_t erps_turn_due(const struct erps_turn *turn, uint64_t now);

/* A packet of this type left. */
void erps_turn_left(struct erps_turn *turn, uint64_t now, uint8_t type);

/* A reply or an error came; or nobody waits for it any more. */
void erps_turn_answered(struct erps_turn *turn);

/* The server is one of ours: no pacing, unless that was asked for always. */
void erps_turn_proved(struct erps_turn *turn);

#endif
