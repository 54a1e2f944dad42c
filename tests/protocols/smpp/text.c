/* Texts as messages: the cheapest encoding, the parts, and the text out of them again. */
#include "protocols/smpp/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "protocols/smpp/text_pack.h"
#include "protocols/smpp/udh.h"
#include "tests/protocols/smpp/pdus.h"
#include "tests/support/octets.h"

#define AIR_OCTETS 140

static const struct smpp_encoding every_set[] = {
	{SMPP_CHARSET_GSM7, {0, 0}},
	{SMPP_CHARSET_GSM7, {0, 1}},
	{SMPP_CHARSET_GSM7, {0, 2}},
	{SMPP_CHARSET_GSM7, {3, 0}},
	{SMPP_CHARSET_GSM7, {3, 3}},
	{SMPP_CHARSET_ASCII, {0, 0}},
	{SMPP_CHARSET_LATIN1, {0, 0}},
	{SMPP_CHARSET_UTF16, {0, 0}},
};

/* `count` times a character. */
static struct sb_bytes
repeated(const char *character, size_t count)
{
	static char text[70000];
	size_t size = strlen(character);

	assert_true(count * size <= sizeof(text));
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * size, character, size);
	return sb_bytes(text, count * size);
}

static unsigned
parts_of(struct sb_bytes text, const struct smpp_text_options *options)
{
	struct smpp_text_plan plan;

	assert_int_equal(smpp_text_plan(text, options, &plan), 0);
	return plan.parts;
}

/* The most characters that one message takes, and that two parts take. */
static void
expect_limits(
	const char *character, const struct smpp_text_options *options, size_t one, size_t two)
{
	assert_int_equal(parts_of(repeated(character, one), options), 1);
	assert_int_equal(parts_of(repeated(character, one + 1), options), 2);
	assert_int_equal(parts_of(repeated(character, two), options), 2);
	assert_int_equal(parts_of(repeated(character, two + 1), options), 3);
}

static void
test_the_limits_of_a_message_and_of_a_part(void **state)
{
	struct smpp_text_options options = {.candidate_count = 1};

	options.candidates = &every_set[0];
	expect_limits("a", &options, 160, 2 * 153);
	expect_limits("€", &options, 80, 2 * 76);
	options.candidates = &every_set[2]; /* an element of 3 octets in each header */
	expect_limits("a", &options, 155, 2 * 149);
	options.candidates = &every_set[4]; /* two of them */
	expect_limits("a", &options, 152, 2 * 146);
	options.candidates = &every_set[6];
	expect_limits("ÿ", &options, 140, 2 * 134);
	options.candidates = &every_set[7];
	expect_limits("я", &options, 70, 2 * 67);
	expect_limits("😀", &options, 35, 2 * 33);
	for (uint8_t form = SMPP_TEXT_UDH_16; form <= SMPP_TEXT_SAR; form++) {
		options.form = form;
		options.candidates = &every_set[0];
		expect_limits("a", &options, 160, 2 * 152);
		options.candidates = &every_set[6];
		expect_limits("ÿ", &options, 140, 2 * 133);
		options.candidates = &every_set[7];
		expect_limits("я", &options, 70, 2 * 66);
	}
	(void)state;
}

static void
test_the_cheapest_encoding_is_chosen(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		unsigned set; /* of every_set */
	} cases[] = {
		{"hello", 1, 0},
		{"hello ğ", 1, 1},
		{"hello á", 1, 6}, /* one octet less than with an escape */
		{"hello ê", 1, 6},
		{"ê", 150, 3}, /* Latin-1 takes two messages */
		{"€", 90, 3},  /* and so do escapes */
		{"я", 1, 7},
		{"hello я", 40, 7},
		{"`", 1, 5},
		{"", 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct smpp_text_options options = {.candidates = every_set,
			.candidate_count = sizeof(every_set) / sizeof(every_set[0])};
		const struct smpp_encoding *expected = &every_set[cases[i].set];
		struct smpp_text_plan plan;

		assert_int_equal(
			smpp_text_plan(repeated(cases[i].text, cases[i].count), &options, &plan),
			0);
		assert_int_equal(plan.encoding.charset, expected->charset);
		assert_int_equal(plan.encoding.shift.single, expected->shift.single);
		assert_int_equal(plan.encoding.shift.locking, expected->shift.locking);
	}
	(void)state;
}

