/* The services of a shard: jobs, foreign descriptors, datagrams. */
#include "core/datagram.h"
#include "core/job.h"
#include "core/network.h"
#include "core/watch.h"
#include "lab.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One for each test, never reused: a job may still give memory back when its node has gone. */
static struct lab all_labs[32];
static unsigned lab_count;

/* ---- jobs ---- */

struct work {
	_Atomic unsigned runs, releases;
	pthread_t thread;
	int status;
};

/* Jobs that wait until the test lets them go on. */
static pthread_mutex_t barrier = PTHREAD_MUTEX_INITIALIZER;

static void
release_work(void *data)
{
	struct work *work = data;

	atomic_fetch_add(&work->releases, 1);
}

static int
do_work(void *data, size_t size)
{
	struct work *work = data;

	assert_int_equal(size, sizeof(*work));
	work->thread = pthread_self();
	pthread_mutex_lock(&barrier);
	pthread_mutex_unlock(&barrier);
	atomic_fetch_add(&work->runs, 1);
	return work->status;
}

static struct sb_payload
payload_of(struct work *work)
{
	memset(work, 0, sizeof(*work));
	return SB_GIVE(work, sizeof(*work), release_work);
}

static bool
is_released(void *context)
{
	struct work *work = context;

	return atomic_load(&work->releases) == 1;
}

static void
test_a_job_runs_elsewhere_and_brings_its_data_back(void **state)
{
	static struct probe probe;
	static struct work work;
	struct lab *lab = *state;
	struct sb_payload payload = payload_of(&work);
	uint64_t ref;

	lab_start(lab, 0, &probe);
	work.status = SB_ENOENT;
	assert_int_equal(sb_job(probe.session, do_work, payload, 0, &ref), 0);
	lab_until_notes(lab, &probe, 1);
	assert_int_equal(probe.notes[0].type, SB_MSG_JOB);
	assert_int_equal(probe.notes[0].status, SB_ENOENT);
	assert_true(probe.notes[0].ref == ref);
	assert_int_equal(probe.notes[0].size, sizeof(work));
	assert_int_equal(atomic_load(&work.runs), 1);
	assert_int_equal(atomic_load(&work.releases), 1);
	assert_false(pthread_equal(work.thread, pthread_self()));
}

static void
test_a_job_past_its_deadline_answers_once(void **state)
{
	static struct probe probe;
	static struct work work;
	struct lab *lab = *state;
	uint64_t ref;

	lab_stop_clock(lab);
	lab_start(lab, 0, &probe);
	lab_settle(lab);
	pthread_mutex_lock(&barrier);
	assert_int_equal(sb_job(probe.session, do_work, payload_of(&work), 100, &ref), 0);
	lab_skip(lab, 99 * 1000000ull);
	lab_settle(lab);
	assert_int_equal(probe.note_count, 0);
	lab_skip(lab, 2 * 1000000ull);
	lab_until_notes(lab, &probe, 1);
	assert_int_equal(probe.notes[0].type, SB_MSG_JOB);
	assert_int_equal(probe.notes[0].status, SB_TIMEOUT);
	assert_int_equal(probe.notes[0].size, 0);
	assert_int_equal(atomic_load(&work.releases), 0);
	pthread_mutex_unlock(&barrier);
	lab_until(lab, is_released, &work);
	lab_settle(lab);
	assert_int_equal(probe.note_count, 1);
}

static void
test_the_data_of_a_job_is_released_when_its_session_has_gone(void **state)
{
	static struct probe probe;
	static struct work work;
	struct lab *lab = *state;
	uint64_t ref;

	lab_start(lab, 1, &probe);
	pthread_mutex_lock(&barrier);
	assert_int_equal(sb_job(probe.session, do_work, payload_of(&work), 0, &ref), 0);
	sb_close(probe.session, SB_END_LOCAL);
	assert_int_equal(sb_job(probe.session, do_work, payload_of(&work), 0, &ref), SB_GONE);
	lab_settle(lab);
	assert_int_equal(probe.ends, 1);
	pthread_mutex_unlock(&barrier);
	lab_until(lab, is_released, &work);
	assert_int_equal(probe.note_count, 0);
}

