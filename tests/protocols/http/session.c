/* Requests and answers in order: bodies, keep-alive, answers that come later, pipelines. */
#include "tests/protocols/http/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static int
opened(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	return 0;
}

static void
test_a_request_is_answered_and_the_connection_stays(void **state)
{
	struct bed_answer answer;

	(void)state;
	for (int i = 0; i < 3; i++) {
		bed_send(&bed, "GET /now?a=b HTTP/1.1\r\nHost: x\r\n\r\n");
		answer = bed_expect(&bed, 200, "now");
		assert_string_equal(bed_field(&answer, "Content-Type"), "text/plain");
		assert_string_equal(bed_field(&answer, "Date"), "Thu, 01 Jan 2026 00:00:00 GMT");
		assert_null(bed_field(&answer, "Connection"));
		bed_expect_trace(&bed, "begin GET /now?a=b;closed;");
	}
	bed_expect_nothing(&bed);
	assert_int_equal(bed_counter(&bed, "http_answers_total"), 3);
}

static void
test_a_body_of_known_length_comes_whole(void **state)
{
	(void)state;
	bed_send(&bed, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
	bed_expect(&bed, 200, "hello");
	bed_expect_trace(&bed, "begin POST /echo;body 5;end;closed;");
	bed_send(&bed, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	bed_expect(&bed, 200, "");
	bed_expect_trace(&bed, "begin POST /echo;end;closed;");
}

static void
test_chunks_are_taken_apart(void **state)
{
	(void)state;
	bed_send(&bed, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		       "5\r\nhello\r\nA;ext=\"v\"\r\n, chunks!!\r\n0\r\nTrailer: t\r\n\r\n");
	bed_expect(&bed, 200, "hello, chunks!!");
	bed_expect_trace(&bed, "begin POST /echo;body 5;body 10;end;closed;");
}

static void
test_each_octet_may_come_alone(void **state)
{
	static const char request[] =
		"\r\nPOST /echo?q HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n2;e\r\nde\r\n0\r\nT: t\r\n\r\n"
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz";

	(void)state;
	for (size_t i = 0; i < sizeof(request) - 1; i++)
		bed_send_octets(&bed, request + i, 1);
	bed_expect(&bed, 200, "abcde");
	bed_expect(&bed, 200, "xyz");
	bed_expect_nothing(&bed);
}

static void
test_an_answer_may_come_later(void **state)
{
	(void)state;
	bed_send(&bed, "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
	bed_expect_nothing(&bed);
	bed_expect_trace(&bed, "begin POST /later;body 2;end;");
	bed_answer_open(&bed, "at last");
	bed_expect(&bed, 200, "at last");
	bed_expect_trace(&bed, "closed;");
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect(&bed, 200, "now");
}

static void
test_requests_behind_one_wait_for_its_answer(void **state)
{
	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
		       "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect_nothing(&bed);
	bed_expect_trace(&bed, "begin GET /later;end;");
	bed_answer_open(&bed, "1");
	bed_expect(&bed, 200, "1");
	bed_expect(&bed, 200, "now");
	bed_expect_trace(&bed, "closed;begin GET /now;closed;begin GET /later;end;");
	bed_answer_open(&bed, "3");
	bed_expect(&bed, 200, "3");
	bed_expect_nothing(&bed);
}

static void
test_many_requests_may_come_at_once(void **state)
{
	char text[64 * 40] = "";

	(void)state;
	for (int i = 0; i < 64; i++)
		strcat(text, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_send(&bed, text);
	for (int i = 0; i < 64; i++)
		bed_expect(&bed, 200, "now");
	bed_expect_nothing(&bed);
}

static void
test_what_nobody_serves_is_not_found(void **state)
{
	(void)state;
	bed_send(&bed, "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
	bed_expect(&bed, 404, "Not Found");
	bed_send(&bed, "PROPFIND /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect(&bed, 501, "Not Implemented");
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect(&bed, 200, "now");
}

static void
test_no_content_has_no_body_and_no_length(void **state)
{
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
	answer = bed_expect(&bed, 204, "");
	assert_null(bed_field(&answer, "Content-Length"));
	assert_null(bed_field(&answer, "Transfer-Encoding"));
	bed_expect_nothing(&bed);
}

static void
test_head_gets_the_head_of_the_answer(void **state)
{
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "HEAD /now HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(bed_take(&bed, "HEAD", &answer));
	assert_string_equal(bed_field(&answer, "Content-Length"), "3");
	bed_send(&bed, "HEAD /stream?100 HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(bed_take(&bed, "HEAD", &answer));
	bed_expect_nothing(&bed);
}

static void
test_fields_are_found_by_name_in_any_case(void **state)
{
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "GET /fields HTTP/1.1\r\nX-ASK:  one \t\r\nHost: x\r\nX-Ask:\r\n"
		       "X-Ask-More: no\r\nx-ask: three, 3\r\n\r\n");
	answer = bed_expect(&bed, 200, "[one][][three, 3]");
	assert_string_equal(bed_field(&answer, "X-Told"), "yes");
}

static void
test_an_answer_in_parts_is_chunked(void **state)
{
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "GET /stream?30000 HTTP/1.1\r\nHost: x\r\n\r\n");
	answer = bed_expect(&bed, 200, NULL);
	assert_int_equal(answer.body_size, 30000);
	bed_send(&bed, "GET /sized?30000 HTTP/1.1\r\nHost: x\r\n\r\n");
	answer = bed_expect(&bed, 200, NULL);
	assert_int_equal(answer.body_size, 30000);
	assert_string_equal(bed_field(&answer, "Content-Length"), "30000");
	bed_expect_nothing(&bed);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		TEST(test_a_request_is_answered_and_the_connection_stays),
		TEST(test_a_body_of_known_length_comes_whole),
		TEST(test_chunks_are_taken_apart),
		TEST(test_each_octet_may_come_alone),
		TEST(test_an_answer_may_come_later),
		TEST(test_requests_behind_one_wait_for_its_answer),
		TEST(test_many_requests_may_come_at_once),
		TEST(test_what_nobody_serves_is_not_found),
		TEST(test_no_content_has_no_body_and_no_length),
		TEST(test_head_gets_the_head_of_the_answer),
		TEST(test_fields_are_found_by_name_in_any_case),
		TEST(test_an_answer_in_parts_is_chunked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
