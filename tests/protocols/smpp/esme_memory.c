/* Each allocation of an ESME's life fails once: it comes back, and loses no end of a request. */
#include "tests/protocols/smpp/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 100

static struct bed bed;

/* As a centre: whatever comes is answered. */
static void
serve(void)
{
	struct smpp_pdu pdu;

	(void)bed_accept(&bed);
	if (!bed.peer || sim_was_reset(bed.peer) || sim_is_closed(bed.peer))
		return;
	while (bed_take(&bed, &pdu))
		if (smpp_answer_of(pdu.header.command))
			bed_send_header(&bed, smpp_answer_of(pdu.header.command), SMPP_ROK,
				pdu.header.sequence);
	if (sim_has_ended(bed.peer))
		sim_finish(bed.peer);
}

static void
act_submit(struct bed *b, struct sb_session *s)
{
	(void)b;
	(void)bed_submit_sm(s, 1);
}

/* In the middle of it the connection is lost once. */
static void
live(void)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		serve();
		bed_act(&bed, act_submit);
		if (round == ROUNDS / 2 && bed.peer)
			sim_reset(bed.peer);
		bed_pass(&bed, 200);
	}
	serve();
}

static size_t
count(const char *word)
{
	size_t n = 0;

	for (const char *at = bed.trace; (at = strstr(at, word)); at++)
		n++;
	return n;
}

/* False when there were fewer than `nth`. */
static bool
live_without(uint64_t nth)
{
	uint64_t before;

	bed_open_esme_alone(&bed, NULL, NULL);
	bed_turn(&bed);
	bed.lacks_memory = true;
	sim_listen(bed.sim, 2775);
	before = sim_allocations(bed.sim);
	sim_fail_allocation(bed.sim, nth);
	live();
	sim_fail_allocation(bed.sim, 0);
	assert_true(count("bound_trx") >= 2);
	assert_non_null(bed.session);
	assert_int_equal(smpp_session_state(bed.session), SMPP_BOUND_TRX);
	assert_int_equal(bed_counter(&bed, "smpp_requests_total{service=\"smpp.bed.esme\","
					   "direction=\"out\",command=\"submit_sm\"}"),
		count("response 1") + count("lost 1") + count("timeout 1"));
	before = sim_allocations(bed.sim) - before;
	bed.peer = NULL;
	bed_close(&bed);
	return before > nth;
}

static void
test_any_allocation_may_fail_once(void **state)
{
	uint64_t nth = 1;

	(void)state;
	while (live_without(nth))
		nth++;
	assert_true(nth > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_allocation_may_fail_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
