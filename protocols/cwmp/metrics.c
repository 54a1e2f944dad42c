/* Series are made at the start, for a session must not take a mutex. What devices can make up
 * (methods, codes) is counted together, so that they cannot make series at will. */
#include "protocols/cwmp/metrics_internal.h"
#include "protocols/cwmp/schema.h"

#include <stdio.h>

static const char *const outcomes[] = {
#define X(name, text) [CWMP_OUTCOME_##name] = (text),
	CWMP_OUTCOME_MAP(X)
#undef X
};

static void
init_methods(struct cwmp_metrics *m, struct sb_metrics *table, const char *service)
{
	for (unsigned method = 0; method < CWMP_METHOD_COUNT; method++) {
		const struct cwmp_method_schema *schema =
			cwmp_method_schema((enum cwmp_method)method);

		for (unsigned i = 0; schema->sent_by & CWMP_SENT_BY_ACS && i < CWMP_OUTCOME_COUNT;
			i++)
			m->calls[method][i] = sb_metrics_counter(table, "cwmp_calls_total",
				"Calls of devices, by their outcome", "service", service, "method",
				schema->name, "outcome", outcomes[i], (const char *)NULL);
		if (schema->sent_by & CWMP_SENT_BY_CPE)
			m->requests[method] = sb_metrics_counter(table, "cwmp_requests_total",
				"Calls by devices", "service", service, "method", schema->name,
				(const char *)NULL);
	}
	m->requests[CWMP_OTHER_METHOD] = sb_metrics_counter(table, "cwmp_requests_total",
		"Calls by devices", "service", service, "method", "other", (const char *)NULL);
	for (unsigned method = 0; method < CWMP_METHOD_COUNT; method++)
		if (!m->requests[method])
			m->requests[method] = m->requests[CWMP_OTHER_METHOD];
}

static void
init_faults(struct cwmp_metrics *m, struct sb_metrics *table, const char *service)
{
	for (unsigned i = 0; i < CWMP_FAULT_SERIES; i++) {
		char code[16] = "vendor";

		if (CWMP_FAULT_FIRST + i <= CWMP_FAULT_LAST)
			(void)snprintf(code, sizeof(code), "%u", CWMP_FAULT_FIRST + i);
		else if (i == CWMP_FAULT_SERIES - 1)
			(void)snprintf(code, sizeof(code), "other");
		m->faults[i] = sb_metrics_counter(table, "cwmp_faults_total",
			"Faults that devices answered", "service", service, "code", code,
			(const char *)NULL);
	}
}

void
cwmp_metrics_init(struct cwmp_metrics *m, struct sb_metrics *table, const char *service)
{
	for (unsigned i = 0; i < CWMP_END_COUNT; i++)
		m->ends[i] = sb_metrics_counter(table, "cwmp_sessions_total",
			"Sessions that ended, by reason", "service", service, "end",
			cwmp_end_name((enum cwmp_end)i), (const char *)NULL);
	init_methods(m, table, service);
	init_faults(m, table, service);
	m->open = sb_metrics_gauge(table, "cwmp_sessions_open", "Sessions that are open", "service",
		service, (const char *)NULL);
	m->parked = sb_metrics_histogram(table, SB_UNIT_SECONDS, "cwmp_parked_seconds",
		"Time that a device's request waited for the service", "service", service,
		(const char *)NULL);
	m->length = sb_metrics_histogram(table, SB_UNIT_SECONDS, "cwmp_session_seconds",
		"Time from Inform to end", "service", service, (const char *)NULL);
#define X(member, name, help) \
	m->member = sb_metrics_counter(table, name, help, "service", service, (const char *)NULL);
	CWMP_COUNTER_MAP(X)
#undef X
}

struct sb_counter *
cwmp_metrics_fault(const struct cwmp_metrics *m, uint32_t code)
{
	if (code >= CWMP_FAULT_FIRST && code <= CWMP_FAULT_LAST)
		return m->faults[code - CWMP_FAULT_FIRST];
	return m->faults[code >= 9800 && code <= 9899 ? CWMP_FAULT_SERIES - 2
						      : CWMP_FAULT_SERIES - 1];
}
