/* Each allocation of a client's life fails once: it comes back, and each call has one outcome. */
#include "tests/protocols/erps/client_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 60

static struct bed bed;
static unsigned taken;

/* As a server: whatever is called is answered, as one of ours. */
static void
serve(void)
{
	static struct erps_decoder decoder;
	struct erps_packet packet;
	struct erps_term term;

	(void)bed_accept(&bed);
	if (!bed.peer || sim_was_reset(bed.peer) || sim_is_closed(bed.peer))
		return;
	decoder.env = sb_env_system();
	while (bed_take(&bed, &packet)) {
		uint64_t ref;

		if (packet.type != ERPS_CALL)
			continue;
		assert_int_equal(erps_decode(&decoder, packet.payload, &term), 0);
		assert_true(erps_match(term, "{ref::uint, _}", &ref));
		bed_reply_as_ours(&bed, (uint32_t)ref, "[1, 2, 3]");
	}
	erps_decoder_fini(&decoder);
	if (sim_has_ended(bed.peer))
		sim_finish(bed.peer);
}

static void
act_call(struct bed *b, struct sb_session *s)
{
	static const char octets[3000];
	struct erps_builder builder;
	uint8_t room[3100];

	(void)b;
	taken += bed_call_in(s, 1) == 0;
	taken += bed_call_in(s, 1) == 0;
	/* Larger than what is made on the stack, and compressed. */
	erps_builder_init(&builder, room, sizeof(room));
	erps_put_binary(&builder, sb_bytes(octets, sizeof(octets)));
	taken += erps_client_call(s, erps_built(&builder),
			 &(struct erps_call_options){.context = 1}, NULL) == 0;
	(void)erps_client_cast(s, erps_built(&builder));
}

/* In the middle of it the connection is lost once; it may have come late. */
static void
live(void)
{
	bool was_reset = false;

	for (unsigned round = 0; round < ROUNDS; round++) {
		serve();
		bed_act(&bed, act_call);
		serve();
		if (round >= ROUNDS / 2 && bed.peer && !was_reset) {
			sim_reset(bed.peer);
			was_reset = true;
		}
		bed_pass(&bed, 200);
	}
	bed_pass(&bed, 6000);
	serve();
	bed_pass(&bed, 6000);
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
	const struct erps_client_options options = {.restart = SB_PERMANENT,
		.backoff_max_ms = 1000,
		.queues_while_away = true,
		.compressed = 1};
	uint64_t before;

	taken = 0;
	bed_open_alone(&bed, &options);
	bed_turn(&bed);
	bed.lacks_memory = true;
	bed.takes_streams = true; /* it is read when `serve` has accepted it, not sooner */
	sim_listen(bed.sim, 4747);
	before = sim_allocations(bed.sim);
	sim_fail_allocation(bed.sim, nth);
	live();
	sim_fail_allocation(bed.sim, 0);
	assert_non_null(bed.session);
	assert_true(count("disconnected reset") >= 1);
	assert_int_equal(taken, count("replied 1") + count("lost 1") + count("timed out 1") +
					count("unsent 1") + count("malformed 1"));
	assert_true(count("replied 1") > 0);
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
		nth += nth < 200 ? 1 : 7;
	assert_true(nth > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_allocation_may_fail_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
