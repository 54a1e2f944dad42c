/* Calls of other sessions, through one client and through a pool: a caller on a simulated node, and
 * servers made by hand. */
#include "protocols/erps/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/registry.h"
#include "core/supervisor.h"
#include "tests/sim/simulation.h"

#include <cmocka.h>

#define SERVERS 3
#define PORT    5000 /* and the next ones */

static struct {
	struct simulation *sim;
	struct sb_log *log;
	struct sb_node *node;
	struct erps_pool *pool;
	struct sb_address caller;
	struct sim_peer *peers[SERVERS];
	uint64_t ref; /* of the last call */
	int result;
	uint32_t deadline_ms;
	int64_t n;
	char trace[4096];
} bed;

/* ---- the caller: a session of its own, on any shard ---- */

enum act { ACT_ASK = 1, ACT_TELL, ACT_CANCEL, ACT_ASK_ONE };

static int
caller_start(struct sb_session *s, const void *args)
{
	(void)args;
	bed.caller = sb_self(s);
	return 0;
}

static void
tell_answer(const struct sb_message *m)
{
	static const char *const outcomes[] = {
		"replied", "failed", "malformed", "timed out", "lost", "unsent"};
	struct erps_answer answer;
	size_t used = strlen(bed.trace);
	int64_t n = 0;

	erps_client_read_answer(m, &answer);
	if (answer.term.data && !erps_get_integer(answer.term, &n))
		n = -1; /* an error's text */
	snprintf(bed.trace + used, sizeof(bed.trace) - used, "%s %ld;", outcomes[answer.outcome],
		(long)n);
}

static void
caller_message(struct sb_session *s, struct sb_message *m)
{
	struct erps_builder b;
	struct sb_address to;
	uint8_t room[64];

	if (m->type == SB_MSG_REPLY) {
		tell_answer(m);
		return;
	}
	erps_builder_init(&b, room, sizeof(room));
	erps_put_integer(&b, bed.n);
	switch ((enum act)m->type) {
	case ACT_ASK:
		bed.result = erps_pool_ask(s, bed.pool, erps_built(&b), bed.deadline_ms, &bed.ref);
		break;
	case ACT_TELL:
		bed.result = erps_pool_tell(s, bed.pool, erps_built(&b));
		break;
	case ACT_CANCEL:
		erps_pool_ask_cancel(s, bed.pool, bed.ref);
		break;
	case ACT_ASK_ONE:
		assert_int_equal(sb_lookup(s, "rpc/0", &to), 0);
		bed.result = erps_client_ask(s, to, erps_built(&b), bed.deadline_ms, &bed.ref);
		break;
	}
}

static const struct sb_module caller = {
	.abi = SB_MODULE_ABI, .name = "caller", .start = caller_start, .message = caller_message};

/* ---- the world ---- */

static void
turn(void)
{
	sim_run_for(bed.sim, 1000);
}

static void
pass(uint64_t ms)
{
	sim_run_for(bed.sim, ms * 1000000);
}

static void
accept_all(void)
{
	for (unsigned i = 0; i < SERVERS; i++) {
		struct sim_peer *peer = sim_accept(bed.sim, (uint16_t)(PORT + i));

		if (peer)
			bed.peers[i] = peer;
	}
	turn();
}

static void
open_pool(bool waits, unsigned listening)
{
	static const struct sim_options calm = {.is_calm = true};
	static const struct erps_pool_server servers[SERVERS] = {
		{"127.0.0.1", PORT}, {"127.0.0.1", PORT + 1}, {"127.0.0.1", PORT + 2}};
	const struct sb_log_options log = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	const struct erps_pool_options options = {.name = "rpc",
		.servers = servers,
		.server_count = SERVERS,
		.client = {.queues_while_away = waits, .shard = SB_SHARD_SPREAD}};
	const struct sb_child_spec spec = {.module = &caller};
	struct sb_node_options node = {.threads = 2};

	memset(&bed, 0, sizeof(bed));
	bed.sim = sim_new(&calm);
	bed.log = sb_log_new(&log);
	node.log = bed.log;
	node.env = sim_env(bed.sim);
	assert_int_equal(sb_node_new(&bed.node, &node), 0);
	sim_attach(bed.sim, bed.node);
	for (unsigned i = 0; i < listening; i++)
		sim_listen(bed.sim, (uint16_t)(PORT + i));
	assert_int_equal(erps_pool_start(bed.node, NULL, NULL, &options, &bed.pool), 0);
	assert_int_equal(sb_node_start_child(bed.node, &spec), 0);
	turn();
	accept_all();
	assert_int_equal(erps_pool_ready(bed.pool), listening);
}

