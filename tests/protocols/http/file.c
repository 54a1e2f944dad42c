/* Files as answers: whole, parts of them, and from sources that give octets when they can. */
#include "protocols/http/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/session.h"
#include "tests/protocols/http/bed.h"

#include <cmocka.h>

#define LARGE    3000000u
#define CHUNK    65536u
#define MODIFIED 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */

static struct bed bed;
static char large[LARGE];
static unsigned reads;
static struct http_file_sender *waiting; /* for give_next */

/* ---- /small: ten octets out of memory ---- */

static void
end_small(struct http_exchange *x)
{
	const struct http_file file = {.type = "text/plain", .etag = "v1", .modified_s = MODIFIED};
	int err = http_file_respond(x, &file, sb_bytes_text("0123456789"));

	assert_true(err == 0 || bed.lacks_memory);
}

/* ---- /huge: more than the output takes ---- */

static void
end_huge(struct http_exchange *x)
{
	assert_int_equal(
		http_file_respond(x, &(struct http_file){0}, sb_bytes(large, LARGE)), SB_ELIMIT);
	http_respond(x, 500, NULL, sb_bytes(NULL, 0));
}

/* ---- /large at once, /later when the test says so, /broken after the first chunk ---- */

static void
give_next(struct http_file_sender *sender)
{
	uint64_t at = sender->left.at, left = LARGE - at;

	http_file_give(sender, sb_bytes(large + at, left < CHUNK ? left : CHUNK));
}

static void
read_now(struct http_file_sender *sender, uint64_t at, uint64_t most)
{
	assert_true(most > 0 && at + most <= LARGE);
	reads++;
	give_next(sender);
}

static void
read_later(struct http_file_sender *sender, uint64_t at, uint64_t most)
{
	(void)at;
	(void)most;
	reads++;
	waiting = sender;
}

static void
read_broken(struct http_file_sender *sender, uint64_t at, uint64_t most)
{
	(void)most;
	if (at == 0)
		give_next(sender);
	else
		http_file_give(sender, sb_bytes(NULL, 0));
}

static void
send_large(struct http_exchange *x)
{
	const struct http_file file = {.size = LARGE, .etag = "large"};
	struct http_file_sender *sender = http_state(x);
	char kind = http_path(x)[3];
	int err = http_file_send(sender, x, &file,
		kind == 'r'   ? read_now
		: kind == 'o' ? read_broken
			      : read_later);

	assert_true(err == 0 || bed.lacks_memory);
}

static void
give_in_session(struct bed *b, struct sb_session *s)
{
	(void)b;
	(void)s;
	assert_non_null(waiting);
	give_next(waiting);
	/* Nothing was asked for, or more than is taken. */
	if (!waiting->is_reading)
		http_file_give(waiting, sb_bytes_text("unasked"));
}

static void
fail_in_session(struct bed *b, struct sb_session *s)
{
	(void)b;
	(void)s;
	http_file_fail(waiting);
	give_next(waiting);
}

static void
begin(struct http_exchange *x)
{
	bed.session = http_session(x);
	bed.address = sb_self(bed.session);
	bed.begun++;
}

static void
drained(struct http_exchange *x)
{
	http_file_drained(http_state(x));
}

static void
closed(struct http_exchange *x, bool is_complete)
{
	(void)is_complete;
	bed.closed++;
	http_file_closed(http_state(x));
	waiting = NULL;
}

static void
act(struct http_exchange *x, struct sb_message *m)
{
	void (*what)(struct bed * b, struct sb_session * s);

	memcpy(&what, m->data, sizeof(what));
	what(&bed, http_session(x));
}

static const struct http_handler *
route(struct http_exchange *x)
{
#define WITH .begin = begin, .message = act, .drained = drained, .closed = closed
	static const struct http_handler small = {
		.state_size = sizeof(struct http_file_sender), .end = end_small, WITH};
	static const struct http_handler huge = {
		.state_size = sizeof(struct http_file_sender), .end = end_huge, WITH};
	static const struct http_handler sent = {
		.state_size = sizeof(struct http_file_sender), .end = send_large, WITH};

	if (strcmp(http_path(x), "/small") == 0)
		return &small;
	return strcmp(http_path(x), "/huge") == 0 ? &huge : &sent;
}

