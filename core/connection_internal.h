/*
 * A connection: a byte stream with bounded buffers, owned by one session, or by
 * the message that hands it over.
 */
#ifndef SB_CORE_CONNECTION_INTERNAL_H
#define SB_CORE_CONNECTION_INTERNAL_H

#include "bytes.h"
#include "end.h"
#include "env.h"
#include "limits.h"
#include "listener.h"
#include "peer.h"
#include "session.h"
#include "shard_internal.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sb_connection;
struct sb_source;

/*
 * How octets pass: plain sockets, or TLS over them. Each gives a count, 0 at the end of input
 * (read), SB_AGAIN (the poller is asked for the obvious direction, or the other where `blocked_on`
 * says), or an error: SB_ECONNRESET, SB_ETLS.
 */
struct sb_transport {
	ssize_t (*read)(struct sb_connection *c, void *buf, size_t size);
	ssize_t (*write)(struct sb_connection *c, const void *data, size_t size);
	int (*handshake)(struct sb_connection *c); /* 0 when done; fills c->peer.tls */
	int (*finish)(struct sb_connection *c); /* says that we write no more: close_notify, FIN */
	bool (*pending)(const struct sb_connection *c); /* input that the poller does not know of */
	void (*fini)(struct sb_connection *c);
};

extern const struct sb_transport sb_transport_plain;
extern const struct sb_transport sb_transport_tls;

/* tls_transport.c: makes c speak TLS (transport and tls). `server_name` for clients: SNI and the
 * check. 0, SB_EINVAL (a name to check is missing), SB_ENOMEM: c is as it was. */
int sb_tls_attach(struct sb_connection *c, struct sb_tls *tls, const char *server_name);

enum sb_connection_phase {
	SB_CONNECTION_PROXY,     /* waits for the PROXY header */
	SB_CONNECTION_HANDSHAKE, /* TLS */
	SB_CONNECTION_OPEN,
	SB_CONNECTION_FLUSHING,  /* closing: output is still to be written */
	SB_CONNECTION_LINGERING, /* FIN sent: reads and discards until the peer's */
	SB_CONNECTION_ABORTING,  /* to be reset at turn level */
	SB_CONNECTION_DEAD,      /* closed; freed when it has left every list */
};

struct sb_input {
	uint8_t *data; /* the unfinished tail, or held octets; NULL: none */
	uint32_t size, capacity;
};

struct sb_output {
	uint8_t *data;
	uint32_t start, end, capacity; /* octets wait in start .. end */
};

struct sb_connection {
	struct sb_io io;
	struct sb_session *session;
	const struct sb_transport *transport;
	void *tls; /* the transport's */
	struct sb_peer peer;
	const struct sb_limits *limits;
	struct sb_listener *listener; /* counts it; NULL: outbound */
	struct sb_source *source;     /* counts it; NULL: none */
	struct sb_input input;
	struct sb_output output;
	uint64_t due;         /* ns: when its deadlines are looked at; 0: not armed. See timer.c */
	uint64_t last_input;  /* ns: the last octet of the peer's, or the beginning of this phase */
	uint64_t frame_since; /* ns: since when a frame is unfinished; 0: none is */
	union {
		uint32_t need;      /* while open: sb_need */
		uint32_t discarded; /* while lingering */
	};
	uint32_t frames; /* sb_frame in this turn */
	struct sb_connection *ready_next, *again_next, *opening_next, *dirty_next;
	uint8_t phase; /* enum sb_connection_phase */
	uint8_t ready_events;
	uint8_t blocked_on; /* SB_WRITABLE: a read waits for it; SB_READABLE: a write does */
	uint8_t end;        /* enum sb_end, once flushing or lingering */
	bool is_ready : 1, is_again : 1, is_opening : 1, is_dirty : 1;
	bool is_server : 1;
	bool has_input_ended : 1; /* the peer's EOF was read */
	bool is_end_told : 1;     /* ... and the owner knows */
	bool is_output_high : 1;  /* over the mark: not read, `drained` is owed */
	bool is_eased : 1;        /* fell below the low mark: `drained` is due */
	bool is_cut_off : 1;      /* the octets left are not unfinished: a budget ended the read */
	bool has_first_octet : 1;
};

/* connection.c: life and deadlines */
int sb_connection_new(struct sb_shard *shard, struct sb_session *s, int fd,
	const struct sb_limits *limits, struct sb_connection **connection);
