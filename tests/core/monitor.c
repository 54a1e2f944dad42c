/* Monitors where it is narrow: no memory, many watchers, watchers that end first. */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MONITOR = 1000, DEMONITOR, CLOSE, WORD };

static uint64_t monitor_ref;

static void
obey(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	struct probe *to = p->context;

	switch (m->type) {
	case MONITOR:
		assert_int_equal(sb_monitor(s, to->self, &monitor_ref), 0);
		break;
	case DEMONITOR:
		sb_demonitor(s, monitor_ref);
		break;
	case CLOSE:
		sb_close(s, SB_END_LOCAL);
		break;
	default:
		break;
	}
}

static void
tell(struct fixture *f, struct probe *probe, uint32_t type)
{
	unsigned messages = probe->messages;

	assert_int_equal(sb_node_post(f->node, probe->self, type, 0, SB_NOTHING), 0);
	wait_count(f, &probe->messages, messages + 1);
}

static void
test_an_end_is_told_whatever_memory_there_is(void **state)
{
	(void)state;
	for (int shard = 0; shard < 2; shard++) {
		struct probe watcher = {.on_message = obey}, target = {.on_message = obey};
		struct fixture f;

		fixture_init(&f, 2, &probe_module, NULL, NULL);
		start_probe(&f, &watcher, 0);
		start_probe(&f, &target, shard);
		watcher.context = &target;
		tell(&f, &watcher, MONITOR);
		run_ms(&f, 1);
		assert_int_equal(sb_node_post(f.node, target.self, CLOSE, 0, SB_NOTHING), 0);
		sim_starve(f.sim, true);
		wait_count(&f, &watcher.messages, 2);
		sim_starve(f.sim, false);
		assert_int_equal(watcher.last_type, SB_MSG_DOWN);
		assert_int_equal(watcher.last_status, SB_END_LOCAL);
		assert_int_equal(watcher.last_ref, monitor_ref);
		fixture_fini(&f);
	}
}

static void
test_of_one_that_is_not_there_it_is_told_whatever_memory_there_is(void **state)
{
	struct probe watcher = {.on_message = obey}, target = {.on_message = obey};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &watcher, 0);
	start_probe(&f, &target, 1);
	watcher.context = &target;
	tell(&f, &target, CLOSE);
	tell(&f, &watcher, MONITOR);
	sim_starve(f.sim, true);
	wait_count(&f, &watcher.messages, 2);
	sim_starve(f.sim, false);
	assert_int_equal(watcher.last_status, SB_END_GONE);
	fixture_fini(&f);
}

static void
test_a_watcher_that_ends_first_costs_nothing(void **state)
{
	struct probe watcher = {.on_message = obey}, target = {.on_message = obey};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &watcher, 0);
	start_probe(&f, &target, 1);
	watcher.context = &target;
	tell(&f, &watcher, MONITOR);
	tell(&f, &watcher, CLOSE);
	wait_count(&f, &watcher.closed, 1);
	tell(&f, &target, CLOSE);
	wait_count(&f, &target.closed, 1);
	run_ms(&f, 1);
	assert_int_equal(watcher.messages, 2);
	fixture_fini(&f);
}

static void
test_the_same_target_may_be_monitored_again(void **state)
{
	struct probe watcher = {.on_message = obey}, target = {.on_message = obey};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &watcher, 0);
	start_probe(&f, &target, 1);
	watcher.context = &target;
	for (int i = 0; i < 5; i++) {
		tell(&f, &watcher, MONITOR);
		tell(&f, &watcher, DEMONITOR);
	}
	tell(&f, &watcher, MONITOR);
	tell(&f, &watcher, MONITOR);
	tell(&f, &target, CLOSE);
	wait_count(&f, &watcher.messages, 14);
	run_ms(&f, 1);
	assert_int_equal(watcher.messages, 14); /* one for each that was left */
	fixture_fini(&f);
}

static void
call_and_starve(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	struct probe *to = p->context;

	if (m->type != MONITOR)
		return;
	assert_int_equal(sb_call(s, to->self, CLOSE, SB_NOTHING, 30000, &monitor_ref), 0);
	assert_int_equal(sb_call(s, to->self, CLOSE, SB_NOTHING, 30000, &monitor_ref), 0);
}

/* Both calls find it there when they are made; the second is answered for it. */
static void
test_a_call_to_one_that_ends_is_answered_whatever_memory_there_is(void **state)
{
	struct probe caller = {.on_message = call_and_starve}, target = {.on_message = obey};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &caller, 0);
	start_probe(&f, &target, 1);
	caller.context = &target;
	tell(&f, &caller, MONITOR);
	sim_starve(f.sim, true);
	run_ms(&f, 1);
	sim_starve(f.sim, false);
	assert_int_equal(caller.messages, 2);
	assert_int_equal(caller.last_type, SB_MSG_REPLY);
	assert_int_equal(caller.last_status, SB_GONE);
	assert_int_equal(caller.last_ref, monitor_ref);
	fixture_fini(&f);
}

static void
keep_and_free(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	if (m->type != WORD)
		return;
	sb_message_free(s, sb_message_keep(m));
	/* Which may be the same memory. */
	assert_int_equal(sb_post(s, sb_self(s), p->messages, 0, SB_NOTHING), 0);
}

static void
test_a_message_may_be_kept_and_freed_in_one_callback(void **state)
{
	struct probe probe = {.on_message = keep_and_free};
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	start_probe(&f, &probe, 0);
	tell(&f, &probe, WORD);
	tell(&f, &probe, WORD);
	run_ms(&f, 1);
	assert_int_equal(probe.messages, 4);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_end_is_told_whatever_memory_there_is),
		cmocka_unit_test(test_of_one_that_is_not_there_it_is_told_whatever_memory_there_is),
		cmocka_unit_test(test_a_watcher_that_ends_first_costs_nothing),
		cmocka_unit_test(test_the_same_target_may_be_monitored_again),
		cmocka_unit_test(test_a_message_may_be_kept_and_freed_in_one_callback),
		cmocka_unit_test(test_a_call_to_one_that_ends_is_answered_whatever_memory_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
