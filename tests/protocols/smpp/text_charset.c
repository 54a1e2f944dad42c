/* Character sets of messages: every septet of every table, and the other sets, there and back. */
#include "protocols/smpp/text_charset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/error.h"
#include "core/utf8.h"
#include "protocols/smpp/text_pack.h"
#include "tests/protocols/smpp/pdus.h"
#include "tests/support/octets.h"

#define REPLACEMENT "\xEF\xBF\xBD"

static const struct smpp_encoding gsm7 = {SMPP_CHARSET_GSM7, {0, 0}};
static const struct smpp_encoding latin1 = {SMPP_CHARSET_LATIN1, {0, 0}};
static const struct smpp_encoding ascii = {SMPP_CHARSET_ASCII, {0, 0}};
static const struct smpp_encoding utf16 = {SMPP_CHARSET_UTF16, {0, 0}};

static void
expect_decoded(const struct smpp_encoding *encoding, struct sb_bytes octets, const char *text)
{
	char out[1024];
	struct sb_writer w = sb_writer_of(out, sizeof(out));
	struct sb_bytes copy = exact_copy(octets);

	assert_int_equal(smpp_charset_decode(encoding, copy, &w), 0);
	assert_int_equal(sb_writer_size(&w), strlen(text));
	assert_memory_equal(out, text, strlen(text));
	free((void *)copy.data);
}

static void
expect_encoded(const struct smpp_encoding *encoding, const char *text, struct sb_bytes octets)
{
	uint8_t out[1024];
	struct sb_writer w = sb_writer_of(out, sizeof(out));
	struct sb_bytes copy = exact_copy(sb_bytes_text(text));

	assert_int_equal(smpp_charset_encode(encoding, copy, &w, NULL), 0);
	assert_int_equal(sb_writer_size(&w), octets.size);
	assert_memory_equal(out, octets.data, octets.size);
	free((void *)copy.data);
}

static void
expect_both(const struct smpp_encoding *encoding, const char *text, const char *notation)
{
	uint8_t buf[256];
	struct sb_bytes octets = octets_of(notation, buf, sizeof(buf));

	expect_encoded(encoding, text, octets);
	expect_decoded(encoding, octets, text);
}

/* The specification's table, as characters. */
static void
test_all_septets_of_the_default_alphabet(void **state)
{
	static const char table[] =
		"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
	uint8_t septets[127];
	size_t count = 0;

	for (uint8_t septet = 0; septet < 128; septet++)
		if (septet != SMPP_GSM7_ESCAPE)
			septets[count++] = septet;
	expect_encoded(&gsm7, table, sb_bytes(septets, count));
	expect_decoded(&gsm7, sb_bytes(septets, count), table);
	(void)state;
}

static void
test_the_extension_table(void **state)
{
	expect_both(&gsm7, "\f^{}\\[~]|€", "1B0A 1B14 1B28 1B29 1B2F 1B3C 1B3D 1B3E 1B40 1B65");
	(void)state;
}

