/*
 * What an earlier life left in the store, read at the start: every message and
 * receipt is given to the partition that owns its addresses now, and final states
 * so that query_sm can tell them. Part of one session (the front), which hands its
 * messages on; nothing is sent or received before all is there.
 */
#ifndef SMPP_MC_RECOVERY_H
#define SMPP_MC_RECOVERY_H

#include "core/message.h"
#include "core/session.h"
#include "daemons/smpp-mc/service.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mc_recovery_stage {
	MC_RECOVERING_MESSAGES,
	MC_RECOVERING_SENT, /* which of them upstreams have */
	MC_RECOVERING_FINALS,
	MC_RECOVERY_OPENS, /* partitions begin to work */
	MC_RECOVERED,
	MC_RECOVERY_FAILED,
};

/* What goes to one partition of a page. */
struct mc_share {
	uint8_t *octets; /* allocated */
	size_t size, capacity;
};

struct mc_recovery {
	struct mc_service *service;
	enum mc_recovery_stage stage;
	struct mc_share *shares; /* of each partition */
	uint32_t unanswered;     /* calls to partitions */
	bool is_scanning;
	bool is_last;  /* nothing beyond what was read */
	uint64_t from; /* the next page begins here */
	uint64_t greatest;
	uint64_t began_ns, told_ns;
	uint64_t messages, receipts, sent, finals, orphans, damaged;
};

/* Begins, when all partitions are there. The state is zeroed before. */
void
mc_recovery_begin(struct sb_session *s, struct mc_recovery *recovery, struct mc_service *service);

/* An answer of the store or of a partition: SB_MSG_STORE, SB_MSG_REPLY. */
void
mc_recovery_message(struct sb_session *s, struct mc_recovery *recovery, const struct sb_message *m);

/* Takes zeroed memory, too. */
void mc_recovery_fini(struct mc_recovery *recovery);

#endif