static void
test_data_codings_follow_the_peer(void **state)
{
	static const struct {
		uint8_t by_default;
		unsigned set;
		int result;
		uint8_t data_coding;
	} cases[] = {
		{SMPP_CHARSET_GSM7, 0, 0, 0},
		{SMPP_CHARSET_GSM7, 5, 0, 1},
		{SMPP_CHARSET_GSM7, 6, 0, 3},
		{SMPP_CHARSET_GSM7, 7, 0, 8},
		{SMPP_CHARSET_LATIN1, 0, SB_ENOTSUP, 0},
		{SMPP_CHARSET_LATIN1, 6, 0, 0},
		{SMPP_CHARSET_ASCII, 5, 0, 0},
		{SMPP_CHARSET_ASCII, 6, 0, 3},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct smpp_text_options options = {.default_charset = cases[i].by_default,
			.candidates = &every_set[cases[i].set],
			.candidate_count = 1};
		struct smpp_text_plan plan;

		assert_int_equal(
			smpp_text_plan(sb_bytes_text("a"), &options, &plan), cases[i].result);
		if (cases[i].result == 0)
			assert_int_equal(plan.data_coding, cases[i].data_coding);
	}
	(void)state;
}

static void
test_what_cannot_be_sent_is_told(void **state)
{
	const struct smpp_encoding hindi = {SMPP_CHARSET_GSM7, {0, 6}};
	struct smpp_text_options options = {.candidates = every_set, .candidate_count = 1};
	struct smpp_text_plan plan;

	assert_int_equal(smpp_text_plan(sb_bytes_text("ab\xFF"), NULL, &plan), SB_EINVAL);
	assert_int_equal(plan.bad_at, 2);
	assert_int_equal(smpp_text_plan(sb_bytes_text("abя"), &options, &plan), SB_ENOTSUP);
	assert_int_equal(plan.bad_at, 2);
	/* Of several candidates the one that comes furthest. */
	options.candidate_count = 7;
	assert_int_equal(smpp_text_plan(sb_bytes_text("aáêя"), &options, &plan), SB_ENOTSUP);
	assert_int_equal(plan.bad_at, 5);
	options.form = SMPP_TEXT_PAYLOAD + 1;
	assert_int_equal(smpp_text_plan(sb_bytes_text("a"), &options, &plan), SB_EINVAL);
	options.form = SMPP_TEXT_UDH_8;
	options.candidates = &hindi;
	options.candidate_count = 1;
	assert_int_equal(smpp_text_plan(sb_bytes_text("a"), &options, &plan), SB_ENOTSUP);
	(void)state;
}

static void
test_more_parts_than_there_are_numbers_are_refused(void **state)
{
	struct smpp_text_options options = {0};
	struct smpp_text_plan plan;

	for (uint8_t form = SMPP_TEXT_UDH_8; form <= SMPP_TEXT_PAYLOAD; form++) {
		size_t most = (size_t)255 *
			      (form == SMPP_TEXT_UDH_8 || form == SMPP_TEXT_PAYLOAD ? 153 : 152);

		options.form = form;
		options.parts_max = 0;
		assert_int_equal(smpp_text_plan(repeated("a", most), &options, &plan), 0);
		assert_int_equal(
			smpp_text_plan(repeated("a", most + 1), &options, &plan), SB_ELIMIT);
		options.parts_max = 2;
		assert_int_equal(smpp_text_plan(repeated("a", 300), &options, &plan), 0);
		assert_int_equal(smpp_text_plan(repeated("a", 400), &options, &plan), SB_ELIMIT);
	}
	(void)state;
}

static void
expect_part(const struct smpp_text_part *part, unsigned number, uint8_t esm_class,
	const char *message, const char *tlvs)
{
	uint8_t buf[256];
	struct sb_bytes octets = octets_of(message, buf, sizeof(buf));

	assert_int_equal(part->number, number);
	assert_int_equal(part->esm_class, esm_class);
	assert_true(part->short_message.size >= octets.size);
	assert_memory_equal(part->short_message.data, octets.data, octets.size);
	octets = octets_of(tlvs, buf, sizeof(buf));
	assert_true(part->tlvs.size >= octets.size);
	assert_memory_equal(part->tlvs.data, octets.data, octets.size);
}

