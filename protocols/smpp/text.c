/*
 * From a text to messages. A part is found by walking the text character by
 * character until the next one would not fit, so that neither an escape nor a
 * surrogate pair is ever split; measuring, splitting and writing all use that one
 * walk, and cannot disagree.
 */
#include "protocols/smpp/text.h"

#include "core/error.h"
#include "core/utf8.h"
#include "protocols/smpp/text_pack.h"
#include "protocols/smpp/udh.h"

#define MESSAGE_OCTETS 140 /* of a message over the air, with its user data header */
#define PARTS_MAX      255

/* Data codings (3.4, 5.2.19). */
enum data_coding {
	CODING_DEFAULT = 0x00,
	CODING_ASCII = 0x01,
	CODING_LATIN1 = 0x03,
	CODING_UTF16 = 0x08,
};

static bool
is_gsm7(const struct smpp_text_plan *plan)
{
	return plan->encoding.charset == SMPP_CHARSET_GSM7;
}

static bool
is_packed(const struct smpp_text_plan *plan)
{
	return plan->packed && is_gsm7(plan);
}

/* False: the peer has no data_coding for it. */
static bool
find_data_coding(const struct smpp_encoding *encoding, uint8_t default_charset, uint8_t *coding)
{
	if (encoding->charset == default_charset) {
		*coding = CODING_DEFAULT;
		return true;
	}
	switch ((enum smpp_charset)encoding->charset) {
	case SMPP_CHARSET_GSM7:
		return false;
	case SMPP_CHARSET_LATIN1:
		*coding = CODING_LATIN1;
		return true;
	case SMPP_CHARSET_ASCII:
		*coding = CODING_ASCII;
		return true;
	case SMPP_CHARSET_UTF16:
		*coding = CODING_UTF16;
		return true;
	}
	return false;
}

/* Octets of the user data header over the air, UDHL included: with sar_ TLVs or a payload it is the
 * message centre that makes it, of the size that it has at most. */
static size_t
header_on_air(const struct smpp_text_plan *plan, bool is_long)
{
	size_t shift = smpp_gsm7_shift_size(plan->encoding.shift);

	if (!is_long)
		return shift ? 1 + shift : 0;
	if (plan->form == SMPP_TEXT_UDH_8 || plan->form == SMPP_TEXT_PAYLOAD)
		return SMPP_UDH_SIZE_CONCAT_8 + shift;
	return SMPP_UDH_SIZE_CONCAT_16 + shift;
}

/* Of the header that is ours to write. */
static size_t
header_in_pdu(const struct smpp_text_plan *plan, bool is_long)
{
	bool is_numbered =
		is_long && (plan->form == SMPP_TEXT_UDH_8 || plan->form == SMPP_TEXT_UDH_16);

	return header_on_air(plan, is_numbered);
}

/* Septets, or octets, that a message has room for. */
static size_t
room_in_message(const struct smpp_text_plan *plan, bool is_long)
{
	size_t octets = MESSAGE_OCTETS - header_on_air(plan, is_long);

	switch ((enum smpp_charset)plan->encoding.charset) {
	case SMPP_CHARSET_GSM7:
		return octets * 8 / 7;
	case SMPP_CHARSET_UTF16:
		return octets & ~(size_t)1;
	case SMPP_CHARSET_LATIN1:
	case SMPP_CHARSET_ASCII:
		break;
	}
	return octets;
}

/* A stretch of the text that goes into one message. */
struct stretch {
	size_t end;   /* offset of what comes next */
	size_t units; /* septets, or octets */
};

static int
step(const struct smpp_text_plan *plan, size_t at, size_t *size, uint8_t out[SMPP_CHARACTER_MAX],
	size_t *units)
{
	uint32_t code = 0;

	*size = sb_utf8_next(sb_bytes(plan->text.data + at, plan->text.size - at), &code);
	if (!*size)
		return SB_EINVAL;
	*units = smpp_encode_character(&plan->encoding, code, out);
	return *units ? 0 : SB_ENOTSUP;
}

/* A part that ends in a CR in the place of filling would lose it: the CR begins the next part. */
static void
keep_last_cr(const struct smpp_text_plan *plan, unsigned fill, struct stretch *stretch)
{
	bool is_last = stretch->end == plan->text.size;

	if (!is_packed(plan) || is_last || plan->text.data[stretch->end - 1] != '\r')
		return;
	if (!smpp_pack_is_even(stretch->units, fill))
		return;
	stretch->end--;
	stretch->units--;
}

