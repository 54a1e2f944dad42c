#include "daemons/acs/call.h"

#include "core/error.h"
#include "core/session.h"
#include "core/utf8.h"
#include "daemons/acs/json_memory.h"
#include "protocols/http/query.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a keeper needs at most; waits come on top. */
#define ASK_MS 15000u

const struct acs_route *const acs_route_tables[] = {acs_device_routes, acs_task_routes,
	acs_connect_routes, acs_credential_routes, acs_event_routes, acs_preset_routes,
	acs_script_routes, acs_file_routes, acs_system_routes, NULL};

/* ---- answers ---- */

static void
log_call(struct acs_call *call, unsigned status)
{
	struct sb_session *s = http_session(call->x);
	const struct acs_route *route = call->route;

	if (route && route->right == ACS_RIGHT_WRITE)
		SB_LOG(s, INFO, "acs.api.write", "method", SB_STR(http_method_name(call->x)),
			"path", SB_STR(http_path(call->x)), "status", SB_UINT(status), "token",
			SB_STR(call->token ? call->token->name : ""));
	else
		SB_LOG(s, DEBUG, "acs.api.read", "method", SB_STR(http_method_name(call->x)),
			"path", SB_STR(http_path(call->x)), "status", SB_UINT(status));
}

/* More is not put into a connection's output at once. */
#define AT_ONCE ((size_t)64 << 10)

/* It says SB_GONE and its like when nobody hears the answer any more. */
static void
respond(struct acs_call *call, unsigned status, const char *type, struct sb_bytes text)
{
	log_call(call, status);
	(void)http_respond(call->x, status, type, text);
}

void
acs_call_drained(struct acs_call *call)
{
	while (call->answer && call->answer_at < call->answer_size) {
		size_t left = call->answer_size - call->answer_at;
		size_t size = left < AT_ONCE ? left : AT_ONCE;

		if (http_write(call->x, call->answer + call->answer_at, size))
			return;
		call->answer_at += size;
	}
	if (call->answer)
		(void)http_respond_end(call->x);
}

/* Takes the text, of malloc; NULL: there was no memory for it. */
static void
respond_text(struct acs_call *call, unsigned status, const char *type, char *text, size_t size)
{
	if (!text) {
		respond(call, 503, NULL, sb_bytes(NULL, 0));
		return;
	}
	if (size <= AT_ONCE) {
		respond(call, status, type, sb_bytes(text, size));
		free(text);
		return;
	}
	log_call(call, status);
	call->answer = text;
	call->answer_size = size;
	if (http_respond_begin(call->x, status, type, size) == 0)
		acs_call_drained(call);
}

static void
respond_json(struct acs_call *call, unsigned status, const char *type, json_t *value)
{
	char *text = value ? acs_json_print(value, 0) : NULL;

	json_decref(value);
	respond_text(call, status, type, text, text ? strlen(text) : 0);
}

void
acs_call_problem(struct acs_call *call, const struct acs_problem *problem)
{
	respond_json(call, acs_problem_status(problem->code), ACS_PROBLEM_TYPE,
		acs_problem_object(problem));
}

void
acs_call_fail(struct acs_call *call, enum acs_problem_code code, const char *detail)
{
	struct acs_problem problem = {0};

	acs_problem_set(&problem, code, "%s", detail ? detail : "");
	acs_call_problem(call, &problem);
}

void
acs_call_json(struct acs_call *call, unsigned status, json_t *value)
{
	respond_json(call, status, "application/json", value);
}

void
acs_call_text(struct acs_call *call, unsigned status, struct sb_bytes json)
{
	char *copy;

	if (json.size <= AT_ONCE) {
		respond(call, status, "application/json", json);
		return;
	}
	copy = malloc(json.size);
	if (copy)
		memcpy(copy, json.data, json.size);
	respond_text(call, status, "application/json", copy, json.size);
}

void
acs_call_empty(struct acs_call *call)
{
	respond(call, 204, NULL, sb_bytes(NULL, 0));
}

/* ---- the query ---- */

static bool
is_in(struct sb_bytes name, const char *const *names)
{
	for (; names && *names; names++)
		if (sb_bytes_equal(name, sb_bytes_text(*names)))
			return true;
	return false;
}

/* What is misspelt would be passed over, and the answer be another one than was asked for. */
static int
check_query(struct acs_call *call)
{
	struct acs_problem problem = {0};
	struct sb_bytes name, value;
	size_t at = 0;

	while (http_query_next(http_query(call->x), &at, &name, &value)) {
		if (is_in(name, call->route->query))
			continue;
		acs_problem_set(&problem, ACS_PROBLEM_BAD_QUERY, "%.*s: is no parameter of this",
			name.size > 60 ? 60 : (int)name.size, (const char *)name.data);
		acs_call_problem(call, &problem);
		return -1;
	}
	return 0;
}

