/* Parts joined: in any order, within bounds, whatever peers send and whatever memory there is. */
#include "protocols/smpp/assembly.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/protocols/smpp/pdus.h"
#include "tests/support/octets.h"

#define WAIT 100

/* Memory that is counted, and that fails when told. */
static struct {
	size_t used, most;
	size_t fail_at; /* the n-th allocation from now fails; 0: none */
} memory;

static void *
take(void *context, size_t size)
{
	size_t *block;

	(void)context;
	if (memory.fail_at && --memory.fail_at == 0)
		return NULL;
	block = malloc(16 + size);
	if (!block)
		abort();
	*block = size;
	memory.used += size;
	if (memory.used > memory.most)
		memory.most = memory.used;
	return (char *)block + 16;
}

static void
give_back(void *context, void *pointer)
{
	size_t *block = (size_t *)(void *)((char *)pointer - 16);

	(void)context;
	memory.used -= *block;
	free(block);
}

static struct smpp_assembly *assembly;
static struct smpp_assembled whole;

static struct smpp_assembly_options
usual_options(void)
{
	return (struct smpp_assembly_options){
		.allocate = take, .release = give_back, .seed = 42, .wait = WAIT};
}

static void
open_with(struct smpp_assembly_options options)
{
	memory.used = memory.most = memory.fail_at = 0;
	assert_int_equal(smpp_assembly_new(&options, &assembly), 0);
}

static int
opened(void **state)
{
	(void)state;
	open_with(usual_options());
	return 0;
}

static int
closed(void **state)
{
	(void)state;
	smpp_assembly_free(assembly);
	assembly = NULL;
	assert_int_equal(memory.used, 0);
	return 0;
}

static struct smpp_assembly_part
part_of(const char *source, uint16_t ref, uint8_t total, uint8_t number, const char *octets)
{
	return (struct smpp_assembly_part){
		.source = smpp_address(1, 1, source),
		.destination = smpp_address(1, 1, "46702"),
		.kind = SMPP_ASSEMBLY_UDH_8,
		.concat = {ref, false, total, number},
		.octets = sb_bytes_text(octets),
	};
}

static int
add(const char *source, uint16_t ref, uint8_t total, uint8_t number, const char *octets)
{
	struct smpp_assembly_part part = part_of(source, ref, total, number, octets);

	return smpp_assembly_add(assembly, &part, 0, &whole);
}

static void
expect_whole(const char *text)
{
	assert_true(sb_bytes_equal(whole.octets, sb_bytes_text(text)));
}

static void
expect_open(unsigned messages, unsigned sources)
{
	assert_int_equal(smpp_assembly_counts(assembly).messages, messages);
	assert_int_equal(smpp_assembly_counts(assembly).sources, sources);
}

