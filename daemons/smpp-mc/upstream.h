/*
 * Upstreams: other centres, to which we bind as an ESME. What the configuration
 * says is immutable; what the binds of all shards share is atomic. To partitions an
 * upstream is an account like others (`party`): it has receiving binds, which take
 * messages, and it sends messages of its own.
 */
#ifndef SMPP_MC_UPSTREAM_H
#define SMPP_MC_UPSTREAM_H

#include "core/bytes.h"
#include "core/metrics.h"
#include "daemons/smpp-mc/account.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/receipt_id.h"

#include <stdbool.h>
#include <stdint.h>

/* Octets of its name: as many as a system_id has, since rows have both. */
#define MC_UPSTREAM_NAME_MAX 15

/* Octets of a message_id that a centre may give. */
#define MC_CARRIER_ID_MAX SMPP_ID_SIZE_MAX

/* X(field, metric, help) */
#define MC_UPSTREAM_COUNTER_MAP(X)                                                        \
	X(sent, "smpp_mc_upstream_sent_total", "Messages sent to the upstream")           \
	X(accepted, "smpp_mc_upstream_accepted_total", "Messages that it has taken")      \
	X(throttled, "smpp_mc_upstream_throttled_total", "Answers that asked us to slow") \
	X(refused, "smpp_mc_upstream_refused_total", "Other answers that were not ROK")   \
	X(receipts, "smpp_mc_upstream_receipts_total", "Receipts that came from it")      \
	X(unmatched, "smpp_mc_upstream_unmatched_total", "Receipts for no message of ours")

struct mc_upstream_state {
	_Alignas(64) struct mc_bucket bucket;
#define X(field, metric, help) struct sb_counter *field;
	MC_UPSTREAM_COUNTER_MAP(X)
#undef X
};

/* What its binds are. */
enum mc_upstream_bind {
	MC_BIND_TRANSCEIVER,
	MC_BIND_TRANSMITTER, /* no receipts come, and no messages */
	MC_BIND_PAIR,        /* a transmitter and a receiver for each bind */
};

struct mc_upstream {
	struct mc_account party; /* its name, its number as a queue, `deliver_window` of a bind */
	const char *host;
	const char *system_id, *password, *system_type, *address_range;
	uint16_t port;
	uint8_t addr_ton, addr_npi;
	enum smpp_version version;
	enum mc_upstream_bind bind;
	uint32_t binds;
	struct mc_rate rate; /* of messages to it, over all binds */
	struct smpp_id_rule message_ids;
	bool asks_always; /* for receipts, also where the client does not want one */
	uint32_t connect_ms, session_init_ms, enquire_link_ms, enquire_link_resp_ms, response_ms,
		unbind_ms;
	uint32_t backoff_min_ms, backoff_max_ms;
	uint64_t receipt_ms; /* from a message's expiry on: then nobody knows */
	struct mc_upstream_state *state;
};

void mc_upstream_fini(struct mc_upstream *upstream);

/* Makes the counters. The state is zeroed memory before. */
void mc_upstream_state_init(
	struct mc_upstream_state *state, struct sb_metrics *metrics, const char *name);

/* What a message is known by once the centre has given it `id`: the same for the response's
 * spelling and the receipt's. `name` is the upstream's. */
uint64_t mc_upstream_key(const char *name, enum smpp_id_spelling spelling, struct sb_bytes id);

/* Whether we ask it for a receipt of a message with that registered_delivery. */
static inline bool
mc_upstream_asks(const struct mc_upstream *upstream, uint8_t registered)
{
	if (upstream->bind == MC_BIND_TRANSMITTER)
		return false;
	return upstream->asks_always || (registered & SMPP_RECEIPT_MASK) != SMPP_RECEIPT_NONE;
}

/* Whether one of its binds takes messages now. Any thread. */
static inline bool
mc_upstream_is_bound(const struct mc_upstream *upstream)
{
	const struct mc_account_state *state = upstream->party.state;

	return state && atomic_load_explicit(&state->binds, memory_order_relaxed) > 0;
}

#endif
