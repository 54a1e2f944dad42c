/* The blocking client against a service of ours, on real sockets and a thread of its own. */
#include "protocols/erps/blocking.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/node.h"
#include "protocols/erps/daemon.h"

#include <cmocka.h>

/* ---- the service ---- */

static struct sb_node *node;
static struct erps_daemon *daemon_here;
static struct sb_log *quiet;
static pthread_t thread;
static atomic_uint casts;

static void
push(struct sb_session *s, int64_t count)
{
	for (int64_t i = 0; i < count; i++) {
		struct erps_builder b;
		uint8_t room[64];

		erps_builder_init(&b, room, sizeof(room));
		erps_put_pattern(&b, "{:news, i::int}", i);
		assert_int_equal(erps_push(s, erps_built(&b)), 0);
	}
}

/* {:count, n}: the parts 0 .. n - 1, then :done; as its caller gives credit. */
struct counting {
	struct erps_from from;
	int64_t next, end;
};

static void
count_on(struct sb_session *s)
{
	struct counting *c = erps_state(s);
	struct erps_builder b;
	uint8_t room[16];
	int err = 0;

	for (; c->next < c->end && !err; c->next += !err) {
		erps_builder_init(&b, room, sizeof(room));
		erps_put_integer(&b, c->next);
		err = erps_reply_part(s, c->from, erps_built(&b));
	}
	if (err == SB_ENOTSUP)
		erps_reject(s, c->from, "no parts");
	else if (!err)
		erps_reply_with(s, c->from, ":done");
}

static void
handle_credit(struct sb_session *s, struct erps_from from)
{
	(void)from;
	count_on(s);
}

static void
handle_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	struct erps_term term;
	int64_t a, b;

	if (erps_match(request, "{:add, a::int, b::int}", &a, &b)) {
		erps_reply_with(s, from, "sum::int", a + b);
	} else if (erps_match(request, "{:echo, term}", &term)) {
		erps_reply(s, from, term);
	} else if (erps_match(request, "{:push, a::int}", &a)) {
		push(s, a);
		erps_reply_with(s, from, ":ok");
	} else if (erps_match(request, "{:count, a::int}", &a)) {
		*(struct counting *)erps_state(s) = (struct counting){from, 0, a};
		count_on(s);
	} else if (erps_match(request, ":end")) {
		sb_abort(s, SB_END_LOCAL);
	} else if (!erps_match(request, ":silence")) {
		erps_reject(s, from, "badarg");
	}
}

static void
handle_cast(struct sb_session *s, struct erps_term request)
{
	(void)s;
	if (erps_match(request, "{:count, _}"))
		atomic_fetch_add(&casts, 1);
}

static const struct erps_service service = {
	.name = "test",
	.state_size = sizeof(struct counting),
	.handle_call = handle_call,
	.handle_cast = handle_cast,
	.handle_credit = handle_credit,
};

static void *
run(void *context)
{
	(void)context;
	(void)sb_node_run(node);
	return NULL;
}

static int
start_service(void **state)
{
	static const struct sb_log_options silent = {.level = SB_LOG_FATAL, .fd = 2};
	static const struct erps_daemon_options options = {.service.identifier = "test"};
	struct sb_node_options node_options = {.threads = 1};

	(void)state;
	quiet = sb_log_new(&silent);
	node_options.log = quiet;
	assert_int_equal(sb_node_new(&node, &node_options), 0);
	assert_int_equal(erps_daemon_start(&daemon_here, node, &service, NULL, &options), 0);
	return pthread_create(&thread, NULL, run, NULL);
}

static int
stop_service(void **state)
{
	(void)state;
	sb_node_stop(node);
	pthread_join(thread, NULL);
	sb_node_free(node);
	erps_daemon_free(daemon_here);
	sb_log_free(quiet);
	return 0;
}

/* ---- the client ---- */

static struct erps_blocking_options
options_here(void)
{
	return (struct erps_blocking_options){.client = {.host = "127.0.0.1",
						      .port = erps_daemon_port(daemon_here),
						      .identifier = "test",
						      .probe = ":hello"}};
}

static struct erps_blocking *
open_with(const struct erps_blocking_options *options)
{
	struct erps_blocking *b;

	assert_int_equal(erps_blocking_open(&b, options), 0);
	return b;
}

static struct erps_blocking *
open_here(void)
{
	const struct erps_blocking_options options = options_here();

	return open_with(&options);
}

static void
expect_sum(struct erps_blocking *b, int64_t x, int64_t y)
{
	struct erps_answer answer;
	int64_t sum;

	assert_int_equal(
		erps_blocking_call_with(b, 5000, &answer, "{:add, x::int, y::int}", x, y), 0);
	assert_int_equal(answer.outcome, ERPS_REPLIED);
	assert_true(erps_match(answer.term, "sum::int", &sum));
	assert_int_equal(sum, x + y);
}

