/*
 * Loads of servers that answer a message with its like: what their connections
 * share, and the connections themselves. What a message and its answer look like
 * on the wire is told by a struct echo_wire: echo-load and erps-load differ in
 * that alone. Connections move by epoll events; nothing here blocks. One thread.
 */
#ifndef TESTS_BENCH_ECHO_LOAD_H
#define TESTS_BENCH_ECHO_LOAD_H

#include "tests/bench/net.h"
#include "tests/bench/run.h"
#include "tests/bench/stream.h"

enum { ECHO_BUFFER_BYTES = 256 * 1024 };

struct echo_load;

/* The octets of messages, which a connection counts from 0. Answers come in order. */
struct echo_wire {
	/* After the options are known: sets request_size and reply_size, prepares templates. */
	void (*prepare)(struct echo_load *load);

	/* What is to be sent from octet `offset` of message `index` on: *size octets at most, which
	 * it may make fewer, never none. */
	const uint8_t *(*request)(
		struct echo_load *load, uint64_t index, uint32_t offset, size_t *size);

	/* Whether these octets, from `offset` of the answer to message `index` on, are right. */
	bool (*is_reply)(struct echo_load *load, uint64_t index, uint32_t offset,
		const uint8_t *octets, size_t size);
};

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
	uint64_t sending;   /* messages that have been sent whole */
	uint64_t receiving; /* ... answered whole */
	uint64_t to_send;   /* octets the socket has not taken yet */
	uint64_t *sent_ns;
};

struct echo_load {
	struct echo_options options;
	const struct echo_wire *wire;
	uint32_t request_size;
	uint32_t reply_size;
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
	uint8_t pattern[2 * ECHO_BUFFER_BYTES]; /* the wire's own: what is sent is made here */
};

/* The program: `name` stands in its messages. Returns its exit status. */
int echo_load_main(int argc, char **argv, const char *name, const struct echo_wire *wire);

/* Begins connection `index`; a failure is counted in `failed` (or lost, in a run of churn). */
void echo_connection_open(struct echo_load *load, uint32_t index);

/* What epoll said of connection `index`. */
void echo_connection_event(struct echo_load *load, uint32_t index, uint32_t events);

/* Sends what the run and the depth allow. */
void echo_connection_fill(struct echo_load *load, uint32_t index);

void echo_connection_close(struct echo_load *load, uint32_t index);

#endif
