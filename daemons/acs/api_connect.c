/* The route that asks a device to begin a session now. */
#include "core/error.h"
#include "core/session.h"
#include "daemons/acs/call.h"
#include "daemons/acs/finding.h"
#include "protocols/cwmp/connection_request.h"

#include <stdlib.h>

/* A device that is rightly asked and does not answer is no fault of ours, nor of who asked. */
static enum acs_problem_code
problem_of(enum cwmp_request_outcome outcome)
{
	switch (outcome) {
	case CWMP_REQUEST_DONE:
		return ACS_NO_PROBLEM;
	case CWMP_REQUEST_LIMITED:
		return ACS_PROBLEM_TOO_SOON;
	case CWMP_REQUEST_UNAVAILABLE:
		return ACS_PROBLEM_BUSY;
	case CWMP_REQUEST_TIMEOUT:
		return ACS_PROBLEM_TIMEOUT;
	case CWMP_REQUEST_FORBIDDEN:
	case CWMP_REQUEST_UNRESOLVED:
	case CWMP_REQUEST_UNREACHABLE:
	case CWMP_REQUEST_UNAUTHORIZED:
	case CWMP_REQUEST_BUSY:
	case CWMP_REQUEST_REFUSED:
		return ACS_PROBLEM_DEVICE_UNREACHABLE;
	}
	return ACS_PROBLEM_INTERNAL;
}

/* Perhaps because of a NAT in between: its own address is then none that it comes from. */
static bool
is_away(enum cwmp_request_outcome outcome)
{
	return outcome == CWMP_REQUEST_UNREACHABLE || outcome == CWMP_REQUEST_TIMEOUT ||
	       outcome == CWMP_REQUEST_UNRESOLVED || outcome == CWMP_REQUEST_FORBIDDEN;
}

static const char *
why(enum cwmp_request_outcome outcome)
{
	return outcome == CWMP_REQUEST_FORBIDDEN
		       ? "forbidden: its ConnectionRequestURL is no http URL, or leads to where "
			 "connection_request.networks does not allow"
		       : cwmp_request_outcome_name(outcome);
}

static bool
ask_udp(struct acs_call *call)
{
	struct acs_finding *finding = call->own;

	if (finding->is_udp ||
		acs_connect_udp(http_session(call->x), call->segments[0], &finding->target,
			&call->api->config->connection_requests, call->refs))
		return false;
	finding->is_udp = true;
	call->outstanding = 1;
	return true;
}

static void
asked(struct acs_call *call, const struct sb_message *m)
{
	struct cwmp_connection_request_result result = cwmp_connection_request_result(m);
	enum acs_problem_code code = problem_of(result.outcome);

	if (is_away(result.outcome) && ask_udp(call))
		return;
	if (code)
		acs_call_fail(call, code, why(result.outcome));
	else
		acs_call_json(call, 200,
			json_pack("{s:s, s:i, s:i}", "outcome",
				cwmp_request_outcome_name(result.outcome), "status",
				(int)result.status, "elapsedMs", (int)result.elapsed_ms));
}

static void
found(struct acs_call *call)
{
	const struct acs_finding *finding = call->own;
	int err;

	call->answered = asked;
	if (!*finding->target.url) {
		if (!ask_udp(call))
			acs_call_fail(call, ACS_PROBLEM_DEVICE_UNREACHABLE,
				"no_url: it has not said a ConnectionRequestURL");
		return;
	}
	err = acs_connect(http_session(call->x), call->segments[0], &finding->target, call->refs);
	if (err) {
		acs_call_fail(call, acs_problem_of_error(err), sb_error_text(err));
		return;
	}
	call->outstanding = 1;
}

static void
connect_now(struct acs_call *call)
{
	struct acs_finding *finding = calloc(1, sizeof(*finding));

	if (!finding) {
		acs_call_fail(call, ACS_PROBLEM_BUSY, "no memory");
		return;
	}
	finding->found = found;
	call->own = finding;
	call->release = free;
	acs_finding_begin(call);
}

const struct acs_route acs_connect_routes[] = {
	{HTTP_METHOD_POST, "/devices/{device}/connection-request", NULL, ACS_RIGHT_WRITE, false,
		connect_now, NULL},
	{0},
};
