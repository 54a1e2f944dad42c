/*
 * The whole of acs on the simulated machine, as its program is but for the process: devices come
 * over HTTP (box.h), people's programs to the API.
 */
#ifndef ACS_TEST_WHOLE_H
#define ACS_TEST_WHOLE_H

#include "tests/daemons/acs/box.h"
#include "tests/support/config_text.h"

struct whole {
	struct bed bed; /* its machine, log, rows and node; it has no keepers of its own */
	struct config_reports reports; /* of the configuration */
	struct sb_config *file;
	struct acs *acs;
	const char *settings; /* in the configuration, beside the listeners; NULL: none */
	uint64_t waits_ms;    /* for an answer that does not come at once */

	/* Of the last answer. */
	unsigned status; /* 0: the connection ended without one */
	char body[1 << 18];
};

/* Zeroed, with what is to be different filled in. */
void whole_open(struct whole *w);
void whole_close(struct whole *w);
/* The node ends where it stands, and another begins on what was durable. */
void whole_restart(struct whole *w);

/* The two halves of that. True: the node runs, and serves. */
void whole_cut(struct whole *w);
bool whole_start(struct whole *w);
/* Nothing has stopped it. */
bool whole_is_up(const struct whole *w);

/* A request of the API, which it waits for; the status. `body` is JSON; NULL: none. */
unsigned whole_ask(struct whole *w, const char *method, const char *target, const char *body);
/* The same on any port, with a body of any octets and with fields, each with its CR LF. */
unsigned whole_request(struct whole *w, uint16_t port, const char *method, const char *target,
	const char *fields, struct sb_bytes body);
/* A request that is sent, and its answer taken later. */
struct sim_peer *
whole_send(struct whole *w, const char *method, const char *target, const char *body);
unsigned whole_take(struct whole *w, struct sim_peer *peer);

#endif
