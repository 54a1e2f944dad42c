/* Messages, calls and monitors, within a shard and across shards, on the simulated machine. */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ASK  7
#define TELL 8

static void
post_number(struct fixture *f, struct probe *to, uint64_t number)
{
	assert_int_equal(
		sb_node_post(f->node, to->self, TELL, number, SB_COPY(&number, sizeof(number))), 0);
}

/* What a test wants done inside a session: a message makes it happen there. */
static void
act(struct fixture *f, struct probe *p,
	void (*action)(struct sb_session *s, struct probe *p, struct sb_message *m))
{
	unsigned before = p->messages;

	p->on_message = action;
	assert_int_equal(sb_node_post(f->node, p->self, 0, 0, SB_NOTHING), 0);
	wait_count(f, &p->messages, before + 1);
	p->on_message = NULL;
}

static void
test_a_message_crosses_shards_with_its_sender(void **state)
{
	struct probe a = {0}, b = {0};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &a, 0);
	start_probe(&f, &b, 1);
	assert_int_equal(a.self.shard, 0);
	assert_int_equal(b.self.shard, 1);
	post_number(&f, &b, 42);
	wait_count(&f, &b.messages, 1);
	assert_int_equal(b.last_type, TELL);
	assert_int_equal(b.last_number, 42);
	assert_true(sb_address_is_null(b.last_sender));
	fixture_fini(&f);
}

static void
send_hundred(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	struct probe *to = p->context;

	(void)m;
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(sb_post(s, to->self, TELL, i, SB_COPY(&i, sizeof(i))), 0);
}

static void
expect_next(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)s;
	assert_int_equal(m->ref, p->messages - 1);
	assert_int_equal(p->last_number, p->messages - 1);
}

static void
test_messages_of_one_sender_keep_their_order(void **state)
{
	struct fixture f;

	(void)state;
	for (int shard = 0; shard < 2; shard++) {
		struct probe a = {0}, b = {.on_message = expect_next};

		fixture_init(&f, 2, &probe_module, NULL, NULL);
		start_probe(&f, &a, 0);
		start_probe(&f, &b, shard);
		a.context = &b;
		act(&f, &a, send_hundred);
		wait_count(&f, &b.messages, 100);
		fixture_fini(&f);
	}
}

static void
close_it(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sb_close(s, SB_END_LOCAL);
}

static void
test_a_message_to_a_session_that_has_gone_is_gone(void **state)
{
	struct probe a = {0};
	struct fixture f;
	struct sb_address nowhere = {.node = 0, .shard = 9, .slot = 1, .generation = 1};
	struct sb_address elsewhere = {.node = 3, .shard = 0, .slot = 1, .generation = 1};

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	start_probe(&f, &a, 0);
	a.on_message = close_it;
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	wait_count(&f, &a.closed, 1);
	assert_int_equal(sb_node_post(f.node, a.self, 0, 0, SB_NOTHING), SB_GONE);
	assert_int_equal(sb_node_post(f.node, nowhere, 0, 0, SB_NOTHING), SB_GONE);
	assert_int_equal(sb_node_post(f.node, elsewhere, 0, 0, SB_NOTHING), SB_GONE);
	fixture_fini(&f);
}

static void
test_an_address_is_never_used_twice(void **state)
{
	struct sb_address seen[50];
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	for (int i = 0; i < 50; i++) {
		struct probe a = {0};

		start_probe(&f, &a, 0);
		seen[i] = a.self;
		for (int j = 0; j < i; j++)
			assert_false(sb_address_equal(seen[i], seen[j]));
		a.on_message = close_it;
		sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
		wait_count(&f, &a.closed, 1);
	}
	fixture_fini(&f);
}

static void
test_a_full_mailbox_says_so_and_loses_nothing(void **state)
{
	struct sb_limits limits = {.mailbox_messages = 5};
	struct probe a = {0};
	struct sb_child_spec spec = {.module = &probe_module, .args = &a, .limits = &limits};
	struct fixture f;
	uint64_t number = 1;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	assert_int_equal(sb_node_start_child(f.node, &spec), 0);
	wait_count(&f, &a.started, 1);
	for (int i = 0; i < 5; i++)
		post_number(&f, &a, number);
	assert_int_equal(sb_node_post(f.node, a.self, TELL, 0, SB_NOTHING), SB_FULL);
	wait_count(&f, &a.messages, 5);
	post_number(&f, &a, number);
	wait_count(&f, &a.messages, 6);
	fixture_fini(&f);
}

