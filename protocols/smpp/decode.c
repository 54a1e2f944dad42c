#include "protocols/smpp/pdu.h"
#include "protocols/smpp/scan_internal.h"

/*
 * Straight-line code for each body, made from pdu_map.h: a submit_sm takes
 * two thirds of the time of a loop over its rows. No step leaves early; a fault
 * sends the cursor to the end, and the steps after it find nothing there.
 */
struct decoder {
	const uint8_t *at; /* the next octet; at == end: nothing is left, or a fault has taken it */
	const uint8_t *end;
	const struct smpp_decode_options *options;
	struct smpp_decode_error *error;
	bool liberal; /* a response: what is missing is empty */
};

/* Out of the straight line, so that the good path stays in few cache lines. */
#define COLD __attribute__((cold, noinline))

static const struct smpp_decode_options defaults;

/* The worst fault is kept, and of equal ones the first. */
COLD static void
fault(struct decoder *d, enum smpp_fault what, uint32_t status, const char *field)
{
	if (what <= d->error->fault)
		return;
	d->error->fault = what;
	d->error->status = status;
	d->error->field = field;
}

/* No field can be trusted behind this one. In a response what is missing is simply empty: peers
 * send them cut short in every way. */
COLD static void
body_fault(struct decoder *d, uint32_t status, const char *field)
{
	d->at = d->end;
	if (!d->liberal)
		fault(d, SMPP_FAULT_BODY, status, field);
}

/* A string without its NUL. The last one of a response counts as it is, when it is not too long. */
COLD static struct sb_bytes
open_end(struct decoder *d, size_t bound, uint32_t status, const char *field)
{
	struct sb_bytes rest = sb_bytes(d->at, d->liberal ? (size_t)(d->end - d->at) : 0);

	body_fault(d, SMPP_RINVCMDLEN, field);
	if (rest.size >= bound)
		fault(d, SMPP_FAULT_FIELD, status, field);
	return rest;
}

/* 3.4 allows 254 where 5.0 allows 255 (sm_length, number_of_dests): one bound in the table, one
 * test here. */
static bool
is_before_50(const struct decoder *d)
{
	return d->options->version && d->options->version < SMPP_VERSION_50;
}

/* One function for each kind of pdu_map.h, named by it. */
static inline uint8_t
decode_U8(struct decoder *d, unsigned bound, uint32_t status, const char *field)
{
	uint8_t value;

	if (d->at == d->end) {
		body_fault(d, SMPP_RINVCMDLEN, field);
		return 0;
	}
	value = *d->at++;
	/* By default every value passes: what it means is the application's to judge. */
	if (value > bound && d->options->strict_values)
		fault(d, SMPP_FAULT_FIELD, status, field);
	return value;
}

static inline struct sb_bytes
decode_STRING(struct decoder *d, size_t bound, uint32_t status, const char *field)
{
	const uint8_t *start = d->at;
	const uint8_t *nul = smpp_find_nul(start, d->end);
	size_t size;

	if (!nul)
		return open_end(d, bound, status, field);
	/* Behind the NUL, however long the text is: one field is wrong, not the PDU. */
	d->at = nul + 1;
	size = (size_t)(nul - start);
	if (size >= bound)
		fault(d, SMPP_FAULT_FIELD, status, field);
	return sb_bytes(start, size);
}

static inline struct sb_bytes
decode_PASSWORD(struct decoder *d, size_t bound, uint32_t status, const char *field)
{
	size_t more = (size_t)d->options->password_max + 1;

	return decode_STRING(d, more > 1 ? more : bound, status, field);
}

static inline struct sb_bytes
decode_TIME(struct decoder *d, size_t bound, uint32_t status, const char *field)
{
	struct sb_bytes text = decode_STRING(d, bound, status, field);

	/* 3.4, 7.1.1: nothing, or all 16 characters. */
	if (text.size && text.size != bound - 1)
		fault(d, SMPP_FAULT_FIELD, status, field);
	return text;
}

/* sm_length counts what must be there: over the end it is a fault of its own (RINVMSGLEN), for the
 * rest of the PDU cannot be found then. */
static inline struct sb_bytes
decode_MESSAGE(struct decoder *d, size_t bound, uint32_t status, const char *field)
{
	size_t size = decode_U8(d, UINT8_MAX, status, field);
	struct sb_bytes octets = {d->at, size};

	if (size > (size_t)(d->end - d->at)) {
		body_fault(d, status, field);
		return sb_bytes(NULL, 0);
	}
	if (size == bound && is_before_50(d))
		fault(d, SMPP_FAULT_FIELD, status, field);
	d->at += size;
	return octets;
}