static void
test_national_tables(void **state)
{
	static const struct {
		struct smpp_gsm7_shift shift;
		const char *text;
		const char *octets;
	} cases[] = {
		{{0, 1}, "\f^{}\\[~]|ĞİŞç€ğış",
			"1B0A 1B14 1B28 1B29 1B2F 1B3C 1B3D 1B3E 1B40 1B47 1B49 1B53 1B63 1B65 "
			"1B67 1B69 1B73"},
		{{0, 2}, "ç\f^{}\\[~]|ÁÍÓÚá€íóú",
			"1B09 1B0A 1B14 1B28 1B29 1B2F 1B3C 1B3D 1B3E 1B40 1B41 1B49 1B4F 1B55 "
			"1B61 1B65 1B69 1B6F 1B75"},
		{{0, 3}, "êç\fÔôÁá^Ê{}\\[~]|ÀÍÓÚÃÕÂ€íóúãõâ",
			"1B05 1B09 1B0A 1B0B 1B0C 1B0E 1B0F 1B14 1B1F 1B28 1B29 1B2F 1B3C 1B3D "
			"1B3E 1B40 1B41 1B49 1B4F 1B55 1B5B 1B5C 1B61 1B65 1B69 1B6F 1B75 1B7B "
			"1B7C 1B7F"},
		{{1, 0}, "€ıĞğŞşİç¤é", "04 07 0B 0C 1C 1D 40 60 24 05"},
		{{3, 0}, "êúíóçÔôÁáªÇÀ∞^\\€Ó|ÂâÊÉºÍÃÕÚÜ§~ãõ`üà",
			"04 06 07 08 09 0B 0C 0E 0F 12 13 14 15 16 17 18 19 1A 1C 1D 1E 1F 24 40 "
			"5B 5C 5D 5E 5F 60 7B 7C 7D 7E 7F"},
		/* Both: what the locking table has needs no escape. */
		{{3, 3}, "ãΦ{", "7B 1B12 1B28"},
		{{1, 1}, "ı^", "07 1B14"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct smpp_encoding encoding = {SMPP_CHARSET_GSM7, cases[i].shift};

		expect_both(&encoding, cases[i].text, cases[i].octets);
	}
	(void)state;
}

/* What a septet decodes to encodes to the same, or to a shorter form of the same character. */
static void
test_every_septet_of_every_table_goes_there_and_back(void **state)
{
	for (unsigned i = 0; i < 16 * 256; i++) {
		const struct smpp_gsm7_shift shift = {
			(uint8_t)(i >> 10 & 3), (uint8_t)(i >> 8 & 3)};
		uint8_t octets[2] = {SMPP_GSM7_ESCAPE, (uint8_t)(i & 127)}, again[2];
		struct sb_reader r =
			sb_reader_of(i & 128 ? sb_bytes(octets, 2) : sb_bytes(octets + 1, 1));
		uint32_t code = smpp_gsm7_decode(shift, &r);
		size_t size = smpp_gsm7_encode(shift, code, again);

		assert_int_equal(sb_reader_left(&r), 0);
		assert_true(size == 1 || size == 2);
		r = sb_reader_of(sb_bytes(again, size));
		assert_int_equal(smpp_gsm7_decode(shift, &r), code);
	}
	(void)state;
}

static void
test_no_character_is_in_the_alphabet_by_mistake(void **state)
{
	uint8_t septets[2];
	unsigned single = 0, escaped = 0;

	for (uint32_t code = 0; code < 0x110000; code++) {
		size_t size = smpp_gsm7_encode(gsm7.shift, code, septets);

		single += size == 1;
		escaped += size == 2;
	}
	assert_int_equal(single, 127);
	assert_int_equal(escaped, 10);
	(void)state;
}

static void
test_escapes_that_mean_nothing_show_something(void **state)
{
	uint8_t buf[16];

	expect_decoded(&gsm7, octets_of("1B 'A' 1B 1B 'b' 1B", buf, sizeof(buf)), "A b ");
	expect_decoded(&gsm7, octets_of("80 FF 1B80", buf, sizeof(buf)),
		REPLACEMENT REPLACEMENT REPLACEMENT);
	(void)state;
}

static void
test_languages_that_are_not_here_count_as_the_default(void **state)
{
	const struct smpp_encoding hindi = {SMPP_CHARSET_GSM7, {6, 6}};

	assert_false(smpp_gsm7_is_known(hindi.shift));
	assert_false(smpp_gsm7_is_known((struct smpp_gsm7_shift){SMPP_GSM7_SPANISH, 0}));
	assert_false(smpp_gsm7_is_known((struct smpp_gsm7_shift){0, 4}));
	assert_true(smpp_gsm7_is_known((struct smpp_gsm7_shift){3, 2}));
	expect_both(&hindi, "a€", "61 1B65");
	(void)state;
}

static void
test_shift_elements_are_read_and_written(void **state)
{
	uint8_t buf[32], out[6];
	struct smpp_gsm7_shift shift = smpp_gsm7_shift_of(
		octets_of("0003010201 240103 2502FFFF 250101 240102", buf, sizeof(buf)));

	assert_int_equal(shift.single, 2);
	assert_int_equal(shift.locking, 1);
	assert_int_equal(smpp_gsm7_shift_size(shift), 6);
	for (size_t room = 0; room <= 6; room++) {
		struct sb_writer w = sb_writer_of(out, room);

		assert_int_equal(smpp_gsm7_put_shift(&w, shift), room < 6 ? SB_ENOSPC : 0);
		assert_int_equal(sb_writer_size(&w), room < 6 ? 0 : 6);
	}
	assert_memory_equal(out, octets_of("240102 250101", buf, sizeof(buf)).data, 6);
	(void)state;
}

static void
test_utf16_has_surrogates_and_mends_lone_ones(void **state)
{
	uint8_t buf[32];

	expect_both(&utf16, "aé€😀\xF4\x8F\xBF\xBF", "0061 00E9 20AC D83DDE00 DBFFDFFF");
	expect_decoded(&utf16, octets_of("D83D 0061 DE00 D83D D83DDE00 D83D", buf, sizeof(buf)),
		REPLACEMENT "a" REPLACEMENT REPLACEMENT "😀" REPLACEMENT);
	expect_decoded(&utf16, octets_of("0061 00", buf, sizeof(buf)), "a" REPLACEMENT);
	expect_decoded(&utf16, octets_of("D83D DE", buf, sizeof(buf)), REPLACEMENT REPLACEMENT);
	(void)state;
}

static void
test_latin1_and_ascii(void **state)
{
	uint8_t buf[32];

	expect_both(&latin1, "aÿ\xC2\x80", "61 FF 80");
	expect_both(&ascii, "a~\x7F", "61 7E 7F");
	expect_decoded(&ascii, octets_of("61 80", buf, sizeof(buf)), "a" REPLACEMENT);
	(void)state;
}

static void
test_the_first_character_that_cannot_be_encoded_is_told(void **state)
{
	static const struct {
		const struct smpp_encoding *encoding;
		const char *text;
		int result;
		size_t at;
	} cases[] = {
		{&gsm7, "ab€ç", SB_ENOTSUP, 5},
		{&gsm7, "\xC0\x80", SB_EINVAL, 0},
		{&gsm7, "\uFFFF", SB_ENOTSUP, 0},
		{&latin1, "ÿ€", SB_ENOTSUP, 2},
		{&ascii, "aé", SB_ENOTSUP, 1},
		{&utf16, "aé\xED\xA0\x80", SB_EINVAL, 3},
		{&utf16, "a\xF0\x9F\x98", SB_EINVAL, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t out[64];
		struct sb_writer w = sb_writer_of(out, sizeof(out));
		size_t at = 99;

		assert_int_equal(smpp_charset_encode(
					 cases[i].encoding, sb_bytes_text(cases[i].text), &w, &at),
			cases[i].result);
		assert_int_equal(at, cases[i].at);
		assert_int_equal(sb_writer_size(&w), 0);
	}
	(void)state;
}

static void
test_without_room_the_writer_is_as_it_was(void **state)
{
	uint8_t out[8], buf[8];
	struct sb_bytes octets = octets_of("'a' 1B65 'b'", buf, sizeof(buf));

	for (size_t room = 0; room < 4; room++) {
		struct sb_writer w = sb_writer_of(out, room);

		assert_int_equal(
			smpp_charset_encode(&gsm7, sb_bytes_text("a€b"), &w, NULL), SB_ENOSPC);
		assert_int_equal(sb_writer_size(&w), 0);
		assert_int_equal(smpp_charset_decode(&gsm7, octets, &w), SB_ENOSPC);
		assert_int_equal(sb_writer_size(&w), 0);
		assert_false(sb_writer_failed(&w));
	}
	(void)state;
}

static uint32_t
any_character(struct chance *c)
{
	for (;;) {
		static const uint32_t bounds[] = {0x80, 0x100, 0x400, 0x10000, 0x110000};
		uint32_t code = chance_below(c, bounds[chance_below(c, 5)]);

		if (code < 0xD800 || code > 0xDFFF)
			return code;
	}
}

/* Any characters as UTF-16, which is how a text in UTF-8 comes out of the decoder. */
static void
test_any_text_goes_through_utf16_unchanged(void **state)
{
	struct chance c = chance_of(0x7E87);

	for (unsigned round = 0; round < 2000; round++) {
		uint8_t units[200], again[200], text[SMPP_UTF8_SIZE_MAX(200)];
		struct sb_writer w = sb_writer_of(units, sizeof(units));
		struct sb_writer utf8 = sb_writer_of(text, sizeof(text));
		uint8_t octets[SMPP_CHARACTER_MAX];
		struct sb_writer back = sb_writer_of(again, sizeof(again));
		size_t size;

		for (unsigned n = chance_below(&c, 50); n > 0; n--) {
			size = smpp_encode_character(&utf16, any_character(&c), octets);
			sb_put_bytes(&w, octets, size);
		}
		size = sb_writer_size(&w);
		assert_int_equal(smpp_charset_decode(&utf16, sb_bytes(units, size), &utf8), 0);
		assert_true(sb_utf8_valid(sb_bytes(text, sb_writer_size(&utf8))));
		assert_int_equal(smpp_charset_encode(&utf16, sb_bytes(text, sb_writer_size(&utf8)),
					 &back, NULL),
			0);
		assert_int_equal(sb_writer_size(&back), size);
		assert_memory_equal(again, units, size);
	}
	(void)state;
}

static void
test_any_octets_decode_to_valid_utf8_within_the_bound(void **state)
{
	const struct smpp_encoding *const all[] = {&gsm7, &latin1, &ascii, &utf16};
	struct chance c = chance_of(0xC0DE);

	for (unsigned round = 0; round < 4000; round++) {
		uint8_t octets[64], text[SMPP_UTF8_SIZE_MAX(64)];
		size_t size = chance_below(&c, sizeof(octets) + 1);
		struct sb_writer w = sb_writer_of(text, SMPP_UTF8_SIZE_MAX(size));
		struct sb_bytes copy;

		for (size_t i = 0; i < size; i++)
			octets[i] = (uint8_t)chance_below(&c, 256);
		copy = exact_copy(sb_bytes(octets, size));
		assert_int_equal(smpp_charset_decode(all[round % 4], copy, &w), 0);
		assert_true(sb_utf8_valid(sb_bytes(text, sb_writer_size(&w))));
		free((void *)copy.data);
	}
	(void)state;
}

static void
expect_packed(const char *text, unsigned fill, const char *notation)
{
	uint8_t out[64], buf[64], septets[64];
	struct sb_writer w = sb_writer_of(out, sizeof(out));
	struct sb_writer back = sb_writer_of(septets, sizeof(septets));
	struct sb_bytes octets = octets_of(notation, buf, sizeof(buf));

	assert_int_equal(smpp_pack(sb_bytes_text(text), fill, &w), 0);
	assert_int_equal(sb_writer_size(&w), octets.size);
	assert_memory_equal(out, octets.data, octets.size);
	assert_int_equal(smpp_packed_size(strlen(text), fill), octets.size);
	assert_int_equal(smpp_unpack(octets, fill, &back), 0);
	assert_int_equal(sb_writer_size(&back), strlen(text));
	assert_memory_equal(septets, text, strlen(text));
}

static void
test_septets_are_packed(void **state)
{
	expect_packed("hellohello", 0, "E8329BFD4697D9EC37");
	expect_packed("", 0, "");
	expect_packed("", 3, "");
	expect_packed("1", 0, "31");
	expect_packed("12345678", 0, "31D98C56B3DD70");
	/* A whole septet is left: filled with CR. */
	expect_packed("1234567", 0, "31D98C56B3DD1A");
	/* Behind a header of 6 octets one bit is empty. */
	expect_packed("a", 1, "C2");
	(void)state;
}

static void
test_filling_follows_from_the_header(void **state)
{
	static const unsigned expected[] = {0, 6, 5, 4, 3, 2, 1, 0, 6};

	for (size_t size = 0; size < sizeof(expected) / sizeof(expected[0]); size++)
		assert_int_equal(smpp_pack_fill(size), expected[size]);
	(void)state;
}

static void
test_any_septets_are_packed_and_unpacked(void **state)
{
	struct chance c = chance_of(0x9AC);

	for (unsigned round = 0; round < 4000; round++) {
		uint8_t septets[170], packed[170], again[200];
		size_t size = chance_below(&c, 161);
		unsigned fill = chance_below(&c, 7);
		struct sb_writer w = sb_writer_of(packed, smpp_packed_size(size, fill));
		struct sb_writer back = sb_writer_of(again, sizeof(again));
		struct sb_bytes copy;

		for (size_t i = 0; i < size; i++)
			septets[i] = (uint8_t)chance_below(&c, 128);
		/* The one text that packing does not keep. */
		if (size && septets[size - 1] == SMPP_GSM7_CR)
			septets[size - 1] = 0;
		assert_int_equal(smpp_pack(sb_bytes(septets, size), fill, &w), 0);
		assert_int_equal(sb_writer_size(&w), smpp_packed_size(size, fill));
		copy = exact_copy(sb_bytes(packed, sb_writer_size(&w)));
		assert_int_equal(smpp_unpack(copy, fill, &back), 0);
		assert_int_equal(sb_writer_size(&back), size);
		assert_memory_equal(again, septets, size);
		free((void *)copy.data);
	}
	(void)state;
}

static void
test_packing_without_room_leaves_the_writer_as_it_was(void **state)
{
	uint8_t out[16];
	struct sb_bytes septets = sb_bytes_text("12345678");
	struct sb_writer w = sb_writer_of(out, 6);

	assert_int_equal(smpp_pack(septets, 0, &w), SB_ENOSPC);
	assert_int_equal(sb_writer_size(&w), 0);
	assert_int_equal(smpp_unpack(septets, 0, &w), SB_ENOSPC);
	assert_int_equal(sb_writer_size(&w), 0);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_septets_of_the_default_alphabet),
		cmocka_unit_test(test_the_extension_table),
		cmocka_unit_test(test_national_tables),
		cmocka_unit_test(test_every_septet_of_every_table_goes_there_and_back),
		cmocka_unit_test(test_no_character_is_in_the_alphabet_by_mistake),
		cmocka_unit_test(test_escapes_that_mean_nothing_show_something),
		cmocka_unit_test(test_languages_that_are_not_here_count_as_the_default),
		cmocka_unit_test(test_shift_elements_are_read_and_written),
		cmocka_unit_test(test_utf16_has_surrogates_and_mends_lone_ones),
		cmocka_unit_test(test_latin1_and_ascii),
		cmocka_unit_test(test_the_first_character_that_cannot_be_encoded_is_told),
		cmocka_unit_test(test_without_room_the_writer_is_as_it_was),
		cmocka_unit_test(test_any_text_goes_through_utf16_unchanged),
		cmocka_unit_test(test_any_octets_decode_to_valid_utf8_within_the_bound),
		cmocka_unit_test(test_septets_are_packed),
		cmocka_unit_test(test_filling_follows_from_the_header),
		cmocka_unit_test(test_any_septets_are_packed_and_unpacked),
		cmocka_unit_test(test_packing_without_room_leaves_the_writer_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