static void
test_a_mailbox_is_bounded_in_octets(void **state)
{
	struct sb_limits limits = {.mailbox_bytes = 64 << 10};
	struct probe a = {0};
	struct sb_child_spec spec = {.module = &probe_module, .args = &a, .limits = &limits};
	struct fixture f;
	static char block[40 << 10];

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	assert_int_equal(sb_node_start_child(f.node, &spec), 0);
	wait_count(&f, &a.started, 1);
	assert_int_equal(sb_node_post(f.node, a.self, TELL, 0, SB_COPY(block, sizeof(block))), 0);
	assert_int_equal(
		sb_node_post(f.node, a.self, TELL, 0, SB_COPY(block, sizeof(block))), SB_FULL);
	wait_count(&f, &a.messages, 1);
	assert_int_equal(sb_node_post(f.node, a.self, TELL, 0, SB_COPY(block, sizeof(block))), 0);
	fixture_fini(&f);
}

/* ---- given payloads ---- */

static unsigned released;

static void
count_release(void *data)
{
	released++;
	free(data);
}

static struct sb_message *kept;
static void *taken;

static void
keep_it(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)s;
	(void)p;
	kept = sb_message_keep(m);
}

static void
take_it(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)s;
	(void)p;
	taken = sb_message_take(m);
}

static void
free_kept(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sb_message_free(s, kept);
}

static void
test_a_given_payload_is_released_once_whatever_happens(void **state)
{
	struct probe a = {0};
	struct fixture f;
	struct sb_address gone;
	char *data;

	(void)state;
	released = 0;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	start_probe(&f, &a, 0);
	gone = a.self;
	data = malloc(10);
	assert_int_equal(
		sb_node_post(f.node, a.self, TELL, 0, SB_GIVE(data, 10, count_release)), 0);
	wait_count(&f, &a.messages, 1);
	assert_int_equal(released, 1);

	a.on_message = keep_it;
	data = malloc(10);
	sb_node_post(f.node, a.self, TELL, 0, SB_GIVE(data, 10, count_release));
	wait_count(&f, &a.messages, 2);
	assert_int_equal(released, 1);
	assert_ptr_equal(kept->data, data);
	a.on_message = free_kept;
	sb_node_post(f.node, a.self, TELL, 0, SB_NOTHING);
	wait_count(&f, &a.messages, 3);
	assert_int_equal(released, 2);

	a.on_message = take_it;
	data = malloc(10);
	sb_node_post(f.node, a.self, TELL, 0, SB_GIVE(data, 10, count_release));
	wait_count(&f, &a.messages, 4);
	assert_ptr_equal(taken, data);
	assert_int_equal(released, 2);
	free(taken);

	/* Under way when the session ends: released; refused: still ours. */
	a.on_message = close_it;
	sb_node_post(f.node, a.self, TELL, 0, SB_NOTHING);
	data = malloc(10);
	sb_node_post(f.node, a.self, TELL, 0, SB_GIVE(data, 10, count_release));
	wait_count(&f, &a.closed, 1);
	run_ms(&f, 1);
	assert_int_equal(released, 3);
	data = malloc(10);
	assert_int_equal(
		sb_node_post(f.node, gone, TELL, 0, SB_GIVE(data, 10, count_release)), SB_GONE);
	assert_int_equal(released, 3);
	free(data);
	fixture_fini(&f);
}

static int payload_result;

static void
give_new(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	struct probe *to = p->context;
	uint64_t *number = sb_payload_new(s, sizeof(*number));

	(void)m;
	assert_non_null(number);
	assert_int_equal((uintptr_t)number % 16, 0);
	*number = 42;
	payload_result =
		sb_post(s, to->self, TELL, 0, SB_GIVE(number, sizeof(*number), sb_payload_free));
	assert_null(sb_payload_new(s, SIZE_MAX - 4));
}

static void
take_new(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)s;
	(void)p;
	sb_payload_free(sb_message_take(m));
}

static void
test_a_new_payload_is_freed_on_the_shard_that_got_it(void **state)
{
	struct probe a = {.on_message = give_new}, b = {0};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &a, 0);
	start_probe(&f, &b, 1);
	a.context = &b;
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	wait_count(&f, &b.messages, 1); /* the core frees it */
	assert_int_equal(payload_result, 0);
	assert_int_equal(b.last_number, 42);
	b.on_message = take_new; /* or who takes it */
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	wait_count(&f, &b.messages, 2);
	fixture_fini(&f);
	sb_payload_free(NULL);
}

/* ---- calls ---- */

static uint64_t call_ref;
static int call_result;

static void
ask(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	struct probe *to = p->context;
	uint64_t question = 20;

	if (m->type != 0)
		return;
	call_result =
		sb_call(s, to->self, ASK, SB_COPY(&question, sizeof(question)), 1000, &call_ref);
}

