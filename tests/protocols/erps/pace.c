/* Pacing on a clock of the test's own: what a server sees of a peer, and a client of a server. */
#include "protocols/erps/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/support/octets.h"

#include <cmocka.h>

#define MS    1000000ull
#define START (1000 * MS)
#define GAP   (ERPS_PACE_GAP_MS * MS)

static void
came(struct erps_pace *pace, const char *notation)
{
	uint8_t buf[256];
	struct erps_packet packet;

	assert_true(
		erps_packet_decode(octets_of(notation, buf, sizeof(buf)), 100, &packet, NULL) > 0);
	erps_pace_came(pace, &packet);
}

static void
called_with(struct erps_pace *pace, const char *ref)
{
	uint8_t buf[64];
	struct sb_bytes octets = octets_of(ref, buf, sizeof(buf));

	erps_pace_called(pace, (struct erps_term){octets.data, octets.size});
}

/* As phash2 gives them. */
static void
called(struct erps_pace *pace)
{
	static uint32_t hash = 0x0408f0c9;
	char ref[16];

	hash = (hash * 1103515245 + 12345) % (1 << 27);
	hash = hash < 256 ? 256 : hash;
	snprintf(ref, sizeof(ref), "62 %08x", hash);
	called_with(pace, ref);
}

static void
begin(struct erps_pace *pace)
{
	erps_pace_init(pace, ERPS_PACING_AUTO);
	assert_true(erps_pace_is_on(pace));
}

/* What proves at once that a peer is not Erps, and what does not: packets, then Refs. */
static const struct {
	const char *packets[2];
	const char *refs[4];
	bool is_erps;
} peers[] = {
	{{0}, {0}, true},
	{{"65727073 00000000 00", "65727073 00000000 00"}, {0}, true},
	{{"65727073 00000000 08 000204 'capsrv' 00*30 00*48"}, {0}, true},
	{{"65727073 00000000 08 000204 'elevenchars' 00*25 00*48"}, {0}, true},
	{{"65727073 00000000 08 000204 'twelve chars' 00*24 00*48"}, {0}, false},
	{{"65727073 00000001 00 000204 00*36 00*48 83"}, {0}, false},
	{{"65727073 00000000 08 000204 00*36 01*16 02*32"}, {0}, false},
	{{"65727073 00000000 11 000204 00*36 00*48"}, {0}, false},
	/* Hashes; the smallest and the largest; one too small for its tag; one too large. */
	{{0}, {"62 0408f0c9", "62 0438e68e", "62 03455288"}, true},
	{{0}, {"62 00000100", "62 07ffffff"}, true},
	{{0}, {"62 000000ff"}, false},
	{{0}, {"62 08000000"}, false},
	{{0}, {"62 53425801"}, false},
	{{0}, {"62 ffffffff"}, false},
	/* Counted, by one and by more, up and down; the same again and again. */
	{{0}, {"62 00001000", "62 00001001", "62 00001002"}, false},
	{{0}, {"62 00001000", "62 00001001", "62 00001001"}, false},
	{{0}, {"62 00001000", "62 00001000", "62 00001000"}, false},
	{{0}, {"62 00001000", "62 00001007", "62 0000100e", "62 00001015"}, false},
	{{0}, {"62 00001000", "62 00000ffe", "62 00000ffc", "62 00000ffa"}, false},
	{{0}, {"62 00005000", "62 00002000", "62 00002001", "62 00002002"}, false},
	/* One step is chance. */
	{{0}, {"62 00001000", "62 00001001", "62 00005000", "62 00005001"}, true},
	{{0}, {"62 00001000", "62 00001000", "62 0408f0c9"}, true},
	{{0}, {"62 00001001", "62 00001000", "62 00000fff"}, true},
	{{0}, {"62 00001000", "62 00002000", "62 00002001"}, true},
	/* One hash in half a million is small. */
	{{0}, {"61 01"}, true},
	{{0}, {"61 01", "62 0408f0c9", "62 0438e68e"}, true},
	{{0}, {"61 01", "61 02"}, false},
	{{0}, {"61 01", "62 0408f0c9", "61 07"}, false},
	/* No integers, and integers that the BEAM would write shorter. */
	{{0}, {"6d 00000001 'a'"}, false},
	{{0}, {"64 0003 'ref'"}, false},
	{{0}, {"46 4090000000000000"}, false},
	{{0}, {"6e 08 00 0000000000000001"}, false},
	{{0}, {"6e 02 00 0010"}, false},
	{{0}, {"68 00"}, false},
};

static void
test_a_peer_is_taken_for_erps_while_it_looks_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		struct erps_pace pace;

		begin(&pace);
		for (size_t k = 0; k < 2 && peers[i].packets[k]; k++)
			came(&pace, peers[i].packets[k]);
		for (size_t k = 0; k < 4 && peers[i].refs[k]; k++)
			called_with(&pace, peers[i].refs[k]);
		if (erps_pace_is_on(&pace) != peers[i].is_erps)
			fail_msg("peer %zu", i);
	}
}

static void
test_what_proved_that_it_is_not_erps_is_not_forgotten(void **state)
{
	struct erps_pace pace;

	(void)state;
	begin(&pace);
	called_with(&pace, "6d 00000001 'a'");
	assert_false(erps_pace_is_on(&pace));
	called(&pace);
	assert_false(erps_pace_is_on(&pace));
	erps_pace_left(&pace, START);
	erps_pace_left(&pace, START);
	assert_int_equal(erps_pace_due(&pace, START), 0);
}

