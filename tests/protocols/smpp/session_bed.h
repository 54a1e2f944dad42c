/*
 * A test bed for sessions: a node on the simulated machine, a service whose
 * application writes down what it is told, and a peer made by hand. One a process.
 */
#ifndef SB_TESTS_SMPP_SESSION_BED_H
#define SB_TESTS_SMPP_SESSION_BED_H

#include "core/listener.h"
#include "core/node.h"
#include "protocols/smpp/esme.h"
#include "protocols/smpp/session.h"
#include "tests/sim/simulation.h"
#include "tests/sim/stand.h"

#define BED_SPACE 8192

struct bed {
	struct simulation *sim;
	struct sb_log *log;
	int log_fd;
	uint64_t settle_ns;
	struct sb_node *node;
	struct smpp_service *service;
	struct smpp_service *other; /* a test's own, freed with the bed */
	struct sim_peer *peer;      /* the connection that the functions below use */
	struct sb_session *session; /* the last that connected; NULL once closed */
	struct sb_address address;

	/* How the application behaves. */
	bool answers_later;      /* requests wait for bed_answer() */
	bool binds_later;        /* so do binds */
	bool lacks_memory;       /* an answer may fail */
	bool tells_sent;         /* `sent` is written down, too */
	uint32_t bind_status;    /* of binds that are answered at once */
	uint32_t request_status; /* of requests */
	bool binds_again;        /* a refused bind of ours is followed by another */
	bool lets_in;            /* outbind is accepted */
	int start_result;        /* what `start` returns */
	int connected_result;    /* what `connected` returns */
	void (*in_connected)(struct bed *bed, struct sb_session *s); /* done in there; NULL: none */
	void (*in_bound)(struct bed *bed, struct sb_session *s);
	struct smpp_request last; /* the request that came last */
	struct smpp_request kept[BED_SPACE / 8];
	size_t kept_count;

	char trace[STAND_TRACE];          /* one word or more for each call, each ended by ';' */
	uint8_t received[BED_SPACE * 32]; /* where bed_take() puts a PDU */
};

/* A node that listens on a calm machine, with one peer connected. `options` NULL: defaults. */
void bed_open(struct bed *bed, const struct smpp_session_options *options);
/* Everything as wished; NULL: defaults. */
void bed_open_with(struct bed *bed, const struct smpp_session_options *options,
	const struct sb_limits *limits, const struct sim_options *sim);
/* A node with one ESME that connects, and a centre that listens (bed_accept) on 2775. */
void bed_open_esme(struct bed *bed, const struct smpp_esme_options *options);
/* The same, but nobody listens there, and nothing has happened yet. */
void bed_open_esme_alone(
	struct bed *bed, const struct smpp_esme_options *options, const struct sim_options *sim);
/* A node with an ESME that listens for an outbind on 2775, and a centre that has connected. */
void bed_open_outbind(struct bed *bed, const struct smpp_esme_options *options);
/* The oldest connection of the ESME's becomes the present peer; false: there is none. */
bool bed_accept(struct bed *bed);
/* Accepts, takes the ESME's bind and answers it with ROK and sc_interface_version 3.4. */
void bed_accept_bind(struct bed *bed);

/* Stops the node, cuts what is left and frees all. */
void bed_close(struct bed *bed);
/* One more peer, which becomes the present one. */
void bed_connect(struct bed *bed);

/* Until nothing is left to do at once; and for so many milliseconds. */
void bed_turn(struct bed *bed);
void bed_pass(struct bed *bed, uint64_t ms);

/* The peer's: octets, a PDU, a header alone, an end. Each with the turns it takes. */
void bed_send_octets(struct bed *bed, struct sb_bytes octets);
void bed_send(struct bed *bed, const struct smpp_pdu *pdu);
void bed_send_header(struct bed *bed, uint32_t command, uint32_t status, uint32_t sequence);
void bed_send_submit(struct bed *bed, uint32_t sequence);
void bed_send_bind(struct bed *bed, uint32_t command, uint8_t version, uint32_t sequence);

/* Binds with sequence 1 and takes the response. */
void bed_bind(struct bed *bed, uint32_t command);

/* The next PDU that the peer has got. */
bool bed_take(struct bed *bed, struct smpp_pdu *pdu);
struct smpp_pdu bed_expect_at(struct bed *bed, uint32_t command, uint32_t status, uint32_t sequence,
	const char *file, int line);
void bed_expect_nothing_at(struct bed *bed, const char *file, int line);
/* The session has ended, and the peer has got nothing more. */
void bed_expect_closed_at(struct bed *bed, enum sb_end why, const char *file, int line);
/* What the application was told since the last time. */
void bed_expect_trace_at(struct bed *bed, const char *trace, const char *file, int line);

#define bed_expect(bed, command, status, sequence) \
	bed_expect_at(bed, command, status, sequence, __FILE__, __LINE__)
#define bed_expect_nothing(bed)      bed_expect_nothing_at(bed, __FILE__, __LINE__)
#define bed_expect_closed(bed, why)  bed_expect_closed_at(bed, why, __FILE__, __LINE__)
#define bed_expect_trace(bed, trace) bed_expect_trace_at(bed, trace, __FILE__, __LINE__)

/* Runs `act` as a callback of the session, and the turns that follow. */
void bed_act(struct bed *bed, void (*act)(struct bed *bed, struct sb_session *s));

/* From inside a callback or bed_act: a deliver_sm with this context; what smpp_send says. */
int bed_deliver(struct sb_session *s, uint64_t context);
/* The ESME's: a submit_sm. */
int bed_submit_sm(struct sb_session *s, uint64_t context);
/* In a callback of its own. */
int bed_send_submit_sm(struct bed *bed, uint64_t context);
int bed_send_deliver(struct bed *bed, uint64_t context);
/* Answers kept request `n` with `status` in a callback of its own; what smpp_respond says. */
int bed_answer(struct bed *bed, size_t n, uint32_t status);

/* The value of a counter of the service ("smpp_malformed_total"); 0 where there is none. */
uint64_t bed_counter(struct bed *bed, const char *name);

/* A submit_sm as ESMEs send it. */
struct smpp_pdu bed_submit(uint32_t sequence);

#endif
