/*
 * What tests of supervisors share: a session that asks a supervisor for things, and
 * three children a, b and c that leave a trace of their starts and ends.
 */
#ifndef SB_TESTS_CORE_SUPERVISOR_FIXTURE_H
#define SB_TESTS_CORE_SUPERVISOR_FIXTURE_H

#include "core/supervisor.h"
#include "lab.h"

#define MS     1000000ull
#define SECOND 1000000000ull

struct sb_child_spec spec_of(struct probe *probe, const char *id, enum sb_restart restart);

/* A probe that asks a supervisor for things, and the answer it got. */
struct asker {
	struct probe probe;
	uint64_t ref;
};

/* The lab's one, new and on shard 0. */
struct asker *asker_of(struct lab *lab);

/* Waits for the answer to what was asked last. */
const struct note *answer_to(struct lab *lab, struct asker *asker);

/* What the supervisor, or the call, answered. */
int try_start(struct lab *lab, struct asker *asker, struct sb_address supervisor,
	const struct sb_child_spec *spec, struct sb_address *child);
struct sb_address start_child(struct lab *lab, struct asker *asker, struct sb_address supervisor,
	const struct sb_child_spec *spec);
int stop_child(struct lab *lab, struct asker *asker, struct sb_address supervisor,
	struct sb_address child);
struct sb_supervisor_counts
counts_of(struct lab *lab, struct asker *asker, struct sb_address supervisor);

/* A temporary one under the root. */
struct sb_address
supervisor_of(struct lab *lab, struct asker *asker, const struct sb_supervisor_options *options);

/* Three children; the trace says when they start (A) and end (a). */
extern struct probe abc[3];

void abc_reset(struct sb_child_spec specs[3], enum sb_restart restart);
/* They run, and the trace is empty again. */
struct sb_address
abc_start(struct lab *lab, struct asker *asker, enum sb_strategy strategy, enum sb_restart restart);
/* After all that is to come has come; empties it. */
void assert_trace(struct lab *lab, const char *expected);

/* For on_stopping: it does not end by itself. */
void stay(struct sb_session *s, struct probe *probe);
/* For on_start: SB_EIO. */
int refuse(struct sb_session *s, struct probe *probe);

/* A lab of two shards. */
int set_up(void **state);
int tear_down(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
