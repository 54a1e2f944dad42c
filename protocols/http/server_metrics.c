#include "protocols/http/server_metrics_internal.h"

#include "protocols/http/exchange_internal.h"

void
http_server_metrics_init(
	struct http_server_metrics *m, struct sb_metrics *table, const char *server)
{
	static const char *const classes[HTTP_STATUS_CLASSES] = {"1xx", "2xx", "3xx", "4xx", "5xx"};

	for (unsigned i = 0; i < HTTP_STATUS_CLASSES; i++)
		m->answers[i] = sb_metrics_counter(table, "http_answers_total",
			"Answers, by the class of their status", "server", server, "status",
			classes[i], (const char *)NULL);
	for (unsigned i = HTTP_NO_REFUSAL + 1; i < HTTP_REFUSALS; i++)
		m->refusals[i] = sb_metrics_counter(table, "http_refused_total",
			"Requests that the server refused itself, by reason", "server", server,
			"reason", http_refusal_text((enum http_refusal)i), (const char *)NULL);
	m->exchanges = sb_metrics_gauge(table, "http_exchanges",
		"Requests that have begun and are not answered whole", "server", server,
		(const char *)NULL);
#define X(member, name, help) \
	m->member = sb_metrics_counter(table, name, help, "server", server, (const char *)NULL);
	HTTP_SERVER_COUNTER_MAP(X)
#undef X
}
