/* Counters of a server. Errors are a series for each reason of ours; those that a service makes up
 * count together, so that it cannot make series at will. */
#include "protocols/erps/server_metrics_internal.h"

static const char *const refusals[] = {
#define X(name, text) [ERPS_REFUSAL_##name] = (text),
	ERPS_REFUSAL_MAP(X)
#undef X
};

const char *
erps_refusal_text(enum erps_refusal refusal)
{
	return refusals[refusal];
}

void
erps_server_metrics_init(
	struct erps_server_metrics *m, struct sb_metrics *table, const char *service)
{
	for (unsigned i = 0; i < ERPS_REFUSALS; i++)
		m->errors[i] = sb_metrics_counter(table, "erps_errors_total",
			"Packets refused and calls rejected, by reason", "service", service,
			"reason", refusals[i], (const char *)NULL);
	m->pending = sb_metrics_gauge(table, "erps_pending_calls",
		"Calls that wait for their answer", "service", service, (const char *)NULL);
	m->answer_time = sb_metrics_histogram(table, SB_UNIT_SECONDS, "erps_answer_seconds",
		"Time to the answer of a call, where it was not given at once", "service", service,
		(const char *)NULL);
#define X(member, name, help) \
	m->member = sb_metrics_counter(table, name, help, "service", service, (const char *)NULL);
	ERPS_SERVER_COUNTER_MAP(X)
#undef X
}
