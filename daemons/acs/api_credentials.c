/* Routes of devices' credentials: they are set and taken away, and nobody reads a password. */
#include "core/error.h"
#include "core/registry.h"
#include "daemons/acs/call.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/logins.h"
#include "daemons/acs/validate.h"

#include <stdlib.h>

static void
answered(struct acs_call *call, const struct sb_message *m)
{
	if (m->status)
		acs_call_refused(call, m, ACS_PROBLEM_CREDENTIALS_NOT_FOUND);
	else if (call->route->method == HTTP_METHOD_DELETE)
		acs_call_empty(call);
	else
		acs_call_text(call, 200, sb_bytes(m->data, m->size));
}

static void
ask(struct acs_call *call, enum acs_login_message type, const char *text)
{
	struct acs_ask *question = acs_ask_new(http_session(call->x), call->segments[0], text);
	struct sb_address owner;

	if (!question || sb_lookup(http_session(call->x), ACS_LOGINS_OWNER, &owner)) {
		sb_payload_free(question);
		acs_call_fail(call, ACS_PROBLEM_BUSY, NULL);
		return;
	}
	(void)acs_call_ask(call, owner, type,
		SB_GIVE(question, sizeof(*question) + question->size + 1, sb_payload_free), 0,
		answered);
}

static void
get(struct acs_call *call)
{
	ask(call, ACS_LOGIN_GET, NULL);
}

static void
put(struct acs_call *call, enum acs_login_message type,
	int (*validate)(const char *device, const json_t *login, struct acs_problem *problem))
{
	struct acs_problem problem = {0};
	char *text;

	if (validate(call->segments[0], call->json, &problem)) {
		acs_call_problem(call, &problem);
		return;
	}
	text = acs_json_print(call->json, 0);
	if (text)
		ask(call, type, text);
	else
		acs_call_fail(call, ACS_PROBLEM_BUSY, NULL);
	acs_login_body_free(text);
}

static void
acs_put(struct acs_call *call)
{
	put(call, ACS_LOGIN_PUT, acs_validate_login);
}

static void
acs_delete(struct acs_call *call)
{
	ask(call, ACS_LOGIN_DELETE, NULL);
}

static void
request_put(struct acs_call *call)
{
	put(call, ACS_LOGIN_REQUEST_PUT, acs_validate_request_login);
}

static void
request_delete(struct acs_call *call)
{
	ask(call, ACS_LOGIN_REQUEST_DELETE, NULL);
}

const struct acs_route acs_credential_routes[] = {
	{HTTP_METHOD_GET, "/devices/{device}/credentials", NULL, ACS_RIGHT_READ, false, get, NULL},
	{HTTP_METHOD_PUT, "/devices/{device}/credentials/acs", NULL, ACS_RIGHT_WRITE, true, acs_put,
		NULL},
	{HTTP_METHOD_DELETE, "/devices/{device}/credentials/acs", NULL, ACS_RIGHT_WRITE, false,
		acs_delete, NULL},
	{HTTP_METHOD_PUT, "/devices/{device}/credentials/connection-request", NULL, ACS_RIGHT_WRITE,
		true, request_put, NULL},
	{HTTP_METHOD_DELETE, "/devices/{device}/credentials/connection-request", NULL,
		ACS_RIGHT_WRITE, false, request_delete, NULL},
	{0},
};
