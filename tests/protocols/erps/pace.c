/* Pacing on a clock of the test's own: what a server sees of a peer, and a client of a server. */
#include "protocols/erps/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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
called_with(struct erps_pace *pace, uint64_t now, const char *ref)
{
	uint8_t buf[64];
	struct sb_bytes octets = octets_of(ref, buf, sizeof(buf));

	erps_pace_called(pace, now, (struct erps_term){octets.data, octets.size});
}

/* As phash2 gives them. */
static void
called(struct erps_pace *pace, uint64_t now)
{
	static uint32_t hash = 0x0408f0c9;
	char ref[16];

	hash = (hash * 1103515245 + 12345) % (1 << 27);
	hash = hash < 256 ? 256 : hash;
	snprintf(ref, sizeof(ref), "62 %08x", hash);
	called_with(pace, now, ref);
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
			called_with(&pace, START, peers[i].refs[k]);
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
	called_with(&pace, START, "6d 00000001 'a'");
	assert_false(erps_pace_is_on(&pace));
	called(&pace, START);
	assert_false(erps_pace_is_on(&pace));
	erps_pace_left(&pace, START, ERPS_REPLY);
	erps_pace_left(&pace, START, ERPS_REPLY);
	assert_int_equal(erps_pace_due(&pace, START), 0);
}

static void
test_the_first_packet_leaves_at_once_and_the_next_after_the_gap(void **state)
{
	struct erps_pace pace;

	(void)state;
	begin(&pace);
	assert_int_equal(erps_pace_due(&pace, START), 0);
	erps_pace_left(&pace, START, ERPS_REPLY);
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
	called(&pace, START);
	assert_int_equal(erps_pace_due(&pace, START), 0);
	erps_pace_left(&pace, START, ERPS_REPLY);
	called(&pace, START);
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

		called(&pace, now);
		assert_int_equal(erps_pace_due(&pace, now), 0);
		erps_pace_left(&pace, now, ERPS_REPLY);
		came(&pace, "65727073 00000000 08 000204 'capsrv' 00*30 00*48");
		came(&pace, "65727073 00000000 00");
		called(&pace, now + 13 * MS);
		assert_int_equal(erps_pace_due(&pace, now + 14 * MS), now + GAP);
	}
}

/* ---- Erps.Client as it reads, seen from here ---- */

/* A look begins `look` after the one before, and waits for 100 ms at most; it takes all that is
 * there for one packet. The client calls and casts between looks. */
struct poller {
	struct erps_pace pace;
	uint64_t look, next_look, look_ends; /* look_ends: 0: none is under way */
	unsigned callers;                    /* each calls again when it has its answer */
	bool is_pushed;                      /* a push before each of their answers */
	uint32_t others; /* who call whenever they like: one in so many steps; 0: none */
	unsigned others_wait;
	char queue[256]; /* what waits: p: a push, c: a caller's answer, o: another's */
	unsigned waiting;
	char unread[8];
	unsigned unread_count, read, lost;
};

static void
poller_queue(struct poller *p, char what)
{
	assert_true(p->waiting < sizeof(p->queue));
	p->queue[p->waiting++] = what;
}

static void
poller_call(struct poller *p, uint64_t now, char what)
{
	if (what == 'c' && p->is_pushed)
		poller_queue(p, 'p');
	called(&p->pace, now);
	poller_queue(p, what);
}

static void
poller_serve(struct poller *p, uint64_t now)
{
	char what = p->queue[0];

	if (p->waiting == 0 || erps_pace_due(&p->pace, now))
		return;
	memmove(p->queue, p->queue + 1, --p->waiting);
	erps_pace_left(&p->pace, now, what == 'p' ? ERPS_PUSH : ERPS_REPLY);
	assert_true(p->unread_count < sizeof(p->unread));
	p->unread[p->unread_count++] = what;
}

static void
poller_look(struct poller *p, uint64_t now)
{
	bool is_over = p->unread_count > 0 || now >= p->look_ends;

	if (p->unread_count > 1)
		p->lost += p->unread_count;
	else if (p->unread_count == 1)
		p->read++;
	if (p->unread_count == 1 && p->unread[0] == 'c')
		poller_call(p, now, 'c');
	p->unread_count = 0;
	if (is_over)
		p->look_ends = 0;
}