static int
done(void **state)
{
	(void)state;
	sb_node_stop(bed.node);
	turn();
	sb_node_stop(bed.node);
	pass(60000);
	assert_true(sb_node_is_stopped(bed.node));
	sb_node_free(bed.node);
	erps_pool_free(bed.pool);
	sb_log_free(bed.log);
	assert_int_equal(sim_open_sockets(bed.sim), 0);
	assert_int_equal(sim_live_allocations(bed.sim), 0);
	sim_free(bed.sim);
	return 0;
}

static int
act(enum act what, int64_t n)
{
	bed.n = n;
	assert_int_equal(sb_node_post(bed.node, bed.caller, what, 0, SB_NOTHING), 0);
	turn();
	return bed.result;
}

static void
expect_trace_at(const char *trace, const char *file, int line)
{
	_assert_string_equal(bed.trace, trace, file, line);
	bed.trace[0] = '\0';
}
#define expect_trace(trace) expect_trace_at(trace, __FILE__, __LINE__)

/* ---- the servers ---- */

/* The next packet at server `i`: its request, and its Ref (0: a cast); -1: none. */
static int64_t
take(unsigned i, uint64_t *ref)
{
	static struct erps_decoder decoder;
	struct erps_packet packet;
	struct erps_term term;
	int64_t n = -1;
	size_t need;
	ssize_t size;

	if (!bed.peers[i])
		return -1;
	size = erps_packet_decode(sim_received(bed.peers[i]), 1 << 20, &packet, &need);
	assert_true(size >= 0);
	if (!size)
		return -1;
	decoder.env = sb_env_system();
	*ref = 0;
	assert_int_equal(erps_decode(&decoder, packet.payload, &term), 0);
	if (packet.type == ERPS_CALL)
		assert_true(erps_match(term, "{ref::uint, n::int}", ref, &n));
	else
		assert_true(erps_match(term, "n::int", &n));
	erps_decoder_fini(&decoder);
	sim_consume(bed.peers[i], (size_t)size);
	return n;
}

static void
reply(unsigned i, uint8_t type, uint64_t ref, int64_t n, bool as_ours)
{
	uint8_t octets[256], room[128];
	struct erps_builder b;
	struct erps_packet packet = {.type = type};
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	erps_builder_init(&b, room, sizeof(room));
	erps_put_version(&b);
	if (type == ERPS_DRAIN)
		erps_put_integer(&b, n);
	else
		erps_put_pattern(&b, "{n::int, ref::uint}", n, ref);
	packet.payload = erps_built_payload(&b);
	if (as_ours) {
		packet.identifier = sb_bytes_text("switchboard");
		packet.version.major = 1;
	}
	assert_int_equal(erps_packet_encode(&w, &packet), 0);
	sim_send(bed.peers[i], octets, sb_writer_size(&w));
	turn();
}

/* Which server has got {n}; it and no other. */
static unsigned
find(int64_t n, uint64_t *ref)
{
	for (unsigned i = 0; i < SERVERS; i++)
		if (take(i, ref) == n)
			return i;
	fail();
	return 0;
}

/* ---- one client ---- */

