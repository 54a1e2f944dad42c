/* Routes that are about the ACS itself. */
#include "core/error.h"
#include "core/node.h"
#include "core/session.h"
#include "daemons/acs/call.h"
#include "daemons/acs/gather.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/openapi.h"

#include <stdlib.h>

static void
health_done(struct acs_call *call, struct acs_gather *gather)
{
	static const char *const counts[] = {"devices", "tasks", "faults", "sessions"};
	unsigned before = acs_json_failures();
	json_t *answer = json_pack("{s:s}", "status", "ok");

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		json_object_set_new(
			answer, counts[i], json_integer(acs_gather_sum(gather, counts[i])));
	acs_call_json(call, 200, acs_json_whole(answer, before));
}

/* Keepers that do not answer are what is to be found out. */
static void
health(struct acs_call *call)
{
	acs_gather(call, ACS_COUNTS, acs_ask_new(http_session(call->x), NULL, NULL), UINT32_MAX,
		health_done);
}

static void
metrics(struct acs_call *call)
{
	char *text = NULL;
	size_t size = 0;

	if (sb_metrics_text(sb_node_metrics(sb_session_node(http_session(call->x))), &text, &size))
		acs_call_fail(call, ACS_PROBLEM_BUSY, "no memory");
	else
		(void)http_respond(call->x, 200, "text/plain; version=0.0.4", sb_bytes(text, size));
	free(text);
}

static void
openapi(struct acs_call *call)
{
	acs_call_text(call, 200, sb_bytes(acs_openapi, acs_openapi_size));
}

const struct acs_route acs_system_routes[] = {
	{HTTP_METHOD_GET, "/health", NULL, 0, false, health, NULL},
	{HTTP_METHOD_GET, "/metrics", NULL, ACS_RIGHT_READ, false, metrics, NULL},
	{HTTP_METHOD_GET, "/openapi.json", NULL, 0, false, openapi, NULL},
	{0},
};