/* The first octets of the second part (or of the only one) in each form. */
static void
test_each_form_as_octets(void **state)
{
	static const struct {
		uint8_t form;
		bool packed;
		unsigned set;
		unsigned number;
		uint8_t esm_class;
		const char *message;
		const char *tlvs;
	} cases[] = {
		{SMPP_TEXT_UDH_8, false, 0, 2, 0x40, "05 0003CD0202 'aa'", ""},
		{SMPP_TEXT_UDH_16, false, 0, 2, 0x40, "06 0804ABCD0202 'aa'", ""},
		{SMPP_TEXT_UDH_8, false, 1, 2, 0x40, "08 0003CD0202 240101 'aa'", ""},
		{SMPP_TEXT_UDH_8, false, 4, 2, 0x40, "0B 0003CD0202 240103 250103 'aa'", ""},
		{SMPP_TEXT_SAR, false, 0, 2, 0, "'aa'", "020C0002ABCD 020E000102 020F000102"},
		{SMPP_TEXT_SAR, false, 1, 2, 0x40, "03 240101 'aa'",
			"020C0002ABCD 020E000102 020F000102"},
		{SMPP_TEXT_PAYLOAD, false, 0, 1, 0, "", "0424 00C8 'aaaa'"},
		{SMPP_TEXT_PAYLOAD, false, 1, 1, 0x40, "", "0424 00CC 03 240101 'aaaa'"},
		{SMPP_TEXT_PAYLOAD, true, 0, 1, 0, "", "0424 00AF E17038"},
		{SMPP_TEXT_UDH_8, true, 0, 2, 0x40, "05 0003CD0202 C2E170", ""},
		{SMPP_TEXT_UDH_16, true, 0, 2, 0x40, "06 0804ABCD0202 E17038", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct smpp_text_options options = {.form = cases[i].form,
			.packed = cases[i].packed,
			.ref = 0xABCD,
			.candidates = &every_set[cases[i].set],
			.candidate_count = 1};
		struct smpp_text_plan plan;
		struct smpp_text_part part = {0};
		uint8_t buf[512];

		assert_int_equal(smpp_text_plan(repeated("a", 200), &options, &plan), 0);
		for (unsigned n = 0; n < cases[i].number; n++) {
			struct sb_writer w = sb_writer_of(buf, sizeof(buf));

			assert_int_equal(smpp_text_next(&plan, &w, &part), 0);
		}
		expect_part(&part, cases[i].number, cases[i].esm_class, cases[i].message,
			cases[i].tlvs);
	}
	(void)state;
}

static void
test_a_short_text_has_no_form(void **state)
{
	for (uint8_t form = SMPP_TEXT_UDH_8; form <= SMPP_TEXT_PAYLOAD; form++) {
		const struct smpp_text_options options = {.form = form};
		struct smpp_text_plan plan;
		struct smpp_text_part part;
		uint8_t buf[8];
		struct sb_writer w = sb_writer_of(buf, sizeof(buf));

		assert_int_equal(smpp_text_plan(sb_bytes_text("a€"), &options, &plan), 0);
		assert_int_equal(smpp_text_payload_size(&plan), 0);
		assert_int_equal(smpp_text_next(&plan, &w, &part), 0);
		expect_part(&part, 1, 0, "61 1B65", "");
		assert_int_equal(part.short_message.size, 3);
		assert_int_equal(part.tlvs.size, 0);
		assert_int_equal(smpp_text_next(&plan, &w, &part), SB_ENOENT);
	}
	(void)state;
}

static void
test_without_room_a_part_can_be_made_again(void **state)
{
	uint8_t buf[SMPP_TEXT_PART_SIZE_MAX];

	for (uint8_t form = SMPP_TEXT_UDH_8; form <= SMPP_TEXT_SAR; form++) {
		const struct smpp_text_options options = {
			.form = form, .packed = form == SMPP_TEXT_UDH_16};
		struct smpp_text_plan plan;
		struct smpp_text_part part;
		struct sb_writer w;
		int err = SB_ENOSPC;

		assert_int_equal(smpp_text_plan(repeated("a", 170), &options, &plan), 0);
		for (size_t room = 0; err; room++) {
			w = sb_writer_of(buf, room);
			err = smpp_text_next(&plan, &w, &part);
			assert_true(err == 0 || err == SB_ENOSPC);
			assert_true(err == 0 || (sb_writer_size(&w) == 0 && !sb_writer_failed(&w)));
		}
		assert_int_equal(part.number, 1);
		assert_int_equal(sb_writer_size(&w), part.short_message.size + part.tlvs.size);
	}
	(void)state;
}

/* A text by chance out of an alphabet; the offsets of its characters do not matter. */
static struct sb_bytes
generate_utf8(struct chance *c, const char *const *alphabet, size_t letters, size_t count)
{
	static char text[8000];
	size_t size = 0;

	for (size_t i = 0; i < count; i++) {
		const char *letter = alphabet[chance_below(c, (uint32_t)letters)];

		memcpy(text + size, letter, strlen(letter));
		size += strlen(letter);
	}
	return sb_bytes(text, size);
}

/* Octets of the message over the air, whatever the form. */
static void
expect_fits_the_air(const struct smpp_text_plan *plan, const struct smpp_text_part *part)
{
	size_t header = part->esm_class & SMPP_ESM_UDHI ? 1u + part->short_message.data[0] : 0;
	size_t text = part->short_message.size - header;

	if (plan->parts > 1 && plan->form == SMPP_TEXT_SAR)
		header += header ? SMPP_UDH_SIZE_CONCAT_16 - 1 : SMPP_UDH_SIZE_CONCAT_16;
	if (plan->encoding.charset == SMPP_CHARSET_GSM7 && !plan->packed)
		text = smpp_packed_size(text, smpp_pack_fill(header));
	assert_true(header + text <= AIR_OCTETS);
	if (plan->encoding.charset == SMPP_CHARSET_UTF16)
		assert_int_equal(text % 2, 0);
}

static void
read_part(const struct smpp_text_part *part, const struct smpp_text_reading *reading,
	struct sb_writer *joined)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};
	struct sb_bytes octets = exact_copy(part->short_message);

	smpp_text_fill(part, &pdu);
	pdu.submit_sm.short_message = octets;
	assert_int_equal(smpp_text_read(&pdu, reading, joined), 0);
	free((void *)octets.data);
}

