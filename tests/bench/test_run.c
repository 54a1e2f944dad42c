/* A measured run: what may be sent when, and when it is over. */
#include "tests/bench/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const uint64_t SECOND = 1000000000;

static struct run run;

static void
test_a_counted_run_sends_its_count_and_waits_for_the_answers(void **state)
{
	(void)state;
	run_begin(&run, (struct run_order){.kind = ORDER_RUN, .count = 10}, 5);
	assert_true(run_room(&run, 8) == 8);
	run.sent = 8;
	assert_true(run_room(&run, 8) == 2);
	run.sent = 10;
	assert_true(run_room(&run, 8) == 0);
	assert_false(run_tick(&run, 6));
	run.done = 9;
	assert_false(run_tick(&run, 7));
	run.lost = 1;
	assert_true(run_tick(&run, 8));
	assert_true(run.seconds_ns == 3);
}

static void
test_a_timed_run_stops_sending_at_its_end(void **state)
{
	(void)state;
	run_begin(&run, (struct run_order){.kind = ORDER_RUN, .duration_ns = SECOND}, 5);
	run.sent = 1;
	assert_true(run_wait_ns(&run, 5) == (int64_t)SECOND);
	assert_false(run_tick(&run, 4 + SECOND));
	assert_true(run_room(&run, 1) == 1);
	assert_false(run_tick(&run, 5 + SECOND));
	assert_true(run_room(&run, 1) == 0);
}

static void
test_a_run_gives_up_on_answers_that_never_come(void **state)
{
	struct run_order order = {.kind = ORDER_RUN, .count = 1, .drain_ns = SECOND};

	(void)state;
	run_begin(&run, order, 0);
	run.sent = 1;
	assert_false(run_tick(&run, 1));
	assert_false(run_tick(&run, SECOND));
	assert_true(run_tick(&run, 1 + SECOND));
	assert_true(run_in_flight(&run) == 1);
}

static void
test_a_run_waits_for_what_the_caller_awaits(void **state)
{
	(void)state;
	run_begin(&run, (struct run_order){.kind = ORDER_RUN, .count = 1}, 0);
	run.sent = run.done = 1;
	run.awaited = 1;
	assert_false(run_tick(&run, 1));
	run.awaited = 0;
	assert_true(run_tick(&run, 2));
}

static void
test_a_rate_lets_out_what_is_due(void **state)
{
	struct run_order order = {.kind = ORDER_RUN, .duration_ns = SECOND, .rate = 1000};

	(void)state;
	run_begin(&run, order, SECOND);
	assert_true(run_room(&run, 100) == 1);
	run.sent = 1;
	assert_true(run_room(&run, 100) == 0);
	assert_true(run_wait_ns(&run, SECOND) == (int64_t)SECOND / 1000 + 1);
	run_tick(&run, SECOND + SECOND / 100);
	assert_true(run_room(&run, 100) == 10);
	run.sent = 7;
	assert_true(run_room(&run, 100) == 4);
	assert_true(run_due_ns(&run, 3 * SECOND) == SECOND + 7 * (SECOND / 1000));
}

static void
test_a_rate_is_not_made_up_after_the_end(void **state)
{
	struct run_order order = {.kind = ORDER_RUN, .duration_ns = SECOND, .rate = 1000};

	(void)state;
	run_begin(&run, order, 0);
	run_tick(&run, SECOND - 1);
	assert_true(run_room(&run, 5000) == 1000);
	run_tick(&run, 3 * SECOND);
	assert_true(run_room(&run, 5000) == 0);
}

/* Gives `text` to a fresh reader of orders through a pipe, and closes the pipe. */
static void
say(struct run_orders *orders, const char *text)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
	close(ends[1]);
	*orders = (struct run_orders){.fd = ends[0]};
}

static void
test_orders_are_read_line_by_line(void **state)
{
	struct run_orders orders;
	struct run_order order;

	(void)state;
	say(&orders, "run 0.5\ncount 7\nru");
	order = run_next_order(&orders, true);
	assert_int_equal(order.kind, ORDER_RUN);
	assert_true(order.duration_ns == SECOND / 2 && order.count == 0);
	order = run_next_order(&orders, false);
	assert_int_equal(order.kind, ORDER_RUN);
	assert_true(order.duration_ns == 0 && order.count == 7);
	assert_int_equal(run_next_order(&orders, false).kind, ORDER_NONE);
	assert_int_equal(run_next_order(&orders, true).kind, ORDER_QUIT);
	close(orders.fd);
}

static void
test_a_line_that_is_no_order_ends_the_load(void **state)
{
	struct run_orders orders;

	(void)state;
	say(&orders, "run -1\n");
	assert_int_equal(run_next_order(&orders, true).kind, ORDER_QUIT);
	close(orders.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_counted_run_sends_its_count_and_waits_for_the_answers),
		cmocka_unit_test(test_a_timed_run_stops_sending_at_its_end),
		cmocka_unit_test(test_a_run_gives_up_on_answers_that_never_come),
		cmocka_unit_test(test_a_run_waits_for_what_the_caller_awaits),
		cmocka_unit_test(test_a_rate_lets_out_what_is_due),
		cmocka_unit_test(test_a_rate_is_not_made_up_after_the_end),
		cmocka_unit_test(test_orders_are_read_line_by_line),
		cmocka_unit_test(test_a_line_that_is_no_order_ends_the_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
