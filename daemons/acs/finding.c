#include "daemons/acs/finding.h"

#include "daemons/acs/logins.h"

static void
parameters_came(struct acs_call *call, const struct sb_message *m)
{
	struct acs_finding *finding = call->own;

	acs_target_of_parameters(&finding->target, m, &call->api->config->connection_requests);
	acs_logins_target(call->api->logins, call->segments[0], &finding->target);
	finding->found(call);
}

static void
device_came(struct acs_call *call, const struct sb_message *m)
{
	struct acs_finding *finding = call->own;

	if (m->status) {
		acs_call_refused(call, m, ACS_PROBLEM_DEVICE_NOT_FOUND);
		return;
	}
	acs_target_of_device(&finding->target, m);
	acs_call_ask_device(call, ACS_PARAMETERS,
		acs_ask_new(http_session(call->x), call->segments[0], acs_connect_question),
		parameters_came);
}

void
acs_finding_begin(struct acs_call *call)
{
	acs_call_ask_device(call, ACS_DEVICE,
		acs_ask_new(http_session(call->x), call->segments[0], NULL), device_came);
}