static void
go_there_and_back(struct sb_bytes text, const struct smpp_text_options *options)
{
	const struct smpp_text_reading reading = {options->default_charset, options->packed};
	static uint8_t joined[20000], buf[10000];
	struct sb_writer w = sb_writer_of(joined, sizeof(joined));
	struct smpp_text_plan plan;
	struct smpp_text_part part;
	unsigned parts = 0;

	assert_int_equal(smpp_text_plan(text, options, &plan), 0);
	for (;;) {
		struct sb_writer out = sb_writer_of(buf, sizeof(buf));
		int err = smpp_text_next(&plan, &out, &part);

		if (err) {
			assert_int_equal(err, SB_ENOENT);
			break;
		}
		assert_int_equal(part.number, ++parts);
		if (!smpp_text_payload_size(&plan)) {
			assert_true(sb_writer_size(&out) <= SMPP_TEXT_PART_SIZE_MAX);
			expect_fits_the_air(&plan, &part);
		} else {
			assert_int_equal(part.tlvs.size, smpp_text_payload_size(&plan));
		}
		read_part(&part, &reading, &w);
	}
	assert_int_equal(parts, plan.parts);
	assert_int_equal(sb_writer_size(&w), text.size);
	assert_memory_equal(joined, text.data, text.size);
}

static const char *const plain[] = {"a", "b", " ", "@", "é", "Δ", "\n"};
static const char *const escaped[] = {"a", "€", "{", "~"};
static const char *const national[] = {"ã", "Φ", "{", "á", "x", "^"};
static const char *const western[] = {"a", "ÿ", "ê", "~"};
static const char *const wide[] = {"a", "я", "😀", "字"};
static const char *const returns[] = {"\r", "\r", "a"};

static const struct {
	const char *const *letters;
	size_t count;
} alphabets[] = {
	{plain, 7},
	{escaped, 4},
	{national, 6},
	{western, 4},
	{wide, 4},
};

