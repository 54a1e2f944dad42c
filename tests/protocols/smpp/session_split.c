/*
 * A whole conversation in every split, octet by octet, on machines that delay and
 * tear at will, and with each allocation failing once: what the application sees
 * and what the peer gets is the same, or the session ends in order.
 */
#include "tests/protocols/smpp/pdus.h"
#include "tests/protocols/smpp/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 150

static struct bed bed;

/* What the peer says: a bind, good and bad requests, an unbind. */
static size_t
conversation(uint8_t *octets, size_t size)
{
	static const uint8_t unknown[] = {0, 0, 0, 18, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 4, 9, 9};
	static const uint8_t cut[] = {
		0, 0, 0, 20, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 'a', 0, 0, 0};
	static const uint8_t ping[] = {0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 6};
	static const uint8_t unbind[] = {0, 0, 0, 16, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 7};
	struct smpp_pdu bind = {.header = {.command = SMPP_BIND_TRANSCEIVER, .sequence = 1}};
	struct sb_writer w = sb_writer_of(octets, size);

	bind.bind.system_id = sb_bytes_text("alice");
	bind.bind.interface_version = 0x34;
	assert_int_equal(smpp_encode(&bind, &w), 0);
	for (uint32_t i = 2; i <= 3; i++) {
		struct smpp_pdu submit = bed_submit(i);

		assert_int_equal(smpp_encode(&submit, &w), 0);
	}
	sb_put_bytes(&w, unknown, sizeof(unknown));
	sb_put_bytes(&w, cut, sizeof(cut));
	sb_put_bytes(&w, ping, sizeof(ping));
	sb_put_bytes(&w, unbind, sizeof(unbind));
	assert_false(sb_writer_failed(&w));
	return sb_writer_size(&w);
}

static void
expect_all_answers(void)
{
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER_RESP, SMPP_ROK, 1);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 2);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 3);
	bed_expect(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDID, 4);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVCMDLEN, 5);
	bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, SMPP_ROK, 6);
	bed_expect(&bed, SMPP_UNBIND_RESP, SMPP_ROK, 7);
	bed_expect_closed(&bed, SB_END_PEER);
	bed_expect_trace(&bed, "bind alice  bound_trx 34 try 1;submit_sm 2;submit_sm 3;"
			       "unparsed unknown ESME_RINVCMDID;"
			       "unparsed submit_sm ESME_RINVCMDLEN;unbinding;closed peer;");
}

static void
test_octet_by_octet_is_the_same(void **state)
{
	uint8_t octets[512];
	size_t size = conversation(octets, sizeof(octets));

	(void)state;
	bed_open(&bed, NULL);
	for (size_t i = 0; i < size; i++)
		bed_send_octets(&bed, sb_bytes(octets + i, 1));
	expect_all_answers();
	bed_close(&bed);
}

static void
test_every_split_in_two_is_the_same(void **state)
{
	uint8_t octets[512];
	size_t size = conversation(octets, sizeof(octets));

	(void)state;
	for (size_t split = 0; split <= size; split++) {
		bed_open(&bed, NULL);
		bed_send_octets(&bed, sb_bytes(octets, split));
		bed_send_octets(&bed, sb_bytes(octets + split, size - split));
		expect_all_answers();
		bed_close(&bed);
	}
}

static void
test_every_seed_is_the_same(void **state)
{
	uint8_t octets[512];
	size_t size = conversation(octets, sizeof(octets));

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		const struct sim_options sim = {.seed = seed};

		bed_open_with(&bed, NULL, NULL, &sim);
		bed_send_octets(&bed, sb_bytes(octets, size));
		bed_turn(&bed);
		expect_all_answers();
		bed_close(&bed);
	}
}

/* Runs the conversation; whether the session came to its good end. */
static bool
converse(const uint8_t *octets, size_t size)
{
	bool is_good;

	bed.answers_later = true;
	bed_send_octets(&bed, sb_bytes(octets, size));
	for (size_t i = 0; bed.session && i < bed.kept_count; i++)
		(void)bed_answer(&bed, i, SMPP_ROK);
	sim_finish(bed.peer);
	bed_pass(&bed, 100000);
	is_good = strstr(bed.trace, "closed peer;") != NULL;
	return is_good;
}

static void
test_each_allocation_may_fail(void **state)
{
	uint8_t octets[512];
	size_t size = conversation(octets, sizeof(octets));
	uint64_t before, used;

	(void)state;
	bed_open(&bed, NULL);
	before = sim_allocations(bed.sim);
	assert_true(converse(octets, size));
	used = sim_allocations(bed.sim) - before;
	bed_close(&bed);
	assert_true(used > 0);
	for (uint64_t nth = 1; nth <= used; nth++) {
		bed_open(&bed, NULL);
		bed.lacks_memory = true;
		bed.tells_sent = nth % 2;
		sim_fail_allocation(bed.sim, nth);
		(void)converse(octets, size);
		/* Whatever failed, one session ended, once, and nothing is left of it. */
		assert_null(bed.session);
		bed_close(&bed);
	}
}

/* PDUs of every command with generated values, in every state that one can be in by then. */
static void
test_generated_pdus_are_each_answered_once(void **state)
{
	static const uint32_t binds[] = {0, SMPP_BIND_TRANSMITTER, SMPP_BIND_TRANSCEIVER};
	static struct generated g;
	struct chance chance = chance_of(20261120);
	const struct smpp_command_info *commands;
	size_t count;

	(void)state;
	commands = smpp_command_table(&count);
	for (size_t round = 0; round < 30; round++) {
		for (size_t i = 0; i < count; i++) {
			uint32_t id = commands[i].id, answer = smpp_answer_of(id);
			struct smpp_pdu pdu;

			bed_open(&bed, NULL);
			if (binds[round % 3])
				bed_bind(&bed, binds[round % 3]);
			generate_pdu(&g, &commands[i], &chance);
			bed_send(&bed, &g.pdu);
			if (answer) {
				assert_true(bed_take(&bed, &pdu));
				assert_int_equal(pdu.header.command, answer);
				assert_int_equal(pdu.header.sequence, g.pdu.header.sequence);
			}
			bed_expect_nothing(&bed);
			bed_close(&bed);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octet_by_octet_is_the_same),
		cmocka_unit_test(test_every_split_in_two_is_the_same),
		cmocka_unit_test(test_every_seed_is_the_same),
		cmocka_unit_test(test_each_allocation_may_fail),
		cmocka_unit_test(test_generated_pdus_are_each_answered_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
