#include "tests/protocols/http/bed.h"

#include "core/registry.h"
#include "core/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

/* The messages of bed_act: what is to be done. */
#define MSG_ACT 1

#define PATTERN "switchboard "

static struct bed *open_bed;

/* ---- handlers ---- */

struct collected {
	char *text;
	size_t size;
	struct sb_timer timer;
};

static void
check(int err)
{
	assert_true(err == 0 || open_bed->lacks_memory);
}

static void
tell_begin(struct http_exchange *x)
{
	struct bed *bed = open_bed;
	const char *query = http_query(x);

	bed->session = http_session(x);
	bed->address = sb_self(bed->session);
	bed->open = x;
	bed->begun++;
	stand_tell(bed->trace, "begin %s %s%s%s", http_method_name(x), http_path(x),
		*query ? "?" : "", query);
}

static void
on_closed(struct http_exchange *x, bool is_complete)
{
	struct collected *c = http_state(x);

	stand_tell(open_bed->trace, "%s", is_complete ? "closed" : "broken off");
	open_bed->closed++;
	if (open_bed->open == x)
		open_bed->open = NULL;
	if (c) {
		sb_timer_stop(http_session(x), &c->timer);
		free(c->text);
	}
	assert_true(http_respond(x, 200, NULL, sb_bytes_text("late")) < 0);
}

static void
collect(struct http_exchange *x, struct sb_bytes part)
{
	struct collected *c = http_state(x);

	stand_tell(open_bed->trace, "body %zu", part.size);
	c->text = realloc(c->text, c->size + part.size);
	memcpy(c->text + c->size, part.data, part.size);
	c->size += part.size;
}

static void
answer_collected(struct http_exchange *x)
{
	struct collected *c = http_state(x);

	stand_tell(open_bed->trace, "end");
	check(http_respond(x, 200, "text/plain", sb_bytes(c->text, c->size)));
}

static void
tell_end(struct http_exchange *x)
{
	(void)x;
	stand_tell(open_bed->trace, "end");
}

static void
act_of(struct sb_session *s, const struct sb_message *m)
{
	void (*what)(struct bed * bed, struct sb_session * session);

	assert_int_equal(m->size, sizeof(what));
	memcpy(&what, m->data, sizeof(what));
	what(open_bed, s);
}

static void
on_message(struct http_exchange *x, struct sb_message *m)
{
	act_of(http_session(x), m);
}

static void
answer_now(struct http_exchange *x)
{
	tell_begin(x);
	check(http_respond(x, 200, "text/plain", sb_bytes_text("now")));
}

static void
answer_none(struct http_exchange *x)
{
	check(http_respond(x, 204, NULL, sb_bytes(NULL, 0)));
}

static void
write_on(struct http_exchange *x)
{
	static char part[12000];
	struct bed *bed = open_bed;
	int err = 0;

	for (size_t i = 0; i < sizeof(part); i++)
		part[i] = bed->is_text ? PATTERN[i % 12] : 'x';
	while (bed->left && !err) {
		size_t size = bed->left < sizeof(part) ? bed->left : sizeof(part);

		err = http_write(x, part, size);
		if (!err)
			bed->left -= size;
	}
	if (err == SB_FULL)
		stand_tell(bed->trace, "full");
	else if (!err)
		check(http_respond_end(x));
}

static void
stream(struct http_exchange *x)
{
	struct bed *bed = open_bed;
	int err;

	bed->left = strtoull(http_query(x), NULL, 10);
	bed->is_text = strcmp(http_path(x), "/lines") == 0;
	err = http_respond_begin(x, 200, bed->is_text ? "text/plain" : "application/octet-stream",
		strcmp(http_path(x), "/sized") ? UINT64_MAX : bed->left);
	check(err);
	if (!err)
		write_on(x);
}

static void
tell_stopping(struct http_exchange *x)
{
	stand_tell(open_bed->trace, "stopping");
	if (http_has_responded(x))
		check(http_respond_end(x));
}

