/*
 * An address as one value: type of number, numbering plan, digits or name; and
 * where a PDU has its two. Pure; any thread.
 */
#ifndef SB_SMPP_ADDRESS_H
#define SB_SMPP_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/bytes.h"
#include "pdu.h"

struct smpp_address {
	uint8_t ton; /* enum smpp_ton */
	uint8_t npi; /* enum smpp_npi */
	struct sb_bytes digits;
};

static inline struct smpp_address
smpp_address(uint8_t ton, uint8_t npi, const char *digits)
{
	return (struct smpp_address){ton, npi, sb_bytes_text(digits)};
}

static inline bool
smpp_address_equal(const struct smpp_address *a, const struct smpp_address *b)
{
	return a->ton == b->ton && a->npi == b->npi && sb_bytes_equal(a->digits, b->digits);
}

/* The source_addr, or destination_addr (esme_addr of an alert_notification), with its type and
 * plan. 0, or SB_ENOENT for a command that has none. Views into the PDU. */
int smpp_source(const struct smpp_pdu *pdu, struct smpp_address *address);
int smpp_destination(const struct smpp_pdu *pdu, struct smpp_address *address);

/* The same the other way: the PDU then has a view of the digits. */
int smpp_set_source(struct smpp_pdu *pdu, const struct smpp_address *address);
int smpp_set_destination(struct smpp_pdu *pdu, const struct smpp_address *address);

#endif