static void
test_a_job_may_end_after_its_node(void **state)
{
	static struct lab lab;
	static struct probe probe;
	static struct work work;
	uint64_t ref;

	(void)state;
	lab_init(&lab, 1);
	lab_start(&lab, 0, &probe);
	pthread_mutex_lock(&barrier);
	assert_int_equal(sb_job(probe.session, do_work, payload_of(&work), 0, &ref), 0);
	lab_fini(&lab);
	pthread_mutex_unlock(&barrier);
	while (!is_released(&work))
		sched_yield();
}

static int
refuse_work(void *context, struct sb_work *work)
{
	(void)context;
	(void)work;
	return SB_FULL;
}

static void
test_a_job_that_finds_no_room_leaves_its_data_to_the_caller(void **state)
{
	static struct probe probe;
	static struct work work;
	struct lab *lab = *state;
	uint64_t ref;

	lab_start(lab, 0, &probe);
	lab->env.work_submit = refuse_work;
	for (int i = 0; i < 2000; i++) /* more than may be outstanding */
		assert_int_equal(
			sb_job(probe.session, do_work, payload_of(&work), 0, &ref), SB_FULL);
	assert_int_equal(sb_job(probe.session, do_work, SB_COPY(&work, 4), 0, &ref), SB_EINVAL);
	assert_int_equal(sb_job(probe.session, NULL, payload_of(&work), 0, &ref), SB_EINVAL);
	assert_int_equal(atomic_load(&work.releases), 0);
	lab_settle(lab);
	assert_int_equal(probe.note_count, 0);
}

static void
test_a_job_without_memory_is_not_begun(void **state)
{
	static struct probe probe;
	static struct work work;
	struct lab *lab = *state;
	uint64_t ref;
	int err;

	lab_start(lab, 0, &probe);
	for (size_t n = 1;; n++) {
		struct sb_payload payload = payload_of(&work);

		lab->fail_at = n;
		err = sb_job(probe.session, do_work, payload, 0, &ref);
		lab->fail_at = 0;
		if (!err)
			break;
		assert_int_equal(err, SB_ENOMEM);
		assert_int_equal(atomic_load(&work.releases), 0);
	}
	lab_until_notes(lab, &probe, 1);
	assert_true(probe.notes[0].ref == ref);
}

/* ---- watches ---- */

struct watched {
	int pair[2];
	struct sb_watch *watch;
	unsigned calls;
	int events;
	bool stops, reads, closes;
};

static void
watch_ready(struct sb_session *s, struct sb_watch *watch, int events)
{
	struct watched *watched = sb_watch_context(watch);
	char octet;

	assert_ptr_equal(watch, watched->watch);
	assert_int_equal(sb_watch_fd(watch), watched->pair[0]);
	watched->calls++;
	watched->events = events;
	if (watched->reads)
		assert_int_equal(read(watched->pair[0], &octet, 1), 1);
	if (watched->closes)
		sb_close(s, SB_END_LOCAL);
	if (watched->stops)
		sb_watch_stop(watch);
}

static void
watched_init(struct watched *watched)
{
	memset(watched, 0, sizeof(*watched));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, watched->pair), 0);
}

static void
watched_fini(struct watched *watched)
{
	close(watched->pair[0]);
	close(watched->pair[1]);
}

static void
test_a_watch_tells_what_is_ready(void **state)
{
	static struct probe probe;
	struct lab *lab = *state;
	struct watched watched;

	watched_init(&watched);
	watched.reads = true;
	lab_start(lab, 0, &probe);
	assert_int_equal(sb_watch_start(probe.session, watched.pair[0], SB_READABLE, watch_ready,
				 &watched, &watched.watch),
		0);
	lab_settle(lab);
	assert_int_equal(watched.calls, 0);
	assert_int_equal(write(watched.pair[1], "ab", 2), 2);
	lab_until_count(lab, &watched.calls, 2);
	assert_int_equal(watched.events, SB_READABLE);
	watched.reads = false;
	sb_watch_change(watched.watch, SB_WRITABLE);
	lab_until_count(lab, &watched.calls, 3);
	assert_int_equal(watched.events, SB_WRITABLE);
	sb_watch_change(watched.watch, 0);
	assert_int_equal(write(watched.pair[1], "c", 1), 1);
	lab_settle(lab);
	assert_int_equal(watched.calls, 3);
	sb_watch_stop(watched.watch);
	watched_fini(&watched);
}