static int
take_stretch(struct smpp_text_plan *plan, size_t from, bool is_long, struct stretch *stretch)
{
	size_t room = room_in_message(plan, is_long);

	*stretch = (struct stretch){.end = from};
	while (stretch->end < plan->text.size) {
		uint8_t out[SMPP_CHARACTER_MAX];
		size_t size, units = 0;
		int err = step(plan, stretch->end, &size, out, &units);

		if (err) {
			plan->bad_at = stretch->end;
			return err;
		}
		if (stretch->units + units > room)
			break;
		stretch->end += size;
		stretch->units += units;
	}
	keep_last_cr(plan, smpp_pack_fill(header_in_pdu(plan, is_long)), stretch);
	return 0;
}

/* Of one PDU, with its user data header. */
static size_t
octets_of(const struct smpp_text_plan *plan, size_t units, bool is_long)
{
	size_t header = header_in_pdu(plan, is_long);

	if (!is_packed(plan))
		return header + units;
	return header + smpp_packed_size(units, smpp_pack_fill(header));
}

static int
measure_long(struct smpp_text_plan *plan)
{
	struct stretch stretch = {.end = 0};
	size_t units = 0;

	plan->segments = plan->octets = 0;
	while (stretch.end < plan->text.size) {
		int err = take_stretch(plan, stretch.end, true, &stretch);

		if (err)
			return err;
		plan->segments++;
		plan->octets += octets_of(plan, stretch.units, true);
		units += stretch.units;
	}
	plan->parts = (unsigned)plan->segments;
	if (plan->form == SMPP_TEXT_PAYLOAD) {
		plan->parts = 1;
		/* One run of septets, without the filling of each part. */
		plan->octets = octets_of(plan, units, true);
	}
	return 0;
}

/* Fills in what the text takes in the plan's encoding. */
static int
measure(struct smpp_text_plan *plan)
{
	struct stretch stretch;
	int err = take_stretch(plan, 0, false, &stretch);

	if (err)
		return err;
	if (stretch.end < plan->text.size)
		return measure_long(plan);
	plan->segments = plan->parts = 1;
	plan->octets = octets_of(plan, stretch.units, false);
	return 0;
}

static bool
is_cheaper(const struct smpp_text_plan *a, const struct smpp_text_plan *b)
{
	return a->segments != b->segments ? a->segments < b->segments : a->octets < b->octets;
}

static const struct smpp_encoding *
candidates_of(const struct smpp_text_options *options, struct smpp_encoding usual[2], size_t *count)
{
	*count = options->candidate_count;
	if (*count)
		return options->candidates;
	usual[0] = (struct smpp_encoding){.charset = options->default_charset};
	usual[1] = (struct smpp_encoding){.charset = SMPP_CHARSET_UTF16};
	*count = 2;
	return usual;
}

static int
choose(const struct smpp_text_options *options, struct smpp_text_plan *plan)
{
	struct smpp_text_plan best = *plan;
	struct smpp_encoding usual[2];
	size_t count;
	const struct smpp_encoding *candidates = candidates_of(options, usual, &count);
	int result = SB_ENOTSUP;

	for (size_t i = 0; i < count; i++) {
		struct smpp_text_plan tried = *plan;
		int err = SB_ENOTSUP;

		tried.encoding = candidates[i];
		if (find_data_coding(
			    &tried.encoding, options->default_charset, &tried.data_coding) &&
			smpp_gsm7_is_known(tried.encoding.shift))
			err = measure(&tried);
		if (!err && (result || is_cheaper(&tried, &best)))
			best = tried;
		else if (err && result && tried.bad_at > best.bad_at)
			best.bad_at = tried.bad_at;
		/* What is no UTF-8 is none for anybody. */
		if (!err || err == SB_EINVAL)
			result = err;
		if (err == SB_EINVAL)
			break;
	}
	*plan = best;
	return result;
}

/* Of a payload, too: the message centre has no more numbers for its parts than we have. Less than
 * the 65,535 octets of a TLV in every encoding. */
static unsigned
parts_max(const struct smpp_text_options *options)
{
	bool is_less = options->parts_max && options->parts_max < PARTS_MAX;

	return is_less ? options->parts_max : PARTS_MAX;
}

int
smpp_text_plan(
	struct sb_bytes text, const struct smpp_text_options *options, struct smpp_text_plan *plan)
{
	static const struct smpp_text_options usual = {0};
	int err;

	if (!options)
		options = &usual;
	*plan = (struct smpp_text_plan){
		.text = text,
		.next = 1,
		.ref = options->ref,
		.form = options->form,
		.packed = options->packed,
	};
	if (plan->form == SMPP_TEXT_UDH_8)
		plan->ref &= UINT8_MAX;
	if (plan->form > SMPP_TEXT_PAYLOAD)
		return SB_EINVAL;
	err = choose(options, plan);
	if (err)
		return err;
	return plan->segments > parts_max(options) ? SB_ELIMIT : 0;
}

static bool
is_long(const struct smpp_text_plan *plan)
{
	return plan->segments > 1;
}

static bool
is_payload(const struct smpp_text_plan *plan)
{
	return is_long(plan) && plan->form == SMPP_TEXT_PAYLOAD;
}