/* Why smpp_next_destination() stopped at `entry`: an unknown flag has a status of its own. */
static uint32_t
destination_status(const uint8_t *entry, const uint8_t *end)
{
	if (entry < end && *entry != SMPP_DESTINATION_ADDRESS && *entry != SMPP_DESTINATION_LIST)
		return SMPP_RINVDESTFLAG;
	return SMPP_RINVCMDLEN;
}

static void
check_destination(struct decoder *d, const struct smpp_destination *destination)
{
	if (destination->address.size <= 20)
		return;
	if (destination->flag == SMPP_DESTINATION_LIST)
		fault(d, SMPP_FAULT_FIELD, SMPP_RINVDLNAME, "dl_name");
	else
		fault(d, SMPP_FAULT_FIELD, SMPP_RINVDSTADR, "destination_addr");
}

static struct smpp_list
decode_DESTINATIONS(struct decoder *d, unsigned bound, uint32_t status, const char *field)
{
	unsigned count = decode_U8(d, UINT8_MAX, status, "number_of_dests");
	struct sb_reader r = {d->at, d->end, false};
	struct smpp_list list = {{d->at, 0}, 0};

	if (count == 0 || (count == bound && is_before_50(d)))
		fault(d, SMPP_FAULT_FIELD, status, "number_of_dests");
	/* Walked to find the fields behind it; the entries themselves stay octets. The view grows
	 * entry by entry, so that a cut list holds what is whole. */
	while (list.count < count) {
		struct smpp_destination destination;

		if (!smpp_next_destination(&r, &destination)) {
			body_fault(d, destination_status(d->at, d->end), field);
			return list;
		}
		check_destination(d, &destination);
		d->at = r.at;
		list.count++;
		list.octets.size = (size_t)(d->at - list.octets.data);
	}
	return list;
}

/* Of a response, so what is cut off ends the list, and is no fault. */
static struct smpp_list
decode_FAILURES(struct decoder *d, unsigned bound, uint32_t status, const char *field)
{
	unsigned count = decode_U8(d, bound, status, field);
	struct sb_reader r = {d->at, d->end, false};
	struct smpp_list list = {{d->at, 0}, 0};
	struct smpp_failure failure;

	while (list.count < count) {
		if (!smpp_next_failure(&r, &failure)) {
			body_fault(d, SMPP_RINVCMDLEN, field);
			return list;
		}
		if (failure.address.size > 20)
			fault(d, SMPP_FAULT_FIELD, SMPP_RINVDSTADR, "destination_addr");
		d->at = r.at;
		list.count++;
		list.octets.size = (size_t)(d->at - list.octets.data);
	}
	return list;
}

#define DECODE(body, kind, field, size, status, privacy) \
	out->field = decode_##kind(d, size, SMPP_##status, #field);
#define X(body)                                                               \
	static void decode_##body(struct decoder *d, struct smpp_##body *out) \
	{                                                                     \
		SMPP_FIELDS_##body(DECODE, body)                              \
	}
SMPP_BODY_MAP(X)
#undef X
#undef DECODE

#define decode_none(d, out) ((void)0)

/* False when the command is not on the table. */
static bool
decode_body(struct decoder *d, struct smpp_pdu *pdu)
{
	switch (pdu->header.command) {
#define X(constant, name, id, body, version)  \
	case id:                              \
		decode_##body(d, &pdu->body); \
		return true;
		SMPP_COMMAND_MAP(X)
#undef X
	}
	return false;
}

static void
check_tlv_sizes(struct decoder *d, struct sb_bytes area)
{
	struct sb_reader r = sb_reader_of(area);
	struct smpp_tlv tlv;

	while (smpp_next_tlv(&r, &tlv)) {
		const struct smpp_tlv_info *info = smpp_tlv_info(d->options->dictionary, tlv.tag);

		if (info && !smpp_tlv_size_fits(info, tlv.value.size))
			fault(d, SMPP_FAULT_TLV_SIZE, SMPP_RINVTLVLEN, info->name);
	}
}