static void
test_a_watch_may_stop_in_its_own_callback(void **state)
{
	static struct probe probe;
	struct lab *lab = *state;
	struct watched watched;

	watched_init(&watched);
	watched.stops = true;
	lab_start(lab, 0, &probe);
	assert_int_equal(sb_watch_start(probe.session, watched.pair[0], SB_READABLE | SB_WRITABLE,
				 watch_ready, &watched, &watched.watch),
		0);
	lab_until_count(lab, &watched.calls, 1);
	lab_settle(lab);
	assert_int_equal(watched.calls, 1);
	watched_fini(&watched);
}

static void
test_a_watch_ends_with_its_session(void **state)
{
	static struct probe probe;
	struct lab *lab = *state;
	struct watched watched;

	watched_init(&watched);
	watched.closes = true;
	lab_start(lab, 0, &probe);
	assert_int_equal(sb_watch_start(probe.session, watched.pair[0], SB_WRITABLE, watch_ready,
				 &watched, &watched.watch),
		0);
	lab_until_count(lab, &probe.ends, 1);
	assert_int_equal(watched.calls, 1);
	watched_fini(&watched);
}

static void
test_a_watch_of_nothing_is_refused(void **state)
{
	static struct probe probe;
	struct lab *lab = *state;
	struct sb_watch *watch;

	lab_start(lab, 0, &probe);
	assert_int_equal(sb_watch_start(probe.session, -1, SB_READABLE, watch_ready, NULL, &watch),
		SB_EINVAL);
	assert_int_equal(sb_watch_start(probe.session, 0, 8, watch_ready, NULL, &watch), SB_EINVAL);
	assert_int_equal(
		sb_watch_start(probe.session, 0, SB_READABLE, NULL, NULL, &watch), SB_EINVAL);
	lab->fail_at = 1;
	assert_int_equal(sb_watch_start(probe.session, 0, SB_READABLE, watch_ready, NULL, &watch),
		SB_ENOMEM);
	lab->fail_at = 0;
}

/* ---- datagrams ---- */

static struct {
	unsigned count;
	size_t size;
	char data[64];
	union sb_socket_address from;
	bool closes, echoes;
} got;

static void
datagram_received(struct sb_session *s, struct sb_datagram *socket,
	const union sb_socket_address *from, struct sb_bytes in)
{
	got.count++;
	got.size = in.size;
	got.from = *from;
	memcpy(got.data, in.data, in.size < sizeof(got.data) ? in.size : sizeof(got.data));
	if (got.echoes)
		assert_int_equal(sb_datagram_send(socket, from, in.data, in.size), 0);
	if (got.closes)
		sb_datagram_close(socket);
	(void)s;
}

static struct sb_datagram *
open_datagram(struct lab *lab, struct probe *probe, size_t max_size, uint32_t budget)
{
	struct sb_datagram_options options = {.address = "127.0.0.1:0",
		.max_size = max_size,
		.turn_budget = budget,
		.received = datagram_received};
	struct sb_datagram *socket;

	memset(&got, 0, sizeof(got));
	lab_start(lab, 0, probe);
	assert_int_equal(sb_datagram_open(probe->session, &options, &socket), 0);
	return socket;
}

static int
peer_socket(struct sb_datagram *to)
{
	union sb_socket_address address;
	char text[32];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)sb_datagram_port(to));
	assert_int_equal(sb_sockaddr_parse(text, &address), 0);
	assert_int_equal(connect(fd, &address.any, sizeof(address.v4)), 0);
	return fd;
}

static void
test_a_datagram_comes_with_who_sent_it_and_is_answered(void **state)
{
	static struct probe probe;
	struct lab *lab = *state;
	struct sb_datagram *socket = open_datagram(lab, &probe, 0, 0);
	int peer = peer_socket(socket);
	char data[16];

	got.echoes = true;
	assert_int_equal(send(peer, "hello", 5, 0), 5);
	lab_until_count(lab, &got.count, 1);
	assert_int_equal(got.size, 5);
	assert_memory_equal(got.data, "hello", 5);
	assert_int_equal(recv(peer, data, sizeof(data), MSG_DONTWAIT), 5);
	assert_memory_equal(data, "hello", 5);
	close(peer);
}

static void
test_a_datagram_larger_than_the_bound_is_dropped_and_counted(void **state)
{
	static struct probe probe;
	struct lab *lab = *state;
	struct sb_datagram *socket = open_datagram(lab, &probe, 10, 0);
	struct sb_counter *dropped = sb_metrics_counter(
		sb_node_metrics(lab->node), "sb_datagrams_dropped_total", "", NULL);
	int peer = peer_socket(socket);

	assert_int_equal(send(peer, "12345678901", 11, 0), 11);
	assert_int_equal(send(peer, "1234567890", 10, 0), 10);
	lab_until_count(lab, &got.count, 1);
	assert_int_equal(got.size, 10);
	assert_int_equal(sb_counter_value(dropped), 1);
	close(peer);
}

