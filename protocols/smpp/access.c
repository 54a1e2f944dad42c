/*
 * Names to places: the rows of command.c say where a field lies and what it is.
 */
#include "protocols/smpp/access.h"

#include "core/error.h"

const struct smpp_field_info *
smpp_field(uint32_t command, const char *name)
{
	const struct smpp_command_info *info = smpp_command_find(command);

	for (size_t i = 0; info && i < info->field_count; i++)
		if (strcmp(info->fields[i].name, name) == 0)
			return &info->fields[i];
	return NULL;
}

static bool
is_integer(const struct smpp_field_info *field)
{
	return field->kind == SMPP_FIELD_U8;
}

static bool
is_octets(const struct smpp_field_info *field)
{
	return field->kind == SMPP_FIELD_STRING || field->kind == SMPP_FIELD_PASSWORD ||
	       field->kind == SMPP_FIELD_TIME || field->kind == SMPP_FIELD_MESSAGE;
}

/* All bodies lie at the same place: that of the union. */
static const void *
place_of(const struct smpp_pdu *pdu, const struct smpp_field_info *field)
{
	return (const uint8_t *)&pdu->submit_sm + field->offset;
}

static void *
place_to_set(struct smpp_pdu *pdu, const struct smpp_field_info *field)
{
	return (uint8_t *)&pdu->submit_sm + field->offset;
}

int
smpp_get_integer(const struct smpp_pdu *pdu, const char *name, uint8_t *value)
{
	const struct smpp_field_info *field = smpp_field(pdu->header.command, name);

	if (!field)
		return SB_ENOENT;
	if (!is_integer(field))
		return SB_EINVAL;
	*value = *(const uint8_t *)place_of(pdu, field);
	return 0;
}

int
smpp_set_integer(struct smpp_pdu *pdu, const char *name, unsigned value)
{
	const struct smpp_field_info *field = smpp_field(pdu->header.command, name);

	if (!field)
		return SB_ENOENT;
	if (!is_integer(field) || value > UINT8_MAX)
		return SB_EINVAL;
	*(uint8_t *)place_to_set(pdu, field) = (uint8_t)value;
	return 0;
}

int
smpp_get_octets(const struct smpp_pdu *pdu, const char *name, struct sb_bytes *value)
{
	const struct smpp_field_info *field = smpp_field(pdu->header.command, name);

	if (!field)
		return SB_ENOENT;
	if (!is_octets(field))
		return SB_EINVAL;
	*value = *(const struct sb_bytes *)place_of(pdu, field);
	return 0;
}

int
smpp_set_octets(struct smpp_pdu *pdu, const char *name, struct sb_bytes value)
{
	const struct smpp_field_info *field = smpp_field(pdu->header.command, name);

	if (!field)
		return SB_ENOENT;
	if (!is_octets(field))
		return SB_EINVAL;
	*(struct sb_bytes *)place_to_set(pdu, field) = value;
	return 0;
}

int
smpp_get_tlv(const struct smpp_pdu *pdu, const struct smpp_tlv_dictionary *dictionary,
	const char *name, struct sb_bytes *value)
{
	const struct smpp_tlv_info *info = smpp_tlv_info_by_name(dictionary, name);

	return info && smpp_find_tlv(pdu->tlvs, info->tag, value) ? 0 : SB_ENOENT;
}

int
smpp_put_tlv_by_name(struct sb_writer *w, const struct smpp_tlv_dictionary *dictionary,
	const char *name, struct sb_bytes value)
{
	const struct smpp_tlv_info *info = smpp_tlv_info_by_name(dictionary, name);

	return info ? smpp_put_tlv(w, info->tag, value) : SB_ENOENT;
}

int
smpp_part_numbers(const struct smpp_pdu *pdu, struct smpp_concat *concat)
{
	struct sb_bytes elements, octets;
	size_t header_size;
	int err = smpp_message_split(pdu, &elements, &octets, &header_size);

	if (!err)
		err = smpp_udh_concat(elements, concat);
	return err == SB_ENOENT ? smpp_sar_concat(pdu->tlvs, concat) : err;
}