static void
test_parts_in_any_order_are_joined(void **state)
{
	static const uint8_t orders[][3] = {
		{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
	static const char *const texts[] = {"", "one ", "", "three"};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		for (size_t n = 0; n < 3; n++)
			assert_int_equal(add("1", 7, 3, orders[i][n], texts[orders[i][n]]),
				n < 2 ? SB_AGAIN : 0);
		expect_whole("one three");
		assert_int_equal(whole.parts, 3);
		expect_open(0, 0);
	}
	assert_int_equal(smpp_assembly_counts(assembly).octets, 0);
	assert_int_equal(smpp_assembly_counts(assembly).joined, 6);
	assert_int_equal(smpp_assembly_counts(assembly).parts, 18);
	(void)state;
}

static void
test_one_part_of_one_is_whole(void **state)
{
	assert_int_equal(add("1", 7, 1, 1, "all"), 0);
	expect_whole("all");
	assert_int_equal(add("1", 7, 1, 1, ""), 0);
	expect_whole("");
	expect_open(0, 0);
	(void)state;
}

static void
test_a_number_that_comes_twice_changes_nothing(void **state)
{
	assert_int_equal(add("1", 7, 2, 2, "b"), SB_AGAIN);
	assert_int_equal(add("1", 7, 2, 2, "c"), SB_EEXIST);
	assert_int_equal(add("1", 7, 2, 1, "a"), 0);
	expect_whole("ab");
	assert_int_equal(smpp_assembly_counts(assembly).duplicates, 1);
	(void)state;
}

/* Each differs from the first in one thing, and belongs to another message. */
static void
test_parts_of_other_messages_are_not_mixed_in(void **state)
{
	struct smpp_assembly_part parts[9];

	for (size_t i = 0; i < 9; i++)
		parts[i] = part_of("46701", 7, 2, 1, "x");
	parts[1].source.digits = sb_bytes_text("46703");
	parts[2].source.ton = 0;
	parts[3].destination.digits = sb_bytes_text("46703");
	parts[4].destination.npi = 0;
	parts[5].kind = SMPP_ASSEMBLY_SAR;
	parts[6].concat.ref = 8;
	parts[7].concat.total = 3;
	parts[8].data_coding = 8;
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(smpp_assembly_add(assembly, &parts[i], 0, &whole), SB_AGAIN);
	expect_open(9, 3);
	for (size_t i = 0; i < 9; i++) {
		parts[i].concat.part = 2;
		assert_int_equal(smpp_assembly_add(assembly, &parts[i], 0, &whole),
			parts[i].concat.total == 3 ? SB_AGAIN : 0);
	}
	expect_open(1, 1);
	(void)state;
}

static void
test_what_waits_too_long_is_dropped(void **state)
{
	struct smpp_assembly_part part = part_of("1", 1, 3, 1, "a");

	assert_true(smpp_assembly_deadline(assembly) == UINT64_MAX);
	assert_int_equal(smpp_assembly_add(assembly, &part, 10, &whole), SB_AGAIN);
	part.concat.ref = 2;
	assert_int_equal(smpp_assembly_add(assembly, &part, 20, &whole), SB_AGAIN);
	assert_int_equal(smpp_assembly_deadline(assembly), 10 + WAIT);
	/* Later parts do not make it young again. */
	part.concat.ref = 1;
	part.concat.part = 2;
	assert_int_equal(smpp_assembly_add(assembly, &part, 50, &whole), SB_AGAIN);
	assert_int_equal(smpp_assembly_expire(assembly, 9 + WAIT), 0);
	part.concat.part = 3;
	assert_int_equal(smpp_assembly_add(assembly, &part, 10 + WAIT, &whole), SB_AGAIN);
	expect_open(2, 1);
	assert_int_equal(smpp_assembly_counts(assembly).expired, 1);
	assert_int_equal(smpp_assembly_expire(assembly, 1000), 2);
	expect_open(0, 0);
	/* At the end of time nothing overflows. */
	assert_int_equal(smpp_assembly_add(assembly, &part, UINT64_MAX - 1, &whole), SB_AGAIN);
	(void)state;
}

static void
test_wrong_numbers_and_sizes_are_refused(void **state)
{
	static char digits[300];
	struct smpp_assembly_part part = part_of("1", 1, 0, 0, "a");

	assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_EINVAL);
	part.concat.total = 2;
	assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_EINVAL);
	part.concat.part = 3;
	assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_EINVAL);
	part.concat.part = 1;
	part.octets = sb_bytes(digits, UINT16_MAX + 1);
	assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_EINVAL);
	part.octets = sb_bytes_text("a");
	part.source.digits = sb_bytes(digits, sizeof(digits));
	assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_EINVAL);
	part = part_of("1", 1, 2, 1, "a");
	part.destination.digits = sb_bytes(digits, sizeof(digits));
	assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_EINVAL);
	(void)state;
}

static void
test_of_a_source_the_oldest_message_gives_way(void **state)
{
	struct smpp_assembly_options options = usual_options();

	(void)state;
	options.source_messages_max = 3;
	open_with(options);
	assert_int_equal(add("other", 1, 2, 1, "o"), SB_AGAIN);
	for (uint16_t ref = 1; ref <= 4; ref++)
		assert_int_equal(add("1", ref, 2, 1, "a"), SB_AGAIN);
	expect_open(4, 2);
	assert_int_equal(smpp_assembly_counts(assembly).evicted, 1);
	assert_int_equal(add("other", 1, 2, 2, "k"), 0);
	assert_int_equal(add("1", 2, 2, 2, "b"), 0);
	assert_int_equal(add("1", 1, 2, 2, "b"), SB_AGAIN); /* its first part is gone */
	closed(state);
}

static void
test_of_all_the_oldest_message_gives_way(void **state)
{
	struct smpp_assembly_options options = usual_options();

	(void)state;
	options.messages_max = 3;
	open_with(options);
	for (char source[] = "a"; source[0] <= 'd'; source[0]++)
		assert_int_equal(add(source, 1, 2, 1, "1"), SB_AGAIN);
	expect_open(3, 3);
	assert_int_equal(smpp_assembly_counts(assembly).evicted, 1);
	assert_int_equal(add("b", 1, 2, 2, "2"), 0);
	closed(state);
}

