/*
 * The two repeated parts of a body: the destinations of submit_multi and the
 * failed destinations of its response. Both stay octets in place: read with an
 * sb_reader, written into any writer and given to the encoder. Pure.
 */
#ifndef SB_SMPP_MULTI_H
#define SB_SMPP_MULTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"

/* `count` entries, back to back, without their count octet. A view. */
struct smpp_list {
	struct sb_bytes octets;
	uint8_t count;
};

enum smpp_destination_flag {
	SMPP_DESTINATION_ADDRESS = 1,
	SMPP_DESTINATION_LIST = 2,
};

/* One destination: an address, or the name of a distribution list (then ton and npi are 0). */
struct smpp_destination {
	uint8_t flag;
	uint8_t ton;
	uint8_t npi;
	struct sb_bytes address;
};

struct smpp_failure {
	uint8_t ton;
	uint8_t npi;
	struct sb_bytes address;
	uint32_t status;
};

/*
 * The next entry into *out; false at the end, and at an entry that is cut off
 * or has an unknown flag (then the reader has failed). The views point into
 * the list. Lists of a decoded PDU are whole.
 *
 *	struct sb_reader r = sb_reader_of(pdu.submit_multi.dest_address.octets);
 *	while (smpp_next_destination(&r, &destination))
 */
bool smpp_next_destination(struct sb_reader *r, struct smpp_destination *out);
bool smpp_next_failure(struct sb_reader *r, struct smpp_failure *out);

/* Append an entry. 0; SB_EINVAL for an address of more than 20 octets, with a NUL inside or an
 * unknown flag; SB_ENOSPC when the writer is full. The writer then is as it was. */
int smpp_put_destination(struct sb_writer *w, const struct smpp_destination *destination);
int smpp_put_failure(struct sb_writer *w, const struct smpp_failure *failure);

#endif