static void
answer_text(struct http_exchange *x)
{
	size_t size = strtoull(http_query(x), NULL, 10);
	char *text = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = PATTERN[i % 12];
	check(http_respond(x, 200, "text/plain; charset=utf-8", sb_bytes(text, size)));
	free(text);
}

static void
begin_held(struct http_exchange *x)
{
	tell_begin(x);
	http_hold(x, "test");
}

static void
collect_held(struct http_exchange *x, struct sb_bytes part)
{
	collect(x, part);
	http_hold(x, "test");
}

static void
begin_large(struct http_exchange *x)
{
	tell_begin(x);
	http_limit_body(x, 16u << 20);
}

static void
begin_back(struct http_exchange *x)
{
	tell_begin(x);
	check(http_respond_begin(x, 200, "text/plain", UINT64_MAX));
}

static void
give_back(struct http_exchange *x, struct sb_bytes part)
{
	check(http_write(x, part.data, part.size));
}

static void
end_back(struct http_exchange *x)
{
	check(http_respond_end(x));
}

static void
answer_fields(struct http_exchange *x)
{
	char text[4096] = "";

	for (const char *value = http_field(x, "X-Ask"); value;
		value = http_field_next(x, "x-ask", value))
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "[%s]", value);
	check(http_set_field(x, "X-Told", "yes"));
	assert_int_equal(http_set_field(x, "X-Split", "a\r\nb"), SB_EINVAL);
	check(http_respond(x, 200, "text/plain", sb_bytes_text(text)));
}

#define COLLECTS .state_size = sizeof(struct collected), .body = collect

static const struct {
	const char *path;
	struct http_handler handler;
} handlers[] = {
	{"/echo", {COLLECTS, .begin = tell_begin, .end = answer_collected, .closed = on_closed}},
	{"/now", {.begin = answer_now, .end = tell_end, .closed = on_closed}},
	{"/later", {COLLECTS, .begin = tell_begin, .end = tell_end, .message = on_message,
			   .stopping = tell_stopping, .closed = on_closed}},
	{"/none", {.begin = tell_begin, .end = answer_none, .closed = on_closed}},
	{"/stream", {.begin = tell_begin,
			    .end = stream,
			    .drained = write_on,
			    .message = on_message,
			    .closed = on_closed}},
	{"/sized", {.begin = tell_begin, .end = stream, .drained = write_on, .closed = on_closed}},
	{"/lines", {.begin = tell_begin, .end = stream, .drained = write_on, .closed = on_closed}},
	{"/text", {.begin = tell_begin, .end = answer_text, .closed = on_closed}},
	{"/hold", {.state_size = sizeof(struct collected),
			  .begin = begin_held,
			  .body = collect_held,
			  .end = answer_collected,
			  .message = on_message,
			  .closed = on_closed}},
	{"/large", {COLLECTS, .begin = begin_large, .end = answer_collected, .closed = on_closed}},
	{"/back", {.begin = begin_back, .body = give_back, .end = end_back, .closed = on_closed}},
	{"/fields", {.begin = tell_begin, .end = answer_fields, .closed = on_closed}},
};

static const struct http_handler *
route(struct http_exchange *x, void *context)
{
	const struct http_handler *own = open_bed->route ? open_bed->route(x) : NULL;

	assert_ptr_equal(context, open_bed);
	if (own)
		return own;
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (strcmp(http_path(x), handlers[i].path) == 0)
			return &handlers[i].handler;
	return NULL;
}

static void
idle_message(struct sb_session *s, struct sb_message *m)
{
	act_of(s, m);
}

static void
connection_closed(struct sb_session *s, void *state, enum sb_end why)
{
	assert_ptr_equal(state, http_session_state(s));
	stand_tell(open_bed->trace, "connection %s", sb_end_name(why));
	if (open_bed->session == s)
		open_bed->session = NULL;
}

/* ---- the bed ---- */

