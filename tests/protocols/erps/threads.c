/*
 * The real environment: services and clients whose sessions are on several threads, and
 * what goes from one of them to another. What is shared between threads is what
 * ThreadSanitizer is here for.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/supervisor.h"
#include "protocols/erps/blocking.h"
#include "protocols/erps/daemon.h"
#include "protocols/erps/pool.h"

#include <cmocka.h>

#define SHARDS    3
#define PEERS     6
#define ROUNDS    40
#define TICKS     20
#define DEADLINE  30 /* seconds: a bound of the test, not a wait */
#define NAME_SIZE 32

static const struct timespec moment = {.tv_nsec = 1000000};
static struct sb_log *errors;
static struct sb_node *node;
static struct erps_daemon *daemon_here;
static pthread_t node_thread;

/* ---- clerks: a session on each shard, which answers for services of the shard before ---- */

struct job {
	struct erps_from from;
	int64_t shard; /* of the session that has the call */
	int64_t number;
};

static const char *
name_of(char buf[NAME_SIZE], const char *kind, int64_t number)
{
	snprintf(buf, NAME_SIZE, "%s/%d", kind, (int)number);
	return buf;
}

static int
clerk_start(struct sb_session *s, const void *args)
{
	char name[NAME_SIZE];

	(void)args;
	return sb_register(s, name_of(name, "clerk", sb_session_shard(s)));
}

static void
push(struct sb_session *s, const struct job *job)
{
	struct erps_builder b;
	uint8_t room[64];

	erps_builder_init(&b, room, sizeof(room));
	erps_put_pattern(&b, "{:news, number::int}", job->number);
	assert_int_equal(erps_push_to(s, job->from.session, erps_built(&b)), 0);
}

static void
clerk_message(struct sb_session *s, struct sb_message *m)
{
	struct job job;

	memcpy(&job, m->data, sizeof(job));
	push(s, &job);
	if (job.number % 4 == 3)
		assert_int_equal(erps_reject(s, job.from, "every fourth"), 0);
	else
		assert_int_equal(
			erps_reply_with(s, job.from, "{here::int, there::int, number::int}",
				job.shard, (int64_t)sb_session_shard(s), job.number),
			0);
}

static const struct sb_module clerk = {
	.abi = SB_MODULE_ABI, .name = "clerk", .start = clerk_start, .message = clerk_message};

/* ---- the service ---- */

static void
hand_on(struct sb_session *s, struct erps_from from, int64_t number)
{
	struct job job = {.from = from, .shard = sb_session_shard(s), .number = number};
	struct sb_address next;
	char name[NAME_SIZE];

	assert_int_equal(sb_lookup(s, name_of(name, "clerk", (job.shard + 1) % SHARDS), &next), 0);
	assert_int_equal(sb_post(s, next, 1, 0, SB_COPY(&job, sizeof(job))), 0);
}

static void
handle_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	char name[NAME_SIZE];
	int64_t number;

	if (erps_match(request, "{:hand_on, number::int}", &number)) {
		hand_on(s, from, number);
	} else if (erps_match(request, "{:register, number::int}", &number)) {
		assert_int_equal(sb_register(s, name_of(name, "peer", number)), 0);
		erps_reply_with(s, from, ":ok");
	} else {
		erps_reject(s, from, "badarg");
	}
}

static const struct erps_service service = {.name = "test", .handle_call = handle_call};

/* ---- the node ---- */

static void *
run(void *of)
{
	assert_int_equal(sb_node_run(of), 0);
	return NULL;
}

static void
join(pthread_t thread)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE;
	assert_int_equal(pthread_timedjoin_np(thread, NULL, &until), 0);
}

static struct sb_address
wait_for_name(const char *kind, int64_t number)
{
	struct sb_address holder;
	char name[NAME_SIZE];

	name_of(name, kind, number);
	for (int i = 0; i < DEADLINE * 1000 && sb_node_lookup(node, name, &holder); i++)
		nanosleep(&moment, NULL);
	assert_int_equal(sb_node_lookup(node, name, &holder), 0);
	return holder;
}

static int
start_service(void **state)
{
	static const struct sb_log_options log = {.level = SB_LOG_ERROR, .fd = STDERR_FILENO};
	static const struct erps_daemon_options anywhere = {.port = 0};
	struct sb_node_options options = {.threads = SHARDS};

	(void)state;
	errors = sb_log_new(&log);
	options.log = errors;
	assert_int_equal(sb_node_new(&node, &options), 0);
	for (int i = 0; i < SHARDS; i++) {
		const struct sb_child_spec spec = {.module = &clerk, .shard = i};

		assert_int_equal(sb_node_start_child(node, &spec), 0);
	}
	assert_int_equal(erps_daemon_start(&daemon_here, node, &service, NULL, &anywhere), 0);
	assert_int_equal(pthread_create(&node_thread, NULL, run, node), 0);
	for (int i = 0; i < SHARDS; i++)
		wait_for_name("clerk", i);
	return 0;
}

static int
stop_service(void **state)
{
	(void)state;
	sb_node_stop(node);
	join(node_thread);
	sb_node_free(node);
	erps_daemon_free(daemon_here);
	sb_log_free(errors);
	return 0;
}

/* ---- peers, each a thread with a blocking client ---- */

static void
expect_answer(const struct erps_answer *answer, int64_t number)
{
	int64_t here, there, same;

	if (number % 4 == 3) {
		assert_int_equal(answer->outcome, ERPS_FAILED);
		assert_true(erps_match(answer->term, "\"every fourth\""));
		return;
	}
	assert_int_equal(answer->outcome, ERPS_REPLIED);
	assert_true(erps_match(
		answer->term, "{here::int, there::int, same::int}", &here, &there, &same));
	assert_int_not_equal(here, there);
	assert_int_equal(same, number);
}

