/* Content codings: bodies that come compressed, and answers that go so. */
#include "protocols/http/coding_internal.h"
#include "tests/protocols/http/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#define GZIP 31
#define ZLIB 15
#define RAW  (-15)

static struct bed bed;

static int
opened(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	return 0;
}

/* ---- what clients say ---- */

static void
test_the_best_coding_is_chosen_by_weight(void **state)
{
	static const struct {
		const char *field;
		enum http_coding coding;
	} cases[] = {
		{NULL, HTTP_CODING_IDENTITY},
		{"", HTTP_CODING_IDENTITY},
		{"gzip", HTTP_CODING_GZIP},
		{"x-gzip", HTTP_CODING_GZIP},
		{"deflate", HTTP_CODING_DEFLATE},
		{"deflate, gzip", HTTP_CODING_GZIP},
		{"deflate, gzip;q=1.0, *;q=0.5", HTTP_CODING_GZIP},
		{"gzip;q=0.5,deflate", HTTP_CODING_DEFLATE},
		{"GZIP ; q=0.5 , Deflate;Q=0.501", HTTP_CODING_DEFLATE},
		{"gzip;q=0", HTTP_CODING_IDENTITY},
		{"gzip;q=0.000", HTTP_CODING_IDENTITY},
		{"gzip;q=0.001", HTTP_CODING_GZIP},
		{"*", HTTP_CODING_GZIP},
		{"gzip;q=0, *", HTTP_CODING_DEFLATE},
		{"*;q=0", HTTP_CODING_IDENTITY},
		{"br, zstd", HTTP_CODING_IDENTITY},
		{"identity", HTTP_CODING_IDENTITY},
		{"gzip;level=9", HTTP_CODING_IDENTITY},
		{"gzip;q=", HTTP_CODING_IDENTITY},
		{"gzip;q=x", HTTP_CODING_IDENTITY},
		{"gzip;q=2", HTTP_CODING_IDENTITY},
		{"gzip;q=0.x", HTTP_CODING_IDENTITY},
		{"gzip;q=1.9", HTTP_CODING_GZIP},
		{",, ,gzip,,", HTTP_CODING_GZIP},
		{"gzipped", HTTP_CODING_IDENTITY},
		{" \t", HTTP_CODING_IDENTITY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (http_coding_accepted(cases[i].field) != cases[i].coding)
			fail_msg("%s", cases[i].field);
}

static void
test_text_is_known_by_its_type(void **state)
{
	static const char *const texts[] = {"text/plain", "TEXT/html; charset=utf-8",
		"application/json", "application/problem+json", "application/xml ;x",
		"image/svg+xml"};
	static const char *const others[] = {NULL, "", "image/png", "application/octet-stream",
		"text/event-stream", "text/event-stream; charset=utf-8", "application/jsonx"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_true(http_type_is_text(texts[i]));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(http_type_is_text(others[i]));
}

/* ---- bodies ---- */

static uint8_t packed[1 << 20];

static size_t
pack(const void *data, size_t size, int window)
{
	z_stream z = {.next_in = (z_const Bytef *)data,
		.avail_in = (uInt)size,
		.next_out = packed,
		.avail_out = sizeof(packed)};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static void
send_head(const char *path, const char *coding, size_t size)
{
	char head[256];

	snprintf(head, sizeof(head),
		"POST %s HTTP/1.1\r\nHost: x\r\nContent-Encoding: %s\r\n"
		"Content-Length: %zu\r\n\r\n",
		path, coding, size);
	bed_send(&bed, head);
}

static void
test_compressed_bodies_come_inflated(void **state)
{
	static const struct {
		const char *name;
		int window;
	} codings[] = {{"gzip", GZIP}, {"x-gzip", GZIP}, {"deflate", ZLIB}, {"deflate", RAW}};

	(void)state;
	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		size_t size = pack("hello, hello, hello", 19, codings[i].window);

		send_head("/echo", codings[i].name, size);
		bed_send_octets(&bed, packed, size);
		bed_expect(&bed, 200, "hello, hello, hello");
		send_head("/echo", codings[i].name, size);
		for (size_t at = 0; at < size; at++)
			bed_send_octets(&bed, packed + at, 1);
		bed_expect(&bed, 200, "hello, hello, hello");
	}
	send_head("/echo", "identity", 3);
	bed_send(&bed, "abc");
	bed_expect(&bed, 200, "abc");
	send_head("/echo", "gzip", 0);
	bed_expect(&bed, 200, "");
	send_head("/none", "gzip", 3);
	bed_send(&bed, "abc");
	bed_expect(&bed, 204, "");
	bed_expect_nothing(&bed);
}

static void
test_a_large_body_is_inflated_in_parts(void **state)
{
	size_t size = 500000;
	char *text = malloc(size);
	struct bed_answer answer;

	(void)state;
	for (size_t i = 0; i < size; i++)
		text[i] = (char)('a' + i * i % 23);
	send_head("/echo", "gzip", pack(text, size, GZIP));
	bed_send_octets(&bed, packed, pack(text, size, GZIP));
	answer = bed_expect(&bed, 200, NULL);
	assert_int_equal(answer.body_size, size);
	assert_memory_equal(answer.body, text, size);
	assert_int_equal(bed_counter(&bed, "http_inflated_octets_total"), size);
	free(text);
}

static void
expect_refused(unsigned status, const char *reason)
{
	char counter[128];

	bed_expect(&bed, status, NULL);
	snprintf(counter, sizeof(counter), "http_refused_total{server=\"bed\",reason=\"%s\"}",
		reason);
	assert_int_equal(bed_counter(&bed, counter), 1);
	sim_finish(bed.peer);
	bed_turn(&bed);
}

static void
test_unknown_codings_are_415(void **state)
{
	static const char *const codings[] = {"br", "gzip, gzip", "gzip\r\nContent-Encoding: gzip"};

	(void)state;
	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		bed_connect(&bed);
		send_head("/echo", codings[i], 3);
		bed_expect(&bed, 415, NULL);
		bed_expect_ended(&bed);
	}
}

static void
test_what_does_not_inflate_is_400(void **state)
{
	(void)state;
	send_head("/echo", "gzip", 5);
	bed_send(&bed, "hello");
	expect_refused(400, "content");
}

static void
test_an_end_that_is_missing_is_400(void **state)
{
	size_t size = pack("hello", 5, GZIP);

	(void)state;
	send_head("/echo", "gzip", size - 1);
	bed_send_octets(&bed, packed, size - 1);
	expect_refused(400, "content");
	bed_expect_trace(&bed, "begin POST /echo;body 5;broken off;connection protocol;");
}

static void
test_something_behind_the_end_is_400(void **state)
{
	size_t size = pack("hello", 5, GZIP);

	(void)state;
	send_head("/echo", "gzip", size + 1);
	bed_send_octets(&bed, packed, size + 1);
	expect_refused(400, "content");
}

static void
test_a_body_that_inflates_over_its_limit_is_413(void **state)
{
	size_t size = (1 << 20) + 1;
	char *text = calloc(1, size);

	(void)state;
	size = pack(text, size, GZIP);
	free(text);
	send_head("/echo", "gzip", size);
	bed_send_octets(&bed, packed, size);
	expect_refused(413, "inflated size");
}

/* Within the limit of /large, but too much of too little. */
static void
test_a_bomb_is_413(void **state)
{
	size_t size = 8 << 20;
	char *text = calloc(1, size);

	(void)state;
	size = pack(text, size, GZIP);
	free(text);
	send_head("/large", "gzip", size);
	bed_send_octets(&bed, packed, size);
	expect_refused(413, "inflated size");
}

static void
test_a_holder_gets_a_compressed_body_part_by_part(void **state)
{
	size_t size = 100000, packed_size, parts = 0;
	char *text = calloc(1, size);
	struct bed_answer answer;

	(void)state;
	packed_size = pack(text, size, GZIP);
	send_head("/hold", "gzip", packed_size);
	bed_send_octets(&bed, packed, packed_size);
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect_trace(&bed, "begin POST /hold;");
	for (; bed.open; parts++) {
		bed_expect_nothing(&bed);
		bed_resume_open(&bed);
	}
	assert_in_range(parts, 6, 9);
	answer = bed_expect(&bed, 200, NULL);
	assert_int_equal(answer.body_size, size);
	assert_memory_equal(answer.body, text, size);
	bed_expect(&bed, 200, "now");
	free(text);
}

/* ---- answers ---- */

static void
expect_inflated(struct bed_answer answer, int window, size_t size)
{
	uint8_t *out = malloc(size + 1);
	z_stream z = {.next_in = (z_const Bytef *)answer.body,
		.avail_in = (uInt)answer.body_size,
		.next_out = out,
		.avail_out = (uInt)size + 1};

	assert_int_equal(inflateInit2(&z, window), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, size);
	assert_int_equal(z.avail_in, 0);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(out[i], "switchboard "[i % 12]);
	inflateEnd(&z);
	free(out);
}

static void
ask(const char *target, const char *accepted)
{
	char text[256];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: %s\r\n\r\n",
		target, accepted);
	bed_send(&bed, text);
}

static void
test_text_is_compressed_for_who_accepts_it(void **state)
{
	struct bed_answer answer;

	(void)state;
	ask("/text?5000", "gzip, deflate");
	answer = bed_expect(&bed, 200, NULL);
	assert_string_equal(bed_field(&answer, "Content-Encoding"), "gzip");
	assert_string_equal(bed_field(&answer, "Vary"), "Accept-Encoding");
	assert_in_range(answer.body_size, 20, 500);
	expect_inflated(answer, GZIP, 5000);
	ask("/text?5000", "deflate");
	answer = bed_expect(&bed, 200, NULL);
	assert_string_equal(bed_field(&answer, "Content-Encoding"), "deflate");
	expect_inflated(answer, ZLIB, 5000);
	ask("/text?5000", "br");
	answer = bed_expect(&bed, 200, NULL);
	assert_null(bed_field(&answer, "Content-Encoding"));
	assert_string_equal(bed_field(&answer, "Vary"), "Accept-Encoding");
	assert_int_equal(answer.body_size, 5000);
	assert_int_equal(bed_counter(&bed, "http_compressed_answers_total"), 2);
}

static void
test_what_is_not_worth_it_stays_as_it_is(void **state)
{
	struct bed_answer answer;

	(void)state;
	ask("/text?1000", "gzip");
	answer = bed_expect(&bed, 200, NULL);
	assert_null(bed_field(&answer, "Content-Encoding"));
	assert_null(bed_field(&answer, "Vary"));
	ask("/stream?5000", "gzip");
	answer = bed_expect(&bed, 200, NULL);
	assert_null(bed_field(&answer, "Content-Encoding"));
	assert_int_equal(answer.body_size, 5000);
}

static void
test_parts_are_compressed_as_they_go(void **state)
{
	struct bed_answer answer;

	(void)state;
	ask("/lines?100000", "gzip");
	answer = bed_expect(&bed, 200, NULL);
	assert_string_equal(bed_field(&answer, "Content-Encoding"), "gzip");
	assert_string_equal(bed_field(&answer, "Transfer-Encoding"), "chunked");
	assert_in_range(answer.body_size, 20, 5000);
	expect_inflated(answer, GZIP, 100000);
	bed_send(&bed, "HEAD /lines?5000 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
	assert_true(bed_take(&bed, "HEAD", &answer));
	bed_expect_nothing(&bed);
}

/* What comes inflated, and goes out compressed in the same callback. */
static void
test_a_compressed_body_may_be_answered_as_it_comes(void **state)
{
	size_t size = 50000, packed_size;
	char *text = malloc(size);
	struct bed_answer answer;
	char head[256];

	(void)state;
	for (size_t i = 0; i < size; i++)
		text[i] = "switchboard "[i % 12];
	packed_size = pack(text, size, GZIP);
	snprintf(head, sizeof(head),
		"POST /back HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
		"Accept-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
		packed_size);
	bed_send(&bed, head);
	bed_send_octets(&bed, packed, packed_size);
	answer = bed_expect(&bed, 200, NULL);
	expect_inflated(answer, GZIP, size);
	free(text);
}

static void
test_a_large_answer_goes_as_it_is(void **state)
{
	struct bed_answer answer;

	(void)state;
	ask("/text?300000", "gzip");
	answer = bed_expect(&bed, 200, NULL);
	assert_int_equal(answer.body_size, 300000);
}

static void
test_a_server_may_be_told_not_to_compress(void **state)
{
	static const struct bed_options plain = {.no_compression = true};
	struct bed_answer answer;

	(void)state;
	bed_open(&bed, &plain);
	ask("/text?5000", "gzip");
	answer = bed_expect(&bed, 200, NULL);
	assert_int_equal(answer.body_size, 5000);
	assert_null(bed_field(&answer, "Vary"));
	bed_close(&bed);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_best_coding_is_chosen_by_weight),
		cmocka_unit_test(test_text_is_known_by_its_type),
		TEST(test_compressed_bodies_come_inflated),
		TEST(test_a_large_body_is_inflated_in_parts),
		TEST(test_unknown_codings_are_415),
		TEST(test_what_does_not_inflate_is_400),
		TEST(test_an_end_that_is_missing_is_400),
		TEST(test_something_behind_the_end_is_400),
		TEST(test_a_body_that_inflates_over_its_limit_is_413),
		TEST(test_a_bomb_is_413),
		TEST(test_a_holder_gets_a_compressed_body_part_by_part),
		TEST(test_text_is_compressed_for_who_accepts_it),
		TEST(test_what_is_not_worth_it_stays_as_it_is),
		TEST(test_parts_are_compressed_as_they_go),
		TEST(test_a_compressed_body_may_be_answered_as_it_comes),
		TEST(test_a_large_answer_goes_as_it_is),
		cmocka_unit_test(test_a_server_may_be_told_not_to_compress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
