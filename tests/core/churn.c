/*
 * Names, supervisors and the store on real threads, all changing at once: what must
 * hold whatever the order, and what ThreadSanitizer sees in between.
 */
#include "core/node.h"
#include "core/registry.h"
#include "core/session.h"
#include "core/store.h"
#include "core/supervisor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SHARDS 3

enum { GO = 1, NEWS };

struct worker {
	uint32_t number;
	uint32_t round;
	uint64_t random;
	uint64_t answered;
	bool holds, joined;
};

static _Atomic unsigned started, ended, finished, heard, wrong;

static uint32_t
roll(struct worker *worker, uint32_t below)
{
	worker->random = worker->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(worker->random >> 33) % below;
}

static void
check(bool is_right)
{
	if (!is_right)
		atomic_fetch_add(&wrong, 1);
}

static void
go_on(struct sb_session *s)
{
	check(sb_post(s, sb_self(s), GO, 0, SB_NOTHING) == 0);
}

static int
worker_start(struct sb_session *s, const void *args)
{
	struct worker *worker = sb_state(s);

	worker->number = *(const uint32_t *)args;
	worker->random = worker->number + 1;
	atomic_fetch_add(&started, 1);
	go_on(s);
	return 0;
}

static void
worker_closed(struct sb_session *s, enum sb_end why)
{
	(void)s;
	(void)why;
	atomic_fetch_add(&ended, 1);
}

/* Runs a node with `count` workers until `target` of them have finished and it has stopped. */
static unsigned finish_target;

static void
finish(struct sb_session *s)
{
	if (atomic_fetch_add(&finished, 1) + 1 == finish_target)
		sb_node_stop(sb_session_node(s));
}

static struct sb_log *
quiet_log(void)
{
	struct sb_log_options options = {.level = SB_LOG_FATAL, .fd = 2};

	return sb_log_new(&options);
}

static struct sb_node *
node_new(struct sb_log *log)
{
	struct sb_node_options options = {.threads = SHARDS, .log = log};
	struct sb_node *node;

	atomic_store(&started, 0);
	atomic_store(&ended, 0);
	atomic_store(&finished, 0);
	atomic_store(&heard, 0);
	atomic_store(&wrong, 0);
	assert_int_equal(sb_node_new(&node, &options), 0);
	return node;
}

static void
start_workers(struct sb_node *node, const struct sb_module *module, enum sb_restart restart,
	uint32_t count)
{
	finish_target = count;
	for (uint32_t i = 0; i < count; i++) {
		struct sb_child_spec spec = {.module = module,
			.args = &i,
			.args_size = sizeof(i),
			.restart = restart,
			.shard = SB_SHARD_SPREAD};

		assert_int_equal(sb_node_start_child(node, &spec), 0);
	}
}

/* ---- names ---- */

#define NAMES       5
#define NAME_ROUNDS 400

static _Atomic int holders[NAMES];

static void
name_of(uint32_t number, char name[16])
{
	snprintf(name, 16, "name-%u", (unsigned)number);
}

/* Holds a name for a while: nobody else does. */
static void
name_step(struct sb_session *s, struct worker *worker)
{
	uint32_t number = worker->number % NAMES;
	struct sb_address holder;
	char name[16];

	name_of(number, name);
	if (worker->holds) {
		check(atomic_fetch_sub(&holders[number], 1) == 1);
		check(sb_lookup(s, name, &holder) == 0 && sb_address_equal(holder, sb_self(s)));
		check(sb_unregister(s, name) == 0);
		worker->holds = false;
	} else if (sb_register(s, name) == 0) {
		check(atomic_fetch_add(&holders[number], 1) == 0);
		worker->holds = true;
	}
	name_of(roll(worker, NAMES), name);
	if (sb_lookup(s, name, &holder) == 0)
		check(holder.shard < SHARDS && holder.generation != 0);
}

static void
topic_step(struct sb_session *s, struct worker *worker)
{
	uint32_t number = worker->number % 3;
	char topic[16];

	name_of(number, topic);
	switch (roll(worker, 4)) {
	case 0:
		check(sb_join(s, topic) == (worker->joined ? SB_EEXIST : 0));
		worker->joined = true;
		break;
	case 1:
		check(sb_leave(s, topic) == (worker->joined ? 0 : SB_ENOENT));
		worker->joined = false;
		break;
	case 2:
		(void)sb_publish(s, topic, NEWS, worker->number, &number, sizeof(number));
		break;
	default:
		(void)sb_registry_watch(s, SB_NAME_TOPIC, topic, 1);
		(void)sb_registry_unwatch(s, SB_NAME_UNIQUE, topic);
		(void)sb_registry_watch(s, SB_NAME_UNIQUE, topic, 2);
	}
}