/* Starts input: the PROXY header, the TLS handshake, or open at once. */
void sb_connection_begin(struct sb_connection *c, enum sb_proxy_mode proxy, struct sb_tls *tls,
	const char *server_name);
/* PROXY and TLS are done, or were never asked for: `connected`. 0, or its refusal, which has begun
 * to end the connection. Turn level only. */
int sb_connection_opened(struct sb_connection *c);
/* Begins the polite end: flush, FIN, linger. */
void sb_connection_finish(struct sb_connection *c, enum sb_end why);
/* All is written that can be: says so to the peer, then reads and discards until its end, so that
 * no reset overtakes our last octets. Turn level only. */
void sb_connection_linger(struct sb_connection *c, enum sb_end why);
/* Resets it at the next turn level. */
void sb_connection_abort(struct sb_connection *c, enum sb_end why);
/* Closes now, gives counts back, tells the session. Turn level only. */
void sb_connection_destroy(struct sb_connection *c, enum sb_end why, bool abort);
/* What the poller is asked for so that reads, and writes, can go on. */
static inline int
sb_connection_reads_on(const struct sb_connection *c)
{
	return c->blocked_on & SB_WRITABLE ? SB_WRITABLE : SB_READABLE;
}

static inline int
sb_connection_writes_on(const struct sb_connection *c)
{
	return c->blocked_on & SB_READABLE ? SB_READABLE : SB_WRITABLE;
}

/* What the poller should watch, from the connection's state. */
void sb_connection_update(struct sb_connection *c);
/* Octets of an unfinished frame. Sessions without limits of their own share the node's, but not
 * this one: it is their module's. */
uint32_t sb_connection_max_frame(const struct sb_connection *c);
/* Arms it for its nearest deadline, and looks at what is due (turn level only). */
void sb_connection_arm(struct sb_connection *c);
void sb_connection_look(struct sb_connection *c);
/* The connection's end by the peer or a bound: the session's, too, unless it reconnects. */
void sb_connection_end_session(struct sb_connection *c, enum sb_end why);
/* Leaves all lists of its shard (hand-over). */
void sb_connection_unlink(struct sb_connection *c);
/* Owns nothing any more: the memory goes once it has left every list. */
void sb_connection_release(struct sb_shard *shard, struct sb_connection *c);

/* connection_lists.c */
void sb_connection_enqueue_ready(struct sb_connection *c, int events);
void sb_connection_enqueue_again(struct sb_connection *c);
void sb_connection_enqueue_opening(struct sb_connection *c);
void sb_connection_enqueue_dirty(struct sb_connection *c);
/* Puts the shard's mark at the end of `again`: what comes behind it has its turn later. */
void sb_connection_mark_again(struct sb_shard *shard);
/* Takes the first of a list; NULL: empty. Frees dead ones on the way. */
struct sb_connection *sb_connection_next_ready(struct sb_shard *shard);
struct sb_connection *sb_connection_next_again(struct sb_shard *shard);
struct sb_connection *sb_connection_next_opening(struct sb_shard *shard);
struct sb_connection *sb_connection_next_dirty(struct sb_shard *shard);

/* input.c: turn level only. */
void sb_connection_process(struct sb_connection *c, int events);
void sb_input_again(struct sb_connection *c);
void sb_input_drop(struct sb_connection *c);
/* A buffer of its own of at least `size` octets, with the present ones. 0 or SB_ENOMEM. */
int sb_input_reserve(struct sb_connection *c, size_t size);

/* opening.c: one step of the PROXY header, of the handshake. Turn level only. */
void sb_opening_proxy(struct sb_connection *c);
void sb_opening_handshake(struct sb_connection *c);

/* output.c */
void sb_output_flush(struct sb_connection *c);
void sb_output_flush_all(struct sb_shard *shard);

/* hand_over.c: at the end of `received`; `rest` is what was not used. */
void sb_hand_over_leave(struct sb_connection *c, struct sb_bytes rest);
/* `received` has ended the connection that it had ordered to be given away. */
void sb_hand_over_forget(struct sb_session *s);
/* The node ends while this message is on its way: closes the connection that it carries, if any. */
void sb_hand_over_drop(struct sb_shard *shard, struct sb_envelope *e);

/* listener.c: the connection's place in the counts goes back. */
void sb_listener_connection_ended(struct sb_connection *c);
/* Counts a connection by the client that its PROXY header named. 0, SB_ELIMIT, SB_ENOMEM. */
int sb_listener_count_source(struct sb_connection *c);
enum sb_proxy_mode sb_listener_proxy(const struct sb_listener *listener);

#endif
