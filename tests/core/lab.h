/*
 * A node in a test: its shards take their turns here, one after the other, on a clock
 * that the test can move; sessions are probes that note what happens to them. Since
 * everything runs on the test's own thread, it may call any function on a probe's
 * session between turns.
 */
#ifndef SB_TESTS_CORE_LAB_H
#define SB_TESTS_CORE_LAB_H

#include "core/env.h"
#include "core/node.h"
#include "core/session.h"
#include "core/supervisor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct lab {
	struct sb_env env; /* first: the system's, with our clock and memory */
	struct sb_node *node;
	struct sb_log *log;
	int log_fd;       /* standard error; a test may put something else there */
	uint64_t skipped; /* ns that the clock is ahead */
	bool is_still;    /* the clock moves by lab_skip alone */
	uint64_t still_now;
	size_t fail_at; /* 1: the next allocation fails; 0: none */
};

/* Message as a probe got it. */
struct note {
	uint32_t type;
	int status;
	uint64_t ref;
	struct sb_address sender;
	size_t size;
	unsigned char data[64]; /* the first octets */
};

#define PROBE_NOTES 512

/* Zeroed is a session that starts, notes messages and closes when asked to stop. It must outlive
 * the lab, which ends its session: make it static. */
struct probe {
	int (*on_start)(struct sb_session *s, struct probe *probe);
	void (*on_message)(struct sb_session *s, struct probe *probe, struct sb_message *m);
	void (*on_stopping)(struct sb_session *s, struct probe *probe);
	void (*on_closed)(struct sb_session *s, struct probe *probe);
	void *context;

	struct sb_session *session; /* while it lives */
	struct sb_address address;  /* of the last one that started */
	unsigned shard;
	unsigned starts, stops, ends;
	enum sb_end why;
	size_t note_count;
	struct note notes[PROBE_NOTES];
};

/* args: the probe itself, args_size 0. */
extern const struct sb_module probe_module;

void lab_init(struct lab *lab, unsigned shards);
void lab_fini(struct lab *lab);

/* The clock stands still from now on, and moves by lab_skip. */
void lab_stop_clock(struct lab *lab);
void lab_skip(struct lab *lab, uint64_t ns);

/* One turn of each shard; true while one had or has something to do. */
bool lab_turn(struct lab *lab);
/* Turns until nothing is left to do at once. */
void lab_settle(struct lab *lab);
/* Turns until `is_so`; fails the test after 10 s. */
void lab_until(struct lab *lab, bool (*is_so)(void *context), void *context);
/* The same until the counter is at least `count`. */
void lab_until_count(struct lab *lab, const unsigned *counter, unsigned count);
void lab_until_notes(struct lab *lab, const struct probe *probe, size_t count);

/* Starts a probe on a shard, as a session of that shard's own. */
void lab_start(struct lab *lab, unsigned shard, struct probe *probe);

#endif
