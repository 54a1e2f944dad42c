/* Routes of scripts. */
#include "core/error.h"
#include "core/registry.h"
#include "daemons/acs/call.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/scripts.h"
#include "daemons/acs/validate.h"

#include <stdlib.h>
#include <string.h>

static void
answered(struct acs_call *call, const struct sb_message *m)
{
	if (m->status == SB_EINVAL)
		acs_call_fail(call, ACS_PROBLEM_BAD_SCRIPT, m->size ? m->data : NULL);
	else if (m->status)
		acs_call_refused(call, m, ACS_PROBLEM_SCRIPT_NOT_FOUND);
	else if (call->route->method == HTTP_METHOD_DELETE)
		acs_call_empty(call);
	else
		acs_call_text(call, 200, sb_bytes(m->data, m->size));
}

static void
ask(struct acs_call *call, enum acs_script_message type, const char *text)
{
	struct sb_address owner;

	if (sb_lookup(http_session(call->x), ACS_SCRIPTS_OWNER, &owner))
		acs_call_fail(call, ACS_PROBLEM_BUSY, NULL);
	else
		(void)acs_call_ask(call, owner, type, SB_COPY(text, strlen(text) + 1), 0, answered);
}

static void
list(struct acs_call *call)
{
	ask(call, ACS_SCRIPT_LIST, "");
}

static void
get(struct acs_call *call)
{
	ask(call, ACS_SCRIPT_GET, call->segments[0]);
}

static void
put(struct acs_call *call)
{
	struct acs_problem problem = {0};
	struct sb_address owner;
	char *text;

	if (acs_validate_script(call->segments[0], call->json, &problem)) {
		acs_call_problem(call, &problem);
		return;
	}
	if (json_object_set_new(call->json, "name", json_string(call->segments[0])))
		text = NULL;
	else
		text = acs_json_print(call->json, 0);
	if (!text || sb_lookup(http_session(call->x), ACS_SCRIPTS_OWNER, &owner)) {
		free(text);
		acs_call_fail(call, ACS_PROBLEM_BUSY, NULL);
		return;
	}
	(void)acs_call_ask(
		call, owner, ACS_SCRIPT_PUT, SB_GIVE(text, strlen(text), free), 0, answered);
}

static void
take_away(struct acs_call *call)
{
	ask(call, ACS_SCRIPT_DELETE, call->segments[0]);
}

const struct acs_route acs_script_routes[] = {
	{HTTP_METHOD_GET, "/scripts", NULL, ACS_RIGHT_READ, false, list, NULL},
	{HTTP_METHOD_GET, "/scripts/{script}", NULL, ACS_RIGHT_READ, false, get, NULL},
	{HTTP_METHOD_PUT, "/scripts/{script}", NULL, ACS_RIGHT_WRITE, true, put, NULL},
	{HTTP_METHOD_DELETE, "/scripts/{script}", NULL, ACS_RIGHT_WRITE, false, take_away, NULL},
	{0},
};
