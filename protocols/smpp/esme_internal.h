/* What the files of a session know of the ESME that it is. */
#ifndef SB_SMPP_ESME_INTERNAL_H
#define SB_SMPP_ESME_INTERNAL_H

#include "protocols/smpp/esme.h"

struct smpp_esme {
	struct sb_module module;          /* of sessions that connect */
	struct smpp_esme_options options; /* complete; the texts lie behind */
	struct sb_limits limits;
	char texts[];
};

/* The bind that these options ask for; views into them. */
void
smpp_esme_bind_pdu(const struct smpp_esme_options *options, uint32_t command, struct smpp_pdu *pdu);

#endif