int
acs_call_query(struct acs_call *call, const char *name, char *out, size_t size)
{
	ssize_t length = http_query_get(http_query(call->x), name, out, size);

	if (length >= 0 && sb_utf8_valid(sb_bytes_text(out)))
		return 1;
	if (length == SB_ENOENT)
		return 0;
	acs_call_fail(call, ACS_PROBLEM_BAD_QUERY, name);
	return -1;
}

int
acs_call_query_number(
	struct acs_call *call, const char *name, uint64_t most, uint64_t otherwise, uint64_t *out)
{
	struct acs_problem problem = {0};
	int err;

	*out = otherwise;
	err = http_query_number(http_query(call->x), name, most, out);
	if (err == 0 || err == SB_ENOENT)
		return 0;
	acs_problem_set(&problem, ACS_PROBLEM_BAD_QUERY, "%s: not a whole number up to %llu", name,
		(unsigned long long)most);
	acs_call_problem(call, &problem);
	return -1;
}

/* ---- the route ---- */

static bool
fits(const struct acs_route *route, struct acs_call *call)
{
	struct sb_bytes sent[ACS_CALL_SEGMENTS] = {0};

	if (!http_path_matches(route->path, http_path(call->x), sent, ACS_CALL_SEGMENTS))
		return false;
	for (size_t i = 0; i < ACS_CALL_SEGMENTS && sent[i].size; i++)
		if (http_percent_decode(
			    sent[i], false, call->segments[i], sizeof(call->segments[i])) <= 0 ||
			!sb_utf8_valid(sb_bytes_text(call->segments[i])))
			return false;
	return true;
}

/* A HEAD is a GET whose body the server keeps back. */
bool
acs_route_is_method(const struct acs_route *route, const struct http_exchange *x)
{
	enum http_method method = http_method(x);

	return route->method == (method == HTTP_METHOD_HEAD ? HTTP_METHOD_GET : method);
}

/* *has_path: another method would have one. */
static const struct acs_route *
find_route(struct acs_call *call, bool *has_path)
{
	*has_path = false;
	for (size_t i = 0; acs_route_tables[i]; i++)
		for (const struct acs_route *r = acs_route_tables[i]; r->path; r++) {
			if (!fits(r, call))
				continue;
			if (acs_route_is_method(r, call->x))
				return r;
			*has_path = true;
		}
	return NULL;
}

static void
add_method(struct sb_writer *w, const char *name)
{
	if (sb_writer_size(w))
		sb_put_bytes(w, ", ", 2);
	sb_put_bytes(w, name, strlen(name));
}

/* Says which methods a path takes, in the answer's Allow. */
static void
set_allow(struct acs_call *call)
{
	static const char *const names[] = {[HTTP_METHOD_GET] = "GET, HEAD",
		[HTTP_METHOD_POST] = "POST",
		[HTTP_METHOD_PUT] = "PUT",
		[HTTP_METHOD_DELETE] = "DELETE"};
	char allow[64];
	struct sb_writer w = sb_writer_of(allow, sizeof(allow));

	for (size_t i = 0; acs_route_tables[i]; i++)
		for (const struct acs_route *r = acs_route_tables[i]; r->path; r++)
			if (fits(r, call))
				add_method(&w, names[r->method]);
	add_method(&w, "OPTIONS");
	sb_put_u8(&w, '\0');
	if (!sb_writer_failed(&w))
		(void)http_set_field(call->x, "Allow", allow);
}

/* ---- who asks ---- */

/* "localhost", or an address of this machine's own, with or without a port. */
static bool
is_local_host(const char *host)
{
	if (!host)
		return true; /* HTTP/1.0; no browser */
	if (strncasecmp(host, "localhost", 9) == 0 && (host[9] == '\0' || host[9] == ':'))
		return true;
	return acs_is_loopback(host);
}

/* Without tokens this machine is trusted, but not the pages that its browsers show: they may
 * neither ask from another site, nor under a name of theirs that leads here. */
static bool
is_from_a_page(const struct http_exchange *x)
{
	return http_field(x, "Origin") || !is_local_host(http_field(x, "Host"));
}

static void
refuse(struct acs_call *call, enum acs_problem_code code)
{
	struct sb_session *s = http_session(call->x);

	sb_counter_add(call->api->refused, sb_session_shard(s), 1);
	SB_LOG_LIMITED(s, WARNING, "acs.api.refused", "method", SB_STR(http_method_name(call->x)),
		"path", SB_STR(http_path(call->x)), "code", SB_STR(acs_problem_name(code)));
	if (code == ACS_PROBLEM_UNAUTHORIZED)
		(void)http_set_field(call->x, "WWW-Authenticate", "Bearer");
	acs_call_fail(call, code, NULL);
}

