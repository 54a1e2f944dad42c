/* A session from the inside. */
#ifndef SB_CORE_SESSION_INTERNAL_H
#define SB_CORE_SESSION_INTERNAL_H

#include "connection_internal.h"
#include "session.h"
#include "shard_internal.h"
#include "supervisor.h"

#include <stdbool.h>
#include <stdint.h>

struct sb_connector;
struct sb_resource;
struct sb_holding; /* registry.c: names and topics held or watched */

enum sb_session_phase {
	SB_SESSION_STARTING, /* `start` has not run yet */
	SB_SESSION_OPEN,
	SB_SESSION_CLOSING, /* sb_close was called; the connection flushes and lingers */
	SB_SESSION_ENDED,   /* `closed` is due at the end of the turn */
};

/* Whose child a session is. */
enum sb_parent_kind {
	SB_PARENT_SHARD,      /* its shard's dynamic supervisor */
	SB_PARENT_SUPERVISOR, /* a supervisor session, told by message */
	SB_PARENT_NONE,       /* the root */
};

struct sb_parent {
	enum sb_parent_kind kind;
	struct sb_address supervisor;
	uint64_t child_ref; /* the supervisor's own, comes back in the end notice */
};

/* What a session has outstanding; made with the first call, monitor or job. */
struct sb_requests;

struct sb_hand_over { /* carried out after `received`, or at turn level where input is held */
	struct sb_address to;
	uint64_t ref;
};

struct sb_session {
	const struct sb_module *module;
	struct sb_shard *shard;
	struct sb_address self;
	struct sb_connection *connection;
	struct sb_connector *connector;
	const struct sb_limits *limits;

	struct sb_timer *timers; /* started ones */
	uint32_t heap_index;     /* 1-based; 0: no heap entry */
	uint8_t phase;           /* enum sb_session_phase */
	uint8_t why;             /* enum sb_end, once closing */
	uint8_t parent_kind;
	bool owns_limits : 1;
	bool is_held : 1;
	bool has_started : 1;  /* `start` succeeded: `closed` is owed */
	bool is_fault : 1;     /* sb_fail, or `start` failed */
	bool is_receiving : 1; /* inside `received` */
	bool is_stopping : 1;  /* `stopping` was called */
	bool is_listed : 1;    /* among the shard's children */

	union {
		struct {
			struct sb_session *next, **link;
		} sibling; /* SB_PARENT_SHARD */
		struct {
			struct sb_address supervisor;
			uint64_t child_ref;
		} child; /* SB_PARENT_SUPERVISOR */
	} parent;

	struct sb_requests *requests;
	struct sb_envelope *watchers; /* monitor.c: who asked to be told of our end */
	struct sb_holding *holdings;
	struct sb_resource *resources; /* resource_internal.h */
	char *identity;
	union {
		struct sb_hand_over *hand_over; /* while open: ordered, not carried out */
		struct sb_session *ended_next;  /* once ended */
	};
	_Alignas(16) unsigned char state[];
};

/* session.c */

/* Makes a session with its address; `start` has not run. `limits` are borrowed, or copied with
 * `copy_limits`; NULL: defaults. 0, SB_ENOMEM. */
int sb_session_new(struct sb_shard *shard, const struct sb_module *module,
	const struct sb_limits *limits, bool copy_limits, const struct sb_parent *parent,
	struct sb_session **session);

/* Runs `start`; < 0: it failed, and the session has begun to end with SB_END_FAULT. */
int sb_session_begin(struct sb_session *s, const void *args);

/* The connection of `s` is gone. Ends the session or calls `disconnected`. Turn level only. */
void sb_session_lost_connection(struct sb_session *s, enum sb_end why);

/* The end of the turn: `closed` and freeing of those that ended. */
void sb_sessions_reap(struct sb_shard *shard);

/* Asks to stop: `stopping`, and the cut after `deadline_ms` (SB_SHUTDOWN_*). Turn level only. */
void sb_session_ask_stop(struct sb_session *s, uint32_t deadline_ms);

/* Ends at once whatever the phase. Turn level only, or as sb_abort. */
void sb_session_cut(struct sb_session *s, enum sb_end why);

/* Moves to SB_SESSION_ENDED when nothing of it is left to wait for. */
void sb_session_maybe_ended(struct sb_session *s);

static inline bool
sb_session_is_open(const struct sb_session *s)
{
	return s->phase <= SB_SESSION_OPEN;
}

/* timer.c: fires what is due of one session and re-arms its heap entry. Turn level only. */
void sb_timers_fire(struct sb_session *s);
void sb_timers_clear(struct sb_session *s);
/* Timers of the core's own, which run in every phase. */
void sb_timer_start_at(struct sb_session *s, struct sb_timer *timer, uint64_t due,
	void (*fire)(struct sb_session *s, struct sb_timer *timer));
/* The heap entry is at `due` or before: for the connection, whose deadlines are no sb_timer. */
void sb_timer_wake_at(struct sb_session *s, uint64_t due);

/* registry.c: names go, watchers of names are told; called when the session begins to close. */
void sb_registry_release(struct sb_session *s);

/* Memory of the shard's environment. */
static inline void *
sb_shard_allocate(struct sb_shard *shard, size_t size)
{
	return shard->env->allocate(shard->env->context, size);
}

static inline void
sb_shard_release(struct sb_shard *shard, void *memory)
{
	shard->env->release(shard->env->context, memory);
}

#endif