/* ---- the client ---- */

static int
opened(void **state)
{
	(void)state;
	reads = 0;
	waiting = NULL;
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (char)(i * 2654435761u >> 13);
	bed_open(&bed, &(struct bed_options){.route = route});
	return 0;
}

static struct bed_answer
ask(const char *method, const char *path, const char *fields)
{
	struct bed_answer answer;
	char text[1024];

	snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, path, fields);
	bed_send(&bed, text);
	assert_true(bed_take(&bed, method, &answer));
	return answer;
}

static void
expect_part(const char *fields, unsigned status, const char *body, const char *range)
{
	struct bed_answer answer = ask("GET", "/small", fields);
	const char *told;

	assert_int_equal(answer.status, status);
	assert_int_equal(answer.body_size, strlen(body));
	assert_memory_equal(answer.body, body, answer.body_size);
	told = bed_field(&answer, "Content-Range");
	if (range)
		assert_string_equal(told, range);
	else
		assert_null(told);
}

static void
test_a_file_comes_whole_with_what_is_known_of_it(void **state)
{
	struct bed_answer answer = ask("GET", "/small", "");

	(void)state;
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.body_size, 10);
	assert_string_equal(bed_field(&answer, "Content-Type"), "text/plain");
	assert_string_equal(bed_field(&answer, "ETag"), "\"v1\"");
	assert_string_equal(bed_field(&answer, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(bed_field(&answer, "Accept-Ranges"), "bytes");
}

static void
test_head_has_all_but_the_octets(void **state)
{
	struct bed_answer answer = ask("HEAD", "/small", "Range: bytes=0-1\r\n");

	(void)state;
	assert_int_equal(answer.status, 200);
	assert_string_equal(bed_field(&answer, "Content-Length"), "10");
	assert_string_equal(bed_field(&answer, "ETag"), "\"v1\"");
	answer = ask("HEAD", "/large", "");
	assert_string_equal(bed_field(&answer, "Content-Length"), "3000000");
	assert_int_equal(reads, 0);
}

static void
test_a_range_is_a_part(void **state)
{
	(void)state;
	expect_part("Range: bytes=2-4\r\n", 206, "234", "bytes 2-4/10");
	expect_part("Range: bytes=-1\r\n", 206, "9", "bytes 9-9/10");
	expect_part("Range: bytes=5-\r\n", 206, "56789", "bytes 5-9/10");
	expect_part("Range: bytes=0-1,3-4\r\n", 200, "0123456789", NULL);
	expect_part("Range: bytes=10-\r\n", 416, "", "bytes */10");
}

static void
test_a_part_of_another_file_is_not_given(void **state)
{
	(void)state;
	expect_part("Range: bytes=2-4\r\nIf-Range: \"v1\"\r\n", 206, "234", "bytes 2-4/10");
	expect_part("Range: bytes=2-4\r\nIf-Range: \"v2\"\r\n", 200, "0123456789", NULL);
	expect_part("Range: bytes=2-4\r\nIf-Range: W/\"v1\"\r\n", 200, "0123456789", NULL);
	expect_part("Range: bytes=2-4\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 206, "234",
		"bytes 2-4/10");
	expect_part("Range: bytes=2-4\r\nIf-Range: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 200,
		"0123456789", NULL);
}

static void
test_who_has_the_file_is_told_so(void **state)
{
	(void)state;
	expect_part("If-None-Match: \"v1\"\r\n", 304, "", NULL);
	expect_part("If-None-Match: \"v0\", W/\"v1\"\r\nRange: bytes=0-1\r\n", 304, "", NULL);
	expect_part("If-None-Match: *\r\n", 304, "", NULL);
	expect_part("If-None-Match: \"v2\"\r\n", 200, "0123456789", NULL);
	expect_part("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 304, "", NULL);
	expect_part(
		"If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 200, "0123456789", NULL);
	expect_part("If-Modified-Since: yesterday\r\n", 200, "0123456789", NULL);
	/* The tag is the better word. */
	expect_part("If-None-Match: \"v2\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
		200, "0123456789", NULL);
}

static void
test_who_wants_another_file_is_told_so(void **state)
{
	(void)state;
	expect_part("If-Match: \"v1\"\r\n", 200, "0123456789", NULL);
	expect_part("If-Match: \"v2\"\r\n", 412, "", NULL);
	expect_part("If-Match: W/\"v1\"\r\n", 412, "", NULL);
	expect_part(
		"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 200, "0123456789", NULL);
	expect_part("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 412, "", NULL);
}

static void
test_memory_that_does_not_fit_the_output_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", "/huge", "").status, 500);
}

static void
test_a_large_file_is_read_as_the_client_takes_it(void **state)
{
	struct bed_answer answer;
	unsigned before;

	(void)state;
	sim_stall(bed.peer, true);
	bed_send(&bed, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	before = reads;
	/* The high-water mark, what the network holds, and one chunk more. */
	assert_in_range(before, 1, (256 + 64 + 64) * 1024 / CHUNK);
	bed_pass(&bed, 1000);
	assert_int_equal(reads, before);
	sim_stall(bed.peer, false);
	bed_turn(&bed);
	assert_true(bed_take(&bed, "GET", &answer));
	assert_int_equal(answer.body_size, LARGE);
	assert_memory_equal(answer.body, large, LARGE);
	assert_int_equal(reads, (LARGE + CHUNK - 1) / CHUNK);
	/* The connection goes on. */
	answer = ask("GET", "/large", "Range: bytes=1000-131071\r\n");
	assert_int_equal(answer.status, 206);
	assert_int_equal(answer.body_size, 130072);
	assert_memory_equal(answer.body, large + 1000, 130072);
}

static void
test_a_source_may_take_its_time(void **state)
{
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\nRange: bytes=-100000\r\n\r\n");
	assert_int_equal(reads, 1);
	assert_false(bed_take(&bed, "GET", &answer));
	bed_act(&bed, give_in_session);
	assert_int_equal(reads, 2);
	bed_act(&bed, give_in_session);
	assert_int_equal(reads, 2);
	assert_true(bed_take(&bed, "GET", &answer));
	assert_int_equal(answer.body_size, 100000);
	assert_memory_equal(answer.body, large + LARGE - 100000, 100000);
}

static void
test_a_source_that_fails_breaks_the_answer_off(void **state)
{
	struct bed_answer answer;

	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_act(&bed, fail_in_session);
	assert_false(bed_take(&bed, "GET", &answer));
	assert_true(sim_is_closed(bed.peer));
	bed_connect(&bed);
	bed_send(&bed, "GET /broken HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_false(bed_take(&bed, "GET", &answer));
	assert_true(sim_is_closed(bed.peer));
}

static void
test_a_client_may_go_meanwhile(void **state)
{
	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	sim_reset(bed.peer);
	bed_turn(&bed);
	assert_null(waiting);
	bed_connect(&bed);
	sim_stall(bed.peer, true);
	bed_send(&bed, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	sim_reset(bed.peer);
	bed_turn(&bed);
	assert_int_equal(bed.closed, 2);
}

static void
test_without_memory_one_answer_fails(void **state)
{
	struct bed_answer answer = {0};

	(void)state;
	bed.lacks_memory = true;
	for (uint64_t at = 1; answer.status != 206; at++) {
		assert_in_range(at, 1, 100);
		bed_connect(&bed);
		sim_fail_allocation(bed.sim, at);
		bed_send(&bed, "GET /small HTTP/1.1\r\nHost: x\r\nRange: bytes=1-\r\n\r\n");
		sim_fail_allocation(bed.sim, 0);
		answer.status = 0;
		bed_take(&bed, "GET", &answer);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		TEST(test_a_file_comes_whole_with_what_is_known_of_it),
		TEST(test_head_has_all_but_the_octets),
		TEST(test_a_range_is_a_part),
		TEST(test_a_part_of_another_file_is_not_given),
		TEST(test_who_has_the_file_is_told_so),
		TEST(test_who_wants_another_file_is_told_so),
		TEST(test_memory_that_does_not_fit_the_output_is_refused),
		TEST(test_a_large_file_is_read_as_the_client_takes_it),
		TEST(test_a_source_may_take_its_time),
		TEST(test_a_source_that_fails_breaks_the_answer_off),
		TEST(test_a_client_may_go_meanwhile),
		TEST(test_without_memory_one_answer_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