static void
names_message(struct sb_session *s, struct sb_message *m)
{
	struct worker *worker = sb_state(s);

	if (m->type == NEWS) {
		check(*(const uint32_t *)m->data == worker->number % 3 && worker->joined);
		atomic_fetch_add(&heard, 1);
	}
	if (m->type != GO)
		return;
	name_step(s, worker);
	topic_step(s, worker);
	if (++worker->round < NAME_ROUNDS) {
		go_on(s);
		return;
	}
	if (worker->holds)
		atomic_fetch_sub(&holders[worker->number % NAMES], 1);
	sb_close(s, SB_END_LOCAL); /* with all that it holds */
	finish(s);
}

static const struct sb_module names_module = {
	.abi = SB_MODULE_ABI,
	.name = "test.names",
	.state_size = sizeof(struct worker),
	.start = worker_start,
	.message = names_message,
	.closed = worker_closed,
};

static void
test_names_and_topics_hold_under_churn(void **state)
{
	struct sb_log *log = quiet_log();
	struct sb_node *node = node_new(log);

	(void)state;
	start_workers(node, &names_module, SB_TEMPORARY, 24);
	assert_int_equal(sb_node_run(node), 0);
	for (uint32_t i = 0; i < NAMES; i++) {
		struct sb_address holder;
		char name[16];

		name_of(i, name);
		assert_int_equal(sb_node_lookup(node, name, &holder), SB_ENOENT);
		assert_int_equal(atomic_load(&holders[i]), 0);
	}
	sb_node_free(node);
	sb_log_free(log);
	assert_int_equal(atomic_load(&wrong), 0);
	assert_int_equal(atomic_load(&ended), 24);
	assert_true(atomic_load(&heard) > 0);
}

/* ---- supervisors ---- */

#define LIVES 300

static _Atomic unsigned lives;

/* Ends in one way or another, until there were lives enough. */
static void
mortal_message(struct sb_session *s, struct sb_message *m)
{
	struct worker *worker = sb_state(s);
	struct sb_child_spec spec = {.module = sb_session_module(s),
		.args = &worker->number,
		.args_size = sizeof(worker->number),
		.restart = SB_TEMPORARY,
		.shard = SB_SHARD_SPREAD};
	uint64_t ref;

	if (m->type != GO)
		return;
	if (atomic_fetch_add(&lives, 1) >= LIVES) {
		finish(s);
		return;
	}
	for (int i = 0; i < 2; i++)
		check(sb_start_child(s, sb_node_root(sb_session_node(s)), &spec, &ref) == 0);
	worker->random += atomic_load(&lives);
	switch (roll(worker, 4)) {
	case 0:
		sb_fail(s);
		break;
	case 1:
		sb_abort(s, SB_END_RESET);
		break;
	case 2:
		check(sb_stop_child(s, sb_node_root(sb_session_node(s)), sb_self(s), &ref) == 0);
		break;
	default:
		sb_close(s, SB_END_LOCAL);
	}
}

static const struct sb_module mortal_module = {
	.abi = SB_MODULE_ABI,
	.name = "test.mortal",
	.state_size = sizeof(struct worker),
	.start = worker_start,
	.message = mortal_message,
	.closed = worker_closed,
};

static void
test_every_child_started_ends_once(void **state)
{
	struct sb_log *log = quiet_log();
	struct sb_node *node = node_new(log);

	(void)state;
	atomic_store(&lives, 0);
	start_workers(node, &mortal_module, SB_TEMPORARY, 4);
	finish_target = 1;
	assert_int_equal(sb_node_run(node), 0);
	sb_node_free(node);
	sb_log_free(log);
	assert_int_equal(atomic_load(&wrong), 0);
	assert_true(atomic_load(&started) > LIVES);
	assert_int_equal(atomic_load(&started), atomic_load(&ended));
}

/* A group of three on three shards; each lets all be restarted now and then. */

#define FAILURES 60

static _Atomic unsigned failures;

static void
group_message(struct sb_session *s, struct sb_message *m)
{
	struct worker *worker = sb_state(s);

	if (m->type != GO)
		return;
	if (++worker->round < 3) {
		go_on(s);
		return;
	}
	if (worker->number != atomic_load(&failures) % SHARDS)
		return;
	if (atomic_fetch_add(&failures, 1) + 1 < FAILURES)
		sb_fail(s);
	else
		finish(s);
}

