/* What a handler is told and may say, and what idle connections do; with what does not fit the
 * block of an exchange. */
#include "core/error.h"
#include "core/fields.h"
#include "core/session.h"
#include "protocols/http/date.h"
#include "protocols/http/lines_internal.h"
#include "tests/protocols/http/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

/* ---- a handler of this test ---- */

static char told[8192];

static void
tell_request(struct http_exchange *x)
{
	unsigned *asked = http_connection_state(x);

	snprintf(told, sizeof(told), "%d %s %d %lld %u", (int)http_method(x), http_method_name(x),
		http_has_body(x), (long long)http_content_length(x), ++*asked);
	assert_ptr_equal(http_session_exchange(http_session(x)), x);
}

static void
answer_told(struct http_exchange *x)
{
	assert_int_equal(http_respond(x, 200, "text/plain", sb_bytes_text(told)), 0);
}

/* More than a block has room for, in fields and in state. */
static void
answer_at_large(struct http_exchange *x)
{
	const uint8_t *state = http_state(x);
	char value[1000];

	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(state[i], 0);
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = 0;
	for (int i = 0; i < 5; i++)
		assert_int_equal(http_set_field(x, "X-Large", value), 0);
	assert_int_equal(http_respond(x, 200, NULL, sb_bytes(NULL, 0)), 0);
}

static const struct http_handler *
own_route(struct http_exchange *x)
{
	static const struct http_handler asked = {.begin = tell_request, .end = answer_told};
	static const struct http_handler large = {.state_size = 5000, .end = answer_at_large};

	if (strcmp(http_path(x), "/asked") == 0)
		return &asked;
	return strcmp(http_path(x), "/at-large") == 0 ? &large : NULL;
}

static int
opened(void **state)
{
	static const struct bed_options options = {.route = own_route};

	(void)state;
	bed_open(&bed, &options);
	return 0;
}

static void
ask(const char *method, const char *rest, const char *expected)
{
	char text[256];

	snprintf(text, sizeof(text), "%s /asked HTTP/1.1\r\nHost: x\r\n%s", method, rest);
	bed_send(&bed, text);
	bed_expect(&bed, 200, expected);
}

static void
test_a_handler_is_told_what_was_asked(void **state)
{
	(void)state;
	ask("GET", "\r\n", "0 GET 0 0 1");
	ask("POST", "Content-Length: 3\r\n\r\nabc", "2 POST 1 3 2");
	ask("PUT", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "3 PUT 1 -1 3");
	ask("PATCH", "\r\n", "4 PATCH 0 0 4");
	ask("DELETE", "\r\n", "5 DELETE 0 0 5");
	ask("OPTIONS", "\r\n", "6 OPTIONS 0 0 6");
	ask("PROPFIND", "\r\n", "7 PROPFIND 0 0 7");
	ask("M-SEARCH", "\r\n", "7 M-SEARCH 0 0 8");
}

static void
test_what_does_not_fit_a_block_has_memory_of_its_own(void **state)
{
	char text[12000] = "GET /at-large HTTP/1.1\r\nHost: x\r\nX: ";
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "GET /at-large HTTP/1.1\r\nHost: x\r\n\r\n");
	answer = bed_expect(&bed, 200, "");
	assert_in_range(strlen(answer.head), 5000, 6000);
	memset(text + strlen(text), 'x', 10000);
	memcpy(text + strlen(text) - 4, "\r\n\r\n", 5);
	bed_send(&bed, text);
	bed_expect(&bed, 200, "");
	bed_expect_nothing(&bed);
}

/* ---- idle connections ---- */

static void
act_nothing(struct bed *b, struct sb_session *s)
{
	assert_null(http_session_exchange(s));
	stand_tell(b->trace, "idle");
}

static void
tell_field(struct sb_fields *fields, const char *key, struct sb_value value)
{
	char text[64];

	(void)fields;
	sb_value_format(value, text, sizeof(text));
	stand_tell(bed.trace, "%s=%s", key, text);
}

