/*
 * erpsd on the simulated machine, with a store that fails and memory that is short:
 * what peers are told, and that nothing is forgotten or kept by it.
 */
#include "core/config_core.h"
#include "core/error.h"
#include "core/store.h"
#include "daemons/erpsd/config.h"
#include "daemons/erpsd/erpsd.h"
#include "tests/sim/simulation.h"
#include "tests/sim/stand.h"
#include "tests/support/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CONFIG                                                 \
	"listener \"erps\" { address = \"127.0.0.1:4747\" }\n" \
	"service \"echo\" { }\nservice \"kv\" { }\nservice \"registry\" { }\n"

static struct simulation *sim;
static struct sb_store_memory *memory;
static struct sb_log *log_lines;
static int log_fd;
static struct sb_config *file;
static struct erpsd *erpsd;
static struct sb_node *node;
static struct sim_peer *peer;
static int64_t ref;

/* ---- one life ---- */

static void
load(void)
{
	static struct sb_config_errors errors; /* conversions report there, too */
	const struct sb_config_source source = {
		.options = erpsd_config_options, .rules = erpsd_config_rules};

	errors = sb_config_errors_to_stderr();
	assert_int_equal(config_text_load(CONFIG, source, &errors, &file), 0);
	assert_int_equal(erpsd_new(&erpsd, file), 0);
}

static void
settle(void)
{
	sim_run_for(sim, 100000000);
}

static void
start(unsigned threads)
{
	struct sb_node_options options;

	load();
	options = sb_config_node(file);
	options.threads = threads;
	options.signals = false;
	options.log = log_lines;
	options.env = sim_env(sim);
	assert_int_equal(sb_node_new(&node, &options), 0);
	sim_attach(sim, node);
	erpsd_set_memory(erpsd, memory, 1000000);
	assert_int_equal(erpsd_start(erpsd, node), 0);
	settle();
	peer = sim_connect(sim, 4747);
	settle();
}

static void
stop(void)
{
	sb_node_stop(node);
	sim_run_for(sim, UINT64_C(60000000000));
	assert_true(sb_node_is_stopped(node));
	assert_false(erpsd_has_failed(erpsd));
	sb_node_free(node);
	erpsd_free(erpsd);
	sb_config_free(file);
	assert_int_equal(sim_open_sockets(sim), 0);
}

static void
open_on(unsigned threads)
{
	sim = sim_new(&(struct sim_options){.is_calm = true});
	memory = sb_store_memory_new(sim_env(sim));
	assert_non_null(memory);
	log_lines = stand_log(&log_fd);
	start(threads);
}

static int
open_one(void **state)
{
	(void)state;
	open_on(1);
	return 0;
}

static int
open_three(void **state)
{
	(void)state;
	open_on(3);
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	stop();
	sb_store_memory_free(memory);
	stand_log_free(log_lines, log_fd);
	assert_int_equal(sim_live_allocations(sim), 0);
	sim_free(sim);
	return 0;
}

/* ---- a peer ---- */

static void
send_call(const char *request)
{
	static uint8_t payload[4096], octets[8192];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));
	struct erps_packet packet = {.type = ERPS_CALL};
	struct erps_builder b;

	/* No phash2, so that nobody takes us for the original and waits between packets. */
	ref = ref ? ref + 1 : INT64_C(1) << 28;
	payload[0] = 131;
	erps_builder_init(&b, payload + 1, sizeof(payload) - 1);
	erps_put_tuple(&b, 2);
	erps_put_integer(&b, ref);
	erps_put_pattern(&b, request);
	assert_int_equal(b.error, 0);
	packet.payload = sb_bytes(payload, erps_built(&b).size + 1);
	assert_int_equal(erps_packet_encode(&w, &packet), 0);
	sim_send(peer, octets, sb_writer_size(&w));
	settle();
}

/* The next packet that came; false: none. */
static bool
take(uint8_t *type, struct erps_term *term)
{
	static uint8_t taken[65536];
	struct erps_decoder decoder = {.env = sb_env_system()};
	struct sb_bytes in = sim_received(peer);
	struct erps_packet packet;
	ssize_t size = erps_packet_decode(in, sizeof(taken), &packet, NULL);

	assert_true(size >= 0 && (size_t)size <= sizeof(taken));
	if (size == 0)
		return false;
	memcpy(taken, in.data, (size_t)size);
	sim_consume(peer, (size_t)size);
	assert_int_equal(
		erps_packet_decode(sb_bytes(taken, (size_t)size), sizeof(taken), &packet, NULL),
		size);
	assert_int_equal(erps_decode(&decoder, packet.payload, term), 0);
	erps_decoder_fini(&decoder);
	*type = packet.type;
	return true;
}

static void
expect_at(const char *request, const char *answer, const char *source, int line)
{
	struct erps_term term, reply;
	int64_t answered;
	uint8_t type;

	send_call(request);
	_assert_true(take(&type, &term), "an answer", source, line);
	_assert_int_equal(type, ERPS_REPLY, source, line);
	_assert_true(
		erps_match(term, "{reply, ref::int}", &reply, &answered), "a pair", source, line);
	_assert_int_equal(answered, ref, source, line);
	_assert_true(erps_match(reply, answer), answer, source, line);
}

#define expect(request, answer) expect_at(request, answer, __FILE__, __LINE__)

/* ---- a store that fails ---- */