static void
test_the_first_packet_leaves_at_once_and_the_next_after_the_gap(void **state)
{
	struct erps_pace pace;

	(void)state;
	begin(&pace);
	assert_int_equal(erps_pace_due(&pace, START), 0);
	erps_pace_left(&pace, START);
	assert_int_equal(erps_pace_due(&pace, START), START + GAP);
	assert_int_equal(erps_pace_due(&pace, START + GAP - 1), START + GAP);
	assert_int_equal(erps_pace_due(&pace, START + GAP), 0);
}

/* Two callers of one Erps.Client: neither waits for the other's answer, and both calls come in one
 * read. However fast the service is, the second answer must wait. */
static void
test_the_second_of_two_calls_waits_though_the_first_was_answered_at_once(void **state)
{
	struct erps_pace pace;

	(void)state;
	begin(&pace);
	called(&pace);
	assert_int_equal(erps_pace_due(&pace, START), 0);
	erps_pace_left(&pace, START);
	called(&pace);
	assert_int_equal(erps_pace_due(&pace, START), START + GAP);
}

/* A call, a cast, a keepalive: none of them shows that the last packet was read. */
static void
test_whatever_comes_the_gap_is_kept(void **state)
{
	struct erps_pace pace;

	(void)state;
	begin(&pace);
	for (unsigned i = 0; i < 20; i++) {
		uint64_t now = START + i * GAP;

		called(&pace);
		assert_int_equal(erps_pace_due(&pace, now), 0);
		erps_pace_left(&pace, now);
		came(&pace, "65727073 00000000 08 000204 'capsrv' 00*30 00*48");
		came(&pace, "65727073 00000000 00");
		called(&pace);
		assert_int_equal(erps_pace_due(&pace, now + MS), now + GAP);
	}
}

static void
test_pacing_always_believes_nothing(void **state)
{
	struct erps_pace pace;

	(void)state;
	erps_pace_init(&pace, ERPS_PACING_ALWAYS);
	called_with(&pace, "6d 00000001 'a'");
	came(&pace, "65727073 00000000 08 000204 'twelve chars' 00*24 00*48");
	assert_true(erps_pace_is_on(&pace));
	erps_pace_left(&pace, START);
	called(&pace);
	assert_int_equal(erps_pace_due(&pace, START), START + GAP);
}

static void
test_pacing_never_lets_everything_go(void **state)
{
	struct erps_pace pace;

	(void)state;
	erps_pace_init(&pace, ERPS_PACING_NEVER);
	assert_false(erps_pace_is_on(&pace));
	erps_pace_left(&pace, START);
	assert_int_equal(erps_pace_due(&pace, START), 0);
}

static void
test_a_client_has_one_call_in_flight(void **state)
{
	struct erps_turn turn;

	(void)state;
	erps_turn_init(&turn, ERPS_PACING_AUTO);
	assert_int_equal(erps_turn_due(&turn, START), 0);
	erps_turn_left(&turn, START, ERPS_CALL);
	assert_true(erps_turn_due(&turn, START + 10000 * MS) == UINT64_MAX);
	erps_turn_answered(&turn);
	assert_int_equal(erps_turn_due(&turn, START), 0);
}

static void
test_a_client_pauses_after_what_is_not_answered(void **state)
{
	struct erps_turn turn;

	(void)state;
	erps_turn_init(&turn, ERPS_PACING_AUTO);
	erps_turn_left(&turn, START, ERPS_CAST);
	assert_int_equal(erps_turn_due(&turn, START), START + 10 * MS);
	assert_int_equal(erps_turn_due(&turn, START + 10 * MS), 0);
	erps_turn_left(&turn, START, ERPS_KEEPALIVE);
	assert_int_equal(erps_turn_due(&turn, START), START + 10 * MS);
}

static void
test_a_client_lets_everything_go_to_a_server_of_ours(void **state)
{
	struct erps_turn turn;

	(void)state;
	erps_turn_init(&turn, ERPS_PACING_AUTO);
	erps_turn_left(&turn, START, ERPS_CALL);
	erps_turn_answered(&turn);
	erps_turn_proved(&turn);
	erps_turn_left(&turn, START, ERPS_CALL);
	erps_turn_left(&turn, START, ERPS_CAST);
	assert_int_equal(erps_turn_due(&turn, START), 0);
}

static void
test_a_client_keeps_to_what_is_configured(void **state)
{
	struct erps_turn turn;

	(void)state;
	erps_turn_init(&turn, ERPS_PACING_NEVER);
	erps_turn_left(&turn, START, ERPS_CALL);
	assert_int_equal(erps_turn_due(&turn, START), 0);
	erps_turn_init(&turn, ERPS_PACING_ALWAYS);
	erps_turn_proved(&turn);
	erps_turn_left(&turn, START, ERPS_CALL);
	assert_true(erps_turn_due(&turn, START) == UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_peer_is_taken_for_erps_while_it_looks_so),
		cmocka_unit_test(test_what_proved_that_it_is_not_erps_is_not_forgotten),
		cmocka_unit_test(test_the_first_packet_leaves_at_once_and_the_next_after_the_gap),
		cmocka_unit_test(
			test_the_second_of_two_calls_waits_though_the_first_was_answered_at_once),
		cmocka_unit_test(test_whatever_comes_the_gap_is_kept),
		cmocka_unit_test(test_pacing_always_believes_nothing),
		cmocka_unit_test(test_pacing_never_lets_everything_go),
		cmocka_unit_test(test_a_client_has_one_call_in_flight),
		cmocka_unit_test(test_a_client_pauses_after_what_is_not_answered),
		cmocka_unit_test(test_a_client_lets_everything_go_to_a_server_of_ours),
		cmocka_unit_test(test_a_client_keeps_to_what_is_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