/* A calm machine needs no time, another one has to be given what its delays take. */
void
bed_turn(struct bed *bed)
{
	sim_run_for(bed->sim, bed->settle_ns);
}

void
bed_pass(struct bed *bed, uint64_t ms)
{
	sim_run_for(bed->sim, ms * 1000000);
}

void
bed_connect(struct bed *bed)
{
	bed->peer = sim_connect(bed->sim, BED_PORT);
	bed_turn(bed);
}

void
bed_open(struct bed *bed, const struct bed_options *options)
{
	static const struct sim_options calm = {.is_calm = true};
	static const struct bed_options defaults;
	struct sb_listener_options listener = {.name = "bed", .address = "127.0.0.1:8080"};
	struct http_server_options server = {.name = "bed", .route = route, .context = bed};

	if (!options)
		options = &defaults;
	memset(bed, 0, sizeof(*bed));
	open_bed = bed;
	bed->route = options->route;
	bed->sim = sim_new(options->sim ? options->sim : &calm);
	bed->settle_ns = options->sim && !options->sim->is_calm ? 1000000000 : 1000;
	bed->log = stand_log(&bed->log_fd);
	bed->node = stand_node(bed->sim, bed->log);
	server.limits = options->limits;
	server.no_compression = options->no_compression;
	server.refusal = options->refusal;
	server.refusal_type = "text/x-refusal";
	server.connection_size = 8;
	server.connection_closed = connection_closed;
	server.idle_message = idle_message;
	assert_int_equal(http_server_new(&bed->server, bed->node, &server), 0);
	listener.module = http_server_module(bed->server);
	listener.args = bed->server;
	listener.limits = &options->connection;
	assert_int_equal(sb_listen(bed->node, &listener, NULL), 0);
	bed_connect(bed);
}

void
bed_close(struct bed *bed)
{
	sb_node_stop(bed->node);
	bed_turn(bed);
	sb_node_stop(bed->node);
	bed_pass(bed, 60000);
	assert_true(sb_node_is_stopped(bed->node));
	assert_null(bed->session);
	assert_int_equal(bed->begun, bed->closed);
	sb_node_free(bed->node);
	http_server_free(bed->server);
	stand_log_free(bed->log, bed->log_fd);
	assert_int_equal(sim_open_sockets(bed->sim), 0);
	assert_int_equal(sim_live_allocations(bed->sim), 0);
	sim_free(bed->sim);
}

int
bed_closed(void **state)
{
	(void)state;
	bed_close(open_bed);
	return 0;
}

/* ---- the client ---- */

void
bed_send_octets(struct bed *bed, const void *data, size_t size)
{
	sim_send(bed->peer, data, size);
	bed_turn(bed);
}

void
bed_send(struct bed *bed, const char *text)
{
	bed_send_octets(bed, text, strlen(text));
}

const char *
bed_field(const struct bed_answer *answer, const char *name)
{
	static char value[1024];
	size_t size = strlen(name);

	for (const char *line = strstr(answer->head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, size) == 0 && line[size] == ':') {
			snprintf(value, sizeof(value), "%.*s",
				(int)strcspn(line + size + 2, "\r\n"), line + size + 2);
			return value;
		}
	}
	return NULL;
}

/* One chunk after the other; false: some are missing. */
static bool
take_chunks(const char *at, const char *end, uint8_t *out, struct bed_answer *answer, size_t *used)
{
	const char *begin = at;

	for (;;) {
		const char *line = memmem(at, (size_t)(end - at), "\r\n", 2);
		size_t size = line ? strtoull(at, NULL, 16) : 0;

		if (!line || (size_t)(end - line) < size + 4)
			return false;
		memcpy(out + answer->body_size, line + 2, size);
		answer->body_size += size;
		at = line + 2 + size + 2;
		*used = (size_t)(at - begin);
		if (size == 0)
			return true;
	}
}