static void
poller_step(struct poller *p, uint64_t now)
{
	static uint32_t dice = 1;

	poller_serve(p, now);
	if (!p->look_ends && now >= p->next_look) {
		p->look_ends = now + 100 * MS;
		p->next_look = now + p->look;
	}
	if (p->look_ends)
		poller_look(p, now);
	dice = dice * 1664525 + 1013904223;
	if (p->others && (dice >> 8) % p->others == 0)
		p->others_wait++;
	/* Who calls while it looks must wait. */
	for (; !p->look_ends && p->others_wait > 0; p->others_wait--)
		poller_call(p, now, 'o');
}

/* How many packets it has read in a minute; none is lost. */
static unsigned
run_poller(struct poller p)
{
	p.next_look = START;
	begin(&p.pace);
	for (unsigned i = 0; i < p.callers; i++)
		poller_call(&p, START, 'c');
	for (uint64_t now = START; now < START + 60000 * MS; now += MS / 4)
		poller_step(&p, now);
	if (p.lost > 0 || !erps_pace_is_on(&p.pace))
		fail_msg("%u callers, looks %u us apart: %u lost, %u read", p.callers,
			(unsigned)(p.look / 1000), p.lost, p.read);
	return p.read;
}

/* Its clock is behind what it was set to, and more so on a busy machine. */
static void
test_an_erps_client_loses_nothing(void **state)
{
	(void)state;
	for (uint64_t look = 100 * MS; look <= 110 * MS; look += MS)
		for (unsigned callers = 0; callers < 4; callers++) {
			run_poller((struct poller){.look = look, .callers = callers});
			run_poller((struct poller){
				.look = look, .callers = callers, .is_pushed = true});
			/* Two a second: the clock makes 4000 steps. */
			run_poller(
				(struct poller){.look = look, .callers = callers, .others = 2000});
		}
}

static void
test_one_caller_of_an_erps_client_has_an_answer_a_poll(void **state)
{
	(void)state;
	assert_in_range(run_poller((struct poller){.look = 101 * MS, .callers = 1}), 588, 595);
}

/* Calls again `think` after each answer, with `window` calls outstanding, until it is not taken for
 * Erps any more: how long that took. */
static uint64_t
proof_of(unsigned window, uint64_t think)
{
	struct erps_pace pace;
	uint64_t now = START;

	begin(&pace);
	for (unsigned i = 0; i < window; i++)
		called(&pace, now);
	for (unsigned i = 0; i < 100 && erps_pace_is_on(&pace); i++) {
		uint64_t due = erps_pace_due(&pace, now);

		now = due ? due : now;
		erps_pace_left(&pace, now, ERPS_REPLY);
		now += think;
		called(&pace, now);
	}
	return erps_pace_is_on(&pace) ? UINT64_MAX : now - START;
}

static void
test_a_peer_that_calls_again_at_once_is_not_erps(void **state)
{
	(void)state;
	assert_true(proof_of(1, MS / 5) < 8 * GAP);
	assert_true(proof_of(8, MS) < 8 * GAP);
	assert_true(proof_of(100, 0) < 8 * GAP);
	assert_true(proof_of(1, 5 * MS) == UINT64_MAX);
	assert_true(proof_of(8, 101 * MS) == UINT64_MAX);
}

static void
test_pacing_always_believes_nothing(void **state)
{
	struct erps_pace pace;

	(void)state;
	erps_pace_init(&pace, ERPS_PACING_ALWAYS);
	called_with(&pace, START, "6d 00000001 'a'");
	came(&pace, "65727073 00000000 08 000204 'twelve chars' 00*24 00*48");
	assert_true(erps_pace_is_on(&pace));
	erps_pace_left(&pace, START, ERPS_REPLY);
	called(&pace, START);
	assert_int_equal(erps_pace_due(&pace, START), START + GAP);
}

static void
test_pacing_never_lets_everything_go(void **state)
{
	struct erps_pace pace;

	(void)state;
	erps_pace_init(&pace, ERPS_PACING_NEVER);
	assert_false(erps_pace_is_on(&pace));
	erps_pace_left(&pace, START, ERPS_REPLY);
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
		cmocka_unit_test(test_an_erps_client_loses_nothing),
		cmocka_unit_test(test_one_caller_of_an_erps_client_has_an_answer_a_poll),
		cmocka_unit_test(test_a_peer_that_calls_again_at_once_is_not_erps),
		cmocka_unit_test(test_pacing_always_believes_nothing),
		cmocka_unit_test(test_pacing_never_lets_everything_go),
		cmocka_unit_test(test_a_client_has_one_call_in_flight),
		cmocka_unit_test(test_a_client_pauses_after_what_is_not_answered),
		cmocka_unit_test(test_a_client_lets_everything_go_to_a_server_of_ours),
		cmocka_unit_test(test_a_client_keeps_to_what_is_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
