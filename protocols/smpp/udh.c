/*
 * The user data header (3GPP TS 23.040, 9.2.3.24): elements of id, length and
 * value in front of the text. Only what SMPP needs of it: split it off, find the
 * concatenation, write one with the other elements kept.
 */
#include "protocols/smpp/udh.h"

#include "core/error.h"
#include "protocols/smpp/tlv.h"

/* Octets of the elements' values: reference, total, part. */
#define CONCAT_8_SIZE  3
#define CONCAT_16_SIZE 4

static bool
is_concat(uint8_t id)
{
	return id == SMPP_UDH_CONCAT_8 || id == SMPP_UDH_CONCAT_16;
}

static bool
is_in_range(const struct smpp_concat *concat)
{
	return concat->part >= 1 && concat->part <= concat->total;
}

bool
smpp_next_udh_element(struct sb_reader *r, struct smpp_udh_element *out)
{
	if (r->failed || sb_reader_left(r) == 0)
		return false;
	out->id = sb_get_u8(r);
	out->value = sb_get_bytes(r, sb_get_u8(r));
	return !r->failed;
}

static bool
is_walkable(struct sb_bytes elements)
{
	struct sb_reader r = sb_reader_of(elements);
	struct smpp_udh_element element;

	while (smpp_next_udh_element(&r, &element))
		;
	return !sb_reader_failed(&r);
}

int
smpp_udh_split(struct sb_bytes message, struct sb_bytes *elements, struct sb_bytes *text)
{
	struct sb_reader r = sb_reader_of(message);
	struct sb_bytes header = sb_get_bytes(&r, sb_get_u8(&r));

	/* Elements must fill it exactly: a header that cannot be walked would be taken for text by
	 * one phone and not by the next. */
	if (sb_reader_failed(&r) || !is_walkable(header))
		return SB_EPROTO;
	*elements = header;
	*text = sb_bytes(r.at, sb_reader_left(&r));
	return 0;
}

static int
concat_of(const struct smpp_udh_element *element, struct smpp_concat *concat)
{
	struct sb_reader r = sb_reader_of(element->value);
	struct smpp_concat read = {.wide = element->id == SMPP_UDH_CONCAT_16};

	if (element->value.size != (read.wide ? CONCAT_16_SIZE : CONCAT_8_SIZE))
		return SB_EPROTO;
	read.ref = read.wide ? sb_get_u16(&r) : sb_get_u8(&r);
	read.total = sb_get_u8(&r);
	read.part = sb_get_u8(&r);
	if (!is_in_range(&read))
		return SB_EPROTO;
	*concat = read;
	return 0;
}

int
smpp_udh_concat(struct sb_bytes elements, struct smpp_concat *concat)
{
	struct sb_reader r = sb_reader_of(elements);
	struct smpp_udh_element element;
	int found = SB_ENOENT;

	while (smpp_next_udh_element(&r, &element)) {
		if (!is_concat(element.id))
			continue;
		/* The last one counts; a bad one spoils all, for parts joined wrongly are worse
		 * than parts shown alone. */
		found = concat_of(&element, concat);
		if (found)
			return found;
	}
	return found;
}

int
smpp_sar_concat(struct sb_bytes tlvs, struct smpp_concat *concat)
{
	uint32_t ref, total, part;
	struct smpp_concat read;

	if (!smpp_find_tlv_integer(tlvs, SMPP_TAG_SAR_MSG_REF_NUM, &ref) ||
		!smpp_find_tlv_integer(tlvs, SMPP_TAG_SAR_TOTAL_SEGMENTS, &total) ||
		!smpp_find_tlv_integer(tlvs, SMPP_TAG_SAR_SEGMENT_SEQNUM, &part))
		return SB_ENOENT;
	read = (struct smpp_concat){(uint16_t)ref, true, (uint8_t)total, (uint8_t)part};
	if (!is_in_range(&read))
		return SB_ENOENT;
	*concat = read;
	return 0;
}

static void
put_concat(struct sb_writer *w, const struct smpp_concat *concat)
{
	sb_put_u8(w, concat->wide ? SMPP_UDH_CONCAT_16 : SMPP_UDH_CONCAT_8);
	sb_put_u8(w, concat->wide ? CONCAT_16_SIZE : CONCAT_8_SIZE);
	if (concat->wide)
		sb_put_u16(w, concat->ref);
	else
		sb_put_u8(w, (uint8_t)concat->ref);
	sb_put_u8(w, concat->total);
	sb_put_u8(w, concat->part);
}

static void
put_others(struct sb_writer *w, struct sb_bytes others)
{
	struct sb_reader r = sb_reader_of(others);
	struct smpp_udh_element element;

	while (smpp_next_udh_element(&r, &element)) {
		/* It has just been written anew; two would contradict each other. */
		if (is_concat(element.id))
			continue;
		sb_put_u8(w, element.id);
		sb_put_u8(w, (uint8_t)element.value.size);
		sb_put_bytes(w, element.value.data, element.value.size);
	}
}

int
smpp_udh_put_elements(struct sb_writer *w, struct sb_bytes elements)
{
	if (elements.size == 0 || elements.size > UINT8_MAX || !is_walkable(elements))
		return SB_EINVAL;
	if (w->failed || (size_t)(w->end - w->at) < 1 + elements.size)
		return SB_ENOSPC;
	sb_put_u8(w, (uint8_t)elements.size);
	sb_put_bytes(w, elements.data, elements.size);
	return 0;
}

int
smpp_udh_put(struct sb_writer *w, const struct smpp_concat *concat, struct sb_bytes others)
{
	/* Put together aside, since UDHL comes first and is known last. */
	uint8_t octets[UINT8_MAX];
	struct sb_writer elements = sb_writer_of(octets, sizeof(octets));

	if (!is_in_range(concat) || (!concat->wide && concat->ref > UINT8_MAX) ||
		!is_walkable(others))
		return SB_EINVAL;
	put_concat(&elements, concat);
	put_others(&elements, others);
	if (sb_writer_failed(&elements))
		return SB_EINVAL;
	return smpp_udh_put_elements(w, sb_bytes(octets, sb_writer_size(&elements)));
}

int
smpp_sar_put(struct sb_writer *w, const struct smpp_concat *concat)
{
	struct sb_writer before = *w;
	int err;

	if (!is_in_range(concat))
		return SB_EINVAL;
	err = smpp_put_tlv_u16(w, SMPP_TAG_SAR_MSG_REF_NUM, concat->ref);
	if (!err)
		err = smpp_put_tlv_u8(w, SMPP_TAG_SAR_TOTAL_SEGMENTS, concat->total);
	if (!err)
		err = smpp_put_tlv_u8(w, SMPP_TAG_SAR_SEGMENT_SEQNUM, concat->part);
	if (err)
		*w = before;
	return err;
}
