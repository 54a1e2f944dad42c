/*
 * A supervisor owns sessions and supervisors: starts, counts, restarts, limits
 * and drains them. It is a session itself, on one shard; its children may live on
 * any. Start, stop and end notices are messages.
 */
#ifndef SB_CORE_SUPERVISOR_H
#define SB_CORE_SUPERVISOR_H

#include "limits.h"
#include "message.h"
#include "module.h"

#include <stddef.h>
#include <stdint.h>

struct sb_node;
struct sb_session;

/*
 * A restart after a child's own fault (its `start` failed, or it said sb_fail) comes at once and
 * counts towards max_restarts. Any other restart does not count; it comes at once too, but when a
 * child ends within 10 s of its start again and again, after 0.1 s, 0.2 s ... 30 s.
 *
 * A `start` that fails at the first try: who asked with sb_start_child is told SB_ECANCELED and the
 * child is forgotten; an initial child, or one of sb_node_start_child, is tried again as after any
 * fault. Initial children that are not to be restarted keep their place, for when all are.
 *
 * Stops go from the last started to the first, one by one; dynamic children without an id have no
 * order among each other and stop together.
 */
enum sb_restart {
	SB_TEMPORARY, /* never restarted */
	SB_TRANSIENT, /* restarted after an abnormal end */
	SB_PERMANENT, /* restarted whatever the end */
};

enum sb_strategy {
	SB_ONE_FOR_ONE,  /* only the child that ended */
	SB_ONE_FOR_ALL,  /* all: the others are stopped, then all started in order */
	SB_REST_FOR_ONE, /* it and those started after it */
};

#define SB_SHARD_SAME   (-1) /* the supervisor's shard */
#define SB_SHARD_SPREAD (-2) /* round robin over the shards */

#define SB_SHUTDOWN_BRUTAL   UINT32_MAX       /* cut at once */
#define SB_SHUTDOWN_INFINITY (UINT32_MAX - 1) /* a supervisor's: its children have deadlines */

/* How to start one child. Copied with its args when it is given to a function. */
struct sb_child_spec {
	const char *id; /* unique in its supervisor; NULL: a dynamic child without one */
	const struct sb_module *module;
	const void
		*args; /* of `start`; args_size 0: passed as the pointer it is, and must live on */
	size_t args_size;
	enum sb_restart restart;
	/* From `stopping` to the cut; 0: 5000, SB_SHUTDOWN_INFINITY for a supervisor. */
	uint32_t shutdown_ms;
	int shard;                      /* a number, or one of SB_SHARD_* */
	const struct sb_limits *limits; /* NULL: defaults */
};

struct sb_supervisor_options {
	enum sb_strategy strategy;
	uint32_t max_restarts; /* within max_seconds, else it fails itself and escalates; 0: 3 */
	uint32_t max_seconds;  /* 0: 5 */
	uint32_t max_children; /* 0: unlimited */
	const char *name;      /* taken in the registry, so that others find it; NULL: none */
	const struct sb_child_spec *children; /* started in order with the supervisor */
	size_t child_count;
};

/*
 * A child spec whose child is a supervisor: its module is sb_supervisor_module, its args the
 * options (args_size = sizeof; the name and the children are copied too when the child is started
 * or adopted by a function of this header). Its `start` fails when its name is taken.
 */
extern const struct sb_module sb_supervisor_module;

/* Adds a child under the root before or after sb_node_run, from outside any session. The address of
 * the child is not known yet: let it register a name. Without memory for it there it is tried again
 * until there is, and whenever another one comes: they are taken up in their order. 0,
 * SB_EINVAL, SB_ENOMEM. Any thread. */
int sb_node_start_child(struct sb_node *node, const struct sb_child_spec *spec);

/* The payload of the SB_MSG_REPLY to sb_start_child. */
struct sb_child_started {
	struct sb_address address;
};

/* Asks `supervisor` to start a child. The reply carries status 0 and struct sb_child_started, or
 * SB_EEXIST (id), SB_ELIMIT (max_children), SB_ECANCELED (its `start` failed), or as sb_call. */
int sb_start_child(struct sb_session *s, struct sb_address supervisor,
	const struct sb_child_spec *spec, uint64_t *ref);

/* Asks `supervisor` to stop a child by address and forget it. The reply comes when it has ended:
 * status 0 or SB_ENOENT. */
int sb_stop_child(
	struct sb_session *s, struct sb_address supervisor, struct sb_address child, uint64_t *ref);

/*
 * Starts a temporary session under the supervisor of `s`'s own kind on its own shard at once: the
 * address is valid on return, `start` comes in a later turn before any message. 0, SB_ENOMEM,
 * SB_ELIMIT, SB_GONE (`s` or its supervisor is ending).
 */
int sb_spawn(struct sb_session *s, const struct sb_child_spec *spec, struct sb_address *address);

/* Counts of one supervisor's children. */
struct sb_supervisor_counts {
	uint32_t specs, active, supervisors, workers;
	uint64_t restarts;
};

/* Asks for the counts: the reply's payload is struct sb_supervisor_counts. */
int sb_count_children(struct sb_session *s, struct sb_address supervisor, uint64_t *ref);

#endif
