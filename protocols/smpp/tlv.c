/*
 * Optional parameters (3.4, 3.2.4 and 5.3): a static table made from tlv_map.h,
 * and cursors over octets in place. The area of a PDU is never parsed into a
 * structure: most PDUs have no TLV, and a proxy wants them unchanged, the unknown
 * ones too.
 */
#include "protocols/smpp/tlv.h"

#include <strings.h>

#include "core/error.h"
#include "protocols/smpp/scan_internal.h"

#define ONCE    false
#define REPEATS true

static const struct smpp_tlv_info tlvs[] = {
#define X(constant, name, tag, type, min, max, repeats, version, privacy) \
	{#name, tag, min, max, SMPP_TLV_##type, repeats, version, SMPP_PRIVACY_##privacy},
	SMPP_TLV_MAP(X)
#undef X
};

enum tlv_index {
#define X(constant, name, tag, type, min, max, repeats, version, privacy) INDEX_##constant,
	SMPP_TLV_MAP(X)
#undef X
};

#define TLVS (sizeof(tlvs) / sizeof(tlvs[0]))

static const char *const type_names[] = {
	[SMPP_TLV_INTEGER] = "integer",
	[SMPP_TLV_OCTETS] = "octets",
	[SMPP_TLV_STRING] = "string",
};

#define TYPES (sizeof(type_names) / sizeof(type_names[0]))

int
smpp_tlv_type_from_name(const char *name, enum smpp_tlv_type *type)
{
	for (size_t i = 0; i < TYPES; i++) {
		if (strcasecmp(type_names[i], name) == 0) {
			*type = (enum smpp_tlv_type)i;
			return 0;
		}
	}
	return SB_ENOENT;
}

/* Two names or tags alike would make one of them unreachable: told at start, not found out by
 * missing TLVs. */
static int
check_entry(const struct smpp_tlv_dictionary *dictionary, size_t index)
{
	const struct smpp_tlv_info *entry = &dictionary->entries[index];

	if (!entry->name || !entry->name[0] || entry->type >= TYPES || entry->max < entry->min)
		return SB_EINVAL;
	if (entry->type == SMPP_TLV_INTEGER && entry->max > sizeof(uint32_t))
		return SB_EINVAL;
	for (size_t i = 0; i < index; i++)
		if (dictionary->entries[i].tag == entry->tag ||
			strcasecmp(dictionary->entries[i].name, entry->name) == 0)
			return SB_EEXIST;
	return 0;
}

int
smpp_tlv_dictionary_check(const struct smpp_tlv_dictionary *dictionary, size_t *bad)
{
	for (size_t i = 0; i < dictionary->count; i++) {
		int err = check_entry(dictionary, i);

		if (err) {
			if (bad)
				*bad = i;
			return err;
		}
	}
	return 0;
}

static const struct smpp_tlv_info *
standard_info(uint16_t tag)
{
	switch (tag) {
#define X(constant, name, tag, type, min, max, repeats, version, privacy) \
	case tag:                                                         \
		return &tlvs[INDEX_##constant];
		SMPP_TLV_MAP(X)
#undef X
	}
	return NULL;
}

/* The dictionary first, since an operator may know a peer's meaning of a standard tag. It is a
 * list: some dozen entries, looked at for TLVs only. */
const struct smpp_tlv_info *
smpp_tlv_info(const struct smpp_tlv_dictionary *dictionary, uint16_t tag)
{
	for (size_t i = 0; dictionary && i < dictionary->count; i++)
		if (dictionary->entries[i].tag == tag)
			return &dictionary->entries[i];
	return standard_info(tag);
}

static const struct smpp_tlv_info *
info_named(const struct smpp_tlv_info *entries, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(entries[i].name, name) == 0)
			return &entries[i];
	return NULL;
}

const struct smpp_tlv_info *
smpp_tlv_info_by_name(const struct smpp_tlv_dictionary *dictionary, const char *name)
{
	const struct smpp_tlv_info *info = NULL;

	if (dictionary)
		info = info_named(dictionary->entries, dictionary->count, name);
	return info ? info : info_named(tlvs, TLVS, name);
}

const struct smpp_tlv_info *
smpp_tlv_table(size_t *count)
{
	*count = TLVS;
	return tlvs;
}

bool
smpp_tlv_size_fits(const struct smpp_tlv_info *info, size_t size)
{
	/* Not what lies between: 1 or 4 octets are ms_validity, 2 and 3 are not. */
	if (info->type == SMPP_TLV_INTEGER)
		return size == info->min || size == info->max;
	return size >= info->min && size <= info->max;
}

bool
smpp_next_tlv(struct sb_reader *r, struct smpp_tlv *out)
{
	if (r->failed || sb_reader_left(r) == 0)
		return false;
	out->tag = sb_get_u16(r);
	out->value = sb_get_bytes(r, sb_get_u16(r));
	return !r->failed;
}

/* The length of the last whole one, so that a bad tail does not take the others with it. */
size_t
smpp_tlv_walkable(struct sb_bytes area)
{
	struct sb_reader r = sb_reader_of(area);
	struct smpp_tlv tlv;
	size_t whole = 0;

	while (smpp_next_tlv(&r, &tlv))
		whole = area.size - sb_reader_left(&r);
	return whole;
}

bool
smpp_find_tlv(struct sb_bytes area, uint16_t tag, struct sb_bytes *value)
{
	struct sb_reader r = sb_reader_of(area);
	struct smpp_tlv tlv;

	while (smpp_next_tlv(&r, &tlv)) {
		if (tlv.tag == tag) {
			*value = tlv.value;
			return true;
		}
	}
	return false;
}

/* The next TLV with that tag whose size its row allows. */
static bool
next_fitting(
	struct sb_reader *r, uint16_t tag, const struct smpp_tlv_info *info, struct sb_bytes *value)
{
	struct smpp_tlv tlv;

	while (smpp_next_tlv(r, &tlv)) {
		if (tlv.tag == tag && (!info || smpp_tlv_size_fits(info, tlv.value.size))) {
			*value = tlv.value;
			return true;
		}
	}
	return false;
}

static bool
integer_of(struct sb_bytes octets, uint32_t *value)
{
	struct sb_reader r = sb_reader_of(octets);

	switch (octets.size) {
	/* Presence is the value (alert_on_message_delivery). */
	case 0:
		*value = 1;
		return true;
	case 1:
		*value = sb_get_u8(&r);
		return true;
	case 2:
		*value = sb_get_u16(&r);
		return true;
	case 4:
		*value = sb_get_u32(&r);
		return true;
	default:
		return false;
	}
}

bool
smpp_find_tlv_integer(struct sb_bytes area, uint16_t tag, uint32_t *value)
{
	const struct smpp_tlv_info *info = standard_info(tag);
	struct sb_reader r = sb_reader_of(area);
	struct sb_bytes octets;

	/* A tag that no table knows may have any size: only sizes of integers are taken for one. */
	while (next_fitting(&r, tag, info, &octets))
		if ((info || octets.size) && integer_of(octets, value))
			return true;
	return false;
}

bool
smpp_find_tlv_string(struct sb_bytes area, uint16_t tag, struct sb_bytes *value)
{
	struct sb_reader r = sb_reader_of(area);

	if (!next_fitting(&r, tag, standard_info(tag), value))
		return false;
	if (value->size && value->data[value->size - 1] == 0)
		value->size--;
	return true;
}

/* The header of a TLV and room for its value; NULL and *err when it cannot be. */
static uint8_t *
begin_tlv(struct sb_writer *w, uint16_t tag, size_t size, int *err)
{
	const struct smpp_tlv_info *info = standard_info(tag);

	*err = SB_EINVAL;
	if (size > UINT16_MAX || (info && !smpp_tlv_size_fits(info, size)))
		return NULL;
	*err = SB_ENOSPC;
	if (w->failed || (size_t)(w->end - w->at) < SMPP_TLV_HEADER_SIZE + size)
		return NULL;
	*err = 0;
	sb_put_u16(w, tag);
	sb_put_u16(w, (uint16_t)size);
	return sb_put_room(w, size);
}

int
smpp_put_tlv(struct sb_writer *w, uint16_t tag, struct sb_bytes value)
{
	int err;
	uint8_t *room = begin_tlv(w, tag, value.size, &err);

	if (room && value.size)
		memcpy(room, value.data, value.size);
	return err;
}

/* Big-endian in four octets; the last `size` of them are the value. */
int
smpp_put_tlv_integer(struct sb_writer *w, uint16_t tag, uint32_t value, size_t size)
{
	uint8_t octets[sizeof(value)] = {
		(uint8_t)(value >> 24),
		(uint8_t)(value >> 16),
		(uint8_t)(value >> 8),
		(uint8_t)value,
	};

	if ((size != 0 && size != 1 && size != 2 && size != 4) ||
		(uint64_t)value >> (8 * (size ? size : 1)))
		return SB_EINVAL;
	return smpp_put_tlv(w, tag, sb_bytes(octets + sizeof(octets) - size, size));
}

int
smpp_put_tlv_string(struct sb_writer *w, uint16_t tag, struct sb_bytes text)
{
	uint8_t *room;
	int err;

	if (smpp_has_nul(text) || text.size >= UINT16_MAX)
		return SB_EINVAL;
	room = begin_tlv(w, tag, text.size + 1, &err);
	if (room) {
		if (text.size)
			memcpy(room, text.data, text.size);
		room[text.size] = 0;
	}
	return err;
}