static bool
take_body(struct bed *bed, const char *at, const char *end, struct bed_answer *answer, size_t *used)
{
	static uint8_t body[BED_SPACE];
	const char *length = bed_field(answer, "Content-Length");

	answer->body = body;
	if (length) {
		*used = answer->body_size = strtoull(length, NULL, 10);
	} else if (bed_field(answer, "Transfer-Encoding")) {
		return take_chunks(at, end, body, answer, used);
	} else if (answer->status != 204 && answer->status != 304) {
		*used = answer->body_size = (size_t)(end - at);
		if (!sim_has_ended(bed->peer))
			return false;
	}
	if (*used > (size_t)(end - at))
		return false;
	memcpy(body, at, *used);
	return true;
}

bool
bed_take(struct bed *bed, const char *method, struct bed_answer *answer)
{
	static char head[16384];
	struct sb_bytes got = sim_received(bed->peer);
	const char *text = (const char *)got.data, *blank;
	size_t used = 0;

	blank = got.size ? memmem(text, got.size, "\r\n\r\n", 4) : NULL;
	if (!blank)
		return false;
	assert_in_range(blank + 4 - text, 1, sizeof(head) - 1);
	memcpy(head, text, (size_t)(blank + 4 - text));
	head[blank + 4 - text] = 0;
	*answer = (struct bed_answer){.head = head};
	assert_int_equal(strncmp(head, "HTTP/1.1 ", 9), 0);
	answer->status = (unsigned)strtoul(head + 9, NULL, 10);
	if (strcmp(method, "HEAD") != 0 && answer->status >= 200 &&
		!take_body(bed, blank + 4, text + got.size, answer, &used))
		return false;
	sim_consume(bed->peer, (size_t)(blank + 4 - text) + used);
	return true;
}

struct bed_answer
bed_expect_at(struct bed *bed, unsigned status, const char *body, const char *file, int line)
{
	struct bed_answer answer;

	if (!bed_take(bed, "GET", &answer))
		_fail(file, line);
	_assert_int_equal(answer.status, status, file, line);
	if (body) {
		_assert_int_equal(answer.body_size, strlen(body), file, line);
		_assert_memory_equal(answer.body, body, strlen(body), file, line);
	}
	return answer;
}

void
bed_expect_nothing_at(struct bed *bed, const char *file, int line)
{
	_assert_int_equal(sim_received(bed->peer).size, 0, file, line);
	_assert_int_equal(sim_has_ended(bed->peer), false, file, line);
}

void
bed_expect_ended_at(struct bed *bed, const char *file, int line)
{
	_assert_int_equal(sim_received(bed->peer).size, 0, file, line);
	_assert_int_equal(sim_has_ended(bed->peer), true, file, line);
}

void
bed_expect_trace_at(struct bed *bed, const char *trace, const char *file, int line)
{
	_assert_string_equal(bed->trace, trace, file, line);
	bed->trace[0] = 0;
}

void
bed_act(struct bed *bed, void (*act)(struct bed *bed, struct sb_session *s))
{
	int err = sb_node_post(bed->node, bed->address, MSG_ACT, 0, SB_COPY(&act, sizeof(act)));

	check(err);
	bed_turn(bed);
}

struct sb_timer *
bed_timer_of(struct http_exchange *x)
{
	return &((struct collected *)http_state(x))->timer;
}

static const char *answer_text_open;

static void
act_answer(struct bed *bed, struct sb_session *s)
{
	assert_ptr_equal(http_session_exchange(s), bed->open);
	check(http_respond(bed->open, 200, "text/plain", sb_bytes_text(answer_text_open)));
}

void
bed_answer_open(struct bed *bed, const char *text)
{
	answer_text_open = text;
	bed_act(bed, act_answer);
}

static void
act_resume(struct bed *bed, struct sb_session *s)
{
	(void)s;
	if (bed->open)
		http_resume(bed->open);
}

void
bed_resume_open(struct bed *bed)
{
	bed_act(bed, act_resume);
}

uint64_t
bed_counter(struct bed *bed, const char *name)
{
	return stand_counter(bed->node, name);
}
