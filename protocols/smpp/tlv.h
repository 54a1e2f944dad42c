/*
 * Optional parameters. They are not taken apart on decode: a PDU carries the
 * area behind its body as one view, which is walked in place, searched, and
 * sent on octet for octet, so that unknown and repeated ones survive. Pure;
 * any thread.
 */
#ifndef SB_SMPP_TLV_H
#define SB_SMPP_TLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"
#include "command.h"
#include "tlv_map.h"

enum smpp_tag {
#define X(constant, name, tag, type, min, max, repeats, version, privacy) \
	SMPP_TAG_##constant = (tag),
	SMPP_TLV_MAP(X)
#undef X
};

#define SMPP_TLV_HEADER_SIZE  4
#define SMPP_TAG_VENDOR_FIRST 0x1400
#define SMPP_TAG_VENDOR_LAST  0x3FFF

enum smpp_tlv_type {
	SMPP_TLV_INTEGER,
	SMPP_TLV_OCTETS,
	SMPP_TLV_STRING,
};

struct smpp_tlv_info {
	const char *name;
	uint16_t tag;
	uint16_t min; /* octets of the value; see tlv_map.h for what they mean to a type */
	uint16_t max;
	uint8_t type; /* enum smpp_tlv_type */
	bool repeats;
	uint8_t version; /* the first that has it: 0x34, 0x50 */
	uint8_t privacy; /* enum smpp_privacy */
};

/*
 * The tags of a peer or an operator, beside the static table and before it (a
 * row here may redefine a standard tag). The entries are the caller's and must
 * outlive every use; const, so any number of threads may share one.
 */
struct smpp_tlv_dictionary {
	const struct smpp_tlv_info *entries;
	size_t count;
};

/* 0; SB_EINVAL when an entry has no name, an unknown type, max < min or an integer of more than 4
 * octets; SB_EEXIST when a tag or a name comes twice. *bad (may be NULL) is the entry's index. */
int smpp_tlv_dictionary_check(const struct smpp_tlv_dictionary *dictionary, size_t *bad);

/* "integer", "octets", "string" (for configurations). 0 or SB_ENOENT. */
int smpp_tlv_type_from_name(const char *name, enum smpp_tlv_type *type);

/* The row of a tag or a name; NULL when unknown. `dictionary` may be NULL. */
const struct smpp_tlv_info *
smpp_tlv_info(const struct smpp_tlv_dictionary *dictionary, uint16_t tag);
const struct smpp_tlv_info *
smpp_tlv_info_by_name(const struct smpp_tlv_dictionary *dictionary, const char *name);

/* The static table, sorted by tag. */
const struct smpp_tlv_info *smpp_tlv_table(size_t *count);

/* Whether a value of `size` octets is legal for that row. */
bool smpp_tlv_size_fits(const struct smpp_tlv_info *info, size_t size);

struct smpp_tlv {
	uint16_t tag;
	struct sb_bytes value;
};

/*
 * The next TLV; false at the end, and at one that runs past it (then the
 * reader has failed). Views into the area.
 *
 *	struct sb_reader r = sb_reader_of(pdu.tlvs);
 *	while (smpp_next_tlv(&r, &tlv))
 */
bool smpp_next_tlv(struct sb_reader *r, struct smpp_tlv *out);

/* How many octets of the area are whole TLVs: area.size when all is well. */
size_t smpp_tlv_walkable(struct sb_bytes area);

/* The first TLV with that tag, of any size. For repeated ones walk the area. */
bool smpp_find_tlv(struct sb_bytes area, uint16_t tag, struct sb_bytes *value);

/* The first TLV with that tag whose size is legal by the static table (other tags: 1, 2 or 4
 * octets); wrong ones are passed over. Presence alone (size 0) gives 1. */
bool smpp_find_tlv_integer(struct sb_bytes area, uint16_t tag, uint32_t *value);

/* The same for text: without its NUL, whether it came with one or not. Unknown tags: any size. */
bool smpp_find_tlv_string(struct sb_bytes area, uint16_t tag, struct sb_bytes *value);

/*
 * Builders: append one TLV to a writer. 0; SB_EINVAL when the size is illegal
 * by the static table (tags that are not there are not checked); SB_ENOSPC when
 * the writer is full. On an error the writer is as it was.
 */
int smpp_put_tlv(struct sb_writer *w, uint16_t tag, struct sb_bytes value);

/* `size` octets (0, 1, 2, 4) of an integer; SB_EINVAL when the value needs more. */
int smpp_put_tlv_integer(struct sb_writer *w, uint16_t tag, uint32_t value, size_t size);

/* The text and its NUL; SB_EINVAL with a NUL inside. */
int smpp_put_tlv_string(struct sb_writer *w, uint16_t tag, struct sb_bytes text);

static inline int
smpp_put_tlv_u8(struct sb_writer *w, uint16_t tag, uint8_t value)
{
	return smpp_put_tlv_integer(w, tag, value, 1);
}

static inline int
smpp_put_tlv_u16(struct sb_writer *w, uint16_t tag, uint16_t value)
{
	return smpp_put_tlv_integer(w, tag, value, 2);
}

static inline int
smpp_put_tlv_u32(struct sb_writer *w, uint16_t tag, uint32_t value)
{
	return smpp_put_tlv_integer(w, tag, value, 4);
}

#endif
