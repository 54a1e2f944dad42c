/*
 * cwmp-load: sessions of CWMP as fast as an ACS serves them. Its devices know what they
 * say: an Inform, an empty POST, and to each GetParameterValues a response with N
 * parameters; they read no XML but the ID they must repeat. One thread, one epoll set;
 * nothing blocks. It stands on plain epoll and not on the core, because it measures the core.
 */
#ifndef TESTS_BENCH_CWMP_LOAD_H
#define TESTS_BENCH_CWMP_LOAD_H

#include "tests/bench/net.h"
#include "tests/bench/run.h"
#include "tests/bench/stream.h"

#include <llhttp.h>

enum { LOAD_BUFFER_BYTES = 256 * 1024, COOKIE_MAX = 160, FIELD_MAX = 16, BODY_KEPT = 1024 };

struct load_options {
	struct net_address server;
	const char *server_text;
	const char *path;
	const char *ca_file;
	uint32_t connections;
	uint32_t devices;    /* 0: as many as connections */
	uint32_t parameters; /* of a response */
	double seconds;
	uint64_t count; /* 0: by time */
	bool tls;
	bool new_connections; /* each session has its own */
	bool hold;            /* open sessions (Inform answered) and leave them there */
	bool control;         /* orders from standard input */
};

enum session_state {
	SESSION_CLOSED,
	SESSION_CONNECTING,
	SESSION_HANDSHAKING,
	SESSION_INFORM, /* sent, not answered */
	SESSION_TURN,   /* an empty POST or a response is sent, not answered */
	SESSION_READY,  /* between sessions, connected */
};

/* Octets that the socket did not take. */
struct unsent {
	uint8_t *data;
	size_t size;
};

struct session {
	struct stream stream;
	enum session_state state;
	bool watching_room;
	bool is_greeting; /* the first session, or what is held: no run counts it */
	bool is_over;     /* the answer that ends the session has come */
	uint32_t device;
	uint64_t began_ns;
	struct unsent unsent;
	llhttp_t http;
	char cookie[COOKIE_MAX]; /* "session=x" */
	char field[FIELD_MAX];   /* name of the field being read */
	size_t field_size;
	size_t cookie_size;
	char body[BODY_KEPT]; /* the beginning of the answer's */
	size_t body_size;
};

/* What the devices say; a response from behind its ID on. */
struct messages {
	char *inform;
	size_t inform_size;
	size_t serial_at; /* of the SerialNumber's digits */
	char *response;
	size_t response_size;
	size_t changing_at; /* of the digits of the one value that changes; 0: there is none */
};

struct load {
	struct load_options options;
	struct run run;
	struct messages messages;
	llhttp_settings_t http;
	SSL_CTX *tls;
	struct session *sessions;
	uint64_t attempts; /* connections begun, ever */
	uint32_t opened;   /* are connected and have had their first session */
	uint32_t opening;
	uint32_t failed;     /* connections */
	uint64_t mismatched; /* answers that were not what the protocol wants */
	int epoll_fd;
	uint8_t buffer[LOAD_BUFFER_BYTES];
	char *out; /* where a message is put together */
	size_t out_room;
};

/* messages.c: 0 or SB_ENOMEM. */
int messages_init(struct messages *m, uint32_t parameters);
void messages_fini(struct messages *m);
/* Put together in load->out; their sizes. */
size_t messages_inform(struct load *load, const struct session *s);
size_t messages_empty(struct load *load, const struct session *s);
/* Answers the request in `s->body`, 0 when it is none that is known. */
size_t messages_response(struct load *load, const struct session *s);
/* What it takes at most. */
size_t messages_room(const struct messages *m);

/* session.c: begins the connection of a session, which then has its first. */
void session_open(struct load *load, uint32_t index);
/* Begins a session of the run, if the connection is idle and the run wants more. */
void session_next(struct load *load, uint32_t index);
void session_event(struct load *load, uint32_t index, uint32_t events);
void session_close(struct load *load, uint32_t index);
void session_settings(llhttp_settings_t *settings);

/* options.c: 0 run, 1 exit with success (help was printed), 2 usage error (said). */
int load_parse_options(int argc, char **argv, struct load_options *out);

#endif