static void
test_a_session_of_another_shard_calls_and_gets_the_answer(void **state)
{
	uint64_t ref;

	(void)state;
	open_pool(false, 1);
	assert_int_equal(act(ACT_ASK_ONE, 5), 0);
	assert_int_equal(take(0, &ref), 5);
	reply(0, ERPS_REPLY, ref, 25, false);
	expect_trace("replied 25;");
	assert_int_equal(act(ACT_ASK_ONE, 6), 0);
	assert_int_equal(take(0, &ref), 6);
	reply(0, ERPS_ERROR, ref, 36, false);
	expect_trace("failed 36;");
}

static void
test_a_session_hears_of_a_timeout_once(void **state)
{
	uint64_t ref;

	(void)state;
	open_pool(false, 1);
	bed.deadline_ms = 100;
	assert_int_equal(act(ACT_ASK_ONE, 5), 0);
	assert_int_equal(take(0, &ref), 5);
	pass(200);
	reply(0, ERPS_REPLY, ref, 25, false);
	expect_trace("timed out 0;");
}

static void
test_a_client_that_is_away_says_that_nothing_was_sent(void **state)
{
	(void)state;
	open_pool(false, 0);
	assert_int_equal(act(ACT_ASK_ONE, 5), 0);
	expect_trace("unsent 0;");
}

/* ---- a pool ---- */

static void
test_calls_are_spread_over_the_servers(void **state)
{
	unsigned got[SERVERS] = {0};
	uint64_t ref;

	(void)state;
	open_pool(false, 3);
	for (int64_t n = 0; n < 6; n++) {
		assert_int_equal(act(ACT_ASK, n), 0);
		if (n < 3)
			got[find(n, &ref)]++;
	}
	assert_true(got[0] == 1 && got[1] == 1 && got[2] == 1);
}

static void
test_the_server_with_the_least_to_do_is_called(void **state)
{
	uint64_t refs[3], ref;
	unsigned idle;

	(void)state;
	open_pool(false, 3);
	for (int64_t n = 0; n < 3; n++) {
		assert_int_equal(act(ACT_ASK, n), 0);
		idle = find(n, &refs[n]);
	}
	reply(idle, ERPS_REPLY, refs[2], 1, false);
	expect_trace("replied 1;");
	for (int64_t n = 3; n < 8; n++) {
		assert_int_equal(act(ACT_ASK, n), 0);
		assert_int_equal(find(n, &ref), idle);
		reply(idle, ERPS_REPLY, ref, 1, false);
	}
}

static void
test_without_a_server_a_call_is_refused(void **state)
{
	(void)state;
	open_pool(false, 0);
	assert_int_equal(act(ACT_ASK, 1), SB_GONE);
	assert_int_equal(act(ACT_TELL, 1), SB_GONE);
	expect_trace("");
}

static void
test_what_was_not_sent_moves_and_what_was_is_lost(void **state)
{
	uint64_t ref;
	unsigned first, other;

	(void)state;
	open_pool(false, 2);
	assert_int_equal(act(ACT_ASK, 1), 0);
	first = find(1, &ref);
	assert_int_equal(act(ACT_ASK, 2), 0);
	other = find(2, &ref);
	/* Behind them, in queues: the servers have not proved to be ours. */
	for (int64_t n = 3; n <= 6; n++)
		assert_int_equal(act(ACT_ASK, n), 0);
	reply(other, ERPS_REPLY, ref, 2, false);
	expect_trace("replied 2;");
	sim_reset(bed.peers[first]);
	bed.peers[first] = NULL;
	turn();
	expect_trace("lost 0;");
	for (unsigned i = 0; i < 4; i++) {
		int64_t n = take(other, &ref);

		assert_true(n >= 3 && n <= 6);
		reply(other, ERPS_REPLY, ref, n, false);
	}
	assert_int_equal(strlen(bed.trace), 4 * strlen("replied 3;"));
	bed.trace[0] = '\0';
}

