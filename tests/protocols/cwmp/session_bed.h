/*
 * A test bed for CWMP sessions: a node on the simulated machine, a service that does what the
 * test wants, and devices made by hand, which post over HTTP. One a process.
 */
#ifndef SB_TESTS_CWMP_SESSION_BED_H
#define SB_TESTS_CWMP_SESSION_BED_H

#include "core/listener.h"
#include "core/node.h"
#include "core/session.h"
#include "protocols/cwmp/server.h"
#include "tests/sim/simulation.h"
#include "tests/sim/stand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BED_PORT 7547
#define BED_TEXT 65536

struct bed {
	struct simulation *sim;
	struct sb_log *log;
	int log_fd;
	uint64_t settle_ns;
	struct sb_node *node;
	struct cwmp_server *server;
	struct cwmp_server *other; /* a test's own, freed with the bed */
	struct cwmp_session
		*session;          /* the last whose session_filter was called; NULL once ended */
	struct sb_address address; /* of it */
	char trace[STAND_TRACE];   /* one word or more for each callback, each ended by ';' */

	/* What the service does; NULL: accepts, finishes, answers by default. */
	bool (*is_device)(const struct cwmp_session *c);
	void (*filter)(struct cwmp_session *c);
	void (*start)(struct cwmp_session *c);
	void (*request)(struct cwmp_session *c, const struct cwmp_envelope *request);
	void (*outcome)(struct cwmp_session *c, const struct cwmp_outcome *o);
	bool lacks_memory; /* calls may fail */

	/* The device. */
	struct sim_peer *peer;
	char cookie[256];          /* what was set last; "" once expired */
	bool has_no_cookies;       /* it never sends one */
	const char *authorization; /* NULL: none */

	/* What it was answered last. */
	unsigned status;
	char head[4096];
	char body[BED_TEXT];
};

extern struct bed bed;

/* A node that listens on a calm machine. NULL: defaults. */
void bed_open(const struct cwmp_server_options *options);
void bed_open_with(const struct cwmp_server_options *options, const struct sim_options *sim);
/* With another service than the bed's: `make` gives its args when there is a node, `release` takes
 * them when it has stopped. */
struct bed_service {
	const struct cwmp_service *service;
	void *(*make)(struct sb_node *node);
	void (*release)(void *args);
};
void bed_open_service(const struct bed_service *other);
/* A setup that does so, and a teardown: stops the node, cuts what is left and frees all. */
int bed_opened(void **state);
int bed_closed(void **state);
void bed_close(void);

/* Until nothing is left to do at once; and for so many milliseconds. */
void bed_turn(void);
void bed_pass(uint64_t ms);

/* The device gets a new connection; the old one stays as it is. */
void bed_connect(void);

/* Posts and takes the turns that follow; the answer, if it has come, is in the bed. "": an empty
 * POST. */
void bed_post(const char *body);
/* The same without waiting for anything. */
void bed_send(const char *body);
void bed_send_octets(const char *octets);
/* Whether another answer has come from `peer`: it is in the bed. */
bool bed_take(struct sim_peer *peer);

/* Envelopes. `id` NULL: without a header. */
const char *bed_envelope(const char *id, const char *body);
const char *bed_inform_of(const char *id, const char *serial);
#define bed_inform(id) bed_inform_of(id, "1")
const char *bed_fault(const char *id, unsigned code);
/* The cwmp:ID of the call in the last answer. */
const char *bed_id(void);
/* Responses to the last call. */
const char *bed_values(const char *id); /* of GetParameterValues */
const char *bed_done(const char *id);   /* of Reboot */

void bed_expect_status_at(unsigned status, const char *file, int line);
void bed_expect_body_at(const char *part, const char *file, int line);
void bed_expect_nothing_at(const char *file, int line);
void bed_expect_trace_at(const char *trace, const char *file, int line);
#define bed_expect_status(status) bed_expect_status_at(status, __FILE__, __LINE__)
/* It is in the body of the answer. */
#define bed_expect_body(part) bed_expect_body_at(part, __FILE__, __LINE__)
#define bed_expect_nothing()  bed_expect_nothing_at(__FILE__, __LINE__)
/* What the service was told since the last time. */
#define bed_expect_trace(trace) bed_expect_trace_at(trace, __FILE__, __LINE__)

/* An Inform, its answer, an empty POST; what the service had to say then is the last answer. */
void bed_begin(void);

/* Calls whose outcomes are in the trace. */
void bed_reboot(struct cwmp_session *c);
void bed_get(struct cwmp_session *c);

uint64_t bed_counter(const char *name);

#endif