static void
test_it_calls_and_gets_the_answer(void **state)
{
	struct erps_blocking *b = open_here();

	(void)state;
	for (int64_t i = 0; i < 100; i++)
		expect_sum(b, i, i * i);
	erps_blocking_close(b);
}

static void
test_an_error_is_an_answer_with_its_reason(void **state)
{
	struct erps_blocking *b = open_here();
	struct erps_answer answer;

	(void)state;
	assert_int_equal(erps_blocking_call_with(b, 0, &answer, ":nonsense"), 0);
	assert_int_equal(answer.outcome, ERPS_FAILED);
	assert_true(erps_match(answer.term, "\"badarg\""));
	erps_blocking_close(b);
}

static void
test_an_answer_may_be_made_into_the_next_request(void **state)
{
	struct erps_blocking *b = open_here();
	struct erps_answer answer;

	(void)state;
	assert_int_equal(erps_blocking_call_with(b, 0, &answer, "{:echo, {:add, 1, 2}}"), 0);
	assert_int_equal(erps_blocking_call(b, answer.term, 0, &answer), 0);
	assert_true(erps_match(answer.term, "3"));
	erps_blocking_close(b);
}

static void
test_a_server_that_is_not_there_is_an_error(void **state)
{
	struct erps_blocking_options options = options_here();
	struct erps_blocking *b;

	(void)state;
	options.client.port = 1;
	assert_int_equal(erps_blocking_open(&b, &options), SB_EUNREACH);
	options.client.host = NULL;
	assert_int_equal(erps_blocking_open(&b, &options), SB_EINVAL);
}

static void
test_a_wrong_identifier_fails_calls_and_is_told_after_a_cast(void **state)
{
	struct erps_blocking_options options = options_here();
	struct erps_answer answer;
	struct erps_event event;
	struct erps_blocking *b;

	(void)state;
	options.client.identifier = "wrong";
	options.client.probe = NULL;
	b = open_with(&options);
	assert_int_equal(erps_blocking_call_with(b, 0, &answer, "{:add, 1, 2}"), 0);
	assert_int_equal(answer.outcome, ERPS_FAILED);
	assert_true(erps_match(answer.term, "\"wrong identifier\""));
	assert_int_equal(erps_blocking_cast_with(b, "{:count, 0}"), 0);
	assert_int_equal(erps_blocking_wait(b, 5000, &event, 1), 1);
	assert_int_equal(event.kind, ERPS_EVENT_ERROR);
	assert_true(erps_match(event.term, "\"wrong identifier\""));
	erps_blocking_close(b);
}

static unsigned
fetch_news(struct erps_blocking *b, unsigned at_most, int64_t first)
{
	struct erps_event events[8];
	unsigned count = 0;

	while (count < at_most) {
		ssize_t n = erps_blocking_wait(b, 1000, events, 8);
		int64_t i;

		if (n <= 0)
			break;
		for (ssize_t at = 0; at < n; at++) {
			assert_int_equal(events[at].kind, ERPS_EVENT_PUSH);
			assert_true(erps_match(events[at].term, "{:news, i::int}", &i));
			assert_int_equal(i, first + count++);
		}
	}
	return count;
}

static void
test_pushes_wait_until_they_are_fetched(void **state)
{
	struct erps_blocking *b = open_here();
	struct erps_answer answer;
	struct erps_event event;

	(void)state;
	assert_int_equal(erps_blocking_call_with(b, 0, &answer, "{:push, 20}"), 0);
	assert_int_equal(fetch_news(b, 20, 0), 20);
	assert_int_equal(erps_blocking_wait(b, 10, &event, 1), 0);
	assert_int_equal(erps_blocking_dropped(b), 0);
	erps_blocking_close(b);
}

static void
test_an_answer_is_not_behind_a_full_queue(void **state)
{
	struct erps_blocking_options options = options_here();
	struct erps_answer answer;
	struct erps_blocking *b;

	(void)state;
	options.queue = 4;
	b = open_with(&options);
	assert_int_equal(erps_blocking_call_with(b, 0, &answer, "{:push, 6}"), 0);
	assert_int_equal(erps_blocking_dropped(b), 2);
	expect_sum(b, 1, 2);
	assert_int_equal(fetch_news(b, 4, 0), 4);
	expect_sum(b, 3, 4);
	erps_blocking_close(b);
}

static void
test_casts_are_on_their_way_when_they_return(void **state)
{
	struct erps_blocking *b = open_here();
	unsigned before = atomic_load(&casts);

	(void)state;
	for (int64_t i = 0; i < 50; i++)
		assert_int_equal(erps_blocking_cast_with(b, "{:count, i::int}", i), 0);
	expect_sum(b, 1, 1); /* behind them */
	assert_int_equal(atomic_load(&casts) - before, 50);
	erps_blocking_close(b);
}

