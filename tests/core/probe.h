/*
 * A session that writes down what happens to it, on a simulated node. A test
 * gives it hooks where it wants the session to act.
 */
#ifndef SB_TESTS_CORE_PROBE_H
#define SB_TESTS_CORE_PROBE_H

#include "core/switchboard.h"
#include "tests/sim/simulation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBE_TEXT 65536

struct probe {
	/* what happened */
	unsigned started, connected, input_ended, disconnected, drained, stopping, closed;
	unsigned messages, received_calls;
	enum sb_end end, disconnect_reason;
	char text[PROBE_TEXT]; /* octets used by `received`, one after the other */
	size_t text_size;
	uint32_t last_type;
	int last_status;
	uint64_t last_ref;
	uint64_t last_number; /* payload of 8 octets, if it was one */
	struct sb_address last_sender;
	struct sb_address self;
	struct sb_session *session; /* NULL after `closed` */
	bool is_callback;           /* inside one: never twice */

	/* what to do */
	ssize_t (*on_received)(struct sb_session *s, struct probe *p, struct sb_bytes in);
	void (*on_message)(struct sb_session *s, struct probe *p, struct sb_message *m);
	int (*on_start)(struct sb_session *s, struct probe *p);
	int (*on_connected)(struct sb_session *s, struct probe *p);
	void (*on_input_ended)(struct sb_session *s, struct probe *p);
	void (*on_disconnected)(struct sb_session *s, struct probe *p);
	void (*on_drained)(struct sb_session *s, struct probe *p);
	void (*on_stopping)(struct sb_session *s, struct probe *p);
	void (*on_closed)(struct sb_session *s, struct probe *p);
	void *context;
};

/* All callbacks, counting; `args` of `start` is the struct probe. */
extern const struct sb_module probe_module;
/* The same without input_ended, disconnected and stopping: the defaults. */
extern const struct sb_module probe_plain_module;

struct fixture {
	struct simulation *sim;
	struct sb_node *node;
	struct sb_log *log;
	struct sb_listener *listener;
	uint16_t port;
};

/* A calm node of `shards` with a listener of `module` whose sessions get `probe`. `limits` may be
 * NULL. */
void fixture_init(struct fixture *f, unsigned shards, const struct sb_module *module,
	struct probe *probe, const struct sb_limits *limits);
void fixture_fini(struct fixture *f);

/* Runs until the counter is at least `least`, at most 10 s of simulated time; fails the test if it
 * does not get there. */
void wait_count(struct fixture *f, const unsigned *counter, unsigned least);
/* Runs all there is to do within `ms` of simulated time. */
void run_ms(struct fixture *f, uint64_t ms);

/* One turn of a shard, without a wait: for tests of what one turn may do. */
void turn(struct fixture *f, unsigned shard);
/* What a counter of the node says; `label` may be NULL. */
uint64_t
counter_value(struct fixture *f, const char *name, const char *label, const char *label_value);

/* A temporary child under the root on `shard`, whose `start` gets the probe; waits for it. */
void start_probe(struct fixture *f, struct probe *probe, int shard);

#endif