static void
test_a_draining_server_is_not_called(void **state)
{
	uint64_t ref;
	unsigned draining;

	(void)state;
	open_pool(false, 2);
	assert_int_equal(act(ACT_ASK, 1), 0);
	draining = find(1, &ref);
	reply(draining, ERPS_REPLY, ref, 1, true);
	reply(draining, ERPS_DRAIN, 0, 4000, false);
	assert_int_equal(erps_pool_ready(bed.pool), 1);
	for (int64_t n = 2; n < 5; n++) {
		assert_int_equal(act(ACT_ASK, n), 0);
		assert_int_equal(find(n, &ref), 1 - draining);
		reply(1 - draining, ERPS_REPLY, ref, 1, false);
	}
	expect_trace("replied 1;replied 1;replied 1;replied 1;");
}

static void
test_a_pool_that_waits_keeps_calls_until_a_server_is_there(void **state)
{
	uint64_t ref;
	unsigned i;

	(void)state;
	open_pool(true, 0);
	for (int64_t n = 1; n <= 3; n++)
		assert_int_equal(act(ACT_ASK, n), 0);
	assert_int_equal(act(ACT_TELL, 9), 0);
	expect_trace("");
	sim_listen(bed.sim, PORT + 1); /* one alone: the others' calls must come to it */
	pass(2000);
	accept_all();
	for (unsigned count = 0; count < 4; count++) {
		int64_t n;

		pass(11); /* after a cast the line rests */
		n = take(1, &ref);
		assert_true(n > 0);
		if (ref)
			reply(1, ERPS_REPLY, ref, n, false);
	}
	for (i = 1; i <= 3; i++) {
		char expected[16];

		snprintf(expected, sizeof(expected), "replied %u;", i);
		assert_non_null(strstr(bed.trace, expected));
	}
}

static void
test_a_cancelled_call_is_not_sent(void **state)
{
	uint64_t ref;
	unsigned i;

	(void)state;
	open_pool(false, 1);
	assert_int_equal(act(ACT_ASK, 1), 0);
	i = find(1, &ref);
	assert_int_equal(act(ACT_ASK, 2), 0);
	act(ACT_CANCEL, 0);
	reply(i, ERPS_REPLY, ref, 1, false);
	pass(6000);
	assert_int_equal(take(i, &ref), -1);
	expect_trace("replied 1;");
}

static void
test_the_end_of_the_node_answers_everybody(void **state)
{
	(void)state;
	open_pool(true, 0);
	assert_int_equal(act(ACT_ASK, 1), 0);
	sb_node_stop(bed.node);
	pass(100);
	/* The caller goes with it, or hears; nothing is left, which the teardown sees. */
	bed.trace[0] = '\0';
}

static void
test_options_that_cannot_be_served_are_refused(void **state)
{
	static const struct erps_pool_server server = {"127.0.0.1", PORT};
	static const struct erps_pool_options wrong[] = {
		{.servers = &server, .server_count = 1},
		{.name = "rpc2"},
		{.name = "rpc2", .servers = &server, .server_count = 1, .size = 1001},
		{.name = "rpc2", .servers = &server, .server_count = 1, .client.compressed = 10},
	};
	struct erps_pool *pool;

	(void)state;
	open_pool(false, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(erps_pool_new(&pool, bed.node, NULL, NULL, &wrong[i]), SB_EINVAL);
}

int
main(void)
{
#define BED_TEST(name) cmocka_unit_test_teardown(name, done)
	const struct CMUnitTest tests[] = {
		BED_TEST(test_a_session_of_another_shard_calls_and_gets_the_answer),
		BED_TEST(test_a_session_hears_of_a_timeout_once),
		BED_TEST(test_a_client_that_is_away_says_that_nothing_was_sent),
		BED_TEST(test_calls_are_spread_over_the_servers),
		BED_TEST(test_the_server_with_the_least_to_do_is_called),
		BED_TEST(test_without_a_server_a_call_is_refused),
		BED_TEST(test_what_was_not_sent_moves_and_what_was_is_lost),
		BED_TEST(test_a_draining_server_is_not_called),
		BED_TEST(test_a_pool_that_waits_keeps_calls_until_a_server_is_there),
		BED_TEST(test_a_cancelled_call_is_not_sent),
		BED_TEST(test_the_end_of_the_node_answers_everybody),
		BED_TEST(test_options_that_cannot_be_served_are_refused),
	};
#undef BED_TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
