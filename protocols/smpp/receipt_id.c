/*
 * Ids as numbers of any size that an id has room for: 64 decimal digits are more
 * than any integer type takes.
 */
#include "protocols/smpp/receipt_id.h"

#include "core/error.h"

/* Octets of 64 hexadecimal digits; 64 decimal ones need less. */
#define NUMBER_SIZE (SMPP_ID_SIZE_MAX / 2)
#define KANNEL_MAX  3

int
smpp_id_rule_from_number(unsigned type, struct smpp_id_rule *rule)
{
	if (type > KANNEL_MAX)
		return SB_EINVAL;
	rule->response = type & 1 ? SMPP_ID_HEXADECIMAL : SMPP_ID_DECIMAL;
	rule->receipt = type & 2 ? SMPP_ID_HEXADECIMAL : SMPP_ID_DECIMAL;
	return 0;
}

/* The value of a digit; `base` when it is none. */
static unsigned
digit_of(uint8_t c, unsigned base)
{
	unsigned value = base;

	if (c >= '0' && c <= '9')
		value = c - '0';
	else if (c >= 'a' && c <= 'f')
		value = c - 'a' + 10u;
	else if (c >= 'A' && c <= 'F')
		value = c - 'A' + 10u;
	return value < base ? value : base;
}

/* number = number * base + digit, most significant octet first. */
static void
shift_in(uint8_t number[NUMBER_SIZE], unsigned base, unsigned digit)
{
	unsigned carry = digit;

	for (size_t i = NUMBER_SIZE; i-- > 0;) {
		carry += number[i] * base;
		number[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static bool
parse_number(struct sb_bytes id, unsigned base, uint8_t number[NUMBER_SIZE])
{
	memset(number, 0, NUMBER_SIZE);
	for (size_t i = 0; i < id.size; i++) {
		unsigned digit = digit_of(id.data[i], base);

		if (digit == base)
			return false;
		shift_in(number, base, digit);
	}
	return id.size > 0;
}

static void
put_number(struct sb_writer *w, const uint8_t number[NUMBER_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	bool is_leading = true;

	for (size_t i = 0; i < 2u * NUMBER_SIZE; i++) {
		unsigned digit = number[i / 2] >> (i % 2 ? 0 : 4) & 0x0F;
		bool is_last = i + 1 == 2u * NUMBER_SIZE;

		is_leading = is_leading && digit == 0 && !is_last;
		if (!is_leading)
			sb_put_u8(w, (uint8_t)digits[digit]);
	}
}

static unsigned
base_of(enum smpp_id_spelling spelling)
{
	switch (spelling) {
	case SMPP_ID_DECIMAL:
		return 10;
	case SMPP_ID_HEXADECIMAL:
		return 16;
	case SMPP_ID_AS_IS:
		break;
	}
	return 0;
}

int
smpp_id_normalize(struct sb_bytes id, enum smpp_id_spelling spelling, struct sb_writer *w)
{
	struct sb_writer before = *w;
	uint8_t number[NUMBER_SIZE];
	unsigned base = base_of(spelling);

	if (id.size > SMPP_ID_SIZE_MAX)
		return SB_EINVAL;
	if (base && parse_number(id, base, number))
		put_number(w, number);
	else
		sb_put_bytes(w, id.data, id.size);
	if (!sb_writer_failed(w))
		return 0;
	*w = before;
	return SB_ENOSPC;
}

bool
smpp_id_is_same(struct smpp_id_rule rule, struct sb_bytes response_id, struct sb_bytes receipt_id)
{
	uint8_t a[SMPP_ID_SIZE_MAX], b[SMPP_ID_SIZE_MAX];
	struct sb_writer response = sb_writer_of(a, sizeof(a));
	struct sb_writer receipt = sb_writer_of(b, sizeof(b));

	if (smpp_id_normalize(response_id, (enum smpp_id_spelling)rule.response, &response) ||
		smpp_id_normalize(receipt_id, (enum smpp_id_spelling)rule.receipt, &receipt))
		return false;
	return sb_bytes_equal(
		sb_bytes(a, sb_writer_size(&response)), sb_bytes(b, sb_writer_size(&receipt)));
}
