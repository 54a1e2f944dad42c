/*
 * Texts between quotes. Characters are read one at a time, so that none of them needs
 * memory of its own.
 */
#include "core/utf8.h"
#include "protocols/erps/text_heads_internal.h"
#include "protocols/erps/text_notation_internal.h"
#include "protocols/erps/text_scan_internal.h"

#define CODE_MAX 0x10ffff

/* `least` to `most` digits in hexadecimal. */
static bool
scan_hex(struct erps_scan *s, unsigned least, unsigned most, uint32_t *value)
{
	unsigned count = 0;

	*value = 0;
	for (; count < most && erps_digit_value(erps_scan_peek(s, 0)) < 16; count++)
		*value = *value << 4 | erps_digit_value(*s->at++);
	return count >= least;
}

/* Behind \u: four digits, or up to six in braces. */
static bool
scan_code(struct erps_scan *s, uint32_t *code)
{
	bool is_good;

	if (erps_scan_peek(s, 0) != '{')
		return scan_hex(s, 4, 4, code);
	s->at++;
	is_good = scan_hex(s, 1, 6, code) && erps_scan_peek(s, 0) == '}';
	if (is_good)
		s->at++;
	return is_good;
}

/* Behind the backslash. */
static int
scan_escape(struct erps_scan *s, uint8_t out[4], size_t *size, uint32_t *code)
{
	const uint8_t *start = s->at;
	uint8_t octet;

	*size = 1;
	if (*s->at == 'x') {
		s->at++;
		if (!scan_hex(s, 1, 2, code))
			return erps_scan_fail(s, SB_EINVAL, "\\x wants two hexadecimal digits");
		out[0] = (uint8_t)*code;
	} else if (*s->at == 'u') {
		s->at++;
		if (!scan_code(s, code) || *code > CODE_MAX || (*code & ~0x7ffu) == 0xd800) {
			s->at = start;
			return erps_scan_fail(s, SB_EINVAL, "\\u wants a code point: \\u{e9}");
		}
		*size = erps_utf8_put(*code, out);
	} else if (erps_escape_code((char)*s->at, &octet)) {
		*code = out[0] = octet;
		s->at++;
	} else {
		/* Any other character stands for itself. */
		*size = 0;
	}
	return 0;
}

int
erps_scan_character(struct erps_scan *s, uint8_t out[4], size_t *size, uint32_t *code)
{
	*size = 0;
	if (erps_scan_is_at(s, "#{"))
		return erps_scan_fail(s, SB_EINVAL, "nothing is evaluated here: write \\#{");
	if (*s->at == '\\' && s->end - s->at > 1) {
		int err;

		s->at++;
		err = scan_escape(s, out, size, code);
		if (err || *size)
			return err;
	}
	*size = sb_utf8_next(erps_scan_rest(s), code);
	if (*size == 0)
		return erps_scan_fail(s, SB_EINVAL, "this is not UTF-8");
	memcpy(out, s->at, *size);
	s->at += *size;
	return 0;
}

size_t
erps_scan_quoted_size(const struct erps_scan *s)
{
	const uint8_t *at = s->at + 1;

	for (; at < s->end && *at != *s->at; at++)
		if (*at == '\\' && at + 1 < s->end)
			at++;
	return at < s->end ? (size_t)(at + 1 - s->at) : 0;
}

/* The cursor goes behind the opening quote, *end is the closing one. */
static int
enter(struct erps_scan *s, const uint8_t **end)
{
	size_t size = erps_scan_quoted_size(s);

	if (size == 0)
		return erps_scan_fail(s, SB_EINVAL, "the closing quote is missing");
	*end = s->at + size - 1;
	s->at++;
	return 0;
}

int
erps_scan_text_octets(struct erps_scan *s)
{
	const uint8_t *end;
	int err = enter(s, &end);

	while (!err && s->at < end) {
		uint8_t octets[4];
		uint32_t code;
		size_t size;

		err = erps_scan_character(s, octets, &size, &code);
		if (!err)
			erps_scan_put(s, octets, size);
	}
	if (!err)
		s->at = end + 1;
	return err;
}

int
erps_scan_text(struct erps_scan *s)
{
	size_t head = erps_open_head(s->b, ERPS_BINARY);
	int err = erps_scan_text_octets(s);

	if (!err)
		erps_close_binary(s->b, head, 8);
	return err;
}

int
erps_scan_charlist(struct erps_scan *s)
{
	size_t head = erps_open_head(s->b, ERPS_LIST), count = 0;
	const uint8_t *end;
	int err = enter(s, &end);

	for (; !err && s->at < end; count++) {
		uint8_t octets[4];
		uint32_t code;
		size_t size;

		err = erps_scan_character(s, octets, &size, &code);
		if (!err)
			erps_put_integer(s->b, code);
	}
	if (err)
		return err;
	s->at = end + 1;
	erps_close_list(s->b, head, count, false);
	return 0;
}
