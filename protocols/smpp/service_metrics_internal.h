/*
 * Counters of a service: one series for each command and direction, for responses
 * one for each status, too. Those of statuses are registered when they first
 * come; statuses that are not on the list count together, so that a peer cannot
 * make series at will.
 */
#ifndef SB_SMPP_SERVICE_METRICS_INTERNAL_H
#define SB_SMPP_SERVICE_METRICS_INTERNAL_H

#include "core/metrics.h"
#include "protocols/smpp/status.h"

#include <stdatomic.h>
#include <stdint.h>

enum smpp_direction { SMPP_IN, SMPP_OUT };

/* Events of a session besides its PDUs: X(member, name, help) */
#define SMPP_EVENT_MAP(X)                                                                   \
	X(malformed, "smpp_malformed_total", "PDUs that could not be served as they were")  \
	X(late, "smpp_late_responses_total", "Responses whose request had its end already") \
	X(unmatched, "smpp_unmatched_responses_total", "Responses to no request of ours")   \
	X(response_timeouts, "smpp_response_timeouts_total",                                \
		"Requests of ours that got no response in time")                            \
	X(answer_timeouts, "smpp_answer_timeouts_total",                                    \
		"Requests of peers that the application left unanswered")                   \
	X(links_dead, "smpp_dead_links_total", "Sessions whose peer did not answer a ping") \
	X(window_in_full, "smpp_window_in_full_total",                                      \
		"Times that a peer was not read because its window was full")               \
	X(window_out_full, "smpp_window_out_full_total",                                    \
		"Requests of ours refused because the window was full")                     \
	X(unanswerable, "smpp_unanswerable_total",                                          \
		"Illegal PDUs that take no answer (outbind, alert_notification)")           \
	X(binds_refused, "smpp_binds_refused_total",                                        \
		"Binds that were refused: the peer's by us, or ours by the peer")           \
	X(slowed, "smpp_slowed_total",                                                      \
		"Times that we send slower, since the peer said that it has enough")        \
	X(connections_lost, "smpp_connections_lost_total",                                  \
		"Connections of ours that ended, or could not be made, and not by our wish")

/* Commands by slot: 0 .. 0x21 and 0x102 .. 0x113, and one for the unknown. */
#define SMPP_COMMAND_SLOTS   0x35
#define SMPP_UNKNOWN_COMMAND 0x34

enum {
#define X(name, code) SMPP_STATUS_SLOT_##name,
	SMPP_STATUS_MAP(X)
#undef X
		SMPP_STATUS_OTHER,
	SMPP_STATUS_SLOTS
};

struct smpp_metrics {
	struct sb_metrics *table;
	const char *service;
	struct sb_counter *requests[2][SMPP_COMMAND_SLOTS]; /* by direction */
	_Atomic(struct sb_counter *) responses[2][SMPP_COMMAND_SLOTS][SMPP_STATUS_SLOTS];
	struct sb_gauge *bound[3]; /* TX, RX, TRX */
	struct sb_histogram *response_time;
	struct sb_histogram *answer_time;
#define X(member, name, help) struct sb_counter *member;
	SMPP_EVENT_MAP(X)
#undef X
};

/* Registers what is known beforehand. `service` is borrowed. */
void smpp_metrics_init(struct smpp_metrics *m, struct sb_metrics *table, const char *service);

/* The slow way: registers the series. Any thread. */
struct sb_counter *smpp_metrics_response(
	struct smpp_metrics *m, enum smpp_direction direction, uint32_t command, uint32_t status);

static inline unsigned
smpp_command_slot(uint32_t command)
{
	uint32_t base = command & 0x7fffffff;

	if (base < 0x22)
		return base;
	return base - 0x102 < 0x12 ? 0x22 + (base - 0x102) : SMPP_UNKNOWN_COMMAND;
}

/* Counts one PDU. On the shard's thread. */
static inline void
smpp_metrics_pdu(struct smpp_metrics *m, unsigned shard, enum smpp_direction direction,
	uint32_t command, uint32_t status)
{
	unsigned slot = smpp_command_slot(command);
	struct sb_counter *counter;

	if (command < 0x80000000u)
		counter = m->requests[direction][slot];
	else if (status == SMPP_ROK)
		counter = atomic_load_explicit(
			&m->responses[direction][slot][0], memory_order_acquire);
	else
		counter = smpp_metrics_response(m, direction, command, status);
	sb_counter_add(counter, shard, 1);
}

#endif
