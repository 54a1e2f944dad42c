/*
 * The world of fuzz_cwmp_session.c: an ACS on the simulated machine, a few devices and their lines.
 * One a process.
 */
#ifndef SB_TESTS_FUZZ_CWMP_WORLD_H
#define SB_TESTS_FUZZ_CWMP_WORLD_H

#include "core/bytes.h"
#include "core/message.h"
#include "core/node.h"
#include "protocols/cwmp/server.h"
#include "tests/fuzz/script.h"
#include "tests/sim/simulation.h"

#include <stdbool.h>
#include <stdint.h>

#define FIRST_ACT 200
#define DEVICES   3 /* the last one is good, and comes at the end */
#define PEERS     4
#define POSTS     16 /* of a peer that wait for an answer */
#define SESSIONS  256
#define CALLS     256
#define TEXT      2048
#define INFORM_ID "i"
#define SECOND    UINT64_C(1000000000)

enum behaviour {
	DECIDES_LATER = 1,
	CALLS_AT_START = 2,
	CALLS_AGAIN = 4,
	HOLDS_AT_START = 8,
	FINISHES = 16,
	ANSWERS_LATER = 32,
	HAS_SMALL_LIMITS = 64,
	HAS_TWO_SHARDS = 128,
};

enum act {
	ACT_INFORM = FIRST_ACT, /* from here on what a device posts */
	ACT_EMPTY,
	ACT_ANSWER,
	ACT_FAULT,
	ACT_WRONG_ID,
	ACT_OTHER_METHOD,
	ACT_AGAIN,
	ACT_REQUEST,
	ACT_REQUEST_WITHOUT_ID,
	ACT_METHODS,
	ACT_BROKEN,
	ACT_BODY, /* the piece that follows */
	ACT_DEVICE,
	ACT_PEER,
	ACT_RECONNECT,
	ACT_NO_COOKIE,
	ACT_OTHERS_COOKIE,
	ACT_NO_PAUSE, /* the next post is not waited for */
	ACT_CUT,      /* the next post is, in its middle */
	ACT_ACCEPT,   /* from here on what the service does */
	ACT_REFUSE,
	ACT_REDIRECT,
	ACT_BUSY,
	ACT_CALL,
	ACT_FINISH,
	ACT_HOLD,
	ACT_RELEASE,
	ACT_ABORT,
	ACT_ANSWER_REQUEST,
	ACT_FAULT_REQUEST,
	ACT_STARVE, /* the machine */
	ACT_STOP,
	ACT_END,
};

_Static_assert(ACT_END <= SCRIPT_FIRST_ACT, "acts of lines and clock come behind");

struct post {
	bool may_be_called; /* an empty one, or an answer */
	char id[32];        /* of a request; "" */
};

struct peer {
	struct sim_peer *line;
	struct post posts[POSTS]; /* not answered yet */
	size_t count;
	bool is_raw; /* octets came that are no post */
	bool is_stalled;
};

struct device {
	unsigned number;
	unsigned session; /* the one that it has open; 0: none */
	char cookie[64];
	char last[TEXT];
	char id[40], asked[32]; /* of the call that it heard last; "" */
	bool is_held;
};

struct world {
	struct simulation *sim;
	struct sb_node *node;
	struct cwmp_server *server;
	struct cwmp_decoder *decoder;
	struct device devices[DEVICES];
	struct peer peers[PEERS];
	struct device *device;
	struct peer *peer;
	unsigned behaviour;
	unsigned turn;
	unsigned begun, ended; /* sessions; numbers begin with 1 */
	struct {
		struct sb_address address;
		unsigned device, ended; /* in which turn; 0: it has not */
	} sessions[SESSIONS];
	unsigned calls;
	struct {
		unsigned session, ended;
	} called[CALLS];
	unsigned good_status;
	bool is_rough; /* lines were cut, or bodies free: answers may be to something else */
	bool is_good;  /* the end: nobody is whimsical any more */
	bool has_cookie, has_pause, is_cut;
};

extern struct world *world;

/* cwmp_world_service.c: does what its behaviour and acts say. */
extern const struct cwmp_service cwmp_world_service;

/* ---- cwmp_world_devices.c ---- */

/* Lets the machine run, and hears what was answered. */
void cwmp_world_turn(struct world *w, uint64_t ns);

/* The peer that is in use has a line of its own, and a new one. */
void cwmp_world_connect(struct world *w);

/* The device that is in use posts what follows on the line that is. */
void cwmp_world_post_octets(struct world *w, struct post post, struct sb_bytes body);
void cwmp_world_post(struct world *w, const char *id, const char *body); /* "": an empty one */
void cwmp_world_post_inform(struct world *w);
void cwmp_world_post_answer(struct world *w, const char *id); /* to the call that it heard last */

#endif