static bool
may(struct acs_call *call, unsigned right)
{
	const struct acs_tokens *tokens = &call->api->config->api.tokens;
	const struct acs_token *token;

	if (tokens->count == 0) {
		if (!is_from_a_page(call->x))
			return true;
		refuse(call, ACS_PROBLEM_FORBIDDEN);
		return false;
	}
	token = acs_tokens_find(tokens, http_field(call->x, "Authorization"));
	call->token = token;
	if (token && (token->rights & right) == right)
		return true;
	refuse(call, token ? ACS_PROBLEM_FORBIDDEN : ACS_PROBLEM_UNAUTHORIZED);
	return false;
}

/* ---- a call from its head to its body ---- */

static bool
is_json(const struct http_exchange *x)
{
	const char *type = http_field(x, "Content-Type");

	return type && strncasecmp(type, "application/json", 16) == 0 &&
	       (type[16] == '\0' || type[16] == ';' || type[16] == ' ');
}

static void
answer_no_route(struct acs_call *call, bool has_path)
{
	if (has_path)
		set_allow(call);
	if (has_path && http_method(call->x) == HTTP_METHOD_OPTIONS)
		acs_call_empty(call);
	else
		acs_call_fail(call,
			has_path ? ACS_PROBLEM_METHOD_NOT_ALLOWED : ACS_PROBLEM_NO_ROUTE, NULL);
}

/* Who asks must be known before anything is said, also of paths that are not there. */
bool
acs_call_begin(struct acs_call *call, struct http_exchange *x)
{
	struct acs_api_connection *connection = http_connection_state(x);
	bool has_path;

	call->x = x;
	call->api = connection->api;
	call->route = find_route(call, &has_path);
	if ((!call->route || call->route->right) &&
		!may(call, call->route ? call->route->right : 0))
		return false;
	if (!call->route) {
		answer_no_route(call, has_path);
		return false;
	}
	if (check_query(call))
		return false;
	if (!call->route->takes_body)
		return true;
	http_limit_body(x, call->api->config->api.body_bytes);
	if (is_json(x))
		return true;
	acs_call_fail(call, ACS_PROBLEM_MEDIA_TYPE, NULL);
	return false;
}

static void
begin(struct http_exchange *x)
{
	(void)acs_call_begin(http_state(x), x);
}

/* The server holds it to its limit. */
static void
body(struct http_exchange *x, struct sb_bytes part)
{
	struct acs_call *call = http_state(x);
	size_t size = call->body_size + part.size, room = call->body_room;

	if (!call->route || !call->route->takes_body || http_has_responded(x))
		return;
	if (size > room) {
		char *more;

		room = size < 2 * room ? 2 * room : size;
		more = realloc(call->body, room);
		if (!more) {
			acs_call_fail(call, ACS_PROBLEM_BUSY, "no memory");
			return;
		}
		call->body = more;
		call->body_room = room;
	}
	memcpy(call->body + call->body_size, part.data, part.size);
	call->body_size = size;
}

static void
end(struct http_exchange *x)
{
	struct acs_call *call = http_state(x);
	struct acs_problem problem = {0};

	if (http_has_responded(x))
		return;
	if (call->route->takes_body) {
		call->json = acs_json_read(sb_bytes(call->body, call->body_size), &problem);
		if (!call->json) {
			acs_call_problem(call, &problem);
			return;
		}
	}
	call->route->serve(call);
}

static void
message(struct http_exchange *x, struct sb_message *m)
{
	acs_call_message(http_state(x), m);
}

static void
drained(struct http_exchange *x)
{
	acs_call_drained(http_state(x));
}

static void
closed(struct http_exchange *x, bool is_complete)
{
	(void)is_complete;
	acs_call_fini(http_state(x));
}

const struct http_handler acs_call_handler = {
	.state_size = sizeof(struct acs_call),
	.begin = begin,
	.body = body,
	.end = end,
	.message = message,
	.drained = drained,
	.closed = closed,
};

void
acs_call_fini(struct acs_call *call)
{
	/* The connection's next exchange must not take them for answers of its own. */
	for (size_t i = 0; i < call->ref_count; i++)
		if (call->refs[i])
			sb_call_cancel(http_session(call->x), call->refs[i]);
	if (call->aside)
		sb_call_cancel(http_session(call->x), call->aside);
	free(call->refs);
	if (call->release)
		call->release(call->own);
	json_decref(call->json);
	free(call->body);
	free(call->answer);
}