static const struct sb_module group_module = {
	.abi = SB_MODULE_ABI,
	.name = "test.group",
	.state_size = sizeof(struct worker),
	.start = worker_start,
	.message = group_message,
	.closed = worker_closed,
};

static void
test_a_group_over_all_shards_restarts_together(void **state)
{
	static const uint32_t numbers[SHARDS] = {0, 1, 2};
	struct sb_child_spec specs[SHARDS];
	struct sb_supervisor_options options = {.strategy = SB_ONE_FOR_ALL,
		.max_restarts = FAILURES + 1,
		.children = specs,
		.child_count = SHARDS};
	struct sb_child_spec spec = {.id = "group",
		.module = &sb_supervisor_module,
		.args = &options,
		.args_size = sizeof(options),
		.restart = SB_PERMANENT,
		.shard = 1};
	struct sb_log *log = quiet_log();
	struct sb_node *node = node_new(log);

	(void)state;
	atomic_store(&failures, 0);
	finish_target = 1;
	for (int i = 0; i < SHARDS; i++)
		specs[i] = (struct sb_child_spec){.module = &group_module,
			.args = &numbers[i],
			.args_size = sizeof(numbers[i]),
			.restart = SB_PERMANENT,
			.shard = i};
	assert_int_equal(sb_node_start_child(node, &spec), 0);
	assert_int_equal(sb_node_run(node), 0);
	sb_node_free(node);
	sb_log_free(log);
	assert_int_equal(atomic_load(&wrong), 0);
	/* One that fails while the others have not begun yet has none of them to take along. */
	assert_true(atomic_load(&started) >= FAILURES + SHARDS - 1);
	assert_int_equal(atomic_load(&started), atomic_load(&ended));
}

/* ---- the store ---- */

#define COMMITS 400

static struct sb_store *store;
static const struct sb_store_kind kinds[] = {{.name = "row", .version = 1}};

/* Two at a time; the answers come in the order of the commits. */
static void
commit_one(struct sb_session *s, struct worker *worker)
{
	uint64_t id = (uint64_t)worker->round * 1000 + worker->number;
	struct sb_txn *txn = sb_txn_begin(s, store);
	int err;

	check(sb_txn_put(txn, 0, id, &worker->number, 4, worker, sizeof(*worker)) == 0);
	if (worker->round >= 10)
		check(sb_txn_del(txn, 0, id - 10000) == 0);
	err = sb_txn_commit(txn, sb_self(s), worker->round + 1);
	check(err == 0 || err == SB_FULL);
	if (err == 0)
		worker->round++;
}

static void
store_message(struct sb_session *s, struct sb_message *m)
{
	struct worker *worker = sb_state(s);

	if (m->type == SB_MSG_STORE && m->ref)
		check(m->status == 0 && m->ref == ++worker->answered);
	if (worker->answered == COMMITS) {
		sb_close(s, SB_END_LOCAL);
		finish(s);
		return;
	}
	while (worker->round < COMMITS && worker->round < worker->answered + 2) {
		uint32_t before = worker->round;

		commit_one(s, worker);
		if (worker->round == before)
			break; /* full: told later */
	}
}

static const struct sb_module store_module = {
	.abi = SB_MODULE_ABI,
	.name = "test.store",
	.state_size = sizeof(struct worker),
	.start = worker_start,
	.message = store_message,
	.closed = worker_closed,
};

static void
test_every_commit_of_every_shard_is_answered_in_order(void **state)
{
	struct sb_store_options options = {.path = "mem:", .queue_limit_bytes = 8000};
	struct sb_log *log = quiet_log();
	struct sb_node *node = node_new(log);

	(void)state;
	assert_int_equal(sb_store_open(&store, node, &options, kinds, 1), 0);
	start_workers(node, &store_module, SB_TEMPORARY, 12);
	assert_int_equal(sb_node_run(node), 0);
	sb_store_close(store);
	sb_node_free(node);
	sb_log_free(log);
	assert_int_equal(atomic_load(&wrong), 0);
	assert_int_equal(atomic_load(&ended), 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_topics_hold_under_churn),
		cmocka_unit_test(test_every_child_started_ends_once),
		cmocka_unit_test(test_a_group_over_all_shards_restarts_together),
		cmocka_unit_test(test_every_commit_of_every_shard_is_answered_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