size_t
smpp_text_payload_size(const struct smpp_text_plan *plan)
{
	if (!is_payload(plan))
		return 0;
	return SMPP_TLV_HEADER_SIZE + plan->octets;
}

/* Failures of a writer stay with it: the caller looks once. */
static void
put_header(const struct smpp_text_plan *plan, struct sb_writer *w)
{
	const struct smpp_concat concat = {plan->ref, plan->form == SMPP_TEXT_UDH_16,
		(uint8_t)plan->parts, (uint8_t)plan->next};
	size_t size = header_in_pdu(plan, is_long(plan));
	size_t shift = smpp_gsm7_shift_size(plan->encoding.shift);
	uint8_t octets[2 * 3];
	struct sb_writer elements = sb_writer_of(octets, sizeof(octets));
	int err;

	if (size == 0)
		return;
	/* Six octets, which is all that there can be. */
	(void)smpp_gsm7_put_shift(&elements, plan->encoding.shift);
	if (size > 1 + shift)
		err = smpp_udh_put(w, &concat, sb_bytes(octets, shift));
	else
		err = smpp_udh_put_elements(w, sb_bytes(octets, shift));
	if (err)
		w->failed = true;
}

static void
put_packed(const struct smpp_text_plan *plan, struct sb_bytes text, struct sb_writer *w)
{
	unsigned fill = smpp_pack_fill(header_in_pdu(plan, is_long(plan)));
	struct smpp_packer packer = smpp_packer_of(w, fill);

	while (text.size) {
		uint8_t septets[SMPP_CHARACTER_MAX];
		uint32_t code = 0;
		size_t step_size = sb_utf8_next(text, &code);
		size_t count = smpp_encode_character(&plan->encoding, code, septets);

		for (size_t i = 0; i < count; i++)
			smpp_packer_put(&packer, septets[i]);
		text = sb_bytes(text.data + step_size, text.size - step_size);
		if (!text.size)
			smpp_packer_finish(&packer);
	}
}

static void
put_text(const struct smpp_text_plan *plan, size_t end, struct sb_writer *w)
{
	struct sb_bytes text = sb_bytes(plan->text.data, 0);

	if (end > plan->at)
		text = sb_bytes(plan->text.data + plan->at, end - plan->at);
	if (is_packed(plan))
		put_packed(plan, text, w);
	else if (smpp_charset_encode(&plan->encoding, text, w, NULL))
		w->failed = true;
}

static void
put_payload(const struct smpp_text_plan *plan, struct sb_writer *w)
{
	size_t size = smpp_text_payload_size(plan) - SMPP_TLV_HEADER_SIZE;

	sb_put_u16(w, SMPP_TAG_MESSAGE_PAYLOAD);
	sb_put_u16(w, (uint16_t)size);
	put_header(plan, w);
	put_text(plan, plan->text.size, w);
}

static void
put_sar(const struct smpp_text_plan *plan, struct sb_writer *w)
{
	const struct smpp_concat concat = {
		plan->ref, true, (uint8_t)plan->parts, (uint8_t)plan->next};

	if (is_long(plan) && plan->form == SMPP_TEXT_SAR && smpp_sar_put(w, &concat))
		w->failed = true;
}

int
smpp_text_next(struct smpp_text_plan *plan, struct sb_writer *w, struct smpp_text_part *part)
{
	struct sb_writer before = *w;
	struct stretch stretch = {.end = plan->text.size};
	size_t message;

	if (plan->next > plan->parts)
		return SB_ENOENT;
	if (is_payload(plan)) {
		message = 0;
		put_payload(plan, w);
	} else {
		/* It was walked by smpp_text_plan(): it cannot fail now. */
		(void)take_stretch(plan, plan->at, is_long(plan), &stretch);
		put_header(plan, w);
		put_text(plan, stretch.end, w);
		message = (size_t)(w->at - before.at);
		put_sar(plan, w);
	}
	if (sb_writer_failed(w)) {
		*w = before;
		return SB_ENOSPC;
	}
	*part = (struct smpp_text_part){
		.number = plan->next++,
		.esm_class = header_in_pdu(plan, is_long(plan)) ? SMPP_ESM_UDHI : 0,
		.data_coding = plan->data_coding,
		.short_message = sb_bytes(before.at, message),
		.tlvs = sb_bytes(before.at + message, (size_t)(w->at - before.at) - message),
	};
	plan->at = stretch.end;
	return 0;
}

void
smpp_text_fill(const struct smpp_text_part *part, struct smpp_pdu *pdu)
{
	pdu->submit_sm.esm_class |= part->esm_class;
	pdu->submit_sm.data_coding = part->data_coding;
	pdu->submit_sm.short_message = part->short_message;
	pdu->tlvs = part->tlvs;
}
