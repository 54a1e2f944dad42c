/*
 * When a message is to be sent and until when, and what replace_sm makes of one.
 * Pure; any thread.
 */
#ifndef SMPP_MC_REWRITE_H
#define SMPP_MC_REWRITE_H

#include "daemons/smpp-mc/config.h"
#include "daemons/smpp-mc/parcel.h"

/*
 * The times of a message: `schedule` and `validity` as SMPP says them (empty: not
 * said; what then stands in *start_ms and *expiry_ms is taken as the default).
 * A validity counts from now, as the book has it, and is cut to what the
 * configuration allows. SMPP_ROK, SMPP_RINVSCHED or SMPP_RINVEXPIRY (also when it
 * ends before it starts).
 */
uint32_t mc_times(struct sb_bytes schedule, struct sb_bytes validity,
	const struct mc_limits *limits, int64_t now_ms, int64_t *start_ms, int64_t *expiry_ms);

/* The parcel that a replace_sm makes of one that waits, allocated with malloc: its text and, where
 * they are given, its times and registered_delivery. SMPP_ROK or the status to answer with. */
uint32_t mc_rewrite(const struct mc_parcel *old, struct sb_bytes replace_sm,
	const struct mc_limits *limits, int64_t now_ms, struct mc_parcel **parcel);

#endif