static const struct smpp_encoding sets[] = {
	{SMPP_CHARSET_GSM7, {0, 0}},
	{SMPP_CHARSET_GSM7, {0, 1}},
	{SMPP_CHARSET_GSM7, {0, 3}},
	{SMPP_CHARSET_GSM7, {3, 3}},
	{SMPP_CHARSET_LATIN1, {0, 0}},
	{SMPP_CHARSET_UTF16, {0, 0}},
};

static void
test_parts_of_every_length_join_to_the_text(void **state)
{
	struct chance c = chance_of(0x7E87);

	for (size_t length = 0; length < 480; length++) {
		for (size_t i = 0; i < sizeof(alphabets) / sizeof(alphabets[0]); i++) {
			struct smpp_text_options options = {.form = (uint8_t)chance_below(&c, 4),
				.packed = chance_below(&c, 2),
				.ref = (uint16_t)chance_below(&c, 65536),
				.candidates = sets,
				.candidate_count = sizeof(sets) / sizeof(sets[0])};

			go_there_and_back(
				generate_utf8(&c, alphabets[i].letters, alphabets[i].count, length),
				&options);
		}
	}
	(void)state;
}

/* Of each set alone, and with a peer whose default is Latin-1. */
static void
test_each_set_alone_joins_to_the_text(void **state)
{
	struct chance c = chance_of(0x5E75);

	for (unsigned round = 0; round < 2000; round++) {
		struct smpp_text_options options = {.form = (uint8_t)(round % 4),
			.packed = chance_below(&c, 2),
			.default_charset = round % 8 < 4 ? SMPP_CHARSET_GSM7 : SMPP_CHARSET_LATIN1,
			.candidates = &sets[chance_below(&c, 4)],
			.candidate_count = 1};

		if (options.default_charset == SMPP_CHARSET_LATIN1)
			options.candidates = &sets[4 + chance_below(&c, 2)];
		go_there_and_back(generate_utf8(&c, escaped, 1, chance_below(&c, 700)), &options);
	}
	(void)state;
}

/* Packed, a CR in the place of filling is lost: never between parts, only at the very end. */
static void
test_packed_returns_are_kept_between_parts(void **state)
{
	const struct smpp_text_options options = {.packed = true};
	struct chance c = chance_of(0xCC);

	for (size_t length = 1; length < 700; length++) {
		struct sb_bytes text = generate_utf8(&c, returns, 3, length);

		((char *)(uintptr_t)text.data)[text.size - 1] = 'a';
		go_there_and_back(text, &options);
	}
	(void)state;
}

static void
test_data_codings_say_what_to_decode(void **state)
{
	static const struct {
		uint8_t first, last;
		int result;
		uint8_t charset;
	} cases[] = {
		{0x00, 0x00, 0, SMPP_CHARSET_LATIN1},
		{0x01, 0x01, 0, SMPP_CHARSET_ASCII},
		{0x02, 0x02, SB_ENOTSUP, 0},
		{0x03, 0x03, 0, SMPP_CHARSET_LATIN1},
		{0x04, 0x07, SB_ENOTSUP, 0},
		{0x08, 0x08, 0, SMPP_CHARSET_UTF16},
		{0x09, 0x0F, SB_ENOTSUP, 0},
		{0x10, 0x13, 0, SMPP_CHARSET_GSM7},
		{0x14, 0x17, SB_ENOTSUP, 0},
		{0x18, 0x1B, 0, SMPP_CHARSET_UTF16},
		{0x1C, 0xBF, SB_ENOTSUP, 0},
		{0xC0, 0xDF, 0, SMPP_CHARSET_GSM7},
		{0xE0, 0xEF, 0, SMPP_CHARSET_UTF16},
		{0xF0, 0xF3, 0, SMPP_CHARSET_GSM7},
		{0xF4, 0xF7, SB_ENOTSUP, 0},
		{0xF8, 0xFB, 0, SMPP_CHARSET_GSM7},
		{0xFC, 0xFF, SB_ENOTSUP, 0},
	};
	unsigned next = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(cases[i].first, next);
		for (; next <= cases[i].last; next++) {
			struct smpp_encoding encoding;

			assert_int_equal(
				smpp_text_encoding((uint8_t)next, SMPP_CHARSET_LATIN1, &encoding),
				cases[i].result);
			if (cases[i].result == 0)
				assert_int_equal(encoding.charset, cases[i].charset);
		}
	}
	assert_int_equal(next, 256);
	(void)state;
}

