/* URLs, and answers to HTTP requests, as the simulator reads them. */
#include "core/error.h"
#include "daemons/cwmp-sim/device.h"
#include "daemons/cwmp-sim/reply.h"
#include "daemons/cwmp-sim/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
/* cmocka.h needs those before it. */
#include <cmocka.h>

static void
test_urls_are_taken_apart(void **state)
{
	struct url url;

	(void)state;
	assert_int_equal(url_parse("http://acs.example", &url), 0);
	assert_string_equal(url.host, "acs.example");
	assert_string_equal(url.target, "/");
	assert_int_equal(url.port, 80);
	assert_int_equal(url_parse("HTTPS://[::1]:7547/a/b?c=d#e", &url), 0);
	assert_string_equal(url.host, "::1");
	assert_string_equal(url.target, "/a/b?c=d");
	assert_int_equal(url.port, 7547);
	assert_true(url.is_tls);
	assert_int_equal(url_parse("https://h?q", &url), 0);
	assert_string_equal(url.target, "/?q");
	assert_int_equal(url.port, 443);
}

static void
test_what_is_no_url_of_http_is_refused(void **state)
{
	static const char *const wrong[] = {"http://", "http:///x", "http://h:0/",
		"http://h:99999/", "http://h:1x/", "http://[::1", "http://u@h/", "http://h/a b",
		"http://h/\r\nX: y"};
	struct url url;

	(void)state;
	assert_int_equal(url_parse("ftp://h/", &url), SB_ENOTSUP);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(url_parse(wrong[i], &url), SB_EINVAL);
}

static void
test_a_location_is_followed(void **state)
{
	struct url url;

	(void)state;
	assert_int_equal(url_parse("http://h:81/x", &url), 0);
	assert_int_equal(url_follow(&url, "/y"), 0);
	assert_string_equal(url.target, "/y");
	assert_int_equal(url.port, 81);
	assert_int_equal(url_follow(&url, "https://other/z"), 0);
	assert_string_equal(url.host, "other");
	assert_int_equal(url_follow(&url, "/a b"), SB_EINVAL);
}

/* Octet by octet, or all at once. */
static int
push(struct reply *reply, const char *text, bool in_pieces)
{
	size_t size = strlen(text), part = in_pieces ? 1 : size;
	int err = 0;

	for (size_t at = 0; !err && at < size; at += part)
		err = reply_push(reply, sb_bytes(text + at, part));
	return err;
}

static void
test_an_answer_is_read_however_it_comes(void **state)
{
	static const char text[] =
		"HTTP/1.1 100 Continue\r\n\r\n"
		"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
		"www-authenticate: Digest nonce=\"y\"\r\nSet-Cookie: a=1; Path=/\r\n"
		"Set-Cookie: b=2\r\nRetry-After: 30\r\nLocation: /there\r\n"
		"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
	struct reply reply = {0};

	(void)state;
	for (int in_pieces = 0; in_pieces < 2; in_pieces++) {
		reply_begin(&reply, SIZE_MAX);
		assert_int_equal(push(&reply, text, in_pieces), 0);
		assert_true(reply.is_complete);
		assert_int_equal(reply.status, 401);
		assert_string_equal(reply.challenge, "Basic realm=\"x\", Digest nonce=\"y\"");
		assert_string_equal(reply.cookies, "a=1; b=2");
		assert_string_equal(reply.location, "/there");
		assert_int_equal(reply.retry_after_s, 30);
		assert_string_equal((char *)reply.body, "hello");
		assert_true(reply.keeps_alive);
	}
	reply_fini(&reply);
}

static void
test_a_body_is_kept_up_to_its_bound_and_counted_whole(void **state)
{
	struct reply reply = {0};

	(void)state;
	reply_begin(&reply, 4);
	assert_int_equal(
		push(&reply, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789", true), 0);
	assert_string_equal((char *)reply.body, "1234");
	assert_int_equal(reply.total, 9);
	reply_fini(&reply);
}

static void
test_an_answer_may_last_until_the_end_of_the_connection(void **state)
{
	struct reply reply = {0};

	(void)state;
	reply_begin(&reply, SIZE_MAX);
	assert_int_equal(push(&reply, "HTTP/1.0 200 OK\r\n\r\nall", false), 0);
	assert_false(reply.is_complete);
	assert_int_equal(reply_end(&reply), 0);
	assert_true(reply.is_complete);
	assert_false(reply.keeps_alive);
	assert_string_equal((char *)reply.body, "all");
	reply_begin(&reply, SIZE_MAX);
	assert_int_equal(push(&reply, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1", false), 0);
	assert_int_equal(reply_end(&reply), SB_EPROTO);
	reply_fini(&reply);
}

static void
test_what_nobody_asked_for_is_refused(void **state)
{
	struct reply reply = {0};

	(void)state;
	reply_begin(&reply, SIZE_MAX);
	assert_int_equal(push(&reply, "SMTP/1.1 200 OK\r\n\r\n", false), SB_EPROTO);
	reply_begin(&reply, SIZE_MAX);
	assert_int_equal(
		push(&reply, "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n", false), SB_EPROTO);
	reply_begin(&reply, SIZE_MAX);
	assert_int_equal(push(&reply,
				 "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
				 "Content-Length: 4\r\n\r\nnone",
				 false),
		0);
	assert_int_equal(reply_inflate(&reply, 1 << 20), SB_EPROTO);
	reply_fini(&reply);
}

static void
test_values_fit_their_types(void **state)
{
	static const struct {
		enum cwmp_type type;
		const char *good, *bad;
	} cases[] = {{CWMP_TYPE_INT, "-2147483648", "2147483648"}, {CWMP_TYPE_INT, "0", "-"},
		{CWMP_TYPE_UNSIGNED_INT, "4294967295", "4294967296"},
		{CWMP_TYPE_UNSIGNED_INT, "1", "-1"},
		{CWMP_TYPE_LONG, "-9223372036854775808", "9223372036854775808"},
		{CWMP_TYPE_UNSIGNED_LONG, "18446744073709551615", "18446744073709551616"},
		{CWMP_TYPE_BOOLEAN, "true", "yes"}, {CWMP_TYPE_BOOLEAN, "0", ""},
		{CWMP_TYPE_DATE_TIME, "2026-11-27T10:00:00Z", "today"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(device_value_fits(cases[i].type, cases[i].good));
		assert_false(device_value_fits(cases[i].type, cases[i].bad));
	}
	assert_true(device_value_fits(CWMP_TYPE_STRING, "anything"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls_are_taken_apart),
		cmocka_unit_test(test_what_is_no_url_of_http_is_refused),
		cmocka_unit_test(test_a_location_is_followed),
		cmocka_unit_test(test_an_answer_is_read_however_it_comes),
		cmocka_unit_test(test_a_body_is_kept_up_to_its_bound_and_counted_whole),
		cmocka_unit_test(test_an_answer_may_last_until_the_end_of_the_connection),
		cmocka_unit_test(test_what_nobody_asked_for_is_refused),
		cmocka_unit_test(test_values_fit_their_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
