/* The series of a client, all registered when it is made. */
#include "protocols/erps/client_metrics_internal.h"

void
erps_client_metrics_init(
	struct erps_client_metrics *m, struct sb_metrics *table, const char *client)
{
#define X(member, name, help) \
	m->member = sb_metrics_counter(table, name, help, "client", client, (const char *)NULL);
	ERPS_CLIENT_EVENT_MAP(X)
#undef X
	m->answer_time = sb_metrics_histogram(table, SB_UNIT_SECONDS, "erps_client_answer_seconds",
		"Time from sending a call to its answer", "client", client, (const char *)NULL);
}
