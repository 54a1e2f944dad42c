/*
 * A PDU as a part: where its text is, how it is numbered, whose it is.
 */
#include "protocols/smpp/assembly.h"

#include "core/error.h"
#include "protocols/smpp/payload.h"
#include "protocols/smpp/text_pack.h"

/* What the user data header says of numbers, else the TLVs. */
static int
find_numbers(const struct smpp_pdu *pdu, struct sb_bytes elements, struct smpp_assembly_part *part)
{
	int err = smpp_udh_concat(elements, &part->concat);

	part->kind = part->concat.wide ? SMPP_ASSEMBLY_UDH_16 : SMPP_ASSEMBLY_UDH_8;
	if (err == SB_ENOENT) {
		err = smpp_sar_concat(pdu->tlvs, &part->concat);
		part->kind = SMPP_ASSEMBLY_SAR;
	}
	if (!err && part->concat.total == 1)
		err = SB_ENOENT;
	return err;
}

/* Each part is filled up to whole octets of its own: joined packed they would be garbage. */
static int
unpack(struct smpp_assembly_part *part, size_t header_size, void *scratch, size_t scratch_size)
{
	struct sb_writer w = sb_writer_of(scratch, scratch_size);
	int err = smpp_unpack(part->octets, smpp_pack_fill(header_size), &w);

	part->octets = sb_bytes(scratch, sb_writer_size(&w));
	return err;
}

int
smpp_assembly_part_of(const struct smpp_pdu *pdu, const struct smpp_text_reading *reading,
	void *scratch, size_t scratch_size, struct smpp_assembly_part *part)
{
	static const struct smpp_text_reading usual = {0};
	struct sb_bytes elements;
	size_t header_size;
	int err;

	if (!reading)
		reading = &usual;
	*part = (struct smpp_assembly_part){.data_coding = smpp_data_coding(pdu)};
	err = smpp_message_split(pdu, &elements, &part->octets, &header_size);
	if (!err)
		err = find_numbers(pdu, elements, part);
	if (!err)
		err = smpp_source(pdu, &part->source);
	if (!err)
		err = smpp_destination(pdu, &part->destination);
	if (err)
		return err;
	/* Data that is no text is joined, too. */
	if (smpp_text_encoding(part->data_coding, reading->default_charset, &part->encoding)) {
		part->encoding = (struct smpp_encoding){0};
		return 0;
	}
	if (part->encoding.charset != SMPP_CHARSET_GSM7)
		return 0;
	part->encoding.shift = smpp_gsm7_shift_of(elements);
	return reading->packed ? unpack(part, header_size, scratch, scratch_size) : 0;
}
