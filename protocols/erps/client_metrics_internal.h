/* Counters of a client: what became of its calls, and what came that was of no use. */
#ifndef SB_ERPS_CLIENT_METRICS_INTERNAL_H
#define SB_ERPS_CLIENT_METRICS_INTERNAL_H

#include "core/metrics.h"

/* X(member, name, help) */
#define ERPS_CLIENT_EVENT_MAP(X)                                                                  \
	X(calls, "erps_client_calls_total", "Calls that were taken")                              \
	X(casts, "erps_client_casts_total", "Casts that were taken")                              \
	X(replies, "erps_client_replies_total", "Calls that ended with a reply")                  \
	X(errors, "erps_client_errors_total", "Calls that ended with an error of the server")     \
	X(timeouts, "erps_client_timeouts_total", "Calls that got no answer in time")             \
	X(lost, "erps_client_lost_total", "Calls that were sent, and lost with their connection") \
	X(unsent, "erps_client_unsent_total",                                                     \
		"Calls that ended before they were sent, without a connection")                   \
	X(cancelled, "erps_client_cancelled_total", "Calls that their caller has taken back")     \
	X(refused, "erps_client_refused_total", "Calls and casts that found the queue full")      \
	X(pushes, "erps_client_pushes_total", "Pushes received")                                  \
	X(parts, "erps_client_parts_total", "Parts of streams received")                          \
	X(late, "erps_client_late_total", "Answers to no call that still waits")                  \
	X(malformed, "erps_client_malformed_total",                                               \
		"Packets whose payload could not be read, or says nothing")                       \
	X(connections_lost, "erps_client_connections_lost_total",                                 \
		"Connections of ours that ended, or could not be made, and not by our wish")

struct erps_client_metrics {
#define X(member, name, help) struct sb_counter *member;
	ERPS_CLIENT_EVENT_MAP(X)
#undef X
	struct sb_histogram *answer_time;
};

/* `client` is the application's name; copied. */
void erps_client_metrics_init(
	struct erps_client_metrics *m, struct sb_metrics *table, const char *client);

#endif
