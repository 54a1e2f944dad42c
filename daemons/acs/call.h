/*
 * A call of the API: a request that found its route, with what came in its path, its query
 * and its body, until it is answered. Routes ask keepers and other owners by message, and answer
 * from what comes back.
 *
 *	static void
 *	device_get(struct acs_call *call)
 *	{
 *		acs_call_ask_device(call, ACS_DEVICE, NULL, acs_call_pass_on);
 *	}
 */
#ifndef ACS_CALL_H
#define ACS_CALL_H

#include "core/message.h"
#include "daemons/acs/api.h"
#include "daemons/acs/json.h"
#include "daemons/acs/keeper.h"
#include "daemons/acs/problem.h"
#include "daemons/acs/token.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACS_CALL_SEGMENTS 2 /* {names} in a path */

struct acs_call;

struct acs_route {
	enum http_method method;
	const char *path; /* "/devices/{device}/tags/{tag}" */
	const char *const
		*query;  /* names of what its query may have, ended by NULL; NULL: nothing */
	unsigned right;  /* ACS_RIGHT_...; 0: nobody is asked for a token */
	bool takes_body; /* of JSON, which is read before `serve` */
	void (*serve)(struct acs_call *call);
	const struct http_handler *handler; /* another one's exchange: instead of serve */
};

/* Whether the request has the route's method: a HEAD has that of a GET. */
bool acs_route_is_method(const struct acs_route *route, const struct http_exchange *x);

/* What a request finds its route in: a table for each subject, ended by a route without a path. */
extern const struct acs_route acs_device_routes[], acs_task_routes[], acs_preset_routes[],
	acs_connect_routes[], acs_credential_routes[], acs_event_routes[], acs_script_routes[],
	acs_file_routes[], acs_system_routes[];
extern const struct acs_route *const acs_route_tables[]; /* all of these; ended by NULL */

typedef void acs_answered(struct acs_call *call, const struct sb_message *m);

/* The state of an exchange. */
struct acs_call {
	struct http_exchange *x;
	struct acs_api *api;
	const struct acs_route *route;
	const struct acs_token *token; /* that was shown; NULL: none is asked for */
	char segments[ACS_CALL_SEGMENTS][ACS_NAME_MAX + 1]; /* decoded; "" */
	char *body;
	size_t body_size, body_room;
	json_t *json;
	uint64_t *refs; /* what was asked, and is not answered yet; 0 where it is */
	size_t ref_count, outstanding;
	acs_answered *answered;
	char *answer; /* too large to be put out at once */
	size_t answer_size, answer_at;
	uint64_t aside; /* asked beside the question, for `aside_answered`; 0: nothing */
	acs_answered *aside_answered;
	void *own; /* of the route, let go with `release` */
	void (*release)(void *own);
};

/* ---- an exchange's callbacks, for handlers whose state begins with a call ---- */

/* The head is there: finds the route, asks for a token, reads path and query. False: it was
 * answered. */
bool acs_call_begin(struct acs_call *call, struct http_exchange *x);
void acs_call_message(struct acs_call *call, struct sb_message *m);
void acs_call_drained(struct acs_call *call);
void acs_call_fini(struct acs_call *call);

/* The handler of all routes that have none of their own, and of what has no route. */
extern const struct http_handler acs_call_handler;

/* What connections of the API have. */
struct acs_api_connection {
	struct acs_api *api;
};

/* ---- what came ---- */

/* A parameter of the query, decoded into `out`: 1; 0: it is not there; -1: it is wrong, which was
 * answered. */
int acs_call_query(struct acs_call *call, const char *name, char *out, size_t size);
/* A whole number of the query within bounds, or `otherwise`. 0, or -1: it was answered. */
int acs_call_query_number(
	struct acs_call *call, const char *name, uint64_t most, uint64_t otherwise, uint64_t *out);

/* ---- answers; each once ---- */

void acs_call_problem(struct acs_call *call, const struct acs_problem *problem);
void acs_call_fail(struct acs_call *call, enum acs_problem_code code, const char *detail);
/* Eats the value; NULL: there was no memory for it. */
void acs_call_json(struct acs_call *call, unsigned status, json_t *value);
void acs_call_text(struct acs_call *call, unsigned status, struct sb_bytes json);
void acs_call_empty(struct acs_call *call); /* 204 */

/* ---- questions ---- */

/* Asks a session; `answered` gets its reply, whatever its status. A question that cannot be put is
 * answered here, with -1. */
int acs_call_ask(struct acs_call *call, struct sb_address to, uint32_t type,
	struct sb_payload payload, uint32_t deadline_ms, acs_answered *answered);

/* Asks the keeper of the device in the path. `ask` is eaten; NULL: no memory. */
void acs_call_ask_device(
	struct acs_call *call, enum acs_message type, struct acs_ask *ask, acs_answered *answered);

/* Asks all keepers, each a copy of `ask`, which is eaten; `answered` gets each reply:
 * call->outstanding is 0 with the last. */
void acs_call_ask_all(
	struct acs_call *call, enum acs_message type, struct acs_ask *ask, acs_answered *answered);

/* What a keeper says is the answer, also what it says is wrong. */
void acs_call_pass_on(struct acs_call *call, const struct sb_message *m);
/* The same, without a text: 204. */
void acs_call_done(struct acs_call *call, const struct sb_message *m);
/* The problem that a reply's status is; `missing` is what SB_ENOENT says. */
void
acs_call_refused(struct acs_call *call, const struct sb_message *m, enum acs_problem_code missing);

#endif
