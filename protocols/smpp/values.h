/*
 * Values that fields take: versions, numbering, esm_class, registered_delivery,
 * message states. Pure; any thread.
 */
#ifndef SB_SMPP_VALUES_H
#define SB_SMPP_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/bytes.h"

enum smpp_version {
	SMPP_VERSION_33 = 0x33,
	SMPP_VERSION_34 = 0x34,
	SMPP_VERSION_50 = 0x50,
};

/* The version to speak with a peer that bound with this interface_version: everything under 0x34
 * is a 3.3 peer (no TLVs, no data_sm), everything above it gets our highest. */
static inline enum smpp_version
smpp_version_of(uint8_t interface_version)
{
	if (interface_version < SMPP_VERSION_34)
		return SMPP_VERSION_33;
	return interface_version == SMPP_VERSION_34 ? SMPP_VERSION_34 : SMPP_VERSION_50;
}

enum smpp_ton {
	SMPP_TON_UNKNOWN = 0,
	SMPP_TON_INTERNATIONAL = 1,
	SMPP_TON_NATIONAL = 2,
	SMPP_TON_NETWORK = 3,
	SMPP_TON_SUBSCRIBER = 4,
	SMPP_TON_ALPHANUMERIC = 5,
	SMPP_TON_ABBREVIATED = 6,
};

enum smpp_npi {
	SMPP_NPI_UNKNOWN = 0,
	SMPP_NPI_E164 = 1,
	SMPP_NPI_X121 = 3,
	SMPP_NPI_TELEX = 4,
	SMPP_NPI_E212 = 6,
	SMPP_NPI_NATIONAL = 8,
	SMPP_NPI_PRIVATE = 9,
	SMPP_NPI_ERMES = 10,
	SMPP_NPI_IP = 14,
	SMPP_NPI_WAP = 18,
};

/* esm_class: a mode (ESME to MC only), a type and two features. */
#define SMPP_ESM_MODE              0x03
#define SMPP_ESM_DATAGRAM          0x01
#define SMPP_ESM_FORWARD           0x02
#define SMPP_ESM_STORE_AND_FORWARD 0x03
#define SMPP_ESM_TYPE              0x3C
#define SMPP_ESM_RECEIPT           0x04
#define SMPP_ESM_DELIVERY_ACK      0x08
#define SMPP_ESM_USER_ACK          0x10
#define SMPP_ESM_ABORT             0x18
#define SMPP_ESM_INTERMEDIATE      0x20
#define SMPP_ESM_UDHI              0x40
#define SMPP_ESM_REPLY_PATH        0x80

/* An MC delivery receipt, UDHI or not. */
static inline bool
smpp_is_receipt(uint8_t esm_class)
{
	return (esm_class & SMPP_ESM_TYPE) == SMPP_ESM_RECEIPT;
}

/* registered_delivery: which receipt is wanted, and which acknowledgements. */
#define SMPP_RECEIPT_MASK       0x03
#define SMPP_RECEIPT_NONE       0x00
#define SMPP_RECEIPT_ALWAYS     0x01
#define SMPP_RECEIPT_ON_FAILURE 0x02
#define SMPP_RECEIPT_ON_SUCCESS 0x03
#define SMPP_WANT_DELIVERY_ACK  0x04
#define SMPP_WANT_USER_ACK      0x08
#define SMPP_WANT_INTERMEDIATE  0x10

/* X(NAME, code, final, text in a receipt's stat:) */
#define SMPP_MESSAGE_STATE_MAP(X)            \
	X(SCHEDULED, 0, false, "SCHEDLD")    \
	X(ENROUTE, 1, false, "ENROUTE")      \
	X(DELIVERED, 2, true, "DELIVRD")     \
	X(EXPIRED, 3, true, "EXPIRED")       \
	X(DELETED, 4, true, "DELETED")       \
	X(UNDELIVERABLE, 5, true, "UNDELIV") \
	X(ACCEPTED, 6, false, "ACCEPTD")     \
	X(UNKNOWN, 7, false, "UNKNOWN")      \
	X(REJECTED, 8, true, "REJECTD")      \
	X(SKIPPED, 9, true, "SKIPPED")

enum smpp_message_state {
#define X(name, code, final, text) SMPP_STATE_##name = (code),
	SMPP_MESSAGE_STATE_MAP(X)
#undef X
};

/* Whether a message in this state changes no more. False for codes not on the list. */
bool smpp_message_state_is_final(uint8_t state);

/* "DELIVERED"; "UNKNOWN" for codes not on the list. Static. */
const char *smpp_message_state_name(uint8_t state);

/* The code of a name or of a receipt's letters, in any case. 0, or SB_ENOENT and *state
 * untouched. */
int smpp_message_state_from_name(struct sb_bytes name, uint8_t *state);

/* The seven letters of a receipt ("DELIVRD"); "UNKNOWN" for codes not on the list. Static. */
const char *smpp_message_state_text(uint8_t state);

#endif
