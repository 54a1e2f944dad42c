/*
 * What a client is sent of a stored message: the deliver_sm (or data_sm) made of
 * a submit_sm, with what its sender has to say to it. TLVs that ask something of the
 * centre (more_messages_to_send) or are the centre's to say (receipted_message_id)
 * are left out; unknown ones go through. Pure; any thread.
 */
#ifndef SMPP_MC_OUTGOING_H
#define SMPP_MC_OUTGOING_H

#include "core/bytes.h"
#include "protocols/smpp/pdu.h"

#include <stdbool.h>

struct mc_outgoing {
	struct smpp_pdu pdu; /* views into the stored octets, and into: */
	uint8_t *tlvs;       /* those that are left, when some were not; else NULL */
};

/*
 * `stored` is a submit_sm, a data_sm or (a receipt) a deliver_sm. A 3.3 peer has no
 * TLVs and no data_sm: a text in message_payload goes to short_message when it
 * fits. 0; SB_EINVAL: damaged; SB_ENOTSUP: this peer cannot be sent it; SB_ENOMEM.
 */
int mc_outgoing_make(struct mc_outgoing *out, struct sb_bytes stored, bool is_receipt,
	enum smpp_version version);

/* After mc_outgoing_make, whatever it returned. */
void mc_outgoing_fini(struct mc_outgoing *out);

#endif
