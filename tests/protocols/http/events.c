/* Events: as they look on the line, what a slow client gets, and the silence between. */
#include "protocols/http/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "tests/protocols/http/bed.h"

#include <cmocka.h>

static struct bed bed;
static struct http_events *events; /* NULL: nobody listens */
static int last_error;             /* of the last send */
static char last_id[32];

static void
begin(struct http_exchange *x)
{
	const char *id = http_events_last_id(x);

	bed.session = http_session(x);
	bed.address = sb_self(bed.session);
	bed.begun++;
	snprintf(last_id, sizeof(last_id), "%s", id ? id : "");
}

static void
end(struct http_exchange *x)
{
	last_error = http_events_begin(http_state(x), x, 1000);
	assert_true(last_error == 0 || bed.lacks_memory);
	events = http_state(x);
}

static void
closed(struct http_exchange *x, bool is_complete)
{
	(void)is_complete;
	bed.closed++;
	http_events_closed(http_state(x));
	events = NULL;
}

static void
stopping(struct http_exchange *x)
{
	http_events_stopping(http_state(x));
}

static void
message(struct http_exchange *x, struct sb_message *m)
{
	void (*what)(struct bed * b, struct sb_session * s);

	memcpy(&what, m->data, sizeof(what));
	what(&bed, http_session(x));
}

static const struct http_handler *
route(struct http_exchange *x)
{
	static const struct http_handler handler = {.state_size = sizeof(struct http_events),
		.begin = begin,
		.end = end,
		.message = message,
		.stopping = stopping,
		.closed = closed};

	(void)x;
	return &handler;
}

static int
opened(void **state)
{
	(void)state;
	events = NULL;
	bed_open(&bed, &(struct bed_options){.route = route});
	return 0;
}

static void
listen_to(const char *fields)
{
	char text[256];

	snprintf(text, sizeof(text), "GET /events HTTP/1.0\r\n%s\r\n", fields);
	bed_send(&bed, text);
	assert_non_null(events);
}

/* What came since the last time, without the head. */
static void
expect(const char *text)
{
	struct sb_bytes got = sim_received(bed.peer);
	const char *blank = memmem(got.data, got.size, "\r\n\r\n", 4);
	size_t skip = blank ? (size_t)(blank + 4 - (const char *)got.data) : 0;

	assert_int_equal(got.size - skip, strlen(text));
	assert_memory_equal(got.data + skip, text, strlen(text));
	sim_consume(bed.peer, got.size);
}

static void
send_some(struct bed *b, struct sb_session *s)
{
	(void)b;
	(void)s;
	last_error = http_events_send(events, "7", "fault", sb_bytes_text("one\ntwo\r\nthree\r\n"));
	last_error |= http_events_send(events, NULL, NULL, sb_bytes_text(""));
	last_error |= http_events_send(events, NULL, "x", sb_bytes_text("a\rb"));
}

static void
test_an_event_has_a_field_a_line(void **state)
{
	(void)state;
	listen_to("Last-Event-ID: 6\r\n");
	assert_string_equal(last_id, "6");
	assert_non_null(memmem(sim_received(bed.peer).data, sim_received(bed.peer).size,
		"Content-Type: text/event-stream\r\n", 33));
	bed_act(&bed, send_some);
	assert_int_equal(last_error, 0);
	expect("id: 7\nevent: fault\ndata: one\ndata: two\ndata: three\ndata: \n\n"
	       "data: \n\n"
	       "event: x\ndata: a\ndata: b\n\n");
}

static void
send_broken(struct bed *b, struct sb_session *s)
{
	(void)b;
	(void)s;
	assert_int_equal(http_events_send(events, "a\nb", NULL, sb_bytes_text("")), SB_EINVAL);
	assert_int_equal(http_events_send(events, NULL, "a\rb", sb_bytes_text("")), SB_EINVAL);
}

static void
test_a_name_is_one_line(void **state)
{
	(void)state;
	listen_to("");
	expect("");
	bed_act(&bed, send_broken);
	expect("");
}

static void
test_comments_come_in_the_silence(void **state)
{
	(void)state;
	listen_to("");
	bed_pass(&bed, 2500);
	expect(":\n\n:\n\n");
	bed_act(&bed, send_some);
	sim_consume(bed.peer, sim_received(bed.peer).size);
	bed_pass(&bed, 900);
	expect("");
	bed_pass(&bed, 200);
	expect(":\n\n");
	/* For longer than an answer may take to begin. */
	bed_pass(&bed, 120000);
	assert_non_null(events);
}

static void
send_until_it_fails(struct bed *b, struct sb_session *s)
{
	static char data[10000];
	int sent = 0;

	(void)b;
	(void)s;
	memset(data, 'x', sizeof(data));
	while (!(last_error = http_events_send(events, NULL, NULL, sb_bytes(data, sizeof(data)))))
		sent++;
	assert_in_range(sent, 20, 40);
	assert_int_equal(http_events_send(events, NULL, NULL, sb_bytes(data, 1)), SB_GONE);
}

static void
test_a_slow_client_is_cut_off(void **state)
{
	(void)state;
	listen_to("");
	sim_stall(bed.peer, true);
	bed_act(&bed, send_until_it_fails);
	assert_int_equal(last_error, SB_FULL);
	assert_null(events);
	assert_true(sim_is_closed(bed.peer));
}

static void
end_now(struct bed *b, struct sb_session *s)
{
	(void)b;
	(void)s;
	http_events_end(events, 3000);
	http_events_end(events, 0);
	assert_int_equal(http_events_send(events, NULL, NULL, sb_bytes_text("")), SB_GONE);
}

static void
test_a_stream_may_end(void **state)
{
	(void)state;
	listen_to("");
	bed_act(&bed, end_now);
	assert_null(events);
	expect("retry: 3000\n\n");
	bed_pass(&bed, 5000);
	assert_true(sim_has_ended(bed.peer));
}

static void
test_a_stream_ends_when_the_node_stops(void **state)
{
	(void)state;
	listen_to("");
	sb_node_stop(bed.node);
	bed_turn(&bed);
	assert_null(events);
	assert_true(sim_has_ended(bed.peer));
}

static void
send_without_memory(struct bed *b, struct sb_session *s)
{
	(void)s;
	sim_fail_allocation(b->sim, 1);
	last_error = http_events_send(events, NULL, NULL, sb_bytes_text("x"));
	sim_fail_allocation(b->sim, 0);
}

static void
test_without_memory_a_client_is_cut_off(void **state)
{
	(void)state;
	listen_to("");
	bed_act(&bed, send_without_memory);
	assert_int_equal(last_error, SB_ENOMEM);
	assert_null(events);
	assert_true(sim_is_closed(bed.peer));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		TEST(test_an_event_has_a_field_a_line),
		TEST(test_a_name_is_one_line),
		TEST(test_comments_come_in_the_silence),
		TEST(test_a_slow_client_is_cut_off),
		TEST(test_a_stream_may_end),
		TEST(test_a_stream_ends_when_the_node_stops),
		TEST(test_without_memory_a_client_is_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
