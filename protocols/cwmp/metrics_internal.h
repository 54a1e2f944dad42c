/* What a server counts. */
#ifndef SB_CWMP_METRICS_INTERNAL_H
#define SB_CWMP_METRICS_INTERNAL_H

#include "core/metrics.h"
#include "protocols/cwmp/service.h"

/* X(member, outcome of a call) */
#define CWMP_OUTCOME_MAP(X)       \
	X(ANSWERED, "answered")   \
	X(FAULT, "fault")         \
	X(MISFIT, "misfit")       \
	X(NO_ANSWER, "no_answer") \
	X(SESSION_ENDED, "session_ended")

enum cwmp_outcome_kind {
#define X(name, text) CWMP_OUTCOME_##name,
	CWMP_OUTCOME_MAP(X)
#undef X
		CWMP_OUTCOME_COUNT
};

/* Faults of devices: 9000 to 9032 one by one, then vendors', then all others. */
#define CWMP_FAULT_FIRST  9000u
#define CWMP_FAULT_LAST   9032u
#define CWMP_FAULT_SERIES (CWMP_FAULT_LAST - CWMP_FAULT_FIRST + 3)

/* X(member, name, help) */
#define CWMP_COUNTER_MAP(X)                                                                      \
	X(overloaded, "cwmp_overload_total", "Informs answered 503")                             \
	X(unauthorized, "cwmp_unauthorized_total", "Requests answered 401")                      \
	X(unidentified, "cwmp_unidentified_total", "Requests of no session that were no Inform") \
	X(broken, "cwmp_broken_total", "Documents that could not be decoded")                    \
	X(repairs, "cwmp_repairs_total", "Characters and references of devices' XML repaired")   \
	X(defects, "cwmp_defects_total", "Values in devices' messages that were none")           \
	X(refused, "cwmp_refused_total", "POSTs that did not fit their session")

struct cwmp_metrics {
	struct sb_counter *ends[CWMP_END_COUNT];
	struct sb_counter *calls[CWMP_METHOD_COUNT][CWMP_OUTCOME_COUNT]; /* those of an ACS */
	struct sb_counter *requests[CWMP_METHOD_COUNT + 1];              /* those of a CPE */
	struct sb_counter *faults[CWMP_FAULT_SERIES];
	struct sb_gauge *open;
	struct sb_histogram *parked, *length;
#define X(member, name, help) struct sb_counter *member;
	CWMP_COUNTER_MAP(X)
#undef X
};

void cwmp_metrics_init(struct cwmp_metrics *metrics, struct sb_metrics *table, const char *service);

/* The series of a fault's code. */
struct sb_counter *cwmp_metrics_fault(const struct cwmp_metrics *metrics, uint32_t code);

#endif
