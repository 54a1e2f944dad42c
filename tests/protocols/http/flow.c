/* Back-pressure both ways: handlers that hold, clients that do not read. */
#include "tests/protocols/http/bed.h"

#include "core/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static const struct bed_options small = {
	.limits = {.answer_ms = 3000, .body_ms = 1000},
	.connection = {.output_low = 20000, .output_high = 50000, .output_hard = 100000},
};

static int
opened(void **state)
{
	(void)state;
	bed_open(&bed, &small);
	return 0;
}

static void
test_a_body_waits_while_its_handler_holds(void **state)
{
	(void)state;
	bed_send(&bed, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
	bed_expect_trace(&bed, "begin POST /hold;");
	/* The client is not too slow: we are. */
	bed_pass(&bed, 2000);
	bed_resume_open(&bed);
	bed_expect_trace(&bed, "body 3;");
	bed_send(&bed, "def");
	bed_expect_trace(&bed, "");
	bed_resume_open(&bed);
	bed_expect_trace(&bed, "body 3;");
	bed_expect_nothing(&bed);
	/* Only the end is missing, for which no octet comes. */
	bed_resume_open(&bed);
	bed_expect(&bed, 200, "abcdef");
	bed_expect_trace(&bed, "end;closed;");
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect(&bed, 200, "now");
}

static void
test_a_client_that_waits_is_not_told_while_the_handler_holds(void **state)
{
	(void)state;
	bed_send(&bed, "POST /hold HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		       "Content-Length: 3\r\n\r\n");
	bed_expect_nothing(&bed);
	bed_resume_open(&bed);
	bed_expect(&bed, 100, NULL);
	bed_send(&bed, "abc");
	bed_resume_open(&bed);
	bed_expect(&bed, 200, "abc");
}

static void
test_a_handler_that_never_resumes_is_504(void **state)
{
	(void)state;
	bed_send(&bed, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
	bed_pass(&bed, 3100);
	bed_expect(&bed, 504, NULL);
	bed_expect_ended(&bed);
}

static void
act_answer_held(struct bed *b, struct sb_session *s)
{
	(void)s;
	assert_int_equal(http_respond(b->open, 200, NULL, sb_bytes_text("early")), 0);
}

static void
test_an_answer_ends_a_hold(void **state)
{
	(void)state;
	bed_send(&bed, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
		       "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_act(&bed, act_answer_held);
	bed_expect(&bed, 200, "early");
	bed_expect(&bed, 200, "now");
}

static void
act_answer_by_timer(struct sb_session *s, struct sb_timer *timer)
{
	struct http_exchange *x = http_session_exchange(s);

	(void)timer;
	assert_int_equal(http_respond(x, 200, "text/plain", sb_bytes_text("in time")), 0);
	assert_ptr_equal(http_session_exchange(s), x);
}

static void
act_start_timer(struct bed *b, struct sb_session *s)
{
	sb_timer_start(s, bed_timer_of(b->open), 500, act_answer_by_timer);
}

static void
test_a_timer_may_answer(void **state)
{
	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
		       "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_act(&bed, act_start_timer);
	bed_pass(&bed, 400);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 200);
	bed_expect(&bed, 200, "in time");
	bed_expect(&bed, 200, "now");
	bed_expect_trace(&bed, "begin GET /later;end;closed;begin GET /now;closed;");
}

/* ---- output ---- */

static void
test_a_stream_waits_for_its_reader(void **state)
{
	struct bed_answer answer;

	(void)state;
	sim_stall(bed.peer, true);
	bed_send(&bed, "GET /stream?1000000 HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect_trace(&bed, "begin GET /stream?1000000;full;full;");
	assert_in_range(bed.left, 800000, 950000);
	assert_in_range(sb_output_size(bed.session), 50001, 70000);
	/* A client that reads nothing at all is not waited for long. */
	bed_pass(&bed, 2900);
	sim_stall(bed.peer, false);
	bed_turn(&bed);
	assert_int_equal(bed.left, 0);
	answer = bed_expect(&bed, 200, NULL);
	assert_int_equal(answer.body_size, 1000000);
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_expect(&bed, 200, "now");
}

static void
test_a_client_that_reads_nothing_is_cut(void **state)
{
	(void)state;
	sim_stall(bed.peer, true);
	bed_send(&bed, "GET /sized?1000000 HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_pass(&bed, 7000);
	assert_true(sim_was_reset(bed.peer) || sim_is_closed(bed.peer));
	assert_null(bed.session);
	bed_expect_trace(
		&bed, "begin GET /sized?1000000;full;full;broken off;connection deadline;");
}

/* Slower than its source, however long that takes. */
static void
test_a_client_that_reads_slowly_gets_all(void **state)
{
	struct bed_answer answer;

	(void)state;
	sim_stall(bed.peer, true);
	bed_send(&bed, "GET /stream?1000000 HTTP/1.1\r\nHost: x\r\n\r\n");
	for (unsigned i = 0; i < 60 && bed.session; i++) {
		bed_pass(&bed, 900);
		sim_stall(bed.peer, false);
		sim_step(bed.sim);
		sim_stall(bed.peer, true);
	}
	sim_stall(bed.peer, false);
	bed_turn(&bed);
	assert_true(bed_take(&bed, "GET", &answer));
	assert_int_equal(answer.body_size, 1000000);
}

static void
act_abort(struct bed *b, struct sb_session *s)
{
	(void)s;
	http_abort(b->open);
}

static void
test_an_answer_can_be_broken_off(void **state)
{
	(void)state;
	sim_stall(bed.peer, true);
	bed_send(&bed, "GET /stream?1000000 HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_act(&bed, act_abort);
	bed_expect_trace(&bed, "begin GET /stream?1000000;full;full;broken off;connection local;");
}

static void
act_misuse(struct bed *b, struct sb_session *s)
{
	struct http_exchange *x = b->open;
	static const char large[200000];

	(void)s;
	assert_int_equal(http_write(x, "x", 1), SB_EINVAL);
	assert_int_equal(http_respond_end(x), SB_EINVAL);
	assert_int_equal(http_respond(x, 100, NULL, sb_bytes_text("x")), SB_EINVAL);
	assert_int_equal(http_respond(x, 600, NULL, sb_bytes_text("x")), SB_EINVAL);
	assert_int_equal(http_set_field(x, "Date", "now"), SB_EINVAL);
	assert_int_equal(http_set_field(x, "content-length", "1"), SB_EINVAL);
	assert_int_equal(http_set_field(x, "", "1"), SB_EINVAL);
	assert_int_equal(http_set_field(x, "X\n", "1"), SB_EINVAL);
	assert_false(http_has_responded(x));
	assert_int_equal(http_respond_begin(x, 200, "text/plain", 5), 0);
	assert_int_equal(http_set_field(x, "X", "1"), SB_EINVAL);
	assert_int_equal(http_respond(x, 200, NULL, sb_bytes_text("x")), SB_EINVAL);
	assert_int_equal(http_write(x, "123456", 6), SB_EINVAL);
	assert_int_equal(http_write(x, "1234", 4), 0);
	assert_true(http_has_responded(x));
	/* Promised 5, and given 4. */
	assert_int_equal(http_respond_end(x), SB_EINVAL);
	assert_int_equal(http_write(x, large, sizeof(large)), SB_EINVAL);
}

static void
test_what_cannot_be_is_refused(void **state)
{
	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_act(&bed, act_misuse);
	bed_expect_trace(&bed, "begin GET /later;end;broken off;connection local;");
}

static void
act_large(struct bed *b, struct sb_session *s)
{
	static const char large[200000];

	(void)s;
	assert_int_equal(http_respond_begin(b->open, 200, NULL, UINT64_MAX), 0);
	assert_int_equal(http_write(b->open, large, sizeof(large)), SB_ELIMIT);
	assert_int_equal(http_write(b->open, large, 0), 0);
	assert_int_equal(http_write(b->open, "small", 5), 0);
	assert_int_equal(http_respond_end(b->open), 0);
}

static void
test_a_part_that_never_fits_is_told_apart(void **state)
{
	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_act(&bed, act_large);
	bed_expect(&bed, 200, "small");
}

static void
act_stopping(struct bed *b, struct sb_session *s)
{
	(void)s;
	assert_int_equal(http_respond_begin(b->open, 200, "text/event-stream", UINT64_MAX), 0);
	assert_int_equal(http_write(b->open, "data: 1\n\n", 9), 0);
}

static void
test_a_stream_without_end_is_told_that_the_node_stops(void **state)
{
	(void)state;
	bed_send(&bed, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	bed_act(&bed, act_stopping);
	bed_pass(&bed, 100000);
	sb_node_stop(bed.node);
	bed_turn(&bed);
	bed_expect(&bed, 200, "data: 1\n\n");
	bed_expect_ended(&bed);
	bed_expect_trace(&bed, "begin GET /later;end;stopping;closed;");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		TEST(test_a_body_waits_while_its_handler_holds),
		TEST(test_a_client_that_waits_is_not_told_while_the_handler_holds),
		TEST(test_a_handler_that_never_resumes_is_504),
		TEST(test_an_answer_ends_a_hold),
		TEST(test_a_timer_may_answer),
		TEST(test_a_stream_waits_for_its_reader),
		TEST(test_a_client_that_reads_nothing_is_cut),
		TEST(test_a_client_that_reads_slowly_gets_all),
		TEST(test_an_answer_can_be_broken_off),
		TEST(test_what_cannot_be_is_refused),
		TEST(test_a_part_that_never_fits_is_told_apart),
		TEST(test_a_stream_without_end_is_told_that_the_node_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
