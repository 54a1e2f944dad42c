/*
 * The user data header at the start of a message, and the parts of a long
 * message it numbers. Pure; any thread.
 */
#ifndef SB_SMPP_UDH_H
#define SB_SMPP_UDH_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/bytes.h"

/* Element ids. */
enum smpp_udh_id {
	SMPP_UDH_CONCAT_8 = 0x00,
	SMPP_UDH_PORTS_8 = 0x04,
	SMPP_UDH_PORTS_16 = 0x05,
	SMPP_UDH_CONCAT_16 = 0x08,
	SMPP_UDH_SINGLE_SHIFT = 0x24,
	SMPP_UDH_LOCKING_SHIFT = 0x25,
};

/* UDHL octet and one concatenation element. */
#define SMPP_UDH_SIZE_CONCAT_8  6
#define SMPP_UDH_SIZE_CONCAT_16 7

struct smpp_udh_element {
	uint8_t id;
	struct sb_bytes value;
};

/* One part of a long message: 1 <= part <= total. */
struct smpp_concat {
	uint16_t ref;
	bool wide; /* 16-bit reference */
	uint8_t total;
	uint8_t part;
};

/*
 * A message whose esm_class has UDHI: its elements (without the UDHL octet) and
 * the text behind them. SB_EPROTO when UDHL is not under the length of the
 * message or the elements do not fill it exactly. Views into `message`.
 */
int smpp_udh_split(struct sb_bytes message, struct sb_bytes *elements, struct sb_bytes *text);

/* The next element; false at the end, and at one that is cut off (then the reader has failed). */
bool smpp_next_udh_element(struct sb_reader *r, struct smpp_udh_element *out);

/* The concatenation among the elements; the last counts when there are more. SB_ENOENT: none;
 * SB_EPROTO: of a wrong size, total 0, part 0 or part over total. */
int smpp_udh_concat(struct sb_bytes elements, struct smpp_concat *concat);

/* The same from sar_msg_ref_num, sar_total_segments and sar_segment_seqnum. SB_ENOENT unless all
 * three are there and in range: they count together or not at all. */
int smpp_sar_concat(struct sb_bytes tlvs, struct smpp_concat *concat);

/*
 * Write a header: UDHL, the concatenation (8-bit reference unless wide), then
 * `others`, elements to keep (may be empty; concatenations among them are left
 * out). SB_EINVAL when total or part is out of range, an 8-bit ref is over 255,
 * `others` cannot be walked or all is more than 255 octets; SB_ENOSPC. On an
 * error the writer is as it was.
 */
int smpp_udh_put(struct sb_writer *w, const struct smpp_concat *concat, struct sb_bytes others);

/* Write a header of these elements alone (at least one): UDHL, then they. Errors as for
 * smpp_udh_put. */
int smpp_udh_put_elements(struct sb_writer *w, struct sb_bytes elements);

/* The three sar_ TLVs. Errors as for smpp_udh_put. */
int smpp_sar_put(struct sb_writer *w, const struct smpp_concat *concat);

#endif
