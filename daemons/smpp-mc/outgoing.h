/*
 * What a client, or an upstream, is sent of a stored message: the deliver_sm (or
 * data_sm) made of a submit_sm, with what its sender has to say to it; the other way
 * round for an upstream. TLVs that ask something of the centre
 * (more_messages_to_send; an upstream gets those) or are the centre's to say
 * (receipted_message_id) are left out; unknown ones go through. Pure; any thread.
 */
#ifndef SMPP_MC_OUTGOING_H
#define SMPP_MC_OUTGOING_H

#include "core/bytes.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/time.h"

#include <stdbool.h>

struct mc_outgoing {
	struct smpp_pdu pdu; /* views into the stored octets, and into: */
	uint8_t *tlvs;       /* those that are left, when some were not; else NULL */
	char validity[SMPP_TIME_LENGTH + 1];
};

/*
 * `stored` is a submit_sm, a data_sm or (a receipt) a deliver_sm. A 3.3 peer has no
 * TLVs and no data_sm: a text in message_payload goes to short_message when it
 * fits. 0; SB_EINVAL: damaged; SB_ENOTSUP: this peer cannot be sent it; SB_ENOMEM.
 */
int mc_outgoing_make(struct mc_outgoing *out, struct sb_bytes stored, bool is_receipt,
	enum smpp_version version);

/* What an upstream is to know of a message beside what its sender has said. */
struct mc_onward {
	bool asks_receipt;
	int64_t expiry_ms; /* Unix time */
	int64_t now_ms;
};

/*
 * The submit_sm or data_sm for an upstream: as it was submitted, but for what we have done already
 * (schedule, replacing), what is left of its validity, and the receipt that we want. `stored` may
 * be a deliver_sm, too: what another upstream has sent us. Errors as mc_outgoing_make.
 */
int mc_outgoing_onward(struct mc_outgoing *out, struct sb_bytes stored,
	const struct mc_onward *onward, enum smpp_version version);

/* After either, whatever it returned. */
void mc_outgoing_fini(struct mc_outgoing *out);

#endif
