/*
 * A test bed for sessions of a service: a node on the simulated machine, a service that
 * does what its requests say, and a peer made by hand. One a process.
 */
#ifndef SB_TESTS_ERPS_SESSION_BED_H
#define SB_TESTS_ERPS_SESSION_BED_H

#include "core/listener.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/supervisor.h"
#include "protocols/erps/server.h"
#include "tests/sim/simulation.h"
#include "tests/sim/stand.h"

#define BED_PORT  4747
#define BED_SPACE 4096

struct bed {
	struct simulation *sim;
	struct sb_log *log;
	int log_fd;
	uint64_t settle_ns;
	struct sb_node *node;
	struct erps_server *server;
	struct sim_peer *peer;      /* the connection that the functions below use */
	struct sb_session *session; /* the last that connected; NULL once closed */
	struct sb_address address;

	int init_result;
	bool lacks_memory; /* an answer may fail */
	struct erps_from kept[BED_SPACE];
	size_t kept_count;
	char trace[STAND_TRACE]; /* one word or more for each callback, each ended by ';' */

	/* The peer's packets are made with these. */
	const char *identifier;
	struct erps_version version;
};

/* A node that listens on a calm machine, with one peer connected. NULL: defaults. */
void bed_open(struct bed *bed, const struct erps_service_options *options);
void bed_open_with(struct bed *bed, const struct erps_service_options *options,
	const struct sb_limits *limits, const struct sim_options *sim);
/* Stops the node, cuts what is left and frees all. */
void bed_close(struct bed *bed);
/* A teardown: the same with the bed that was opened last. */
int bed_closed(void **state);
/* One more peer, which becomes the present one. */
void bed_connect(struct bed *bed);

/* Until nothing is left to do at once; and for so many milliseconds. */
void bed_turn(struct bed *bed);
void bed_pass(struct bed *bed, uint64_t ms);

/*
 * What the peer sends, with the turns it takes. Requests are patterns without names, and the
 * service does what they say:
 *
 *	{:echo, T}   is answered T         :later      is kept for bed_answer
 *	:reject      is rejected "nope"    {:push, T}  T is pushed, then answered :ok
 *	:bye         is answered :ok, then the connection ends
 *	anything else is rejected "badarg"; casts do {:push, T} and :bye, too
 */
void bed_send_octets(struct bed *bed, struct sb_bytes octets);
void bed_send_packet(struct bed *bed, uint8_t type, struct sb_bytes payload);
void bed_send_term(struct bed *bed, uint8_t type, const char *pattern);
void bed_call(struct bed *bed, int64_t ref, const char *request);
void bed_cast(struct bed *bed, const char *request);
/* The octets of one packet, into memory of the bed's until the next. */
struct sb_bytes bed_packet(struct bed *bed, uint8_t type, struct sb_bytes payload);
struct sb_bytes bed_call_octets(struct bed *bed, int64_t ref, const char *request);

/* The next packet that the peer has got: its type, and its payload decoded and matched. */
bool bed_take(struct bed *bed, struct erps_packet *packet, struct erps_term *term);
/* {Reply, Ref} (or {Reason, Ref}) with this pattern in the place of Reply. */
void bed_expect_at(struct bed *bed, uint8_t type, const char *pattern, int64_t ref,
	const char *file, int line);
void
bed_expect_term_at(struct bed *bed, uint8_t type, const char *pattern, const char *file, int line);
void bed_expect_nothing_at(struct bed *bed, const char *file, int line);
/* The session has ended, and the peer has got nothing more. */
void bed_expect_closed_at(struct bed *bed, enum sb_end why, const char *file, int line);
/* What the service was told since the last time. */
void bed_expect_trace_at(struct bed *bed, const char *trace, const char *file, int line);

#define bed_expect(bed, type, pattern, ref) \
	bed_expect_at(bed, type, pattern, ref, __FILE__, __LINE__)
#define bed_expect_term(bed, type, pattern) \
	bed_expect_term_at(bed, type, pattern, __FILE__, __LINE__)
#define bed_expect_nothing(bed)      bed_expect_nothing_at(bed, __FILE__, __LINE__)
#define bed_expect_closed(bed, why)  bed_expect_closed_at(bed, why, __FILE__, __LINE__)
#define bed_expect_trace(bed, trace) bed_expect_trace_at(bed, trace, __FILE__, __LINE__)

/* Runs `act` as a callback of the session, and the turns that follow. */
void bed_act(struct bed *bed, void (*act)(struct bed *bed, struct sb_session *s));
/* Answers kept call `n` in a callback of its own; what erps_reply_with says. */
int bed_answer(struct bed *bed, size_t n, const char *pattern);

/* A session of the node without a connection, which does what it is told; its replies are in the
 * trace. */
struct sb_address bed_neighbour(struct bed *bed);
void bed_act_at(
	struct bed *bed, struct sb_address at, void (*act)(struct bed *bed, struct sb_session *s));

/* The value of a counter ("erps_calls_total"), all its series together. */
uint64_t bed_counter(struct bed *bed, const char *name);

/* A term of a pattern without names, in memory that lasts until the next but three. */
struct erps_term bed_term(const char *pattern);

#endif
