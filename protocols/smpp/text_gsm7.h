/*
 * The GSM 7-bit alphabet (3GPP TS 23.038), one septet an octet: the default
 * alphabet with its extension table, and the national tables that a user data
 * header may ask for: single shift (element 24) for Turkish, Spanish and
 * Portuguese, locking shift (element 25) for Turkish and Portuguese. The tables
 * of other languages (4 and up) are not here. Pure; any thread.
 */
#ifndef SB_SMPP_TEXT_GSM7_H
#define SB_SMPP_TEXT_GSM7_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"

#define SMPP_GSM7_ESCAPE 0x1B
#define SMPP_GSM7_CR     0x0D

/* National language identifiers. Spanish has no locking table. */
enum smpp_gsm7_language {
	SMPP_GSM7_DEFAULT = 0,
	SMPP_GSM7_TURKISH = 1,
	SMPP_GSM7_SPANISH = 2,
	SMPP_GSM7_PORTUGUESE = 3,
};

/* Which tables: zeros for the default alphabet and its extension. A language that is not known
 * counts as the default one. */
struct smpp_gsm7_shift {
	uint8_t locking; /* enum smpp_gsm7_language: replaces the alphabet */
	uint8_t single;  /* replaces what may follow an escape */
};

/* Whether both tables are here. */
bool smpp_gsm7_is_known(struct smpp_gsm7_shift shift);

/* The septets (1, or 2 with an escape) of a code point; 0: the alphabet does not have it. */
size_t smpp_gsm7_encode(struct smpp_gsm7_shift shift, uint32_t code, uint8_t septets[2]);

/*
 * The code point at the reader's place, which has at least one octet left.
 * Behind an escape, a septet that the table does not have shows as itself; two
 * escapes, or one at the end, show as a space. An octet over 127 is no septet:
 * U+FFFD.
 */
uint32_t smpp_gsm7_decode(struct smpp_gsm7_shift shift, struct sb_reader *r);

/* What a user data header (without UDHL) asks for; the last element of a kind counts, one that is
 * not of one octet does not. */
struct smpp_gsm7_shift smpp_gsm7_shift_of(struct sb_bytes elements);

/* Write the elements that ask for these tables: none, 3 or 6 octets. SB_ENOSPC. On an error the
 * writer is as it was. */
int smpp_gsm7_put_shift(struct sb_writer *w, struct smpp_gsm7_shift shift);
size_t smpp_gsm7_shift_size(struct smpp_gsm7_shift shift);

#endif