static void
test_what_a_full_disk_refuses_has_not_happened(void **state)
{
	(void)state;
	expect("{:put, \"a\", 1}", "{:ok, 1}");
	sb_store_memory_fail(memory, SB_ENOSPC);
	expect("{:put, \"a\", 2}", "{:error, :no_space}");
	expect("{:put, \"b\", 2}", "{:error, :no_space}");
	expect("{:cas, \"c\", 0, 2}", "{:error, :no_space}");
	expect("{:delete, \"a\"}", "{:error, :no_space}");
	expect("{:get, \"a\"}", "{:ok, 1, 1}");
	expect("{:get, \"b\"}", "{:error, :not_found}");
	expect("{:keys, \"\", 10}", "{:ok, [\"a\"], false}");
	sb_store_memory_fail(memory, 0);
	expect("{:put, \"a\", 2}", "{:ok, 2}");
	expect("{:put, \"b\", 1}", "{:ok, 1}");
	expect("{:keys, \"\", 10}", "{:ok, [\"a\", \"b\"], false}");
}

static void
test_an_error_of_the_disk_is_told_as_one(void **state)
{
	(void)state;
	sb_store_memory_fail(memory, SB_EIO);
	expect("{:put, \"a\", 1}", "{:error, :io_error}");
	expect("{:get, \"a\"}", "{:error, :not_found}");
	sb_store_memory_fail(memory, 0);
}

static void
test_another_life_knows_what_was_acknowledged(void **state)
{
	(void)state;
	expect("{:put, :k, %{a: [1, 2]}}", "{:ok, 1}");
	expect("{:cas, :k, 1, 3}", "{:ok, 2}");
	expect("{:put, \"gone\", 1}", "{:ok, 1}");
	expect("{:delete, \"gone\"}", ":ok");
	stop();
	start(2);
	expect("{:get, :k}", "{:ok, 3, 2}");
	expect("{:get, \"gone\"}", "{:error, :not_found}");
	expect("{:put, \"new\", 1}", "{:ok, 1}");
	expect("{:get, :k}", "{:ok, 3, 2}");
}

/* ---- memory that is short ---- */

static const char *const requests[] = {"{:echo, [1, 2]}", "{:put, \"m\", [1, 2, 3]}",
	"{:get, \"m\"}", "{:cas, \"n\", 0, 1}", "{:delete, \"n\"}", "{:keys, \"\", 10}",
	"{:register, \"me\"}", "{:push, \"me\", 1}", "{:broadcast, 2}", "{:who, 10}", ":whoami",
	"{:unregister, \"me\"}"};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

/* The next answer, whatever pushes come before it. False: there is none. */
static bool
answered(void)
{
	struct erps_term term;
	uint8_t type;

	while (take(&type, &term))
		if (type == ERPS_REPLY || type == ERPS_ERROR)
			return true;
	return false;
}

/* A call without an answer is one whose session has ended, or whose answer found no memory. */
static void
test_each_allocation_that_fails_costs_one_answer_at_most(void **state)
{
	uint64_t before, used;

	(void)state;
	for (size_t i = 0; i < REQUESTS; i++) {
		used = 1;
		for (uint64_t nth = 1; nth <= used; nth++) {
			before = sim_allocations(sim);
			sim_fail_allocation(sim, nth);
			send_call(requests[i]);
			(void)answered();
			used = sim_allocations(sim) - before;
			sim_fail_allocation(sim, 0);
			sim_finish(peer);
			settle();
			peer = sim_connect(sim, 4747);
			settle();
			assert_true(nth < 200);
		}
		expect("{:put, \"m\", 1}", "{:ok, _}");
		expect("{:get, \"m\"}", "{:ok, 1, _}");
		expect("{:register, \"me\"}", ":ok");
		expect("{:unregister, \"me\"}", ":ok");
	}
}

/* ---- shards ---- */

static struct sim_peer *
connect_named(const char *name)
{
	char request[64];

	peer = sim_connect(sim, 4747);
	settle();
	snprintf(request, sizeof(request), "{:register, \"%s\"}", name);
	expect(request, ":ok");
	return peer;
}

static void
test_peers_of_all_shards_are_told_and_reached(void **state)
{
	struct sim_peer *peers[9], *first = peer;
	struct erps_term term;
	char name[16];
	uint8_t type;

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "peer%zu", i);
		peers[i] = connect_named(name);
	}
	peer = first;
	expect("{:who, 3}", "[_, _, _]");
	expect(":who", "[_, _, _, _, _, _, _, _, _, _]");
	expect("{:push, \"peer7\", :hello}", ":ok");
	expect("{:broadcast, {:all, 1}}", ":ok");
	assert_false(take(&type, &term));
	for (size_t i = 0; i < 9; i++) {
		peer = peers[i];
		if (i == 7) {
			assert_true(take(&type, &term));
			assert_true(erps_match(term, ":hello"));
		}
		assert_true(take(&type, &term));
		assert_int_equal(type, ERPS_PUSH);
		assert_true(erps_match(term, "{:all, 1}"));
	}
	for (size_t i = 0; i < 9; i++)
		sim_finish(peers[i]);
	settle();
	peer = first;
	expect(":who", "[_]");
	expect("{:push, \"peer7\", :hello}", "{:error, :not_found}");
}

#define TEST(name, open) cmocka_unit_test_setup_teardown(name, open, close_all)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_a_full_disk_refuses_has_not_happened, open_one),
		TEST(test_an_error_of_the_disk_is_told_as_one, open_one),
		TEST(test_another_life_knows_what_was_acknowledged, open_one),
		TEST(test_each_allocation_that_fails_costs_one_answer_at_most, open_one),
		TEST(test_peers_of_all_shards_are_told_and_reached, open_three),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
