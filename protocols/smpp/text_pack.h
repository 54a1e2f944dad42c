/*
 * Septets, eight in seven octets: as GSM sends them over the air, and a few
 * message centres want them over SMPP, too. Behind a user data header of n
 * octets the first septet begins at a septet's boundary counted from the start of
 * the message, so that some bits are left empty. Pure; any thread.
 *
 * Octets do not tell 8n-1 septets from 8n. The spare septet is written as CR, as
 * 23.038 has it, and a CR in that place is not read: a text whose last character
 * is a CR may lose it.
 */
#ifndef SB_SMPP_TEXT_PACK_H
#define SB_SMPP_TEXT_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"

/* Empty bits (0-6) between a user data header of that size (UDHL octet included) and the text. */
static inline unsigned
smpp_pack_fill(size_t header_size)
{
	return (unsigned)((7 - header_size * 8 % 7) % 7);
}

/* Octets that many septets take behind `fill` empty bits. */
static inline size_t
smpp_packed_size(size_t septets, unsigned fill)
{
	return septets ? (fill + septets * 7 + 7) / 8 : 0;
}

/* Whether the last of so many septets ends where an octet does: where a CR would be filling. */
static inline bool
smpp_pack_is_even(size_t septets, unsigned fill)
{
	return (fill + septets * 7) % 8 == 0;
}

/* Packs septet by septet into `w`, whose failure is the packer's. */
struct smpp_packer {
	struct sb_writer *w;
	uint16_t bits;
	unsigned count; /* of them */
};

static inline struct smpp_packer
smpp_packer_of(struct sb_writer *w, unsigned fill)
{
	return (struct smpp_packer){w, 0, fill};
}

void smpp_packer_put(struct smpp_packer *p, uint8_t septet);
/* Writes what is left. Only after at least one septet. */
void smpp_packer_finish(struct smpp_packer *p);

/* All septets (one an octet). 0 or SB_ENOSPC, and the writer as it was. */
int smpp_pack(struct sb_bytes septets, unsigned fill, struct sb_writer *w);

/* Takes septet by septet out of octets. */
struct smpp_unpacker {
	struct sb_bytes octets;
	size_t bit;  /* where the next one begins */
	size_t left; /* septets */
};

struct smpp_unpacker smpp_unpacker_of(struct sb_bytes octets, unsigned fill);
bool smpp_unpacker_next(struct smpp_unpacker *u, uint8_t *septet);

/* The septets in all of `octets`, one an octet: at most octets.size * 8 / 7. 0 or SB_ENOSPC, and
 * the writer as it was. */
int smpp_unpack(struct sb_bytes octets, unsigned fill, struct sb_writer *w);

#endif
