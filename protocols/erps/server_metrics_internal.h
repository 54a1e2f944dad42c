/* Counters of a server: all registered with it, each a cell a shard. */
#ifndef SB_ERPS_SERVER_METRICS_INTERNAL_H
#define SB_ERPS_SERVER_METRICS_INTERNAL_H

#include "core/metrics.h"
#include "protocols/erps/refusal_internal.h"

/* X(member, name, help) */
#define ERPS_SERVER_COUNTER_MAP(X)                                                              \
	X(calls, "erps_calls_total", "Calls of peers")                                          \
	X(casts, "erps_casts_total", "Casts of peers")                                          \
	X(keepalives, "erps_keepalives_total", "Keepalives of peers")                           \
	X(replies, "erps_replies_total", "Replies to peers")                                    \
	X(parts, "erps_parts_total", "Parts of streamed answers to peers")                      \
	X(pushes, "erps_pushes_total", "Pushes to peers")                                       \
	X(local_calls, "erps_local_calls_total", "Calls of sessions of this node")              \
	X(cancels, "erps_cancels_total", "Calls whose caller would not wait any longer")        \
	X(late, "erps_late_answers_total", "Answers to calls that had their end already")       \
	X(malformed, "erps_malformed_total", "Packets that could neither be read nor answered") \
	X(paced, "erps_paced_total", "Packets that waited for a peer that reads one at a time") \
	X(window_full, "erps_window_full_total",                                                \
		"Times that a peer was not read because its window was full")

struct erps_server_metrics {
	struct sb_counter *errors[ERPS_REFUSALS]; /* ERROR packets, and what was refused silently */
	struct sb_gauge *pending;                 /* calls under way */
	struct sb_histogram *answer_time;         /* of those that were not answered at once */
#define X(member, name, help) struct sb_counter *member;
	ERPS_SERVER_COUNTER_MAP(X)
#undef X
};

/* `service` is its name. */
void erps_server_metrics_init(
	struct erps_server_metrics *m, struct sb_metrics *table, const char *service);

#endif