static void
describe(void)
{
	struct sb_fields fields = {.add = tell_field};

	http_server_module(bed.server)->describe(bed.session, &fields);
}

static void
test_a_message_finds_an_idle_connection(void **state)
{
	(void)state;
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed.trace[0] = 0;
	bed_act(&bed, act_nothing);
	bed_expect_trace(&bed, "idle;");
}

static void
test_a_session_says_what_it_is_at(void **state)
{
	(void)state;
	bed_send(&bed, "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab");
	bed.trace[0] = 0;
	describe();
	bed_expect_trace(&bed, "state=body;requests=1;method=POST;path=/later;body_octets=2;");
	bed_send(&bed, "c");
	bed.trace[0] = 0;
	describe();
	bed_expect_trace(&bed, "state=waits for its answer;requests=1;method=POST;path=/later;"
			       "body_octets=3;");
	bed_answer_open(&bed, "");
	bed.trace[0] = 0;
	describe();
	bed_expect_trace(&bed, "state=idle;requests=1;");
	bed_send(&bed, "GET ");
	describe();
	bed_expect_trace(&bed, "state=head;requests=1;");
}

/* ---- pure parts ---- */

static void
test_lines_end_with_cr_and_lf(void **state)
{
	static const struct {
		enum http_line before;
		const char *text;
		int after; /* < 0: no such lines */
	} cases[] = {
		{HTTP_LINE_BEGIN, "a\r\nb\r\n", HTTP_LINE_BEGIN},
		{HTTP_LINE_BEGIN, "\r\n", HTTP_LINE_BEGIN},
		{HTTP_LINE_BEGIN, "", HTTP_LINE_BEGIN},
		{HTTP_LINE_BEGIN, "a", HTTP_LINE_INSIDE},
		{HTTP_LINE_INSIDE, "b\r", HTTP_LINE_CR},
		{HTTP_LINE_CR, "\na", HTTP_LINE_INSIDE},
		{HTTP_LINE_INSIDE, " b", HTTP_LINE_INSIDE},
		{HTTP_LINE_DATA, "\r\n5\r\n", HTTP_LINE_BEGIN},
		{HTTP_LINE_DATA, "a", -1},
		{HTTP_LINE_DATA, "\n", -1},
		{HTTP_LINE_CR, "a", -1},
		{HTTP_LINE_CR, "\r\n", -1},
		{HTTP_LINE_BEGIN, " a", -1},
		{HTTP_LINE_BEGIN, "\ta", -1},
		{HTTP_LINE_BEGIN, "\n", -1},
		{HTTP_LINE_BEGIN, "a\nb\r\n", -1},
		{HTTP_LINE_BEGIN, "a\n", -1},
		{HTTP_LINE_BEGIN, "a\rb", -1},
		{HTTP_LINE_BEGIN, "a\r\n b\r\n", -1},
		{HTTP_LINE_INSIDE, "a\r\r\n", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum http_line line = cases[i].before;
		bool is_sound = http_lines_check(&line, cases[i].text, strlen(cases[i].text));

		assert_int_equal(is_sound, cases[i].after >= 0);
		if (is_sound)
			assert_int_equal(line, cases[i].after);
	}
}

static void
test_dates_are_written_as_http_writes_them(void **state)
{
	static const struct {
		int64_t unix_s;
		const char *date;
	} cases[] = {
		{784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
		{0, "Thu, 01 Jan 1970 00:00:00 GMT"},
		{-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
		{951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
		{4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"},
		{4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
		{253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
		{INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT"},
		{INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT"},
	};
	char date[HTTP_DATE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		http_date_format(cases[i].unix_s, date);
		assert_string_equal(date, cases[i].date);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		TEST(test_a_handler_is_told_what_was_asked),
		TEST(test_what_does_not_fit_a_block_has_memory_of_its_own),
		TEST(test_a_message_finds_an_idle_connection),
		TEST(test_a_session_says_what_it_is_at),
		cmocka_unit_test(test_lines_end_with_cr_and_lf),
		cmocka_unit_test(test_dates_are_written_as_http_writes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
