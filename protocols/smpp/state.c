/*
 * The matrix of 3.4's 2.3 as one table: rows are requests, columns sets of states
 * for each sender. Both sides and all versions ask the same table, so that what
 * one sends the other accepts.
 */
#include "protocols/smpp/state.h"

#include <stddef.h>

#include "protocols/smpp/command.h"
#include "protocols/smpp/status.h"

/* Sets of states. */
#define IN(state) (1u << SMPP_##state)
#define NOWHERE   0u
#define TX        (IN(BOUND_TX) | IN(BOUND_TRX))
#define RX        (IN(BOUND_RX) | IN(BOUND_TRX))
#define BOUND     (TX | RX)
#define NOT_BOUND (IN(OPEN) | IN(OUTBOUND) | IN(UNBOUND))
#define BINDING   (IN(OPEN) | IN(OUTBOUND))

/*
 * Where each side may send a request, and where 5.0 allows it besides. replace_sm
 * in BOUND_TRX is 5.0's, but everybody does it.
 */
static const struct {
	uint32_t command;
	uint8_t sent_by[2]; /* enum smpp_side: sets of states */
	uint8_t also_in_50[2];
} legal[] = {
	{SMPP_BIND_RECEIVER, {BINDING, NOWHERE}, {NOWHERE, NOWHERE}},
	{SMPP_BIND_TRANSMITTER, {IN(OPEN), NOWHERE}, {IN(OUTBOUND), NOWHERE}},
	{SMPP_BIND_TRANSCEIVER, {IN(OPEN), NOWHERE}, {IN(OUTBOUND), NOWHERE}},
	{SMPP_OUTBIND, {NOWHERE, IN(OPEN)}, {NOWHERE, NOWHERE}},
	{SMPP_SUBMIT_SM, {TX, NOWHERE}, {NOWHERE, NOWHERE}},
	{SMPP_SUBMIT_MULTI, {TX, NOWHERE}, {NOWHERE, NOWHERE}},
	{SMPP_QUERY_SM, {TX, NOWHERE}, {NOWHERE, NOWHERE}},
	{SMPP_CANCEL_SM, {TX, NOWHERE}, {NOWHERE, NOWHERE}},
	{SMPP_REPLACE_SM, {TX, NOWHERE}, {NOWHERE, NOWHERE}},
	{SMPP_DATA_SM, {TX, RX}, {NOWHERE, NOWHERE}},
	{SMPP_DELIVER_SM, {NOWHERE, RX}, {NOWHERE, NOWHERE}},
	{SMPP_ALERT_NOTIFICATION, {NOWHERE, RX}, {NOWHERE, NOWHERE}},
	{SMPP_BROADCAST_SM, {NOWHERE, NOWHERE}, {TX, NOWHERE}},
	{SMPP_QUERY_BROADCAST_SM, {NOWHERE, NOWHERE}, {TX, NOWHERE}},
	{SMPP_CANCEL_BROADCAST_SM, {NOWHERE, NOWHERE}, {TX, NOWHERE}},
	{SMPP_UNBIND, {BOUND, BOUND}, {NOWHERE, NOWHERE}},
	{SMPP_ENQUIRE_LINK, {BOUND, BOUND}, {NOT_BOUND, NOT_BOUND}},
	{SMPP_GENERIC_NACK, {BOUND, BOUND}, {NOT_BOUND, NOT_BOUND}},
};

#define ROWS (sizeof(legal) / sizeof(legal[0]))

const char *
smpp_state_name(enum smpp_state state)
{
	switch (state) {
#define X(constant, name)     \
	case SMPP_##constant: \
		return #name;
		SMPP_STATE_MAP(X)
#undef X
	}
	return "unknown";
}

bool
smpp_is_legal(
	enum smpp_state state, enum smpp_side sender, enum smpp_version version, uint32_t command)
{
	/* A response travels against its request; generic_nack has a row of its own. */
	if (smpp_is_response(command) && command != SMPP_GENERIC_NACK) {
		command &= ~SMPP_RESPONSE_BIT;
		sender = sender == SMPP_ESME ? SMPP_MC : SMPP_ESME;
	}
	/* Eighteen rows, asked once for each request: a search is as fast as an index. */
	for (size_t i = 0; i < ROWS; i++) {
		unsigned states = legal[i].sent_by[sender];

		if (legal[i].command != command)
			continue;
		if (version >= SMPP_VERSION_50)
			states |= legal[i].also_in_50[sender];
		return states >> state & 1;
	}
	return false;
}

static bool
is_bind(uint32_t command)
{
	return command == SMPP_BIND_RECEIVER || command == SMPP_BIND_TRANSMITTER ||
	       command == SMPP_BIND_TRANSCEIVER;
}

uint32_t
smpp_state_status(
	enum smpp_state state, enum smpp_side sender, enum smpp_version version, uint32_t command)
{
	if (smpp_is_legal(state, sender, version, command))
		return SMPP_ROK;
	/* The one refusal with a status of its own (3.4, 5.1.3: RALYBND). */
	if (is_bind(command) && smpp_state_is_bound(state))
		return SMPP_RALYBND;
	return SMPP_RINVBNDSTS;
}

enum smpp_state
smpp_state_after(enum smpp_state state, uint32_t command, uint32_t status)
{
	switch (command) {
	case SMPP_OUTBIND:
		return state == SMPP_OPEN ? SMPP_OUTBOUND : state;
	case SMPP_BIND_TRANSMITTER_RESP:
		return status == SMPP_ROK ? SMPP_BOUND_TX : state;
	case SMPP_BIND_RECEIVER_RESP:
		return status == SMPP_ROK ? SMPP_BOUND_RX : state;
	case SMPP_BIND_TRANSCEIVER_RESP:
		return status == SMPP_ROK ? SMPP_BOUND_TRX : state;
	case SMPP_UNBIND_RESP:
		return SMPP_UNBOUND;
	default:
		return state;
	}
}
