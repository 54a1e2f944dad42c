/*
 * smpp-load: what its parts share. One thread, one epoll set, many sessions;
 * nothing blocks. It stands on plain epoll and not on the core, because it
 * measures the core; the octets of a PDU are the codec's affair, but for the
 * two it handles by the million: a prepared submit_sm of which only the
 * sequence number changes, and the header of its response.
 */
#ifndef TESTS_BENCH_SMPP_LOAD_H
#define TESTS_BENCH_SMPP_LOAD_H

#include "protocols/smpp/command.h"
#include "tests/bench/net.h"
#include "tests/bench/run.h"
#include "tests/bench/smpp_load/journal.h"
#include "tests/bench/smpp_load/pool.h"
#include "tests/bench/smpp_load/receipts.h"
#include "tests/bench/stream.h"

enum {
	LOAD_BUFFER_BYTES = 256 * 1024,
	LOAD_PDU_MAX = 128 * 1024,
	LOAD_STATUSES = 0x500, /* all of the book and the vendors' */
};

struct load_options {
	struct net_address server;
	const char *server_text;
	const char *system_id;
	const char *password;
	const char *system_type;
	const char *ca_file;
	const char *journal; /* file; NULL: none */
	uint32_t life;       /* of the numbers in the journal */
	struct pool_options message;
	uint32_t bind_command;
	uint32_t connections;
	uint32_t window; /* unanswered submit_sm a session */
	double rate;     /* messages a second over all sessions; 0: as fast as the windows allow */
	double seconds;
	double drain_seconds;
	uint64_t count; /* 0: by time */
	bool tls;
	bool match_receipts;
	bool json;
	bool quiet;
	bool control; /* orders from standard input */
};

enum session_state {
	SESSION_CLOSED,
	SESSION_CONNECTING,
	SESSION_HANDSHAKING,
	SESSION_BINDING,
	SESSION_BOUND,
	SESSION_LEAVING, /* the peer has unbound: its answers are still awaited */
	SESSION_UNBINDING,
};

/* A submit_sm that waits for its answer; sequence 0: none. */
struct slot {
	uint64_t sent_ns;
	uint32_t sequence;
};

/* Octets that wait: an unfinished PDU that came, or what the socket did not take. */
struct waiting {
	uint8_t *data;
	size_t size;
	size_t capacity;
};

struct session {
	struct stream stream;
	enum session_state state;
	bool watching_room;
	uint32_t sequence;       /* of the next request, 1 to 0x7FFFFFFF */
	uint32_t other_sequence; /* of the bind or unbind under way */
	uint32_t peers_sequence; /* of the peer's unbind */
	uint32_t in_flight;
	struct slot *slots; /* by sequence, a ring of load->slots */
	struct waiting tail;
	struct waiting unsent;
};

/* What came that should not have. */
struct anomalies {
	uint64_t unknown_sequence; /* a response to nothing that was asked */
	uint64_t wrong_response;   /* to something else than was asked */
	uint64_t malformed;
	uint64_t unknown_request;
};

struct counters {
	uint64_t accepted; /* submit_sm with status 0 */
	uint64_t statuses[LOAD_STATUSES];
	uint64_t other_statuses;
	uint64_t delivered; /* deliver_sm and data_sm that are no receipts */
	uint64_t receipts;
	struct anomalies anomalies;
};

struct load {
	struct load_options options;
	struct run run;
	struct sb_distribution second; /* of the current second, not yet in run.latency */
	struct counters counters;
	struct pool pool;
	struct receipts receipts;
	struct journal journal;
	SSL_CTX *tls;
	struct session *sessions;
	struct slot *slots;
	uint32_t slot_mask;
	uint32_t opened;  /* bound, not yet lost */
	uint32_t opening; /* begun, not yet bound */
	uint32_t failed;  /* could not be opened, or were lost */
	uint32_t turn;    /* the session whose turn it is, when paced */
	bool well;        /* nothing has gone wrong in any run */
	int epoll_fd;
	size_t answers_size;
	uint64_t batch_sent_ns; /* responses to messages of one moment, counted together */
	uint64_t batch_size;
	uint8_t buffer[LOAD_BUFFER_BYTES];
	uint8_t answers[LOAD_BUFFER_BYTES];
};

/* session.c: begins the connection of a session; what comes of it is seen in the load's counts. */
void session_open(struct load *load, uint32_t index);

/* What epoll said. */
void session_event(struct load *load, uint32_t index, uint32_t events);

/* Sends at most `most` messages, as far as run and window allow; returns how many. */
uint32_t session_fill(struct load *load, uint32_t index, uint32_t most);

/* Sends unbind; the session closes when it is answered. */
void session_unbind(struct load *load, uint32_t index);

/* Closes at once and frees what the session holds. */
void session_close(struct load *load, uint32_t index);

/*
 * answer.c: handles every whole PDU of `size` octets in load->buffer and
 * leaves what must be answered in load->answers. Returns the octets used, or
 * SB_EPROTO (the framing is lost) or SB_ECANCELED (the peer has unbound, or
 * refused the bind).
 */
ssize_t session_answers(struct load *load, struct session *session, size_t size, uint64_t now_ns);

/* options.c: 0 run, 1 exit with success (help was printed), 2 usage error (said). */
int load_parse_options(int argc, char **argv, struct load_options *out);

/* report.c: one line on standard error for the second that is over; starts the next. */
void report_progress(struct load *load, uint64_t now_ns);

/* The result, as text or JSON, on standard output. */
void report_result(struct load *load);

#endif