/* ---- questions ---- */

static int
refs_reserve(struct acs_call *call, size_t count)
{
	uint64_t *refs = calloc(count, sizeof(*refs));

	if (!refs)
		return SB_ENOMEM;
	free(call->refs); /* of an earlier question, which was answered */
	call->refs = refs;
	call->ref_count = count;
	call->outstanding = 0;
	return 0;
}

void
acs_call_message(struct acs_call *call, struct sb_message *m)
{
	if (m->type != SB_MSG_REPLY || !m->ref)
		return;
	if (m->ref == call->aside) {
		call->aside = 0;
		call->aside_answered(call, m);
		return;
	}
	for (size_t i = 0; i < call->ref_count; i++) {
		if (call->refs[i] != m->ref)
			continue;
		call->refs[i] = 0;
		call->outstanding--;
		if (!http_has_responded(call->x))
			call->answered(call, m);
		return;
	}
}

static void
cannot_ask(struct acs_call *call, int err)
{
	acs_call_fail(call, acs_problem_of_error(err), sb_error_text(err));
}

int
acs_call_ask(struct acs_call *call, struct sb_address to, uint32_t type, struct sb_payload payload,
	uint32_t deadline_ms, acs_answered *answered)
{
	int err = refs_reserve(call, 1);

	if (!err)
		err = sb_call(http_session(call->x), to, type, payload, deadline_ms, call->refs);
	if (err) {
		if (payload.release)
			payload.release((void *)(uintptr_t)payload.data);
		cannot_ask(call, err);
		return -1;
	}
	call->answered = answered;
	call->outstanding = 1;
	return 0;
}

void
acs_call_ask_device(
	struct acs_call *call, enum acs_message type, struct acs_ask *ask, acs_answered *answered)
{
	struct sb_address keeper;

	if (!ask) {
		cannot_ask(call, SB_ENOMEM);
		return;
	}
	if (acs_keeper_of(http_session(call->x), call->api->keepers, ask->device, &keeper)) {
		sb_payload_free(ask);
		cannot_ask(call, SB_GONE);
		return;
	}
	(void)acs_call_ask(call, keeper, type,
		SB_GIVE(ask, sizeof(*ask) + ask->size + 1, sb_payload_free), ASK_MS + ask->wait_ms,
		answered);
}

static int
ask_copy(struct acs_call *call, uint32_t number, enum acs_message type, const struct acs_ask *ask)
{
	struct sb_session *s = http_session(call->x);
	struct acs_ask *copy = acs_ask_new(s, ask->device, ask->text);
	struct sb_address keeper;
	int err;

	if (!copy)
		return SB_ENOMEM;
	copy->id = ask->id;
	copy->limit = ask->limit;
	copy->wait_ms = ask->wait_ms;
	err = acs_keeper_at(s, number, &keeper);
	if (err) {
		sb_payload_free(copy);
		return SB_GONE;
	}
	return acs_ask_send(s, keeper, type, copy, ASK_MS + ask->wait_ms, &call->refs[number]);
}

void
acs_call_ask_all(
	struct acs_call *call, enum acs_message type, struct acs_ask *ask, acs_answered *answered)
{
	uint32_t count = call->api->keepers->count;
	int err = ask ? refs_reserve(call, count) : SB_ENOMEM;

	call->answered = answered;
	for (uint32_t i = 0; i < count && !err; i++) {
		err = ask_copy(call, i, type, ask);
		if (!err)
			call->outstanding++;
	}
	sb_payload_free(ask);
	if (err)
		cannot_ask(call, err);
}

/* ---- what keepers say ---- */

void
acs_call_refused(struct acs_call *call, const struct sb_message *m, enum acs_problem_code missing)
{
	struct acs_problem problem = {0};

	acs_problem_set(&problem,
		m->status == SB_ENOENT ? missing : acs_problem_of_error(m->status), "%.*s",
		m->size < sizeof(problem.detail) ? (int)m->size : (int)sizeof(problem.detail),
		m->size ? (const char *)m->data : "");
	acs_call_problem(call, &problem);
}

void
acs_call_pass_on(struct acs_call *call, const struct sb_message *m)
{
	if (m->status)
		acs_call_refused(call, m, ACS_PROBLEM_DEVICE_NOT_FOUND);
	else
		acs_call_text(call, 200, sb_bytes(m->data, m->size));
}

void
acs_call_done(struct acs_call *call, const struct sb_message *m)
{
	if (m->status)
		acs_call_refused(call, m, ACS_PROBLEM_DEVICE_NOT_FOUND);
	else
		acs_call_empty(call);
}
