#include "tests/protocols/smpp/pdus.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/octets.h"

static uint8_t *
room_for(struct generated *g, size_t size)
{
	uint8_t *room = g->octets + g->used;

	if (size > sizeof(g->octets) - g->used)
		abort();
	g->used += size;
	return room;
}

static struct sb_bytes
generate_octets(struct generated *g, size_t size, unsigned least, struct chance *c)
{
	uint8_t *room = room_for(g, size);

	for (size_t i = 0; i < size; i++)
		room[i] = (uint8_t)(least + chance_below(c, 256 - least));
	return sb_bytes(room, size);
}

struct sb_bytes
generate_text(struct generated *g, size_t size, struct chance *c)
{
	return generate_octets(g, size, 1, c);
}

static struct smpp_list
generate_destinations(struct generated *g, struct chance *c)
{
	unsigned count = 1 + chance_below(c, 12);
	uint8_t *room = room_for(g, (size_t)count * 24);
	struct sb_writer w = sb_writer_of(room, (size_t)count * 24);

	for (unsigned i = 0; i < count; i++) {
		struct smpp_destination destination = {
			.flag = (uint8_t)(1 + chance_below(c, 2)),
			.ton = (uint8_t)chance_below(c, 7),
			.npi = (uint8_t)chance_below(c, 19),
			.address = generate_text(g, chance_below(c, 21), c),
		};

		if (smpp_put_destination(&w, &destination))
			abort();
	}
	return (struct smpp_list){sb_bytes(room, sb_writer_size(&w)), (uint8_t)count};
}

static struct smpp_list
generate_failures(struct generated *g, struct chance *c)
{
	unsigned count = chance_below(c, 12);
	uint8_t *room = room_for(g, (size_t)count * 27);
	struct sb_writer w = sb_writer_of(room, (size_t)count * 27);

	for (unsigned i = 0; i < count; i++) {
		struct smpp_failure failure = {
			.ton = (uint8_t)chance_below(c, 7),
			.npi = (uint8_t)chance_below(c, 19),
			.address = generate_text(g, chance_below(c, 21), c),
			.status = chance_below(c, 0x500),
		};

		if (smpp_put_failure(&w, &failure))
			abort();
	}
	return (struct smpp_list){sb_bytes(room, sb_writer_size(&w)), (uint8_t)count};
}

void *
field_of(struct smpp_pdu *pdu, const struct smpp_field_info *field)
{
	return (char *)&pdu->bind + field->offset;
}

static const void *
value_of(const struct smpp_pdu *pdu, const struct smpp_field_info *field)
{
	return (const char *)&pdu->bind + field->offset;
}

static void
generate_field(struct generated *g, const struct smpp_field_info *field, struct chance *c)
{
	void *value = field_of(&g->pdu, field);

	switch ((enum smpp_field_kind)field->kind) {
	case SMPP_FIELD_U8:
		*(uint8_t *)value = (uint8_t)chance_below(c, field->size + 1u);
		break;
	case SMPP_FIELD_STRING:
	case SMPP_FIELD_PASSWORD:
		*(struct sb_bytes *)value = generate_text(g, chance_below(c, field->size), c);
		break;
	case SMPP_FIELD_TIME:
		*(struct sb_bytes *)value = generate_text(g, chance_below(c, 2) * 16, c);
		break;
	case SMPP_FIELD_MESSAGE:
		*(struct sb_bytes *)value =
			generate_octets(g, chance_below(c, field->size + 1u), 0, c);
		break;
	case SMPP_FIELD_DESTINATIONS:
		*(struct smpp_list *)value = generate_destinations(g, c);
		break;
	case SMPP_FIELD_FAILURES:
		*(struct smpp_list *)value = generate_failures(g, c);
		break;
	}
}

static size_t
legal_tlv_size(const struct smpp_tlv_info *info, struct chance *c)
{
	if (info->type == SMPP_TLV_INTEGER)
		return chance_below(c, 2) ? info->min : info->max;
	return info->min + chance_below(c, (info->max < 300 ? info->max : 300u) - info->min + 1u);
}

static void
put_tlv(struct sb_writer *w, struct generated *g, const struct smpp_tlv_info *info,
	struct chance *c)
{
	struct sb_bytes value = generate_octets(g, legal_tlv_size(info, c), 0, c);

	if (smpp_put_tlv(w, info->tag, value))
		abort();
}

static void
put_mandatory_tlvs(struct sb_writer *w, struct generated *g, struct chance *c)
{
	static const uint16_t tags[] = {SMPP_TAG_BROADCAST_AREA_IDENTIFIER,
		SMPP_TAG_BROADCAST_CONTENT_TYPE, SMPP_TAG_BROADCAST_REP_NUM,
		SMPP_TAG_BROADCAST_FREQUENCY_INTERVAL};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		put_tlv(w, g, smpp_tlv_info(NULL, tags[i]), c);
}