static void
test_a_message_too_large_for_its_source_is_dropped(void **state)
{
	static char octets[600];
	struct smpp_assembly_options options = usual_options();
	struct smpp_assembly_part part = part_of("1", 1, 9, 1, "a");

	options.source_octets_max = 1500;
	open_with(options);
	part.octets = sb_bytes(octets, sizeof(octets));
	for (part.concat.part = 1; part.concat.part <= 2; part.concat.part++)
		assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_AGAIN);
	assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_ELIMIT);
	expect_open(0, 0);
	/* Nor does one part that is too large alone. */
	part.octets = sb_bytes(octets, 0);
	options.source_octets_max = 10;
	closed(state);
	open_with(options);
	assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_ELIMIT);
	expect_open(0, 0);
	closed(state);
	options = usual_options();
	options.octets_max = 10;
	open_with(options);
	assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_ELIMIT);
	closed(state);
	options.octets_max = 1500;
	open_with(options);
	part.octets = sb_bytes(octets, sizeof(octets));
	for (part.concat.part = 1; part.concat.part <= 2; part.concat.part++)
		assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_AGAIN);
	assert_int_equal(smpp_assembly_add(assembly, &part, 0, &whole), SB_ELIMIT);
	expect_open(0, 0);
	closed(state);
}

/* Nobody ever sends the rest: from one source, and from as many as there are. */
static void
test_memory_stays_flat_under_attack(void **state)
{
	struct smpp_assembly_options options = usual_options();
	static char octets[1000];
	struct chance c = chance_of(0xA77AC);

	options.octets_max = 200000;
	options.source_octets_max = 20000;
	options.messages_max = 500;
	open_with(options);
	for (unsigned i = 0; i < 50000; i++) {
		char source[16];
		struct smpp_assembly_part part;
		struct smpp_assembly_counts counts;

		snprintf(source, sizeof(source), "%u", i % 3 ? 7 : chance_below(&c, 100000));
		part = part_of(source, (uint16_t)chance_below(&c, 65536), 255,
			(uint8_t)(1 + chance_below(&c, 255)), "");
		part.octets = sb_bytes(octets, chance_below(&c, sizeof(octets)));
		assert_int_equal(smpp_assembly_add(assembly, &part, i / 1000, &whole), SB_AGAIN);
		counts = smpp_assembly_counts(assembly);
		assert_true(counts.octets <= options.octets_max);
		assert_true(counts.messages <= options.messages_max);
	}
	/* What is counted is what is taken, and the tables of the beginning. */
	assert_true(memory.most <= options.octets_max + 20000);
	assert_true(smpp_assembly_counts(assembly).evicted > 40000);
	closed(state);
}

static void
test_each_allocation_may_fail(void **state)
{
	struct smpp_assembly_options options = usual_options();

	memory.fail_at = 1;
	assert_int_equal(smpp_assembly_new(&options, &assembly), SB_ENOMEM);
	options.wait = 0;
	assert_int_equal(smpp_assembly_new(&options, &assembly), SB_EINVAL);
	opened(state);
	/* Source, message and chunk of a first part. */
	for (size_t n = 1; n <= 3; n++) {
		memory.fail_at = n;
		assert_int_equal(add("1", 7, 3, 1, "a"), SB_ENOMEM);
		expect_open(0, 0);
		assert_int_equal(smpp_assembly_counts(assembly).octets, 0);
	}
	assert_int_equal(add("1", 7, 3, 1, "a"), SB_AGAIN);
	/* The chunk of a second, and the whole: what was there stays. */
	memory.fail_at = 1;
	assert_int_equal(add("1", 7, 3, 2, "b"), SB_ENOMEM);
	assert_int_equal(add("1", 7, 3, 2, "b"), SB_AGAIN);
	memory.fail_at = 1;
	assert_int_equal(add("1", 7, 3, 3, "c"), SB_ENOMEM);
	expect_open(1, 1);
	assert_int_equal(add("1", 7, 3, 3, "c"), 0);
	expect_whole("abc");
	closed(state);
}