static void
expect_next(void *context, struct erps_term part)
{
	int64_t *next = context, n;

	assert_true(erps_get_integer(part, &n));
	assert_int_equal(n, (*next)++);
}

/* "{:count, count}" in a buffer that lives as long as the test. */
static struct erps_term
count_to(int64_t count)
{
	static uint8_t room[64];
	struct erps_builder b;

	erps_builder_init(&b, room, sizeof(room));
	erps_put_pattern(&b, "{:count, count::int}", count);
	return erps_built(&b);
}

static void
test_parts_come_in_order_before_the_answer(void **state)
{
	struct erps_blocking *b = open_here();
	int64_t next = 0;
	struct erps_stream_options stream = {.part = expect_next, .context = &next};
	struct erps_answer answer;

	(void)state;
	for (uint32_t credit = 0; credit < 3; credit++) {
		next = 0;
		stream.credit = credit;
		assert_int_equal(erps_blocking_stream(b, count_to(100), &stream, 0, &answer), 0);
		assert_int_equal(answer.outcome, ERPS_REPLIED);
		assert_true(erps_match(answer.term, ":done"));
		assert_int_equal(next, 100);
	}
	/* Without asking for them there are none. */
	assert_int_equal(erps_blocking_call(b, count_to(100), 0, &answer), 0);
	assert_int_equal(answer.outcome, ERPS_FAILED);
	erps_blocking_close(b);
}

static void
test_parts_are_not_asked_of_a_server_that_has_not_shown_itself(void **state)
{
	struct erps_blocking_options options = options_here();
	const struct erps_stream_options stream = {.part = expect_next};
	struct erps_answer answer;
	struct erps_blocking *b;

	(void)state;
	options.client.probe = NULL;
	b = open_with(&options);
	assert_int_equal(erps_blocking_stream(b, count_to(3), &stream, 0, &answer), SB_ENOTSUP);
	assert_int_equal(answer.outcome, ERPS_UNSENT);
	expect_sum(b, 1, 2);
	erps_blocking_close(b);
}

static void
test_silence_is_a_timeout_and_other_answers_are_still_had(void **state)
{
	struct erps_blocking *b = open_here();
	struct erps_answer answer;

	(void)state;
	assert_int_equal(erps_blocking_call_with(b, 20, &answer, ":silence"), SB_TIMEOUT);
	expect_sum(b, 5, 5);
	erps_blocking_close(b);
}

static void
test_a_lost_connection_is_the_end(void **state)
{
	struct erps_blocking *b = open_here();
	struct erps_answer answer;
	struct erps_event event;

	(void)state;
	assert_int_equal(erps_blocking_call_with(b, 0, &answer, ":end"), SB_GONE);
	assert_int_equal(answer.outcome, ERPS_LOST);
	assert_int_equal(erps_blocking_call_with(b, 0, &answer, "1"), SB_GONE);
	assert_int_equal(answer.outcome, ERPS_UNSENT);
	assert_int_equal(erps_blocking_cast_with(b, "1"), SB_GONE);
	assert_int_equal(erps_blocking_wait(b, 1000, &event, 1), SB_GONE);
	assert_int_equal(erps_blocking_end(b), SB_END_RESET);
	erps_blocking_close(b);
}

static void
test_a_pattern_that_is_none_is_refused(void **state)
{
	struct erps_blocking *b = open_here();
	struct erps_answer answer;

	(void)state;
	assert_int_equal(erps_blocking_call_with(b, 0, &answer, "{:add, "), SB_EINVAL);
	assert_int_equal(erps_blocking_cast_with(b, "{"), SB_EINVAL);
	expect_sum(b, 5, 5);
	erps_blocking_close(b);
	erps_blocking_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_calls_and_gets_the_answer),
		cmocka_unit_test(test_an_error_is_an_answer_with_its_reason),
		cmocka_unit_test(test_an_answer_may_be_made_into_the_next_request),
		cmocka_unit_test(test_a_server_that_is_not_there_is_an_error),
		cmocka_unit_test(test_a_wrong_identifier_fails_calls_and_is_told_after_a_cast),
		cmocka_unit_test(test_pushes_wait_until_they_are_fetched),
		cmocka_unit_test(test_an_answer_is_not_behind_a_full_queue),
		cmocka_unit_test(test_casts_are_on_their_way_when_they_return),
		cmocka_unit_test(test_parts_come_in_order_before_the_answer),
		cmocka_unit_test(test_parts_are_not_asked_of_a_server_that_has_not_shown_itself),
		cmocka_unit_test(test_silence_is_a_timeout_and_other_answers_are_still_had),
		cmocka_unit_test(test_a_lost_connection_is_the_end),
		cmocka_unit_test(test_a_pattern_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, start_service, stop_service);
}
