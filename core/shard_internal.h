/*
 * A shard from the inside: one thread, one poller, and all that lives there.
 * Only the inbox and the slots' atomic words are touched by others.
 */
#ifndef SB_CORE_SHARD_INTERNAL_H
#define SB_CORE_SHARD_INTERNAL_H

#include "address.h"
#include "env.h"
#include "limit_hit_internal.h"
#include "message.h"
#include "metrics.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_connection;
struct sb_envelope;
struct sb_node;
struct sb_session;
struct sb_request;

/* ---- slots: where addresses lead ---- */

#define SB_SLOT_CHUNK  1024
#define SB_SLOT_CHUNKS 4096

/* The two atomic words are read (and the mailbox counted) by any shard; the rest by the owner. */
struct sb_slot {
	_Atomic uint64_t generation; /* of the session that can be reached; 0: none */
	_Atomic uint64_t mailbox; /* generation's low 32 bits | messages 16 | 256-octet units 16 */
	struct sb_session *session;
	uint32_t next_free;
	_Atomic uint32_t
		mailbox_limit; /* messages 16 | 256-octet units 16; written before `generation` */
};

struct sb_slots {
	_Atomic(struct sb_slot *) chunks[SB_SLOT_CHUNKS];
	uint32_t count; /* slots ever made */
	uint32_t free_head, free_tail;
	uint64_t next_generation;
};

/* ---- timers: one entry a session ---- */

struct sb_heap_entry {
	uint64_t due;
	struct sb_session *session;
};

struct sb_heap {
	struct sb_heap_entry *entries;
	size_t count, capacity;
};

/* ---- buffers ---- */

#define SB_BUFFER_CLASSES 6 /* 1 KiB, 4 KiB, ... 1 MiB */

struct sb_buffer_pool {
	void *free[SB_BUFFER_CLASSES];
	uint32_t held[SB_BUFFER_CLASSES];
};

#define SB_ENVELOPE_CLASSES 4 /* payloads of 64, 192, 448, 960 octets */

struct sb_envelope_pool {
	struct sb_envelope *free[SB_ENVELOPE_CLASSES];
	uint32_t held[SB_ENVELOPE_CLASSES];
};

/* What is outstanding of this shard's sessions, found by ref. */
struct sb_request_table {
	struct sb_request **pages;
	uint32_t page_count;
	uint32_t free_head;
};

struct sb_connection_list {
	struct sb_connection *head, *tail;
};

struct sb_shard_metrics {
	struct sb_counter *messages, *messages_remote, *messages_full, *messages_gone,
		*late_replies;
	struct sb_counter *octets_in, *octets_out, *reads, *writes;
	struct sb_counter *budget_octets, *budget_frames, *budget_messages, *budget_handshakes,
		*budget_time;
	struct sb_counter *sessions_started, *sessions_ended[16 /* >= SB_END_COUNT */];
	struct sb_counter *output_high, *early_flushes, *limit_hits[SB_LIMIT_COUNT];
	struct sb_gauge *sessions;
	struct sb_histogram *turn_wall, *turn_cpu;
};

/* Holds by reason: few static words, looked up by their address. */
#define SB_HOLD_REASONS 8

struct sb_hold_counter {
	const char *reason;
	struct sb_counter *counter;
};

/* What a turn is cut into (slice.c). */
enum sb_step { SB_STEP_INPUT, SB_STEP_MESSAGES, SB_STEP_FLUSH, SB_STEP_COUNT };

struct sb_slice {
	uint64_t end;      /* of the step that runs: what is over is left to the next turn */
	unsigned steps;    /* frames, connections, messages since it began */
	unsigned passed;   /* turns in a row without input */
	bool is_over;      /* the step has had its time */
	bool has_messages; /* this turn's, or before them the last one's */
};

struct sb_shard {
	struct sb_node *node;
	const struct sb_env *env;
	struct sb_loop *loop;
	unsigned index;
	uint64_t now;    /* monotonic ns, read once a turn */
	int64_t wall_ms; /* Unix time, read when a turn first asks */
	bool has_wall;
	uint64_t turns;
	uint64_t connects;   /* attempts so far: their numbers */
	uint64_t flushed_at; /* when the first turn began whose output is not written yet */
	struct sb_slice slice;

	struct sb_slots slots;
	struct sb_heap heap;
	struct sb_buffer_pool buffers;
	struct sb_envelope_pool envelopes;
	struct sb_request_table requests;

	uint8_t *receive_buffer;
	size_t receive_size;

	struct sb_connection_list ready;   /* the poller said so */
	struct sb_connection_list again;   /* resumed, cut off by a budget, decrypted already */
	struct sb_connection_list opening; /* the next step of its handshake is due */
	struct sb_connection_list dirty;   /* has output to flush */
	struct sb_connection *mark;        /* stands in `again` where a turn's share ends */
	struct sb_session *service;        /* the shard's own session: timers of its listeners */
	struct sb_session *ended;          /* closed() is due */
	bool is_again_first;               /* in the next turn: its share was cut short in this */