/* What the text module splits, shuffled, comes out as it was. */
static void
test_parts_of_a_text_are_joined_to_it(void **state)
{
	static const char *const letters[] = {"a", "€", "я", "😀"};
	struct chance c = chance_of(0x10E7);

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct smpp_text_options options = {.form = (uint8_t)(round % 3),
			.packed = chance_below(&c, 2),
			.ref = (uint16_t)round};
		const struct smpp_text_reading reading = {.packed = options.packed};
		char text[8000], utf8[9000];
		uint8_t octets[255][SMPP_TEXT_PART_SIZE_MAX];
		struct smpp_pdu pdus[255];
		struct smpp_text_plan plan;
		struct smpp_text_part part;
		struct sb_writer w = sb_writer_of(text, sizeof(text));
		unsigned count = 0;
		int err = SB_AGAIN;

		for (size_t n = 300 + chance_below(&c, 500); n > 0; n--) {
			const char *letter = letters[chance_below(&c, 1 + round % 4)];

			sb_put_bytes(&w, letter, strlen(letter));
		}
		assert_int_equal(
			smpp_text_plan(sb_bytes(text, sb_writer_size(&w)), &options, &plan), 0);
		for (;; count++) {
			struct sb_writer out = sb_writer_of(octets[count], sizeof(octets[count]));

			if (smpp_text_next(&plan, &out, &part))
				break;
			pdus[count] = (struct smpp_pdu){.header.command = SMPP_DELIVER_SM};
			pdus[count].deliver_sm.source_addr = sb_bytes_text("46701");
			smpp_text_fill(&part, &pdus[count]);
		}
		for (unsigned left = count; left > 0; left--) {
			unsigned n = chance_below(&c, left);
			uint8_t scratch[SMPP_ASSEMBLY_SCRATCH];
			struct smpp_assembly_part piece;

			assert_int_equal(smpp_assembly_part_of(&pdus[n], &reading, scratch,
						 sizeof(scratch), &piece),
				0);
			err = smpp_assembly_add(assembly, &piece, 0, &whole);
			assert_int_equal(err, left == 1 ? 0 : SB_AGAIN);
			pdus[n] = pdus[left - 1];
		}
		assert_int_equal(whole.parts, count);
		w = sb_writer_of(utf8, sizeof(utf8));
		assert_int_equal(smpp_text_decode(whole.octets, &whole.encoding, false, 0, &w), 0);
		assert_int_equal(sb_writer_size(&w), plan.text.size);
		assert_memory_equal(utf8, text, plan.text.size);
	}
}

static void
expect_part(uint32_t command, const char *message, const char *tlvs, int result)
{
	static uint8_t buf[64], tlv_buf[64];
	struct smpp_pdu pdu = {.header.command = command};
	struct smpp_assembly_part part;

	if (command == SMPP_SUBMIT_SM) {
		pdu.submit_sm.esm_class = *message ? SMPP_ESM_UDHI : 0;
		pdu.submit_sm.short_message = octets_of(message, buf, sizeof(buf));
		pdu.submit_sm.data_coding = 4; /* no text: joined, too */
	}
	pdu.tlvs = octets_of(tlvs, tlv_buf, sizeof(tlv_buf));
	assert_int_equal(smpp_assembly_part_of(&pdu, NULL, NULL, 0, &part), result);
}

static void
test_what_is_a_part_and_what_is_not(void **state)
{
	const char *sar = "020C0002ABCD 020E000102 020F000102";

	expect_part(SMPP_SUBMIT_SM, "05 0003CD0202 'a'", "", 0);
	expect_part(SMPP_SUBMIT_SM, "06 0804CDEF0202 'a'", "", 0);
	expect_part(SMPP_SUBMIT_SM, "", sar, 0);
	expect_part(SMPP_DATA_SM, "", sar, 0);
	expect_part(SMPP_SUBMIT_SM, "05 0003CD0101 'a'", "", SB_ENOENT);
	expect_part(SMPP_SUBMIT_SM, "03 240101 'a'", "", SB_ENOENT);
	expect_part(SMPP_SUBMIT_SM, "", "", SB_ENOENT);
	expect_part(SMPP_SUBMIT_SM, "05 0003CD0203 'a'", "", SB_EPROTO);
	expect_part(SMPP_SUBMIT_SM, "05 00", "", SB_EPROTO);
	expect_part(SMPP_QUERY_SM, "", sar, SB_ENOENT);
	/* Many destinations are none. */
	expect_part(SMPP_SUBMIT_MULTI, "", sar, SB_ENOENT);
	(void)state;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_parts_in_any_order_are_joined),
		TEST(test_one_part_of_one_is_whole),
		TEST(test_a_number_that_comes_twice_changes_nothing),
		TEST(test_parts_of_other_messages_are_not_mixed_in),
		TEST(test_what_waits_too_long_is_dropped),
		TEST(test_wrong_numbers_and_sizes_are_refused),
		TEST(test_parts_of_a_text_are_joined_to_it),
		cmocka_unit_test(test_of_a_source_the_oldest_message_gives_way),
		cmocka_unit_test(test_of_all_the_oldest_message_gives_way),
		cmocka_unit_test(test_a_message_too_large_for_its_source_is_dropped),
		cmocka_unit_test(test_memory_stays_flat_under_attack),
		cmocka_unit_test(test_each_allocation_may_fail),
		cmocka_unit_test(test_what_is_a_part_and_what_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
