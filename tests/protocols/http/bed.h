/*
 * A test bed for HTTP sessions: a node on the simulated machine, handlers that do what the
 * path says, and a client made by hand. One a process.
 */
#ifndef SB_TESTS_HTTP_BED_H
#define SB_TESTS_HTTP_BED_H

#include "core/listener.h"
#include "core/node.h"
#include "protocols/http/server.h"
#include "tests/sim/simulation.h"
#include "tests/sim/stand.h"

#define BED_PORT  8080
#define BED_SPACE (4u << 20)

struct bed {
	struct simulation *sim;
	struct sb_log *log;
	int log_fd;
	uint64_t settle_ns;
	struct sb_node *node;
	struct http_server *server;
	struct sim_peer *peer;      /* the connection that the functions below use */
	struct sb_session *session; /* the last that began a request; NULL once closed */
	struct sb_address address;
	struct http_exchange *open; /* the last that began; NULL once closed */
	const struct http_handler *(*route)(struct http_exchange *x); /* the test's own */
	bool lacks_memory;                                            /* an answer may fail */
	size_t left;             /* of what /stream has to write */
	bool is_text;            /* ... which compresses */
	size_t begun, closed;    /* handlers' calls */
	char trace[STAND_TRACE]; /* what handlers were told, each ended by ';' */
};

/*
 * Handlers, by path:
 *
 *	/echo    answers 200 with the request's body       /now    answers in `begin`
 *	/later   is answered by bed_act                    /none   204
 *	/stream  so many octets as its query says, in parts of unknown length
 *	/lines   the same as text
 *	/sized   the same, with their length               /text   so many octets of text
 *	/hold    holds the body in `begin` and after every part, until bed_act resumes
 *	/back    answers with each part of the body, in parts of text
 *	/large   takes bodies of up to 16 MiB              /fields answers the values of all X-Ask
 *
 * Anything else is not served.
 */
struct bed_options {
	struct http_limits limits;
	struct sb_limits connection;
	bool no_compression;
	size_t (*refusal)(unsigned status, char *out, size_t size);
	const struct sim_options *sim; /* NULL: a calm machine */
	/* Of the test; asked first. NULL: none. */
	const struct http_handler *(*route)(struct http_exchange *x);
};

/* A node that listens, with one client connected. NULL: defaults. */
void bed_open(struct bed *bed, const struct bed_options *options);
/* Stops the node, cuts what is left and frees all. */
void bed_close(struct bed *bed);
/* A teardown: the same with the bed that was opened last. */
int bed_closed(void **state);
/* One more client, which becomes the present one. */
void bed_connect(struct bed *bed);

/* Until nothing is left to do at once; and for so many milliseconds. */
void bed_turn(struct bed *bed);
void bed_pass(struct bed *bed, uint64_t ms);

/* What the client sends, with the turns it takes. */
void bed_send(struct bed *bed, const char *text);
void bed_send_octets(struct bed *bed, const void *data, size_t size);

/* An answer that the client has got. */
struct bed_answer {
	unsigned status;
	const char *head;    /* status line and fields */
	const uint8_t *body; /* out of its chunks */
	size_t body_size;
};

/* Takes the next answer, to a request with `method` ("HEAD" has no body), off what the client has
 * got; in memory that lasts until the next. False: there is none, or not the whole. */
bool bed_take(struct bed *bed, const char *method, struct bed_answer *answer);
/* The value of a field of it, cut at its end; NULL: not there. Until the next. */
const char *bed_field(const struct bed_answer *answer, const char *name);

/* The next answer has this status and this body (NULL: any). */
struct bed_answer
bed_expect_at(struct bed *bed, unsigned status, const char *body, const char *file, int line);
void bed_expect_nothing_at(struct bed *bed, const char *file, int line);
/* The server has ended the connection, and the client has got nothing more. */
void bed_expect_ended_at(struct bed *bed, const char *file, int line);
/* What the handlers were told since the last time. */
void bed_expect_trace_at(struct bed *bed, const char *trace, const char *file, int line);

#define bed_expect(bed, status, body) bed_expect_at(bed, status, body, __FILE__, __LINE__)
#define bed_expect_nothing(bed)       bed_expect_nothing_at(bed, __FILE__, __LINE__)
#define bed_expect_ended(bed)         bed_expect_ended_at(bed, __FILE__, __LINE__)
#define bed_expect_trace(bed, trace)  bed_expect_trace_at(bed, trace, __FILE__, __LINE__)

/* Runs `act` as a message of the session that began a request last, and the turns that follow. */
void bed_act(struct bed *bed, void (*act)(struct bed *bed, struct sb_session *s));
/* Answers the open exchange 200 with this text. */
void bed_answer_open(struct bed *bed, const char *text);
/* A timer of an exchange of /later. */
struct sb_timer *bed_timer_of(struct http_exchange *x);
/* Lets the open exchange go on. */
void bed_resume_open(struct bed *bed);

/* The value of a counter ("http_answers_total"), all its series together. */
uint64_t bed_counter(struct bed *bed, const char *name);

#endif
