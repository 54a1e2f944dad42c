/* Bounds of a request and of a connection, each with its status; and how connections end. */
#include "tests/protocols/http/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static const struct bed_options small = {
	.limits = {.head_bytes = 1024,
		.fields = 10,
		.body_bytes = 100,
		.head_ms = 1000,
		.body_ms = 2000,
		.answer_ms = 3000,
		.idle_ms = 5000,
		.requests = 3},
};

static int
opened(void **state)
{
	(void)state;
	bed_open(&bed, &small);
	return 0;
}

/* The server's side has ended; then the client's does, and the session. */
static void
expect_ended(void)
{
	bed_expect_ended(&bed);
	sim_finish(bed.peer);
	bed_turn(&bed);
}

static void
expect_refused(unsigned status)
{
	struct bed_answer answer = bed_expect(&bed, status, NULL);

	assert_string_equal(bed_field(&answer, "Connection"), "close");
	expect_ended();
}

/* `count` times `text`. */
static void
send_much(const char *text, size_t count)
{
	size_t size = strlen(text);
	char *all = malloc(size * count);

	for (size_t i = 0; i < count; i++)
		memcpy(all + i * size, text, size);
	bed_send_octets(&bed, all, size * count);
	free(all);
}

static void
test_a_target_that_is_too_long_is_414(void **state)
{
	(void)state;
	bed_send(&bed, "GET /");
	send_much("0123456789", 120);
	expect_refused(414);
}

static size_t
refusal(unsigned status, char *out, size_t size)
{
	int written = snprintf(out, size, "no: %u", status);

	return (size_t)written;
}

static void
test_what_the_server_says_itself_can_be_in_the_words_of_its_owner(void **state)
{
	struct bed_options options = small;
	struct bed_answer answer;

	(void)state;
	bed_close(&bed);
	options.refusal = refusal;
	bed_open(&bed, &options);
	bed_send(&bed, "GET /");
	send_much("0123456789", 120);
	answer = bed_expect(&bed, 414, "no: 414");
	assert_string_equal(bed_field(&answer, "Content-Type"), "text/x-refusal");
}

static void
test_a_head_that_is_too_large_is_431(void **state)
{
	(void)state;
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\nX: ");
	send_much("0123456789", 120);
	expect_refused(431);
	/* Blanks are stored nowhere, and count. */
	bed_connect(&bed);
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\nX: ");
	send_much("          ", 120);
	expect_refused(431);
	bed_connect(&bed);
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\nX: y\r\n");
	for (int i = 0; i < 9; i++)
		bed_send(&bed, "A: b\r\n");
	expect_refused(431);
	bed_expect_trace(&bed, "connection limit;connection limit;connection limit;");
}