static void
generate_tlvs(struct generated *g, struct chance *c)
{
	const size_t size = 8192;
	uint8_t *room = room_for(g, size);
	struct sb_writer w = sb_writer_of(room, size);
	size_t known;
	const struct smpp_tlv_info *table = smpp_tlv_table(&known);

	if (g->pdu.header.command == SMPP_BROADCAST_SM)
		put_mandatory_tlvs(&w, g, c);
	for (uint32_t left = chance_below(c, 6); left; left--) {
		if (chance_below(c, 4))
			put_tlv(&w, g, &table[chance_below(c, (uint32_t)known)], c);
		else if (smpp_put_tlv(&w, (uint16_t)(0x1400 + chance_below(c, 0x2C00)),
				 generate_octets(g, chance_below(c, 40), 0, c)))
			abort();
	}
	g->pdu.tlvs = sb_bytes(room, sb_writer_size(&w));
}

void
generate_pdu(struct generated *g, const struct smpp_command_info *command, struct chance *c)
{
	g->used = 0;
	memset(&g->pdu, 0, sizeof(g->pdu));
	g->pdu.header.command = command->id;
	g->pdu.header.sequence = (uint32_t)chance_next(c);
	if (smpp_is_response(command->id)) {
		g->pdu.header.status = chance_below(c, 0x500);
		g->pdu.header_only = chance_below(c, 4) == 0;
	}
	if (g->pdu.header_only)
		return;
	for (size_t i = 0; i < command->field_count; i++)
		generate_field(g, &command->fields[i], c);
	generate_tlvs(g, c);
}

static bool
is_same(const struct smpp_field_info *field, const void *a, const void *b)
{
	switch ((enum smpp_field_kind)field->kind) {
	case SMPP_FIELD_U8:
		return *(const uint8_t *)a == *(const uint8_t *)b;
	case SMPP_FIELD_DESTINATIONS:
	case SMPP_FIELD_FAILURES:
		return ((const struct smpp_list *)a)->count ==
			       ((const struct smpp_list *)b)->count &&
		       sb_bytes_equal(((const struct smpp_list *)a)->octets,
			       ((const struct smpp_list *)b)->octets);
	case SMPP_FIELD_STRING:
	case SMPP_FIELD_PASSWORD:
	case SMPP_FIELD_TIME:
	case SMPP_FIELD_MESSAGE:
		break;
	}
	return sb_bytes_equal(*(const struct sb_bytes *)a, *(const struct sb_bytes *)b);
}

const char *
pdu_difference(const struct smpp_pdu *a, const struct smpp_pdu *b)
{
	const struct smpp_command_info *command = smpp_command_find(a->header.command);

	if (a->header.command != b->header.command || !command)
		return "command";
	if (a->header.status != b->header.status || a->header.sequence != b->header.sequence)
		return "header";
	if (command->field_count && a->header_only != b->header_only)
		return "header_only";
	for (size_t i = 0; i < command->field_count; i++)
		if (!is_same(&command->fields[i], value_of(a, &command->fields[i]),
			    value_of(b, &command->fields[i])))
			return command->fields[i].name;
	return sb_bytes_equal(a->tlvs, b->tlvs) ? NULL : "tlvs";
}

static void
encode_field(struct sb_writer *w, const struct smpp_field_info *field, const void *value)
{
	const struct sb_bytes *octets = value;

	switch ((enum smpp_field_kind)field->kind) {
	case SMPP_FIELD_U8:
		sb_put_u8(w, *(const uint8_t *)value);
		break;
	case SMPP_FIELD_STRING:
	case SMPP_FIELD_PASSWORD:
	case SMPP_FIELD_TIME:
		sb_put_bytes(w, octets->data, octets->size);
		sb_put_u8(w, 0);
		break;
	case SMPP_FIELD_MESSAGE:
		sb_put_u8(w, (uint8_t)octets->size);
		sb_put_bytes(w, octets->data, octets->size);
		break;
	case SMPP_FIELD_DESTINATIONS:
	case SMPP_FIELD_FAILURES:
		sb_put_u8(w, ((const struct smpp_list *)value)->count);
		sb_put_bytes(w, ((const struct smpp_list *)value)->octets.data,
			((const struct smpp_list *)value)->octets.size);
		break;
	}
}

size_t
encode_unchecked(const struct smpp_pdu *pdu, uint8_t *buf, size_t size)
{
	const struct smpp_command_info *command = smpp_command_find(pdu->header.command);
	struct sb_writer w = sb_writer_of(buf, size);

	sb_put_u32(&w, 0);
	sb_put_u32(&w, pdu->header.command);
	sb_put_u32(&w, pdu->header.status);
	sb_put_u32(&w, pdu->header.sequence);
	for (size_t i = 0; !pdu->header_only && i < command->field_count; i++)
		encode_field(&w, &command->fields[i], value_of(pdu, &command->fields[i]));
	if (!pdu->header_only)
		sb_put_bytes(&w, pdu->tlvs.data, pdu->tlvs.size);
	if (sb_writer_failed(&w))
		abort();
	patch_u32(buf, (uint32_t)sb_writer_size(&w));
	return sb_writer_size(&w);
}
