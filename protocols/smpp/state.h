/*
 * Which PDU is legal when, for each side and version, as a table. Pure; any thread.
 */
#ifndef SB_SMPP_STATE_H
#define SB_SMPP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "values.h"

/* X(NAME, name) */
#define SMPP_STATE_MAP(X)       \
	X(OPEN, open)           \
	X(OUTBOUND, outbound)   \
	X(BOUND_TX, bound_tx)   \
	X(BOUND_RX, bound_rx)   \
	X(BOUND_TRX, bound_trx) \
	X(UNBOUND, unbound)     \
	X(CLOSED, closed)

enum smpp_state {
#define X(constant, name) SMPP_##constant,
	SMPP_STATE_MAP(X)
#undef X
};

enum smpp_side {
	SMPP_ESME,
	SMPP_MC,
};

/* "bound_trx". A static string. */
const char *smpp_state_name(enum smpp_state state);

static inline bool
smpp_state_is_bound(enum smpp_state state)
{
	return state == SMPP_BOUND_TX || state == SMPP_BOUND_RX || state == SMPP_BOUND_TRX;
}

/*
 * Whether `sender` may send this command in this state. A response is legal
 * where its request is legal for the other side. Version 5.0 allows
 * enquire_link and generic_nack everywhere; ask with it for a peer to be
 * served, whatever it bound with. Unknown commands are legal nowhere.
 */
bool smpp_is_legal(
	enum smpp_state state, enum smpp_side sender, enum smpp_version version, uint32_t command);

/* The same as a status to answer: SMPP_ROK, SMPP_RALYBND for a bind when bound, else
 * SMPP_RINVBNDSTS. */
uint32_t smpp_state_status(
	enum smpp_state state, enum smpp_side sender, enum smpp_version version, uint32_t command);

/* The state after this legal PDU has been sent or received with this status: a bind's good response
 * binds, unbind_resp unbinds, outbind opens the way for a bind; others change nothing. */
enum smpp_state smpp_state_after(enum smpp_state state, uint32_t command, uint32_t status);

#endif
