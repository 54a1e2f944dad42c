/*
 * echo-load: what its connections share, and the connections themselves.
 * Connections move by epoll events; nothing here blocks. One thread.
 */
#ifndef TESTS_BENCH_ECHO_LOAD_H
#define TESTS_BENCH_ECHO_LOAD_H

#include "tests/bench/net.h"
#include "tests/bench/run.h"
#include "tests/bench/stream.h"

enum { ECHO_BUFFER_BYTES = 256 * 1024 };

struct echo_options {
	struct net_address server;
	const char *ca_file;
	uint32_t connections;
	uint32_t depth; /* messages in flight a connection */
	uint32_t size;  /* octets a message */
	double seconds;
	uint64_t count; /* 0: by time */
	bool tls;
	bool churn;   /* connect, one echo, close, again */
	bool control; /* orders from standard input */
};

enum echo_state { ECHO_CLOSED, ECHO_CONNECTING, ECHO_HANDSHAKING, ECHO_GREETING, ECHO_READY };

struct echo_connection {
	struct stream stream;
	enum echo_state state;
	bool watching_room;
	uint32_t in_flight;   /* messages */
	uint32_t oldest;      /* in `sent_ns`, a ring of `depth` */
	uint32_t send_offset; /* in the message being sent */
	uint32_t receive_offset;
	uint64_t to_send; /* octets the socket has not taken yet */
	uint64_t *sent_ns;
};

struct echo_load {
	struct echo_options options;
	struct run run;
	SSL_CTX *tls;
	struct echo_connection *connections;
	uint64_t *stamps;    /* the rings of all connections */
	uint64_t attempts;   /* connections begun, ever */
	uint64_t mismatched; /* reads that were not what had been sent */
	uint32_t opened;     /* have said and heard their first message */
	uint32_t opening;
	uint32_t failed;
	int epoll_fd;
	uint8_t buffer[ECHO_BUFFER_BYTES];
	uint8_t pattern[2 * ECHO_BUFFER_BYTES]; /* the message, over and over */
};

/* Begins connection `index`; a failure is counted in `failed` (or lost, in a run of churn). */
void echo_connection_open(struct echo_load *load, uint32_t index);

/* What epoll said of connection `index`. */
void echo_connection_event(struct echo_load *load, uint32_t index, uint32_t events);

/* Sends what the run and the depth allow. */
void echo_connection_fill(struct echo_load *load, uint32_t index);

void echo_connection_close(struct echo_load *load, uint32_t index);

#endif