static void
expect_read(const struct smpp_pdu *pdu, int result, const char *text)
{
	char out[64];
	struct sb_writer w = sb_writer_of(out, sizeof(out));

	assert_int_equal(smpp_text_read(pdu, NULL, &w), result);
	assert_int_equal(sb_writer_size(&w), strlen(text));
	assert_memory_equal(out, text, strlen(text));
}

static void
test_every_pdu_with_a_message_is_read(void **state)
{
	uint8_t buf[64], tlv_buf[64];
	struct sb_bytes message = octets_of("03 240101 1B67", buf, sizeof(buf));
	struct sb_bytes payload = octets_of("0424 0006 03 240101 1B67", tlv_buf, sizeof(tlv_buf));
	struct smpp_pdu pdu = {.header.command = SMPP_DELIVER_SM};

	pdu.deliver_sm.esm_class = SMPP_ESM_UDHI;
	pdu.deliver_sm.short_message = message;
	expect_read(&pdu, 0, "ğ");
	pdu = (struct smpp_pdu){.header.command = SMPP_SUBMIT_MULTI};
	pdu.submit_multi.esm_class = SMPP_ESM_UDHI;
	pdu.submit_multi.short_message = message;
	expect_read(&pdu, 0, "ğ");
	pdu = (struct smpp_pdu){.header.command = SMPP_DATA_SM, .tlvs = payload};
	pdu.data_sm.esm_class = SMPP_ESM_UDHI;
	expect_read(&pdu, 0, "ğ");
	pdu.data_sm.data_coding = 4;
	expect_read(&pdu, SB_ENOTSUP, "");
	pdu = (struct smpp_pdu){.header.command = SMPP_BROADCAST_SM,
		.tlvs = octets_of("0424 0002 044F", tlv_buf, sizeof(tlv_buf))};
	pdu.broadcast_sm.data_coding = 8;
	expect_read(&pdu, 0, "я");
	pdu = (struct smpp_pdu){.header.command = SMPP_REPLACE_SM};
	pdu.replace_sm.short_message = sb_bytes_text("new");
	expect_read(&pdu, 0, "new");
	pdu = (struct smpp_pdu){.header.command = SMPP_ENQUIRE_LINK};
	expect_read(&pdu, SB_ENOENT, "");
	(void)state;
}

static void
test_a_bad_header_or_no_room_leaves_nothing(void **state)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};
	const struct smpp_text_reading packed = {.packed = true};
	uint8_t out[4], buf[16];

	pdu.submit_sm.esm_class = SMPP_ESM_UDHI;
	pdu.submit_sm.short_message = sb_bytes_text("text");
	expect_read(&pdu, SB_EPROTO, "");
	pdu.submit_sm.esm_class = 0;
	pdu.submit_sm.short_message = octets_of("E8329BFD4697D9EC37", buf, sizeof(buf));
	for (size_t room = 0; room < sizeof(out); room++) {
		struct sb_writer w = sb_writer_of(out, room);

		assert_int_equal(smpp_text_read(&pdu, &packed, &w), SB_ENOSPC);
		assert_int_equal(sb_writer_size(&w), 0);
		assert_int_equal(smpp_text_read(&pdu, NULL, &w), SB_ENOSPC);
		assert_int_equal(sb_writer_size(&w), 0);
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_limits_of_a_message_and_of_a_part),
		cmocka_unit_test(test_the_cheapest_encoding_is_chosen),
		cmocka_unit_test(test_data_codings_follow_the_peer),
		cmocka_unit_test(test_what_cannot_be_sent_is_told),
		cmocka_unit_test(test_more_parts_than_there_are_numbers_are_refused),
		cmocka_unit_test(test_each_form_as_octets),
		cmocka_unit_test(test_a_short_text_has_no_form),
		cmocka_unit_test(test_without_room_a_part_can_be_made_again),
		cmocka_unit_test(test_parts_of_every_length_join_to_the_text),
		cmocka_unit_test(test_each_set_alone_joins_to_the_text),
		cmocka_unit_test(test_packed_returns_are_kept_between_parts),
		cmocka_unit_test(test_data_codings_say_what_to_decode),
		cmocka_unit_test(test_every_pdu_with_a_message_is_read),
		cmocka_unit_test(test_a_bad_header_or_no_room_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