static void
test_a_body_that_is_too_large_is_413(void **state)
{
	(void)state;
	bed_send(&bed, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n");
	expect_refused(413);
	bed_connect(&bed);
	bed_send(&bed, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 11; i++)
		bed_send(&bed, "A\r\n0123456789\r\n");
	expect_refused(413);
	bed_connect(&bed);
	bed_send(&bed, "POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n");
	send_much("0123456789", 20);
	assert_int_equal(bed_expect(&bed, 200, NULL).body_size, 200);
}

static void
test_chunk_extensions_and_trailers_are_bounded(void **state)
{
	(void)state;
	bed_send(&bed, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;");
	send_much("extension=yes;", 400);
	expect_refused(400);
	bed_connect(&bed);
	bed_send(&bed, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
	send_much("Trailer: value\r\n", 400);
	expect_refused(400);
}

static void
test_a_head_that_takes_too_long_is_408(void **state)
{
	(void)state;
	bed_send(&bed, "GET /now HT");
	bed_pass(&bed, 900);
	bed_send(&bed, "TP/1.1\r\n");
	bed_expect_nothing(&bed);
	bed_pass(&bed, 200);
	expect_refused(408);
	bed_expect_trace(&bed, "connection deadline;");
}

static void
test_a_body_that_takes_too_long_is_408(void **state)
{
	(void)state;
	bed_send(&bed, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
	bed_pass(&bed, 1900);
	bed_send(&bed, "d");
	bed_expect_nothing(&bed);
	bed_pass(&bed, 200);
	expect_refused(408);
	bed_expect_trace(&bed, "begin POST /echo;body 3;body 1;broken off;connection deadline;");
}

static void
test_an_answer_that_does_not_come_is_504(void **state)
{
	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_pass(&bed, 2900);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 200);
	expect_refused(504);
	bed_expect_trace(&bed, "begin GET /later;end;broken off;connection deadline;");
}

static void
test_an_idle_connection_is_closed(void **state)
{
	(void)state;
	bed_pass(&bed, 4900);
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect(&bed, 200, "now");
	bed_pass(&bed, 4900);
	bed_send(&bed, "\r\n\r\n");
	bed_expect_nothing(&bed);
	bed_pass(&bed, 200);
	expect_ended();
	bed_expect_trace(&bed, "begin GET /now;closed;connection local;");
}

static void
test_a_connection_has_so_many_requests(void **state)
{
	struct bed_answer answer;

	(void)state;
	for (int i = 1; i <= 3; i++) {
		bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
		answer = bed_expect(&bed, 200, "now");
		assert_int_equal(bed_field(&answer, "Connection") != NULL, i == 3);
	}
	bed_expect_ended(&bed);
}

/* ---- who keeps the connection ---- */

static void
test_a_client_that_says_close_is_left(void **state)
{
	(void)state;
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
		       "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect(&bed, 200, "now");
	bed_expect_ended(&bed);
}

static void
test_a_client_of_1_0_is_left_unless_it_asks(void **state)
{
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "GET /now HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
	answer = bed_expect(&bed, 200, "now");
	assert_string_equal(bed_field(&answer, "Connection"), "keep-alive");
	bed_send(&bed, "GET /now HTTP/1.0\r\n\r\n");
	answer = bed_expect(&bed, 200, "now");
	assert_string_equal(bed_field(&answer, "Connection"), "close");
	bed_expect_ended(&bed);
}

static void
test_a_stream_to_a_client_of_1_0_ends_with_the_connection(void **state)
{
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "GET /stream?30000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	answer = bed_expect(&bed, 200, NULL);
	assert_null(bed_field(&answer, "Transfer-Encoding"));
	assert_string_equal(bed_field(&answer, "Connection"), "close");
	assert_int_equal(answer.body_size, 30000);
	bed_expect_ended(&bed);
}

/* ---- Expect ---- */

static void
test_a_client_that_waits_is_told_to_continue(void **state)
{
	(void)state;
	bed_send(&bed, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		       "Content-Length: 3\r\n\r\n");
	bed_expect(&bed, 100, NULL);
	bed_expect_nothing(&bed);
	bed_send(&bed, "abc");
	bed_expect(&bed, 200, "abc");
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n");
	bed_expect(&bed, 200, "now");
	/* One of HTTP/1.0 cannot know what it is told. */
	bed_send(&bed, "POST /echo HTTP/1.0\r\nExpect: 100-continue\r\n"
		       "Content-Length: 3\r\n\r\n");
	bed_expect_nothing(&bed);
	bed_send(&bed, "abc");
	bed_expect(&bed, 200, "abc");
	bed_expect_ended(&bed);
}

static void
test_one_that_is_answered_while_it_waits_sends_nothing_more(void **state)
{
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "POST /now HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		       "Content-Length: 3\r\n\r\n");
	answer = bed_expect(&bed, 200, "now");
	assert_string_equal(bed_field(&answer, "Connection"), "close");
	bed_expect_ended(&bed);
	bed_connect(&bed);
	bed_send(&bed, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		       "Content-Length: 101\r\n\r\n");
	expect_refused(413);
}

/* ---- answers before the request's end ---- */

static void
test_what_comes_behind_an_early_answer_is_passed_over(void **state)
{
	(void)state;
	bed_send(&bed, "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n");
	bed_expect(&bed, 200, "now");
	send_much("0123456789", 200);
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect(&bed, 200, "now");
	bed_expect_trace(&bed, "begin POST /now;closed;begin GET /now;closed;");
}

static void
test_an_early_answer_to_a_large_request_ends_the_connection(void **state)
{
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n");
	answer = bed_expect(&bed, 200, "now");
	assert_string_equal(bed_field(&answer, "Connection"), "close");
	bed_expect_ended(&bed);
	bed_connect(&bed);
	bed_send(&bed, "POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	bed_expect(&bed, 200, "now");
	send_much("A\r\n0123456789\r\n", 7000);
	bed_expect_ended(&bed);
}

/* ---- ends ---- */

static void
test_a_client_may_end_its_side_and_wait(void **state)
{
	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_nothing(&bed);
	bed_answer_open(&bed, "still");
	bed_expect(&bed, 200, "still");
	expect_ended();
	bed_expect_trace(&bed, "begin GET /later;end;closed;connection local;");
}

static void
test_requests_that_wait_when_a_client_ends_its_side_are_answered_too(void **state)
{
	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
		       "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"
		       "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_nothing(&bed);
	bed_answer_open(&bed, "first");
	bed_expect(&bed, 200, "first");
	bed_expect(&bed, 200, "now");
	bed_expect(&bed, 200, "now");
	expect_ended();
}

static void
test_a_client_that_ends_inside_a_request_is_gone(void **state)
{
	(void)state;
	bed_send(&bed, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc");
	sim_finish(bed.peer);
	bed_turn(&bed);
	expect_ended();
	bed_expect_trace(&bed, "begin POST /echo;body 3;broken off;connection peer;");
}

static void
test_a_node_that_stops_answers_what_is_open(void **state)
{
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
		       "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	sb_node_stop(bed.node);
	bed_turn(&bed);
	bed_expect_nothing(&bed);
	bed_answer_open(&bed, "last");
	answer = bed_expect(&bed, 200, "last");
	assert_string_equal(bed_field(&answer, "Connection"), "close");
	expect_ended();
	bed_expect_trace(&bed, "begin GET /later;end;stopping;closed;connection drain;");
}

static void
test_a_node_that_stops_leaves_idle_connections(void **state)
{
	(void)state;
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect(&bed, 200, "now");
	sb_node_stop(bed.node);
	bed_turn(&bed);
	bed_expect_ended(&bed);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		TEST(test_a_target_that_is_too_long_is_414),
		TEST(test_what_the_server_says_itself_can_be_in_the_words_of_its_owner),
		TEST(test_a_head_that_is_too_large_is_431),
		TEST(test_a_body_that_is_too_large_is_413),
		TEST(test_chunk_extensions_and_trailers_are_bounded),
		TEST(test_a_head_that_takes_too_long_is_408),
		TEST(test_a_body_that_takes_too_long_is_408),
		TEST(test_an_answer_that_does_not_come_is_504),
		TEST(test_an_idle_connection_is_closed),
		TEST(test_a_connection_has_so_many_requests),
		TEST(test_a_client_that_says_close_is_left),
		TEST(test_a_client_of_1_0_is_left_unless_it_asks),
		TEST(test_a_stream_to_a_client_of_1_0_ends_with_the_connection),
		TEST(test_a_client_that_waits_is_told_to_continue),
		TEST(test_one_that_is_answered_while_it_waits_sends_nothing_more),
		TEST(test_what_comes_behind_an_early_answer_is_passed_over),
		TEST(test_an_early_answer_to_a_large_request_ends_the_connection),
		TEST(test_a_client_may_end_its_side_and_wait),
		TEST(test_requests_that_wait_when_a_client_ends_its_side_are_answered_too),
		TEST(test_a_client_that_ends_inside_a_request_is_gone),
		TEST(test_a_node_that_stops_answers_what_is_open),
		TEST(test_a_node_that_stops_leaves_idle_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