static void
answer_double(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	uint64_t answer = p->last_number * 2;

	assert_true(m->is_call);
	assert_int_equal(sb_reply(s, sb_message_from(m), 5, SB_COPY(&answer, sizeof(answer))), 0);
	/* Once only: the second finds nobody waiting. */
	assert_int_equal(sb_reply(s, sb_message_from(m), 6, SB_NOTHING), 0);
}

static void
test_a_call_is_answered_once_across_shards(void **state)
{
	struct fixture f;

	(void)state;
	for (int shard = 0; shard < 2; shard++) {
		struct probe a = {0}, b = {.on_message = answer_double};

		fixture_init(&f, 2, &probe_module, NULL, NULL);
		start_probe(&f, &a, 0);
		start_probe(&f, &b, shard);
		a.context = &b;
		a.on_message = ask;
		sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
		wait_count(&f, &a.messages, 2);
		run_ms(&f, 2000);
		assert_int_equal(call_result, 0);
		assert_int_equal(a.messages, 2);
		assert_int_equal(a.last_type, SB_MSG_REPLY);
		assert_int_equal(a.last_ref, call_ref);
		assert_int_equal(a.last_status, 5);
		assert_int_equal(a.last_number, 40);
		fixture_fini(&f);
	}
}

static struct sb_from later;

static void
answer_later(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)s;
	(void)p;
	later = sb_message_from(m);
}

static void
answer_now(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sb_reply(s, later, 9, SB_NOTHING);
}

static void
test_a_call_can_be_answered_later_by_another_session(void **state)
{
	struct probe a = {0}, b = {.on_message = answer_later}, c = {.on_message = answer_now};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &a, 0);
	start_probe(&f, &b, 1);
	start_probe(&f, &c, 0);
	a.context = &b;
	a.on_message = ask;
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	wait_count(&f, &b.messages, 1);
	sb_node_post(f.node, c.self, 0, 0, SB_NOTHING);
	wait_count(&f, &a.messages, 2);
	assert_int_equal(a.last_status, 9);
	fixture_fini(&f);
}

static void
test_a_call_times_out_and_the_late_reply_is_dropped(void **state)
{
	struct probe a = {0}, b = {.on_message = answer_later}, c = {.on_message = answer_now};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &a, 0);
	start_probe(&f, &b, 1);
	start_probe(&f, &c, 1);
	a.context = &b;
	a.on_message = ask;
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	run_ms(&f, 900);
	assert_int_equal(a.messages, 1);
	run_ms(&f, 200);
	assert_int_equal(a.messages, 2);
	assert_int_equal(a.last_status, SB_TIMEOUT);
	sb_node_post(f.node, c.self, 0, 0, SB_NOTHING);
	run_ms(&f, 100);
	assert_int_equal(a.messages, 2);
	fixture_fini(&f);
}

static void
test_a_call_to_nobody_is_answered_gone(void **state)
{
	struct probe a = {0}, b = {.on_message = close_it};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &a, 0);
	start_probe(&f, &b, 1);
	a.context = &b;
	a.on_message = ask;
	/* Once while it is still there when it is sent, once when it is not. */
	sb_node_post(f.node, b.self, 0, 0, SB_NOTHING);
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	wait_count(&f, &a.messages, 2);
	assert_int_equal(a.last_status, SB_GONE);
	wait_count(&f, &b.closed, 1);
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	wait_count(&f, &a.messages, 4);
	assert_int_equal(a.last_status, SB_GONE);
	assert_int_equal(call_result, 0);
	fixture_fini(&f);
}

static unsigned calls_made;

static void
ask_many(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	struct probe *to = p->context;
	uint64_t ref;

	if (m->type == 0)
		while (sb_call(s, to->self, ASK, SB_NOTHING, 500, &ref) == 0)
			calls_made++;
}

static void
test_outstanding_calls_are_bounded(void **state)
{
	struct sb_limits limits = {.max_calls = 10};
	struct probe a = {.on_message = ask_many}, b = {.on_message = answer_later};
	struct sb_child_spec spec = {.module = &probe_module, .args = &a, .limits = &limits};
	struct fixture f;

	(void)state;
	calls_made = 0;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	sb_node_start_child(f.node, &spec);
	wait_count(&f, &a.started, 1);
	start_probe(&f, &b, 0);
	a.context = &b;
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	wait_count(&f, &b.messages, 10);
	assert_int_equal(calls_made, 10);
	wait_count(&f, &a.messages, 11); /* ten time-outs give ten places back */
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	wait_count(&f, &b.messages, 20);
	assert_int_equal(calls_made, 20);
	fixture_fini(&f);
}

/* ---- monitors ---- */

static uint64_t monitor_ref;

