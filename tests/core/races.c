/*
 * What several threads do to one node at once, on the real environment: messages from
 * everywhere to one, calls with short deadlines, listeners that move and pause while
 * clients come, configurations swapped under who reads them, stops at any moment. Each
 * runs for a bounded number of messages, clients or rounds; ThreadSanitizer looks on.
 */
#include "core/switchboard.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SHARDS   3
#define DEADLINE 60 /* seconds: a bound of the test, not a wait */

struct machine {
	struct sb_log *log;
	struct sb_node *node;
	pthread_t thread;
};

static void *
run_node(void *node)
{
	assert_int_equal(sb_node_run(node), 0);
	return NULL;
}

static void
machine_init(struct machine *m)
{
	struct sb_log_options log_options = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct sb_node_options options = {.threads = SHARDS, .stop_ms = 5000};

	m->log = sb_log_new(&log_options);
	options.log = m->log;
	assert_int_equal(sb_node_new(&m->node, &options), 0);
}

static void
machine_start(struct machine *m)
{
	assert_int_equal(pthread_create(&m->thread, NULL, run_node, m->node), 0);
}

static void
machine_join(struct machine *m)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE;
	assert_int_equal(pthread_timedjoin_np(m->thread, NULL, &until), 0);
	sb_node_free(m->node);
	sb_log_free(m->log);
}

static void
start_children(struct machine *m, const struct sb_module *module, int count)
{
	for (int i = 0; i < count; i++) {
		struct sb_child_spec spec = {.module = module, .shard = i % SHARDS};

		assert_int_equal(sb_node_start_child(m->node, &spec), 0);
	}
}

/* ---- many producers, one consumer ---- */

#define PRODUCERS 6
#define POSTS     3000u

enum { GO = 1, WORD, QUESTION };

static struct {
	_Atomic unsigned sent, got, refused, done, ready;
	struct sb_address consumer;
	struct sb_node *node;
} flood;

struct producer {
	unsigned sent;
	uint64_t next; /* the consumer's: what it expects of whom */
};

static int
consumer_start(struct sb_session *s, const void *args)
{
	(void)args;
	flood.consumer = sb_self(s);
	atomic_store(&flood.ready, 1);
	return 0;
}

static void
consumer_message(struct sb_session *s, struct sb_message *m)
{
	static uint64_t last[SHARDS][4096];
	uint64_t *expected = &last[m->sender.shard][m->sender.slot % 4096];

	/* First in, first out from each. */
	assert_true(m->ref > *expected);
	*expected = m->ref;
	if (atomic_fetch_add(&flood.got, 1) + 1 == PRODUCERS * POSTS)
		sb_node_stop(sb_session_node(s));
}

static const struct sb_module consumer = {.abi = SB_MODULE_ABI,
	.name = "consumer",
	.start = consumer_start,
	.message = consumer_message};

static void
produce(struct sb_session *s, struct producer *p)
{
	static const char octets[500];

	for (int i = 0; i < 50 && p->sent < POSTS; i++) {
		int err = sb_post(s, flood.consumer, WORD, p->sent + 1,
			SB_COPY(octets, p->sent % sizeof(octets)));

		if (err == SB_GONE)
			return;
		if (err == SB_FULL) {
			atomic_fetch_add(&flood.refused, 1);
			break; /* again later: nothing is lost */
		}
		assert_int_equal(err, 0);
		p->sent++;
	}
	if (p->sent < POSTS)
		assert_int_equal(sb_post(s, sb_self(s), GO, 0, SB_NOTHING), 0);
}

static int
producer_start(struct sb_session *s, const void *args)
{
	(void)args;
	return sb_post(s, sb_self(s), GO, 0, SB_NOTHING);
}

static void
producer_message(struct sb_session *s, struct sb_message *m)
{
	(void)m;
	if (atomic_load(&flood.ready))
		produce(s, sb_state(s));
	else
		(void)sb_post(s, sb_self(s), GO, 0, SB_NOTHING);
}

static const struct sb_module producer = {.abi = SB_MODULE_ABI,
	.name = "producer",
	.state_size = sizeof(struct producer),
	.start = producer_start,
	.message = producer_message};

static void
test_all_that_was_accepted_arrives_in_order(void **state)
{
	struct sb_limits limits = {.mailbox_messages = 64};
	struct sb_child_spec one = {.module = &consumer, .limits = &limits};
	struct machine m;

	(void)state;
	machine_init(&m);
	assert_int_equal(sb_node_start_child(m.node, &one), 0);
	start_children(&m, &producer, PRODUCERS);
	machine_start(&m);
	machine_join(&m);
	assert_int_equal(atomic_load(&flood.got), PRODUCERS * POSTS);
}

