/*
 * Counters that many clients add to and watch: the sessions of tally, and what they
 * say to each other. docs/writing-a-protocol.md builds it step by step.
 */
#ifndef TALLY_TALLY_H
#define TALLY_TALLY_H

#include "wire.h"

#include <switchboard/core/module.h>

#include <stdint.h>

struct sb_session;

/* A client's session: begins with a connection, and outlives it for a while. */
extern const struct sb_module tally_client_module;

/* Holds the counters whose names fall to it. args: its index, unsigned. */
extern const struct sb_module tally_ledger_module;

/* Watches a counter of another node for the clients of this one. args: struct tally_mirror_args */
extern const struct sb_module tally_mirror_module;

struct tally_mirror_args {
	char host[128];
	uint16_t port;
	char counter[TALLY_NAME_MAX + 1];
	struct sb_tls *tls; /* NULL: plain; borrowed */
};

/* ---- messages ---- */

enum {
	TALLY_MSG_ADD = 1, /* a call to a ledger: struct tally_change, answered with one */
	TALLY_MSG_CHANGED, /* on a counter's topic: struct tally_change */
};

struct tally_change {
	uint64_t number; /* to add; in the answer and when published: the value */
	char name[TALLY_NAME_MAX + 1];
};

/* ---- names in the registry ---- */

#define TALLY_LEDGERS   4
#define TALLY_NAME_SIZE (TALLY_NAME_MAX + 16)

/* The unique name of a ledger, and of the one that a counter falls to. */
void tally_ledger_name(char name[TALLY_NAME_SIZE], unsigned index);
unsigned tally_ledger_of(const char *counter);

/* The topic of a counter. */
void tally_topic_name(char name[TALLY_NAME_SIZE], const char *counter);

/* ---- what clients and mirrors share ---- */

/* Writes one frame; nothing without a connection. */
void tally_send(struct sb_session *s, const struct tally_frame *frame);

/* `name` as a C string. */
void tally_text(char text[TALLY_NAME_MAX + 1], struct sb_bytes name);

#endif
