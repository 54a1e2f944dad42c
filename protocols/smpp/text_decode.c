/*
 * From a message to its text: what its data_coding means (3.4, 5.2.19, and the
 * groups of 3GPP TS 23.038 that it lets through), and what its user data header
 * changes.
 */
#include "core/error.h"
#include "protocols/smpp/payload.h"
#include "protocols/smpp/text.h"
#include "protocols/smpp/text_pack.h"
#include "protocols/smpp/udh.h"

/* Of the groups with a message class: which alphabet. */
static int
charset_of_class(unsigned alphabet, uint8_t *charset)
{
	if (alphabet == 1 || alphabet == 3)
		return SB_ENOTSUP;
	*charset = alphabet == 0 ? SMPP_CHARSET_GSM7 : SMPP_CHARSET_UTF16;
	return 0;
}

static int
charset_of_set(uint8_t data_coding, uint8_t *charset)
{
	switch (data_coding) {
	case 0x01:
		*charset = SMPP_CHARSET_ASCII;
		return 0;
	case 0x03:
		*charset = SMPP_CHARSET_LATIN1;
		return 0;
	case 0x08:
		*charset = SMPP_CHARSET_UTF16;
		return 0;
	}
	return SB_ENOTSUP;
}

int
smpp_text_encoding(
	uint8_t data_coding, enum smpp_charset default_charset, struct smpp_encoding *encoding)
{
	*encoding = (struct smpp_encoding){.charset = (uint8_t)default_charset};
	if (data_coding == 0)
		return 0;
	switch (data_coding >> 4) {
	case 0x0:
		return charset_of_set(data_coding, &encoding->charset);
	case 0x1: /* reserved in SMPP; peers send GSM's general group with a class through */
		return charset_of_class(data_coding >> 2 & 3, &encoding->charset);
	case 0xC: /* message waiting: GSM 7-bit, discarded or stored */
	case 0xD:
		return charset_of_class(0, &encoding->charset);
	case 0xE: /* message waiting, UCS-2 */
		return charset_of_class(2, &encoding->charset);
	case 0xF:
		return charset_of_class(data_coding >> 2 & 1, &encoding->charset);
	}
	return SB_ENOTSUP;
}

static int
decode_packed(struct sb_bytes octets, const struct smpp_encoding *encoding, size_t header_size,
	struct sb_writer *utf8)
{
	struct smpp_unpacker unpacker = smpp_unpacker_of(octets, smpp_pack_fill(header_size));
	struct sb_writer before = *utf8;
	uint8_t septets[2];
	int err = 0;

	/* One character at a time: an escape and what it escapes stay together. */
	while (!err && smpp_unpacker_next(&unpacker, &septets[0])) {
		size_t count = 1;

		if (septets[0] == SMPP_GSM7_ESCAPE && smpp_unpacker_next(&unpacker, &septets[1]))
			count = 2;
		err = smpp_charset_decode(encoding, sb_bytes(septets, count), utf8);
	}
	if (err)
		*utf8 = before;
	return err;
}

int
smpp_text_decode(struct sb_bytes octets, const struct smpp_encoding *encoding, bool packed,
	size_t header_size, struct sb_writer *utf8)
{
	if (packed && encoding->charset == SMPP_CHARSET_GSM7)
		return decode_packed(octets, encoding, header_size, utf8);
	return smpp_charset_decode(encoding, octets, utf8);
}

int
smpp_text_read(
	const struct smpp_pdu *pdu, const struct smpp_text_reading *reading, struct sb_writer *utf8)
{
	static const struct smpp_text_reading usual = {0};
	struct sb_bytes elements, octets;
	struct smpp_encoding encoding;
	size_t header_size;
	int err;

	if (!reading)
		reading = &usual;
	err = smpp_message_split(pdu, &elements, &octets, &header_size);
	if (!err)
		err = smpp_text_encoding(
			smpp_data_coding(pdu), reading->default_charset, &encoding);
	if (err)
		return err;
	if (encoding.charset == SMPP_CHARSET_GSM7)
		encoding.shift = smpp_gsm7_shift_of(elements);
	return smpp_text_decode(octets, &encoding, reading->packed, header_size, utf8);
}
