/*
 * A whole session in which the n-th allocation fails, for each n: every session that began has its
 * end, every call its outcome, and nothing is left (bed_close looks).
 */
#include "tests/protocols/cwmp/session_bed.h"

static unsigned taken, concluded;

static void
count(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	(void)c;
	(void)o;
	(void)context;
	concluded++;
}

static void
call_two(struct cwmp_session *c)
{
	const struct cwmp_parameter_value value = {"Device.A", {CWMP_TYPE_STRING, "x"}};

	taken += cwmp_get_rpc_methods(c, (struct cwmp_done){count, NULL}) == 0;
	taken += cwmp_set_parameter_values(c, &value, 1, "", (struct cwmp_done){count, NULL}) == 0;
	cwmp_hold_requests(c, true);
	taken += cwmp_reboot(c, "", (struct cwmp_done){count, NULL}) == 0;
	cwmp_finish(c);
}

/* A device that gives up after an answer that is none of those it knows. */
static void
be_a_device(void)
{
	bed_post(bed_inform("1"));
	bed_post(bed_envelope("2", "<cwmp:Kicked><Next>n</Next></cwmp:Kicked>"));
	bed_post("");
	for (unsigned i = 0; i < 5 && bed.status == 200; i++) {
		if (strstr(bed.body, "<cwmp:Reboot>"))
			bed_post(bed_done(bed_id()));
		else if (strstr(bed.body, "<cwmp:ID"))
			bed_post(bed_fault(bed_id(), 9000));
		else
			break;
	}
	bed_post("");
}

/* Two devices of one name, the second of which ends the first's session. */
static void
run(uint64_t nth)
{
	bed_open(NULL);
	bed.lacks_memory = true;
	bed.start = call_two;
	sim_fail_allocation(bed.sim, nth);
	be_a_device();
	bed_connect();
	bed_post(bed_inform("3"));
	bed_connect();
	bed_post(bed_inform("4"));
	bed_post("");
	bed_pass(70000);
}

static unsigned
occurrences(const char *word)
{
	unsigned count = 0;

	for (const char *at = bed.trace; (at = strstr(at, word)); at++)
		count++;
	return count;
}

static void
test_whatever_allocation_fails_sessions_end_and_nothing_is_left(void **state)
{
	uint64_t allocations, before;

	(void)state;
	bed_open(NULL);
	before = sim_allocations(bed.sim);
	bed_close();
	run(0);
	allocations = sim_allocations(bed.sim) - before;
	bed_close();
	assert_in_range(allocations, 30, 400);
	for (uint64_t nth = 1; nth <= allocations; nth++) {
		run(nth);
		assert_int_equal(occurrences("filter"), occurrences("end "));
		assert_int_equal(taken, concluded);
		assert_int_equal(cwmp_server_sessions(bed.server), 0);
		bed_close();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whatever_allocation_fails_sessions_end_and_nothing_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
