/*
 * The character sets of messages, to and from UTF-8: GSM 7-bit, Latin-1, ASCII,
 * and UTF-16 (big-endian, what UCS-2 has become). Pure; any thread.
 */
#ifndef SB_SMPP_TEXT_CHARSET_H
#define SB_SMPP_TEXT_CHARSET_H

#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"
#include "text_gsm7.h"

enum smpp_charset {
	SMPP_CHARSET_GSM7, /* one septet an octet */
	SMPP_CHARSET_LATIN1,
	SMPP_CHARSET_ASCII,
	SMPP_CHARSET_UTF16,
};

struct smpp_encoding {
	uint8_t charset;              /* enum smpp_charset */
	struct smpp_gsm7_shift shift; /* national tables; GSM 7-bit only, else zeros */
};

#define SMPP_CHARACTER_MAX 4

/* Room that decoding so many octets can take at most. */
#define SMPP_UTF8_SIZE_MAX(octets) (3 * (size_t)(octets))

/* The octets (1 to 4) of a code point, no surrogate; 0: the set does not have it. */
size_t smpp_encode_character(
	const struct smpp_encoding *encoding, uint32_t code, uint8_t out[SMPP_CHARACTER_MAX]);

/*
 * A UTF-8 text into the set. 0; SB_EINVAL where `text` is no UTF-8; SB_ENOTSUP
 * at a character that the set does not have; SB_ENOSPC. On an error the writer is
 * as it was, and *bad_at (may be NULL) is the offset of the character in `text`.
 */
int smpp_charset_encode(const struct smpp_encoding *encoding, struct sb_bytes text,
	struct sb_writer *w, size_t *bad_at);

/* Octets to UTF-8. What is no character (half of a surrogate pair, an odd octet at the end, an
 * octet over 127 in ASCII or GSM) becomes U+FFFD. 0, or SB_ENOSPC and the writer as it was. */
int smpp_charset_decode(
	const struct smpp_encoding *encoding, struct sb_bytes octets, struct sb_writer *w);

#endif