/* The TLVs that a broadcast_sm cannot do without. */
static void
check_mandatory_tlvs(struct decoder *d, struct sb_bytes area)
{
	static const uint16_t mandatory[] = {
		SMPP_TAG_BROADCAST_AREA_IDENTIFIER,
		SMPP_TAG_BROADCAST_CONTENT_TYPE,
		SMPP_TAG_BROADCAST_REP_NUM,
		SMPP_TAG_BROADCAST_FREQUENCY_INTERVAL,
	};
	struct sb_bytes value;

	for (size_t i = 0; i < sizeof(mandatory) / sizeof(mandatory[0]); i++)
		if (!smpp_find_tlv(area, mandatory[i], &value))
			fault(d, SMPP_FAULT_MISSING_TLV, SMPP_RMISSINGTLV,
				smpp_tlv_info(NULL, mandatory[i])->name);
}

static void
decode_tlvs(struct decoder *d, struct smpp_pdu *pdu)
{
	struct sb_bytes area = {d->at, (size_t)(d->end - d->at)};

	pdu->tlvs = area;
	if (area.size) {
		/* What can be walked is kept also when the rest cannot: the application may want to
		 * see it. */
		pdu->tlvs.size = smpp_tlv_walkable(area);
		/* Octets behind a body-less PDU were never promised to be TLVs. */
		if (pdu->tlvs.size != area.size && !d->liberal)
			fault(d, SMPP_FAULT_TLV_AREA, SMPP_RINVTLVSTREAM, "tlvs");
		if (d->options->strict_tlvs)
			check_tlv_sizes(d, pdu->tlvs);
	}
	if (pdu->header.command == SMPP_BROADCAST_SM)
		check_mandatory_tlvs(d, pdu->tlvs);
}

bool
smpp_peek_header(struct sb_bytes in, struct smpp_header *header)
{
	struct sb_reader r = sb_reader_of(in);

	if (in.size < SMPP_HEADER_SIZE) {
		*header = (struct smpp_header){0};
		return false;
	}
	header->length = sb_get_u32(&r);
	header->command = sb_get_u32(&r);
	header->status = sb_get_u32(&r);
	header->sequence = sb_get_u32(&r);
	return true;
}

/* Nothing of the body is there to be used, or printed: all of it is empty. */
COLD static int
reject_pdu(struct smpp_pdu *pdu, struct smpp_decode_error *error, enum smpp_fault what,
	uint32_t status)
{
	bool is_framed = what != SMPP_FAULT_LENGTH;

	*pdu = (struct smpp_pdu){
		.header = pdu->header,
		.header_only = pdu->header_only,
		.body = is_framed ? pdu->body : sb_bytes(NULL, 0),
	};
	error->fault = what;
	error->status = status;
	/* With framing lost, what the octets claim to be does not matter any more. */
	if (!is_framed)
		error->answer = SMPP_GENERIC_NACK;
	return is_framed ? SB_ENOTSUP : SB_EPROTO;
}

int
smpp_decode(struct sb_bytes in, const struct smpp_decode_options *options, struct smpp_pdu *pdu,
	struct smpp_decode_error *error)
{
	struct smpp_decode_error unasked;
	struct decoder d;

	/* One path for callers that do not care why. */
	if (!error)
		error = &unasked;
	*error = (struct smpp_decode_error){.field = ""};
	pdu->header_only = false;
	/* A caller that frames wrongly is told so, rather than read past its octets. */
	if (!smpp_peek_header(in, &pdu->header) || pdu->header.length != in.size)
		return reject_pdu(pdu, error, SMPP_FAULT_LENGTH, SMPP_RINVCMDLEN);
	error->answer = smpp_answer_of(pdu->header.command);
	pdu->body = sb_bytes(in.data + SMPP_HEADER_SIZE, in.size - SMPP_HEADER_SIZE);
	d = (struct decoder){
		.at = pdu->body.data,
		.end = pdu->body.data + pdu->body.size,
		.options = options ? options : &defaults,
		.error = error,
		.liberal = smpp_is_response(pdu->header.command),
	};
	pdu->header_only = d.liberal && pdu->body.size == 0;
	if (!decode_body(&d, pdu))
		return reject_pdu(pdu, error, SMPP_FAULT_COMMAND, SMPP_RINVCMDID);
	/* Nor does a request without a body mind what follows it. */
	d.liberal = d.liberal || d.at == pdu->body.data;
	decode_tlvs(&d, pdu);
	return error->fault == SMPP_FAULT_NONE ? 0 : SB_EPROTO;
}
