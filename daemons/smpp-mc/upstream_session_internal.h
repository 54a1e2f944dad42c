/* A bind at an upstream from the inside. Everything runs on its own thread. */
#ifndef SMPP_MC_UPSTREAM_SESSION_INTERNAL_H
#define SMPP_MC_UPSTREAM_SESSION_INTERNAL_H

#include "daemons/smpp-mc/mc_session_internal.h"
#include "daemons/smpp-mc/upstream_session.h"

struct mc_inquiry;

struct mc_upstream_session {
	struct mc_session base;  /* first: to all that serves clients it is one */
	struct sb_timer pause;   /* the upstream's rate has room again */
	struct mc_inquiry *held; /* receipts that may have overtaken the response */
	uint32_t held_count;
	struct sb_timer hold;
};

static inline struct mc_upstream_session *
mc_upstream_session_of(const struct sb_session *s)
{
	return smpp_state(s);
}

static inline const struct mc_upstream *
mc_session_upstream(const struct sb_session *s)
{
	return mc_config_upstream(mc_config_of(s), mc_session_of(s)->account);
}

/* ---- upstream_receipt.c ---- */

/* A deliver_sm or data_sm that says what became of a message of ours. Answered when that is
 * durable. */
void
mc_upstream_receipt(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu);

/* Frees those that wait. */
void mc_upstream_receipts_fini(struct sb_session *s);

#endif