/* ---- calls with short deadlines ---- */

#define ASKERS 6
#define CALLS  400u

static struct {
	struct sb_address answerers[SHARDS];
	_Atomic unsigned ready, answers, finished;
} talk;

static int
answerer_start(struct sb_session *s, const void *args)
{
	(void)args;
	talk.answerers[sb_session_shard(s)] = sb_self(s);
	atomic_fetch_add(&talk.ready, 1);
	return 0;
}

/* At once, late, or never. */
struct answerer {
	struct sb_from kept;
};

static void
answerer_message(struct sb_session *s, struct sb_message *m)
{
	struct answerer *a = sb_state(s);
	unsigned char roll;

	if (!m->is_call)
		return;
	sb_random(s, &roll, 1);
	if (roll % 8 == 0) {
		(void)sb_reply(s, a->kept, 0, SB_NOTHING); /* of long ago */
		a->kept = sb_message_from(m);
	} else if (roll % 8 != 1) {
		(void)sb_reply(s, sb_message_from(m), 0, SB_COPY(m->data, m->size));
	}
}

static const struct sb_module answerer = {.abi = SB_MODULE_ABI,
	.name = "answerer",
	.state_size = sizeof(struct answerer),
	.start = answerer_start,
	.message = answerer_message};

struct asker {
	unsigned asked, outstanding;
	uint64_t refs[8];
};

static void
ask(struct sb_session *s, struct asker *a)
{
	for (int i = 0; i < 8 && a->asked < CALLS; i++) {
		struct sb_address to = talk.answerers[(a->asked + (unsigned)i) % SHARDS];

		if (a->refs[i])
			continue;
		assert_int_equal(
			sb_call(s, to, QUESTION, SB_COPY("?", 1), 1 + a->asked % 3, &a->refs[i]),
			0);
		a->asked++;
		a->outstanding++;
	}
}

static void
asker_message(struct sb_session *s, struct sb_message *m)
{
	struct asker *a = sb_state(s);
	int i = 0;

	if (m->type == SB_MSG_REPLY) {
		while (i < 8 && a->refs[i] != m->ref)
			i++;
		assert_in_range(i, 0, 7); /* exactly one answer to each */
		assert_true(m->status == 0 || m->status == SB_TIMEOUT || m->status == SB_FULL);
		a->refs[i] = 0;
		a->outstanding--;
		atomic_fetch_add(&talk.answers, 1);
	}
	if (atomic_load(&talk.ready) < SHARDS) {
		(void)sb_post(s, sb_self(s), GO, 0, SB_NOTHING);
		return;
	}
	ask(s, a);
	if (a->asked == CALLS && !a->outstanding &&
		atomic_fetch_add(&talk.finished, 1) + 1 == ASKERS)
		sb_node_stop(sb_session_node(s));
}

static const struct sb_module asker = {.abi = SB_MODULE_ABI,
	.name = "asker",
	.state_size = sizeof(struct asker),
	.start = producer_start,
	.message = asker_message};

static void
test_each_call_is_answered_once_across_threads(void **state)
{
	struct machine m;

	(void)state;
	machine_init(&m);
	start_children(&m, &answerer, SHARDS);
	start_children(&m, &asker, ASKERS);
	machine_start(&m);
	machine_join(&m);
	assert_int_equal(atomic_load(&talk.answers), ASKERS * CALLS);
}

/* ---- a listener that moves, pauses and resumes; a configuration that is swapped ---- */

#define CLIENTS 150

struct settings {
	unsigned number, copy;
};

static struct {
	_Atomic unsigned started, closed, greeted;
} door;

static void
settings_release(void *config)
{
	memset(config, 0, sizeof(struct settings));
	free(config);
}

static void
settings_new(struct sb_node *node, unsigned number)
{
	struct settings *settings = malloc(sizeof(*settings));

	assert_non_null(settings);
	*settings = (struct settings){number, number};
	assert_int_equal(sb_node_set_config(node, settings, settings_release), 0);
}

static void
look_at_settings(const struct sb_session *s)
{
	const struct settings *settings = sb_node_config(sb_session_node(s));

	for (int i = 0; i < 100; i++)
		assert_int_equal(*(const volatile unsigned *)&settings->number,
			*(const volatile unsigned *)&settings->copy);
}

static int
visitor_start(struct sb_session *s, const void *args)
{
	(void)args;
	look_at_settings(s);
	atomic_fetch_add(&door.started, 1);
	return 0;
}

