/*
 * Requests that somebody between us and the client may read otherwise than we do: each is
 * answered once with an error, and what follows it on its connection is never a request.
 */
#include "tests/protocols/http/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

#define LINE    "POST /echo HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED LINE "Transfer-Encoding: chunked\r\n\r\n"
#define SECRET  "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"

struct hostile {
	unsigned status;
	const char *reason; /* NULL: llhttp's or ours, as it comes */
	const char *request;
};

static const struct hostile framings[] = {
	{400, "framing", LINE "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	{400, "framing", LINE "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"},
	{400, "framing", LINE "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
	{400, "framing", LINE "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"},
	{400, "framing", LINE "Content-Length: 3, 3\r\n\r\nabc"},
	{400, "framing", LINE "Content-Length: +3\r\n\r\nabc"},
	{400, "framing", LINE "Content-Length: -3\r\n\r\nabc"},
	{400, "framing", LINE "Content-Length: 0x3\r\n\r\nabc"},
	{400, "framing", LINE "Content-Length: 3 3\r\n\r\nabc"},
	{400, "framing", LINE "Content-Length:\r\n\r\nabc"},
	{400, "framing", LINE "Content-Length: 99999999999999999999\r\n\r\nabc"},
	{400, "framing", LINE "Content-Length: 18446744073709551615\r\n\r\nabc"},
	{400, "framing", LINE "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
	{400, "framing", LINE "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
	{400, "framing", LINE "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n"},
	{400, "framing", LINE "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{400, "framing", LINE "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"},
	{400, "framing", LINE "Transfer-Encoding:\r\n\r\n0\r\n\r\n"},
	{400, NULL,
		LINE "Transfer-Encoding: \x0b"
		     "chunked\r\n\r\n0\r\n\r\n"},
	{501, "transfer coding", LINE "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
	{400, NULL, LINE "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
	{400, "framing",
		"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: "
		"keep-alive\r\n\r\n"
		"0\r\n\r\n"},
};

static const struct hostile heads[] = {
	{400, NULL, "POST /echo HTTP/1.1\r\nHost : x\r\n\r\n"},
	{400, "malformed", LINE "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
	{400, NULL, LINE "Content-Length\r\n : 3\r\n\r\nabc"},
	{400, "lines", LINE "X: a\r\n b\r\n\r\n"},
	{400, "lines", LINE "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"},
	{400, "lines", LINE "X: a\r\n\tTransfer-Encoding: chunked\r\n\r\n"},
	{400, NULL, "GET /now HTTP/1.1\nHost: x\n\n"},
	{400, NULL, "GET /now HTTP/1.1\r\nHost: x\n\r\n"},
	{400, NULL, "GET /now HTTP/1.1\r\nHost: x\r\n\n"},
	{400, "lines", "\nGET /now HTTP/1.1\r\nHost: x\r\n\r\n"},
	{400, NULL, LINE "X: a\rTransfer-Encoding: chunked\r\n\r\n"},
	{400, "lines", LINE "\rX"},
	{400, "lines", LINE " X: a\r\n\r\n"},
	{400, "malformed", "GET /now HTTP/1.1\r\n Host: x\r\n\r\n"},
	{400, "malformed", LINE "no colon\r\n\r\n"},
	{400, "field name", LINE ": empty\r\n\r\n"},
	{400, "field name", LINE "Content Length: 3\r\n\r\nabc"},
	{400, "malformed", LINE "Content-L\xc3\xa9ngth: 3\r\n\r\nabc"},
	{400, "malformed", LINE "X: a\x01\r\n\r\n"},
	{400, "host", "GET /now HTTP/1.1\r\n\r\n"},
	{400, "host", "GET /now HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"},
	{400, "host", "GET /now HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
	{400, "host", "GET /now HTTP/1.1\r\nHost: x, y\r\n\r\n"},
	{400, "host", "GET /now HTTP/1.1\r\nHost: x/y\r\n\r\n"},
	{400, "host", "GET /now HTTP/1.1\r\nHost: u@x\r\n\r\n"},
	{400, "host", "GET /now HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n"},
	{400, "target", "GET * HTTP/1.1\r\nHost: x\r\n\r\n"},
	{400, "target", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n"},
	{400, "target", "GET http:///now HTTP/1.1\r\nHost: x\r\n\r\n"},
	{400, "target", "GET ftp://x/now HTTP/1.1\r\nHost: x\r\n\r\n"},
	{400, "target", "GET http://u@x/now HTTP/1.1\r\nHost: x\r\n\r\n"},
	{400, "target", "GET http://x,y/now HTTP/1.1\r\nHost: x\r\n\r\n"},
	{400, "malformed", "GET now HTTP/1.1\r\nHost: x\r\n\r\n"},
	{400, "malformed", "GET /no w HTTP/1.1\r\nHost: x\r\n\r\n"},
	{505, "version", "GET /now HTTP/1.1 \r\nHost: x\r\n\r\n"},
	{400, "malformed", " GET /now HTTP/1.1\r\nHost: x\r\n\r\n"},
	{505, "version", "GET /now HTTP/1\r\nHost: x\r\n\r\n"},
	{400, "malformed", "\x16\x03\x01\x02"},
	{400, "malformed", "get /now HTTP/1.1\r\nHost: x\r\n\r\n"},
	{501, "method", "BREW /now HTTP/1.1\r\nHost: x\r\n\r\n"},
	{501, "method", "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n"},
	{501, "method", "DESCRIBE /now RTSP/1.0\r\n\r\n"},
	{505, "version", "GET /now\r\n\r\n"},
	{505, "version", "GET /now HTTP/0.9\r\n\r\n"},
	{505, "version", "GET /now HTTP/2.0\r\nHost: x\r\n\r\n"},
	{505, "version", "GET /now HTTP/1.2\r\nHost: x\r\n\r\n"},
	{505, "version", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	{417, "expectation", LINE "Expect: 200-ok\r\nContent-Length: 3\r\n\r\nabc"},
};

static const struct hostile chunks[] = {
	{400, "chunk", CHUNKED "0x3\r\nabc\r\n0\r\n\r\n"},
	{400, "chunk", CHUNKED "-1\r\nabc\r\n0\r\n\r\n"},
	{400, "chunk", CHUNKED " 3\r\nabc\r\n0\r\n\r\n"},
	{400, "chunk", CHUNKED "3 \r\nabc\r\n0\r\n\r\n"},
	{400, "chunk", CHUNKED "\r\n3\r\nabc\r\n0\r\n\r\n"},
	{400, "chunk", CHUNKED "3\nabc\r\n0\r\n\r\n"},
	{400, "chunk", CHUNKED "3\rXabc\r\n0\r\n\r\n"},
	{400, "chunk", CHUNKED "3;a\nabc\r\n0\r\n\r\n"},
	{400, "chunk", CHUNKED "3;a\rb\nabc\r\n0\r\n\r\n"},
	{400, "chunk", CHUNKED "3\r\nabcXX0\r\n\r\n"},
	{400, "chunk", CHUNKED "3\r\nabc\n\n0\r\n\r\n"},
	{400, "chunk", CHUNKED "3\r\nabcd\r\n0\r\n\r\n"},
	{400, "chunk", CHUNKED "3\r\nabc\r0\r\n\r\n"},
	{400, "chunk", CHUNKED "0\r\n\n"},
	{400, "chunk", CHUNKED "0\n\r\n"},
	{400, "chunk", CHUNKED "0\r\nX: a\n\r\n"},
	{400, "chunk", CHUNKED "0\r\nX: a\r\n b\r\n\r\n"},
	{400, "chunk", CHUNKED "0\r\n no\r\n\r\n"},
	{400, "chunk", CHUNKED "10000000000000003\r\nabc\r\n0\r\n\r\n"},
	{400, "chunk", CHUNKED "fffffffffffffffffffff\r\nabc\r\n0\r\n\r\n"},
};

/* Until its first line is refused, whether in one piece or octet by octet. */
static void
deliver(const char *text, bool alone)
{
	if (!alone) {
		bed_send(&bed, text);
		return;
	}
	for (; *text; text++)
		bed_send_octets(&bed, text, 1);
}

static void
refuse(const struct hostile *h, bool alone)
{
	struct bed_answer answer;
	char counter[128] = "http_refused_total";
	uint64_t before;

	if (h->reason)
		snprintf(counter, sizeof(counter),
			"http_refused_total{server=\"bed\",reason=\"%s\"}", h->reason);
	before = bed_counter(&bed, counter);
	bed.trace[0] = 0;
	bed_connect(&bed);
	deliver(h->request, alone);
	deliver(SECRET, false);
	if (!bed_take(&bed, "GET", &answer))
		fail_msg("no answer to %s", h->request);
	if (answer.status != h->status || bed_counter(&bed, counter) != before + 1)
		fail_msg("%u, not for its %s: %s", answer.status, h->reason, h->request);
	assert_string_equal(bed_field(&answer, "Connection"), "close");
	bed_expect_ended(&bed);
	assert_null(strstr(bed.trace, "end;"));
	assert_null(strstr(bed.trace, "/now"));
}

static void
refuse_all(const struct hostile *list, size_t count)
{
	bed_open(&bed, NULL);
	for (size_t i = 0; i < count; i++) {
		refuse(&list[i], false);
		refuse(&list[i], true);
	}
	bed_close(&bed);
}

static void
test_a_body_with_two_ends_is_refused(void **state)
{
	(void)state;
	refuse_all(framings, sizeof(framings) / sizeof(framings[0]));
}

static void
test_a_head_that_reads_two_ways_is_refused(void **state)
{
	(void)state;
	refuse_all(heads, sizeof(heads) / sizeof(heads[0]));
}

static void
test_chunks_that_read_two_ways_are_refused(void **state)
{
	(void)state;
	refuse_all(chunks, sizeof(chunks) / sizeof(chunks[0]));
}

/* What looks odd, and has one meaning only. */
static const char *const taken[] = {
	"\r\n\r\n" LINE "Content-Length: 3\r\n\r\nabc",
	LINE "content-length:3  \r\n\r\nabc",
	LINE "Transfer-Encoding: Chunked\r\n\r\n003\r\nabc\r\n000\r\n\r\n",
	CHUNKED "3;a=\"b\";c\r\nabc\r\n0;last\r\nX: y\r\nContent-Length: 9\r\n\r\n",
	"POST http://other:80/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
	"POST HTTP://other/echo?q HTTP/1.1\r\nHost:\r\nContent-Length: 3\r\n\r\nabc",
	LINE "Upgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 3\r\n\r\nabc",
	LINE "Expect: 100-Continue\r\nContent-Length: 3\r\n\r\nabc",
	"POST /echo HTTP/1.1\r\nHost: [2001:db8::1]:7547\r\nContent-Length: 3\r\n\r\nabc",
};

static void
test_what_has_one_meaning_is_taken(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		bed_send(&bed, taken[i]);
		bed_expect(&bed, 200, "abc");
		bed_send(&bed, SECRET);
		bed_expect(&bed, 200, "now");
		bed_expect_nothing(&bed);
	}
	bed_close(&bed);
}

static void
test_an_asterisk_is_a_target_of_options_only(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	bed_send(&bed, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect(&bed, 404, NULL);
	bed_send(&bed, "GET http://other?q HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect(&bed, 404, NULL);
	bed_expect_nothing(&bed);
	bed_close(&bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_body_with_two_ends_is_refused),
		cmocka_unit_test(test_a_head_that_reads_two_ways_is_refused),
		cmocka_unit_test(test_chunks_that_read_two_ways_are_refused),
		cmocka_unit_test(test_what_has_one_meaning_is_taken),
		cmocka_unit_test(test_an_asterisk_is_a_target_of_options_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
