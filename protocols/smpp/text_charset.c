/*
 * One code point at a time, for each set: to octets and back. All that walks a
 * text (encoding, decoding, measuring, splitting) stands on these two, so that no
 * character is ever cut in two.
 */
#include "protocols/smpp/text_charset.h"

#include "core/error.h"
#include "core/utf8.h"

#define REPLACEMENT      0xFFFD
#define HIGH_SURROGATE   0xD800
#define LOW_SURROGATE    0xDC00
#define SURROGATES_END   0xE000
#define FIRST_PAIRED     0x10000
#define ASCII_CHARACTERS 0x80
#define LATIN_CHARACTERS 0x100

static void
put_unit(uint8_t *out, uint32_t unit)
{
	out[0] = (uint8_t)(unit >> 8);
	out[1] = (uint8_t)unit;
}

static size_t
encode_utf16(uint32_t code, uint8_t out[SMPP_CHARACTER_MAX])
{
	if (code < FIRST_PAIRED) {
		put_unit(out, code);
		return 2;
	}
	code -= FIRST_PAIRED;
	put_unit(out, HIGH_SURROGATE | code >> 10);
	put_unit(out + 2, LOW_SURROGATE | (code & 0x3FF));
	return 4;
}

static size_t
encode_octet(uint32_t code, uint32_t characters, uint8_t out[SMPP_CHARACTER_MAX])
{
	if (code >= characters)
		return 0;
	out[0] = (uint8_t)code;
	return 1;
}

size_t
smpp_encode_character(
	const struct smpp_encoding *encoding, uint32_t code, uint8_t out[SMPP_CHARACTER_MAX])
{
	switch ((enum smpp_charset)encoding->charset) {
	case SMPP_CHARSET_GSM7:
		return smpp_gsm7_encode(encoding->shift, code, out);
	case SMPP_CHARSET_LATIN1:
		return encode_octet(code, LATIN_CHARACTERS, out);
	case SMPP_CHARSET_ASCII:
		return encode_octet(code, ASCII_CHARACTERS, out);
	case SMPP_CHARSET_UTF16:
		return encode_utf16(code, out);
	}
	return 0;
}

int
smpp_charset_encode(const struct smpp_encoding *encoding, struct sb_bytes text, struct sb_writer *w,
	size_t *bad_at)
{
	struct sb_writer before = *w;
	size_t at = 0;
	int err = 0;

	while (!err && at < text.size) {
		uint8_t out[SMPP_CHARACTER_MAX];
		uint32_t code = 0;
		size_t step = sb_utf8_next(sb_bytes(text.data + at, text.size - at), &code);
		size_t size = step ? smpp_encode_character(encoding, code, out) : 0;

		if (size)
			sb_put_bytes(w, out, size);
		if (!step)
			err = SB_EINVAL;
		else if (!size)
			err = SB_ENOTSUP;
		else if (sb_writer_failed(w))
			err = SB_ENOSPC;
		else
			at += step;
	}
	if (!err)
		return 0;
	*w = before;
	if (bad_at)
		*bad_at = at;
	return err;
}

static bool
is_high(uint32_t unit)
{
	return unit >= HIGH_SURROGATE && unit < LOW_SURROGATE;
}

static bool
is_low(uint32_t unit)
{
	return unit >= LOW_SURROGATE && unit < SURROGATES_END;
}

static uint32_t
decode_utf16(struct sb_reader *r)
{
	struct sb_reader ahead;
	uint32_t unit, low;

	if (sb_reader_left(r) < 2) {
		sb_get_u8(r);
		return REPLACEMENT;
	}
	unit = sb_get_u16(r);
	if (is_low(unit))
		return REPLACEMENT;
	if (!is_high(unit))
		return unit;
	/* What follows is looked at first: when it is no second half, it is a character of its
	 * own. */
	ahead = *r;
	low = sb_get_u16(&ahead);
	if (!is_low(low))
		return REPLACEMENT;
	*r = ahead;
	return FIRST_PAIRED + ((unit & 0x3FF) << 10 | (low & 0x3FF));
}

static uint32_t
decode_octet(uint32_t characters, struct sb_reader *r)
{
	uint8_t octet = sb_get_u8(r);

	return octet < characters ? octet : REPLACEMENT;
}

static uint32_t
decode_character(const struct smpp_encoding *encoding, struct sb_reader *r)
{
	switch ((enum smpp_charset)encoding->charset) {
	case SMPP_CHARSET_GSM7:
		return smpp_gsm7_decode(encoding->shift, r);
	case SMPP_CHARSET_LATIN1:
		return decode_octet(LATIN_CHARACTERS, r);
	case SMPP_CHARSET_ASCII:
		return decode_octet(ASCII_CHARACTERS, r);
	case SMPP_CHARSET_UTF16:
		return decode_utf16(r);
	}
	return decode_octet(ASCII_CHARACTERS, r);
}

static void
put_utf8(struct sb_writer *w, uint32_t code)
{
	uint8_t out[4];
	size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const uint8_t marks[] = {0, 0x00, 0xC0, 0xE0, 0xF0};

	for (size_t i = size; i-- > 1; code >>= 6)
		out[i] = (uint8_t)(0x80 | (code & 0x3F));
	out[0] = (uint8_t)(marks[size] | code);
	sb_put_bytes(w, out, size);
}

int
smpp_charset_decode(
	const struct smpp_encoding *encoding, struct sb_bytes octets, struct sb_writer *w)
{
	struct sb_writer before = *w;
	struct sb_reader r = sb_reader_of(octets);

	while (sb_reader_left(&r) && !sb_writer_failed(w))
		put_utf8(w, decode_character(encoding, &r));
	if (!sb_writer_failed(w))
		return 0;
	*w = before;
	return SB_ENOSPC;
}