static void
test_a_turn_receives_no_more_than_its_budget(void **state)
{
	static struct probe probe;
	struct lab *lab = *state;
	struct sb_datagram *socket = open_datagram(lab, &probe, 0, 4);
	int peer = peer_socket(socket);
	unsigned before = 0;

	for (int i = 0; i < 20; i++)
		assert_int_equal(send(peer, "x", 1, 0), 1);
	while (got.count < 20) {
		lab_turn(lab);
		assert_true(got.count - before <= 4);
		before = got.count;
	}
	close(peer);
}

static void
test_a_socket_may_close_in_its_own_callback(void **state)
{
	static struct probe probe;
	struct lab *lab = *state;
	struct sb_datagram *socket = open_datagram(lab, &probe, 0, 0);
	int peer = peer_socket(socket);

	got.closes = true;
	assert_int_equal(send(peer, "a", 1, 0), 1);
	assert_int_equal(send(peer, "b", 1, 0), 1);
	lab_until_count(lab, &got.count, 1);
	lab_settle(lab);
	assert_int_equal(got.count, 1);
	assert_int_equal(probe.ends, 0);
	close(peer);
}

static void
test_a_socket_ends_with_its_session(void **state)
{
	static struct probe probe, other;
	struct lab *lab = *state;
	struct sb_datagram *socket = open_datagram(lab, &probe, 0, 0), *again;
	struct sb_datagram_options options = {.received = datagram_received};
	char address[32];

	snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)sb_datagram_port(socket));
	options.address = address;
	lab_start(lab, 0, &other);
	assert_int_equal(sb_datagram_open(other.session, &options, &again), SB_EADDRINUSE);
	sb_close(probe.session, SB_END_LOCAL);
	assert_int_equal(sb_datagram_open(other.session, &options, &again), 0);
	assert_int_equal(sb_datagram_open(probe.session, &options, &again), SB_GONE);
}

static void
test_a_socket_without_sense_is_refused(void **state)
{
	static struct probe probe;
	struct lab *lab = *state;
	struct sb_datagram_options options = {.address = "nowhere", .received = datagram_received};
	struct sb_datagram *socket;

	lab_start(lab, 0, &probe);
	assert_int_equal(sb_datagram_open(probe.session, &options, &socket), SB_EINVAL);
	options.address = "127.0.0.1:0";
	options.max_size = SIZE_MAX;
	assert_int_equal(sb_datagram_open(probe.session, &options, &socket), SB_EINVAL);
	options.max_size = 0;
	options.received = NULL;
	assert_int_equal(sb_datagram_open(probe.session, &options, &socket), SB_EINVAL);
	options.received = datagram_received;
	lab->fail_at = 1;
	assert_int_equal(sb_datagram_open(probe.session, &options, &socket), SB_ENOMEM);
	lab->fail_at = 0;
	lab->env.datagram_open = NULL;
	assert_int_equal(sb_datagram_open(probe.session, &options, &socket), SB_ENOTSUP);
}

static int
set_up(void **state)
{
	struct lab *lab = &all_labs[lab_count++];

	lab_init(lab, 2);
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	lab_fini(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_job_runs_elsewhere_and_brings_its_data_back),
		TEST(test_a_job_past_its_deadline_answers_once),
		TEST(test_the_data_of_a_job_is_released_when_its_session_has_gone),
		TEST(test_a_job_may_end_after_its_node),
		TEST(test_a_job_that_finds_no_room_leaves_its_data_to_the_caller),
		TEST(test_a_job_without_memory_is_not_begun),
		TEST(test_a_watch_tells_what_is_ready),
		TEST(test_a_watch_may_stop_in_its_own_callback),
		TEST(test_a_watch_ends_with_its_session),
		TEST(test_a_watch_of_nothing_is_refused),
		TEST(test_a_datagram_comes_with_who_sent_it_and_is_answered),
		TEST(test_a_datagram_larger_than_the_bound_is_dropped_and_counted),
		TEST(test_a_turn_receives_no_more_than_its_budget),
		TEST(test_a_socket_may_close_in_its_own_callback),
		TEST(test_a_socket_ends_with_its_session),
		TEST(test_a_socket_without_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
