/* Counters of a server: all registered with it, each a cell a shard. */
#ifndef SB_HTTP_SERVER_METRICS_INTERNAL_H
#define SB_HTTP_SERVER_METRICS_INTERNAL_H

#include "core/metrics.h"
#include "protocols/http/refusal_internal.h"

/* "1xx" .. "5xx" */
#define HTTP_STATUS_CLASSES 5

/* X(member, name, help) */
#define HTTP_SERVER_COUNTER_MAP(X)                                                              \
	X(body_octets, "http_request_body_octets_total", "Octets of bodies, as they were sent") \
	X(inflated, "http_inflated_octets_total", "Octets of bodies that came compressed")      \
	X(answer_octets, "http_answer_octets_total", "Octets of answers, heads included")       \
	X(compressed, "http_compressed_answers_total", "Answers that were compressed")          \
	X(broken_off, "http_broken_off_total", "Exchanges without a whole answer")

struct http_server_metrics {
	struct sb_counter *answers[HTTP_STATUS_CLASSES]; /* by class of status */
	struct sb_counter *refusals[HTTP_REFUSALS];
	struct sb_gauge *exchanges; /* open */
#define X(member, name, help) struct sb_counter *member;
	HTTP_SERVER_COUNTER_MAP(X)
#undef X
};

/* `server` is its name. */
void http_server_metrics_init(
	struct http_server_metrics *m, struct sb_metrics *table, const char *server);

#endif