static int
visitor_connected(struct sb_session *s, const struct sb_peer *peer)
{
	(void)peer;
	look_at_settings(s);
	return sb_write(s, "hello", 5);
}

static ssize_t
visitor_received(struct sb_session *s, struct sb_bytes in)
{
	look_at_settings(s);
	return (ssize_t)in.size;
}

static void
visitor_closed(struct sb_session *s, enum sb_end why)
{
	(void)s;
	(void)why;
	atomic_fetch_add(&door.closed, 1);
}

static const struct sb_module visitor = {.abi = SB_MODULE_ABI,
	.name = "visitor",
	.start = visitor_start,
	.connected = visitor_connected,
	.received = visitor_received,
	.closed = visitor_closed};

/* A client of the kernel's: blocking, in a thread of its own. */
static void *
visit(void *context)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)(uintptr_t)context),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	for (int i = 0; i < CLIENTS; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		char octets[8];

		assert_true(fd >= 0);
		assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
		if (recv(fd, octets, 5, MSG_WAITALL) == 5)
			atomic_fetch_add(&door.greeted, 1);
		close(fd);
	}
	return NULL;
}

static void
test_a_listener_moves_and_pauses_while_clients_come(void **state)
{
	struct sb_listener_options options = {
		.name = "door", .address = "127.0.0.1:0", .module = &visitor};
	struct sb_listener *listener;
	pthread_t clients[2];
	struct machine m;
	unsigned round = 0;

	(void)state;
	machine_init(&m);
	settings_new(m.node, 0);
	assert_int_equal(sb_listen(m.node, &options, &listener), 0);
	machine_start(&m);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&clients[i], NULL, visit,
					 (void *)(uintptr_t)sb_listener_port(listener)),
			0);
	while (atomic_load(&door.greeted) < 2 * CLIENTS) {
		struct timespec moment = {.tv_nsec = 100000};
		int err = sb_listener_assign(listener, round % SHARDS, round / 2 % SHARDS);

		assert_true(err == 0 || err == SB_AGAIN);
		if (round % 7 == 0)
			sb_listener_pause(listener);
		else
			sb_listener_resume(listener);
		settings_new(m.node, ++round);
		nanosleep(&moment, NULL);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(clients[i], NULL);
	sb_node_stop(m.node);
	machine_join(&m);
	assert_int_equal(atomic_load(&door.started), 2 * CLIENTS);
	assert_int_equal(atomic_load(&door.closed), 2 * CLIENTS);
}

/* ---- stops at any moment ---- */

static int
opener_start(struct sb_session *s, const void *args)
{
	struct sb_listener_options options = {
		.name = "late", .address = "127.0.0.1:0", .module = &visitor};

	(void)args;
	/* From a callback, while the node may be stopping. */
	assert_int_equal(sb_listen(sb_session_node(s), &options, NULL), 0);
	return sb_post(s, sb_self(s), GO, 0, SB_NOTHING);
}

/* Posts to itself, so that its shard is never idle. */
static void
opener_message(struct sb_session *s, struct sb_message *m)
{
	(void)m;
	(void)sb_post(s, sb_self(s), GO, 0, SB_NOTHING);
}

static const struct sb_module opener = {
	.abi = SB_MODULE_ABI, .name = "opener", .start = opener_start, .message = opener_message};

static void
test_a_node_stops_at_any_moment_from_any_thread(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct timespec moment = {.tv_nsec = round * 200000};
		struct sb_listener_options options = {
			.name = "door", .address = "127.0.0.1:0", .module = &visitor};
		struct sb_child_spec late = {.module = &answerer, .shard = SB_SHARD_SPREAD};
		struct machine m;

		machine_init(&m);
		settings_new(m.node, 1);
		assert_int_equal(sb_listen(m.node, &options, NULL), 0);
		start_children(&m, &opener, SHARDS);
		machine_start(&m);
		nanosleep(&moment, NULL);
		assert_int_equal(sb_node_start_child(m.node, &late), 0);
		sb_node_stop(m.node);
		(void)sb_node_post(m.node, sb_node_root(m.node), GO, 0, SB_NOTHING);
		if (round % 2)
			sb_node_stop(m.node);
		machine_join(&m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_that_was_accepted_arrives_in_order),
		cmocka_unit_test(test_each_call_is_answered_once_across_threads),
		cmocka_unit_test(test_a_listener_moves_and_pauses_while_clients_come),
		cmocka_unit_test(test_a_node_stops_at_any_moment_from_any_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
