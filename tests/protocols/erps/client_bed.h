/*
 * A test bed for clients: a node on the simulated machine, an application that writes
 * down what it is told, and a server made by hand, which is as strict as Erps 0.7.0:
 * what it reads at once may be one packet. One a process.
 */
#ifndef SB_TESTS_ERPS_CLIENT_BED_H
#define SB_TESTS_ERPS_CLIENT_BED_H

#include "core/node.h"
#include "protocols/erps/client.h"
#include "tests/sim/simulation.h"
#include "tests/sim/stand.h"

#define BED_MARK 0x53425801

struct bed {
	struct simulation *sim;
	struct sb_log *log;
	int log_fd;
	struct sb_node *node;
	struct erps_client *client;
	struct sim_peer *peer;      /* the connection that the functions below use */
	struct sb_session *session; /* NULL once closed */
	struct sb_address address;
	bool takes_streams; /* the server reads a stream; otherwise two packets at once fail */
	bool lacks_memory;  /* a call may fail */
	uint64_t last_id;   /* of bed_call() */
	void (*in_answered)(struct bed *bed, struct sb_session *s); /* done in there */
	void (*in_connected)(struct bed *bed, struct sb_session *s);

	char trace[STAND_TRACE]; /* one word or more for each callback, each ended by ';' */
	uint8_t read[1 << 18];   /* what the server has read and the test not taken */
	size_t read_size;
	uint8_t packet[1 << 16]; /* where bed_take() puts one */
};

/* A node with one client whose server listens on 4747 and has accepted; `options` NULL: a
 * permanent one. */
void bed_open(struct bed *bed, const struct erps_client_options *options);
/* Nobody listens, and nothing has happened yet. */
void bed_open_alone(struct bed *bed, const struct erps_client_options *options);
bool bed_accept(struct bed *bed);
/* Stops the node, cuts what is left and frees all. */
void bed_close(struct bed *bed);
/* A teardown: the same with the bed that was opened last. */
int bed_closed(void **state);

/* Until nothing is left to do at once; and for so many milliseconds. */
void bed_turn(struct bed *bed);
void bed_pass(struct bed *bed, uint64_t ms);

/* Runs `act` in a callback of the session, and the turns that follow. */
void bed_act(struct bed *bed, void (*act)(struct bed *bed, struct sb_session *s));

/* In a callback of its own: calls {:n, n} with context n; casts {:cast, n}. What it says. */
int bed_call(struct bed *bed, int64_t n);
int bed_call_within(struct bed *bed, int64_t n, uint32_t deadline_ms);
int bed_cast(struct bed *bed, int64_t n);
int bed_cancel(struct bed *bed, uint64_t id);
/* The same from inside one. */
int bed_call_in(struct sb_session *s, int64_t n);

/* ---- the server ---- */

void bed_send_octets(struct bed *bed, struct sb_bytes octets);
/* A packet with the term that a pattern without names stands for. */
void bed_send(struct bed *bed, uint8_t type, const char *pattern);
/* {pattern, Ref}; `ours` as a server of ours does it. */
void bed_reply(struct bed *bed, uint32_t ref, const char *pattern);
void bed_reply_as_ours(struct bed *bed, uint32_t ref, const char *pattern);
void bed_error(struct bed *bed, uint32_t ref, const char *pattern);

/* The next packet that the server has got. */
bool bed_take(struct bed *bed, struct erps_packet *packet);
/* It is the call {:n, n}: its Ref. */
uint32_t bed_expect_call_at(struct bed *bed, int64_t n, const char *file, int line);
void bed_expect_cast_at(struct bed *bed, int64_t n, const char *file, int line);
void bed_expect_type_at(struct bed *bed, uint8_t type, const char *file, int line);
void bed_expect_nothing_at(struct bed *bed, const char *file, int line);
void bed_expect_trace_at(struct bed *bed, const char *trace, const char *file, int line);

#define bed_expect_call(bed, n)      bed_expect_call_at(bed, n, __FILE__, __LINE__)
#define bed_expect_cast(bed, n)      bed_expect_cast_at(bed, n, __FILE__, __LINE__)
#define bed_expect_type(bed, type)   bed_expect_type_at(bed, type, __FILE__, __LINE__)
#define bed_expect_nothing(bed)      bed_expect_nothing_at(bed, __FILE__, __LINE__)
#define bed_expect_trace(bed, trace) bed_expect_trace_at(bed, trace, __FILE__, __LINE__)

/* Makes the server known as one of ours with one call, and forgets the traces. */
void bed_prove(struct bed *bed);

/* The value of a counter of the client ("erps_client_late_total"). */
uint64_t bed_counter(struct bed *bed, const char *name);

#endif
