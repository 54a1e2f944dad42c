/* Each allocation of a session's life fails once: that session may end, and nothing else. */
#include "tests/protocols/erps/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* No Erps.Client has it: not paced. */
#define REF (INT64_C(1) << 28)

static const struct erps_access_rule rules[] = {{.is_allowed = true}};
static const struct erps_secret secrets[] = {{.key = "key............", .secret = "x", .size = 1}};

static struct bed bed;

static void
drop_received(void)
{
	sim_consume(bed.peer, sim_received(bed.peer).size);
}

static void
act_answer_all(struct bed *at, struct sb_session *s)
{
	for (size_t i = 0; i < at->kept_count; i++)
		(void)erps_reply_with(s, at->kept[i], ":x");
}

/* Calls that wait, with short Refs and long ones; pushes that wait; a large answer. */
static void
live(void)
{
	bed_call(&bed, 67694793, "{:echo, :x}");
	bed_call(&bed, 1234567, "{:push, :news}");
	bed_call(&bed, 99887766, ":later");
	bed_send_term(&bed, ERPS_CALL, "{\"longer than sixteen octets\", :later}");
	for (int i = 0; i < 20; i++)
		bed_call(&bed, REF + i, ":later");
	bed_act(&bed, act_answer_all);
	bed_pass(&bed, 1000);
	drop_received();
}

/* How many there were; the `nth` failed (0: none). */
static uint64_t
live_without(uint64_t nth)
{
	static const struct erps_service_options options = {
		.access = rules, .access_count = 1, .answer_ms = 500};
	uint64_t count;

	bed_open(&bed, &options);
	sim_reset(bed.peer);
	bed_turn(&bed);
	bed.lacks_memory = true;
	count = sim_allocations(bed.sim);
	sim_fail_allocation(bed.sim, nth);
	bed_connect(&bed);
	live();
	sim_fail_allocation(bed.sim, 0);
	count = sim_allocations(bed.sim) - count;
	/* Whatever became of that one, the next is served. */
	bed_connect(&bed);
	bed_call(&bed, REF, "{:echo, :alive}");
	bed_expect(&bed, ERPS_REPLY, ":alive", REF);
	bed_close(&bed);
	return count;
}

static void
test_any_allocation_may_fail_once(void **state)
{
	uint64_t count = live_without(0);

	(void)state;
	assert_in_range(count, 10, 1000);
	for (uint64_t nth = 1; nth <= count; nth++)
		(void)live_without(nth);
}

static void
test_a_server_that_has_no_memory_is_not_made(void **state)
{
	static const struct erps_service service = {.name = "starved"};
	const struct erps_service_options options = {.identifier = "id",
		.access = rules,
		.access_count = 1,
		.secrets = secrets,
		.secret_count = 1};
	struct erps_server *server = NULL;
	uint64_t nth = 0;
	int err;

	(void)state;
	bed_open(&bed, NULL);
	do {
		sim_fail_allocation(bed.sim, ++nth);
		err = erps_server_new(&server, bed.node, &service, &options, NULL);
		assert_true(err == 0 || err == SB_ENOMEM);
	} while (err);
	sim_fail_allocation(bed.sim, 0);
	assert_true(nth > 4);
	erps_server_free(server);
	bed_close(&bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_allocation_may_fail_once),
		cmocka_unit_test(test_a_server_that_has_no_memory_is_not_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