static void
monitor_it(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	struct probe *to = p->context;

	if (m->type == 0)
		assert_int_equal(sb_monitor(s, to->self, &monitor_ref), 0);
}

static void
demonitor_it(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sb_demonitor(s, monitor_ref);
}

static void
test_a_monitor_tells_of_the_end_once(void **state)
{
	struct fixture f;

	(void)state;
	for (int shard = 0; shard < 2; shard++) {
		struct probe a = {.on_message = monitor_it}, b = {.on_message = close_it};

		fixture_init(&f, 2, &probe_module, NULL, NULL);
		start_probe(&f, &a, 0);
		start_probe(&f, &b, shard);
		a.context = &b;
		sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
		run_ms(&f, 1);
		assert_int_equal(a.messages, 1);
		sb_node_post(f.node, b.self, 0, 0, SB_NOTHING);
		wait_count(&f, &a.messages, 2);
		assert_int_equal(a.last_type, SB_MSG_DOWN);
		assert_int_equal(a.last_status, SB_END_LOCAL);
		assert_int_equal(a.last_ref, monitor_ref);
		assert_true(sb_address_equal(a.last_sender, b.self));
		/* Of one that is not there: at once. */
		sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
		wait_count(&f, &a.messages, 4);
		assert_int_equal(a.last_status, SB_END_GONE);
		fixture_fini(&f);
	}
}

static void
test_a_monitor_that_ended_tells_nothing(void **state)
{
	struct probe a = {.on_message = monitor_it}, b = {.on_message = close_it};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &a, 0);
	start_probe(&f, &b, 1);
	a.context = &b;
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	wait_count(&f, &a.messages, 1);
	a.on_message = demonitor_it;
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	wait_count(&f, &a.messages, 2);
	sb_node_post(f.node, b.self, 0, 0, SB_NOTHING);
	wait_count(&f, &b.closed, 1);
	run_ms(&f, 100);
	assert_int_equal(a.messages, 2);
	fixture_fini(&f);
}

/* ---- timers ---- */

struct timers {
	struct sb_timer one, two;
	unsigned fired_one, fired_two;
};

static struct timers timers;

static void
fire_two(struct sb_session *s, struct sb_timer *timer)
{
	(void)s;
	(void)timer;
	timers.fired_two++;
}

static void
fire_one(struct sb_session *s, struct sb_timer *timer)
{
	timers.fired_one++;
	if (timers.fired_one < 3)
		sb_timer_start(s, timer, 100, fire_one);
	else
		sb_timer_stop(s, &timers.two);
}

static void
start_timers(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sb_timer_start(s, &timers.two, 50, fire_two);
	sb_timer_start(s, &timers.one, 100, fire_one);
	sb_timer_start(s, &timers.two, 1000, fire_two); /* moved later */
}

static void
test_timers_fire_move_and_stop(void **state)
{
	struct probe a = {.on_message = start_timers};
	struct fixture f;

	(void)state;
	memset(&timers, 0, sizeof(timers));
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	start_probe(&f, &a, 0);
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	run_ms(&f, 99);
	assert_int_equal(timers.fired_one, 0);
	run_ms(&f, 2);
	assert_int_equal(timers.fired_one, 1);
	run_ms(&f, 200);
	assert_int_equal(timers.fired_one, 3);
	run_ms(&f, 2000);
	assert_int_equal(timers.fired_one, 3);
	assert_int_equal(timers.fired_two, 0);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_message_crosses_shards_with_its_sender),
		cmocka_unit_test(test_messages_of_one_sender_keep_their_order),
		cmocka_unit_test(test_a_message_to_a_session_that_has_gone_is_gone),
		cmocka_unit_test(test_an_address_is_never_used_twice),
		cmocka_unit_test(test_a_full_mailbox_says_so_and_loses_nothing),
		cmocka_unit_test(test_a_mailbox_is_bounded_in_octets),
		cmocka_unit_test(test_a_given_payload_is_released_once_whatever_happens),
		cmocka_unit_test(test_a_new_payload_is_freed_on_the_shard_that_got_it),
		cmocka_unit_test(test_a_call_is_answered_once_across_shards),
		cmocka_unit_test(test_a_call_can_be_answered_later_by_another_session),
		cmocka_unit_test(test_a_call_times_out_and_the_late_reply_is_dropped),
		cmocka_unit_test(test_a_call_to_nobody_is_answered_gone),
		cmocka_unit_test(test_outstanding_calls_are_bounded),
		cmocka_unit_test(test_a_monitor_tells_of_the_end_once),
		cmocka_unit_test(test_a_monitor_that_ended_tells_nothing),
		cmocka_unit_test(test_timers_fire_move_and_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