	/* Messages present: same-shard ones at the tail, those of others moved here at each turn.
	 */
	struct sb_envelope *queue_head, **queue_tail;
	struct sb_envelope *delivering; /* freed after its delivery, unless somebody takes it */
	_Alignas(64) _Atomic(struct sb_envelope *) inbox; /* pushed by any thread, newest first */
	_Atomic bool notified;                            /* a sender has woken us already */

	/* Accepted and spawned sessions: the shard's dynamic supervisor. */
	_Alignas(64) struct sb_session *children;
	size_t child_count;
	bool is_draining; /* children are asked to stop; when none is left the node is told */
	bool has_told_drained;

	/* Called between messages and flush, if set: hands the turn's batch to the store. */
	void (*before_flush)(struct sb_shard *shard, void *context);
	void *before_flush_context;
	bool has_batch; /* something waits for it */

	struct sb_shard_metrics metrics;
	struct sb_hold_counter holds[SB_HOLD_REASONS];
};

/* shard.c */
int sb_shard_init(struct sb_shard *shard, struct sb_node *node, unsigned index);
/* Ends every session that is left, each with its `closed`; before listeners are freed. */
void sb_shard_cut_all(struct sb_shard *shard);
void sb_shard_fini(struct sb_shard *shard);
bool sb_shard_turn(struct sb_shard *shard, int64_t wait_ns);
/* The turn begins: its time is read, and what is found without a lock holds. Before callbacks that
 * run inside the poll, after its sleep: of accepting, of connecting. */
void sb_shard_refresh(struct sb_shard *shard);
/* No dynamic child is left: tells the node. */
void sb_shard_drained(struct sb_shard *shard);
/* Asks all dynamic children to stop (`cut`: aborts them); the node is told when none is left. */
void sb_shard_drain(struct sb_shard *shard, bool cut);

/* Counts a hold by its reason, a static word. */
void sb_shard_count_hold(struct sb_shard *shard, const char *reason);

/* slice.c. A step of the turn begins; the messages' after the input. */
void sb_slice_begin(struct sb_shard *shard, enum sb_step step);
/* Whether it has had its time; asked after each frame, connection and message. */
bool sb_slice_is_over(struct sb_shard *shard);
/* The same after something that takes long by itself: it looks at the clock in any case. */
bool sb_slice_look(struct sb_shard *shard);
/* Whether this turn takes no input: messages were left by the last. Once a turn. */
bool sb_slice_passes_input(struct sb_shard *shard);
/* Whether this turn writes nothing yet: messages are left that may add to the output. */
bool sb_slice_delays_flush(struct sb_shard *shard);

/* slot.c. Taking one gives the session its address; SB_ENOMEM. */
int sb_slot_take(struct sb_shard *shard, struct sb_session *session, uint32_t mailbox_limit,
	struct sb_address *address);
/* Nobody reaches the session any more (sb_close began). */
void sb_slot_hide(struct sb_shard *shard, struct sb_address address);
/* The slot may be taken again. */
void sb_slot_give_back(struct sb_shard *shard, struct sb_address address);
/* The reachable session of an address of this shard; NULL: gone. Own thread. */
struct sb_session *sb_slot_session(const struct sb_shard *shard, struct sb_address address);
/* Counts a message of `size` octets into the mailbox: 0, SB_GONE, SB_FULL. Any thread. */
int sb_slot_reserve(struct sb_shard *shard, struct sb_address address, size_t size);
/* Takes it out again, if the session is still that one. Any thread: a sender that could not send,
 * too. */
void sb_slot_unreserve(struct sb_shard *shard, struct sb_address address, size_t size);
/* Whether the address can be reached now. Any thread. */
bool sb_slot_is_live(const struct sb_shard *shard, struct sb_address address);
uint32_t sb_slot_limit(uint32_t messages, uint32_t octets);

/* heap.c. The first memory: SB_ENOMEM. */
int sb_heap_init(struct sb_shard *shard);
/* SB_ENOMEM, but never for the shard's service. */
int sb_heap_set(struct sb_shard *shard, struct sb_session *session, uint64_t due);
void sb_heap_remove(struct sb_shard *shard, struct sb_session *session);
struct sb_session *sb_heap_due(struct sb_shard *shard, uint64_t now); /* removed; NULL: none due */
uint64_t sb_heap_first(const struct sb_shard *shard);                 /* UINT64_MAX: empty */

/* buffer.c: sizes are rounded up to a class; over the largest class: exactly. */
void *sb_buffer_take(struct sb_shard *shard, size_t size, size_t *capacity);
void sb_buffer_give(struct sb_shard *shard, void *buffer, size_t capacity);
void sb_buffers_fini(struct sb_shard *shard);

#endif
