#include "daemons/acs/api.h"

#include "core/node.h"
#include "daemons/acs/call.h"
#include "protocols/http/query.h"

/* How long an answer may take beyond the longest wait for a task. */
#define ANSWER_MS 30000u

static bool
fits(const struct acs_route *route, const struct http_exchange *x)
{
	struct sb_bytes segments[ACS_CALL_SEGMENTS];

	return acs_route_is_method(route, x) &&
	       http_path_matches(route->path, http_path(x), segments, ACS_CALL_SEGMENTS);
}

/* Routes with a handler of their own; all else, and what has no route, is served as a call. */
static const struct http_handler *
route(struct http_exchange *x, void *context)
{
	struct acs_api_connection *connection = http_connection_state(x);

	connection->api = context;
	for (size_t i = 0; acs_route_tables[i]; i++)
		for (const struct acs_route *r = acs_route_tables[i]; r->path; r++)
			if (r->handler && fits(r, x))
				return r->handler;
	return &acs_call_handler;
}

int
acs_api_init(struct acs_api *api, struct sb_node *node)
{
	const struct http_server_options options = {
		.name = "acs.api",
		.limits = {.body_bytes = api->config->api.body_bytes,
			.answer_ms = api->config->api.wait_ms + ANSWER_MS},
		.route = route,
		.context = api,
		.connection_size = sizeof(struct acs_api_connection),
		.refusal = acs_problem_of_refusal,
		.refusal_type = ACS_PROBLEM_TYPE,
	};

	api->refused = sb_metrics_counter(sb_node_metrics(node), "acs_api_refused_total",
		"Requests of the API that showed no token, or one that does not allow them.",
		(const char *)NULL);
	return http_server_new(&api->server, node, &options);
}

void
acs_api_fini(struct acs_api *api)
{
	http_server_free(api->server);
	api->server = NULL;
}
