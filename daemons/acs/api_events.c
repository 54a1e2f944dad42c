/* The route of those who listen to what happens. */
#include "core/error.h"
#include "core/registry.h"
#include "core/session.h"
#include "daemons/acs/call.h"
#include "daemons/acs/event.h"
#include "protocols/http/events.h"

#include <string.h>

struct listening {
	struct acs_call call; /* first */
	struct http_events events;
};

static void
begin(struct http_exchange *x)
{
	struct listening *listening = http_state(x);

	(void)acs_call_begin(&listening->call, x);
}

static void
end(struct http_exchange *x)
{
	struct listening *listening = http_state(x);

	if (http_has_responded(x))
		return;
	if (http_method(x) == HTTP_METHOD_HEAD)
		(void)http_respond(x, 200, "text/event-stream", sb_bytes(NULL, 0));
	else if (sb_join(http_session(x), ACS_EVENTS))
		acs_call_fail(&listening->call, ACS_PROBLEM_BUSY, NULL);
	else
		(void)http_events_begin(&listening->events, x, 0);
}

static void
message(struct http_exchange *x, struct sb_message *m)
{
	struct listening *listening = http_state(x);
	const char *name = m->data;
	size_t size;

	if (m->type != ACS_EVENT || !listening->events.x)
		return;
	size = strlen(name) + 1;
	/* Who does not read is cut off, and that is said to it alone. */
	(void)http_events_send(&listening->events, NULL, name, sb_bytes_text(name + size));
}

static void
stopping(struct http_exchange *x)
{
	struct listening *listening = http_state(x);

	http_events_stopping(&listening->events);
}

static void
closed(struct http_exchange *x, bool is_complete)
{
	struct listening *listening = http_state(x);

	(void)is_complete;
	(void)sb_leave(http_session(x), ACS_EVENTS);
	http_events_closed(&listening->events);
	acs_call_fini(&listening->call);
}

static const struct http_handler handler = {
	.state_size = sizeof(struct listening),
	.begin = begin,
	.end = end,
	.message = message,
	.stopping = stopping,
	.closed = closed,
};

const struct acs_route acs_event_routes[] = {
	{HTTP_METHOD_GET, "/events", NULL, ACS_RIGHT_READ, false, NULL, &handler},
	{0},
};