/* The clerks' come in their order, and so do the node's. */
static void
fetch_pushes(struct erps_blocking *b)
{
	int64_t news = 0, ticks = 0, n;
	struct erps_event event;

	while (news < ROUNDS || ticks < TICKS) {
		assert_int_equal(erps_blocking_wait(b, DEADLINE * 1000, &event, 1), 1);
		assert_int_equal(event.kind, ERPS_EVENT_PUSH);
		if (erps_match(event.term, "{:news, n::int}", &n)) {
			assert_int_equal(n, news++);
		} else {
			assert_true(erps_match(event.term, "{:tick, n::int}", &n));
			assert_int_equal(n, ticks++);
		}
	}
}

static void *
be_a_peer(void *context)
{
	const struct erps_blocking_options options = {
		.client = {.host = "127.0.0.1", .port = erps_daemon_port(daemon_here)}};
	const int64_t number = *(const int64_t *)context;
	struct erps_answer answer;
	struct erps_blocking *b;

	assert_int_equal(erps_blocking_open(&b, &options), 0);
	assert_int_equal(erps_blocking_call_with(b, 0, &answer, "{:register, n::int}", number), 0);
	assert_int_equal(answer.outcome, ERPS_REPLIED);
	for (int64_t i = 0; i < ROUNDS; i++) {
		assert_int_equal(erps_blocking_call_with(
					 b, DEADLINE * 1000, &answer, "{:hand_on, i::int}", i),
			0);
		expect_answer(&answer, i);
	}
	fetch_pushes(b);
	erps_blocking_close(b);
	return NULL;
}

static void
tick(struct sb_address peer, int64_t n)
{
	struct erps_builder b;
	uint8_t room[64];

	erps_builder_init(&b, room, sizeof(room));
	erps_put_pattern(&b, "{:tick, n::int}", n);
	assert_int_equal(erps_node_push(node, peer, erps_built(&b)), 0);
}

static void
test_answers_and_pushes_come_from_other_threads(void **state)
{
	static int64_t numbers[PEERS];
	struct sb_address peers[PEERS];
	pthread_t threads[PEERS];

	(void)state;
	for (int i = 0; i < PEERS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, be_a_peer, &numbers[i]), 0);
	}
	for (int i = 0; i < PEERS; i++)
		peers[i] = wait_for_name("peer", i);
	for (int64_t n = 0; n < TICKS; n++)
		for (int i = 0; i < PEERS; i++)
			tick(peers[i], n);
	for (int i = 0; i < PEERS; i++)
		join(threads[i]);
}

/* ---- a pool whose connections are on all threads, and who asks through it on each ---- */

static struct erps_pool *pool;
static struct sb_node *asking_node;
static atomic_uint finished;

static void
ask(struct sb_session *s, int64_t number)
{
	struct erps_builder b;
	uint8_t room[64];
	uint64_t ref;

	erps_builder_init(&b, room, sizeof(room));
	erps_put_pattern(&b, "{:hand_on, number::int}", number);
	assert_int_equal(erps_pool_ask(s, pool, erps_built(&b), DEADLINE * 1000, &ref), 0);
}

static int
asker_start(struct sb_session *s, const void *args)
{
	(void)args;
	ask(s, 0);
	return 0;
}

static void
asker_message(struct sb_session *s, struct sb_message *m)
{
	int64_t *number = sb_state(s);
	struct erps_answer answer;

	erps_client_read_answer(m, &answer);
	expect_answer(&answer, *number);
	if (++*number < ROUNDS)
		ask(s, *number);
	else if (atomic_fetch_add(&finished, 1) + 1 == 2 * SHARDS)
		sb_node_stop(asking_node);
}

static const struct sb_module asker = {
	.abi = SB_MODULE_ABI,
	.name = "asker",
	.state_size = sizeof(int64_t),
	.start = asker_start,
	.message = asker_message,
};

static void
test_sessions_of_all_threads_ask_through_one_pool(void **state)
{
	const struct erps_pool_server here = {"127.0.0.1", erps_daemon_port(daemon_here)};
	const struct erps_pool_options options = {.name = "pool",
		.servers = &here,
		.server_count = 1,
		.size = SHARDS,
		.client = {.queues_while_away = true, .shard = SB_SHARD_SPREAD}};
	const struct sb_node_options node_options = {.threads = SHARDS, .log = errors};
	pthread_t thread;

	(void)state;
	assert_int_equal(sb_node_new(&asking_node, &node_options), 0);
	assert_int_equal(erps_pool_start(asking_node, NULL, NULL, &options, &pool), 0);
	assert_int_equal(pthread_create(&thread, NULL, run, asking_node), 0);
	for (int i = 0; i < DEADLINE * 1000 && erps_pool_ready(pool) < SHARDS; i++)
		nanosleep(&moment, NULL);
	assert_int_equal(erps_pool_ready(pool), SHARDS);
	for (int i = 0; i < 2 * SHARDS; i++) {
		const struct sb_child_spec spec = {.module = &asker, .shard = i % SHARDS};

		assert_int_equal(sb_node_start_child(asking_node, &spec), 0);
	}
	join(thread);
	assert_int_equal(atomic_load(&finished), 2 * SHARDS);
	sb_node_free(asking_node);
	erps_pool_free(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_and_pushes_come_from_other_threads),
		cmocka_unit_test(test_sessions_of_all_threads_ask_through_one_pool),
	};

	return cmocka_run_group_tests(tests, start_service, stop_service);
}
