/*
 * Accounts: who may bind, from where, and how much. What the configuration says
 * is immutable; what sessions of all shards share (binds, the token bucket,
 * counters) is atomic and lives in the account's state.
 */
#ifndef SMPP_MC_ACCOUNT_H
#define SMPP_MC_ACCOUNT_H

#include "core/bytes.h"
#include "core/metrics.h"
#include "core/network.h"
#include "daemons/smpp-mc/bucket.h"
#include "protocols/smpp/session.h"

#include <regex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MC_PASSWORD_MAX 64

/* X(field, metric, help) */
#define MC_ACCOUNT_COUNTER_MAP(X)                                                             \
	X(accepted, "smpp_mc_accepted_total", "Messages accepted")                            \
	X(refused, "smpp_mc_refused_total", "Submissions refused, throttled ones among them") \
	X(throttled, "smpp_mc_throttled_total", "Submissions refused by the token bucket")    \
	X(delivered, "smpp_mc_delivered_total", "Messages delivered")                         \
	X(failed, "smpp_mc_failed_total", "Messages undeliverable, rejected or deleted")      \
	X(expired, "smpp_mc_expired_total", "Messages whose validity ended")                  \
	X(retried, "smpp_mc_retried_total", "Delivery attempts that failed and are repeated") \
	X(receipts, "smpp_mc_receipts_total", "Receipts delivered")                           \
	X(bind_failures, "smpp_mc_bind_failures_total", "Binds refused")

/* One line of cache each, so that busy accounts do not disturb each other. */
struct mc_account_state {
	_Alignas(64) struct mc_bucket bucket;
	_Atomic uint32_t binds;
#define X(field, metric, help) struct sb_counter *field;
	MC_ACCOUNT_COUNTER_MAP(X)
#undef X
};

struct mc_account {
	const char *system_id;
	const char *password;
	uint16_t number; /* the same in every snapshot of one process */
	uint32_t key;    /* mc_text_hash of the system_id */
	uint8_t modes;   /* 1 << enum smpp_state of each bind allowed */
	uint32_t max_binds;
	uint32_t window;         /* unanswered submissions a bind */
	uint32_t deliver_window; /* unanswered deliver_sm a bind */
	struct mc_rate rate;     /* of messages, over all binds */
	uint32_t queue_percent;  /* of each partition's places, for what it submitted and its
				    receipts */
	const struct sb_network *networks; /* where binds may come from; none: anywhere */
	size_t network_count;
	uint32_t source_tons, source_npis; /* bit n: value n is allowed; 0: any */
	bool has_range;
	regex_t range; /* of source addresses */
	struct mc_account_state *state;
};

/* Makes the counters of an account. The state is zeroed memory before. */
void mc_account_state_init(
	struct mc_account_state *state, struct sb_metrics *metrics, const char *system_id);

/* What a bind is answered with: SMPP_ROK and the bind is counted (give it back with
 * mc_account_unbind), RINVPASWD, RINVBNDSTS never, RBINDFAIL for a mode, a network or one bind too
 * many; *reason is a word for the log. Any thread. */
uint32_t mc_account_bind(const struct mc_account *account, enum smpp_state mode,
	struct sb_bytes password, const struct sb_peer *peer, const char **reason);
void mc_account_unbind(const struct mc_account *account);

/* Whether the account may send from this address: SMPP_ROK or the status to answer. */
uint32_t mc_account_source_status(
	const struct mc_account *account, uint8_t ton, uint8_t npi, struct sb_bytes source);

#endif
