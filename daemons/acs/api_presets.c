/* Routes of presets: what their owner takes and says. */
#include "core/error.h"
#include "core/registry.h"
#include "daemons/acs/call.h"
#include "daemons/acs/json_memory.h"

#include <stdlib.h>

static void
answered(struct acs_call *call, const struct sb_message *m)
{
	if (m->status)
		acs_call_refused(call, m, ACS_PROBLEM_PRESET_NOT_FOUND);
	else if (call->route->method == HTTP_METHOD_DELETE)
		acs_call_empty(call);
	else
		acs_call_text(call, 200, sb_bytes(m->data, m->size));
}

/* The path's name and `text`, which may be NULL, to the owner. */
static void
ask(struct acs_call *call, enum acs_message type, const char *text)
{
	struct acs_ask *question = acs_ask_new(http_session(call->x), call->segments[0], text);
	struct sb_address owner;

	if (!question || sb_lookup(http_session(call->x), ACS_PRESETS, &owner)) {
		sb_payload_free(question);
		acs_call_fail(call, ACS_PROBLEM_BUSY, NULL);
		return;
	}
	(void)acs_call_ask(call, owner, type,
		SB_GIVE(question, sizeof(*question) + question->size + 1, sb_payload_free), 0,
		answered);
}

static void
list(struct acs_call *call)
{
	ask(call, ACS_PRESET_LIST, NULL);
}

static void
get(struct acs_call *call)
{
	ask(call, ACS_PRESET, NULL);
}

static void
put(struct acs_call *call)
{
	char *text = acs_json_print(call->json, 0);

	if (text)
		ask(call, ACS_PRESET_PUT, text);
	else
		acs_call_fail(call, ACS_PROBLEM_BUSY, "no memory");
	free(text);
}

static void
take_away(struct acs_call *call)
{
	ask(call, ACS_PRESET_DELETE, NULL);
}

const struct acs_route acs_preset_routes[] = {
	{HTTP_METHOD_GET, "/presets", NULL, ACS_RIGHT_READ, false, list, NULL},
	{HTTP_METHOD_GET, "/presets/{preset}", NULL, ACS_RIGHT_READ, false, get, NULL},
	{HTTP_METHOD_PUT, "/presets/{preset}", NULL, ACS_RIGHT_WRITE, true, put, NULL},
	{HTTP_METHOD_DELETE, "/presets/{preset}", NULL, ACS_RIGHT_WRITE, false, take_away, NULL},
	{0},
};
