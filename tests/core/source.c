/* Connections are counted by source address, in memory that goes with them. */
#include "core/error.h"
#include "core/source_internal.h"
#include "tests/support/socket_env.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct socket_env env;
	struct sb_sources *sources;
};

static struct fixture fixture;

static int
setup(void **state)
{
	(void)state;
	socket_env_init(&fixture.env);
	return sb_sources_new(&fixture.sources, &fixture.env.env);
}

/* Every test ends with what it began: nothing. */
static int
teardown(void **state)
{
	size_t count = sb_sources_count(fixture.sources);

	(void)state;
	sb_sources_free(fixture.sources);
	return count == 0 && fixture.env.live == 0 ? 0 : -1;
}

static union sb_socket_address
address_of(const char *text)
{
	union sb_socket_address a = {0};

	if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1)
		a.any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1)
		a.any.sa_family = AF_INET6;
	return a;
}

static int
take(const char *address, uint32_t limit, struct sb_source **source)
{
	union sb_socket_address a = address_of(address);

	return sb_source_take(fixture.sources, &a, limit, source);
}

static void
test_an_address_over_its_limit_is_refused_and_another_is_not(void **state)
{
	struct sb_source *first, *second, *other, *refused = NULL;

	(void)state;
	assert_int_equal(take("192.0.2.1", 2, &first), 0);
	assert_int_equal(take("192.0.2.1", 2, &second), 0);
	assert_int_equal(take("192.0.2.1", 2, &refused), SB_ELIMIT);
	assert_null(refused);
	assert_int_equal(take("192.0.2.2", 2, &other), 0);
	sb_source_give(first);
	assert_int_equal(take("192.0.2.1", 2, &first), 0);
	sb_source_give(first);
	sb_source_give(second);
	sb_source_give(other);
}

static void
test_ports_of_one_address_are_one_source(void **state)
{
	union sb_socket_address a = address_of("192.0.2.1"), b = a;
	struct sb_source *source, *refused;

	(void)state;
	a.v4.sin_port = htons(1000);
	b.v4.sin_port = htons(2000);
	assert_int_equal(sb_source_take(fixture.sources, &a, 1, &source), 0);
	assert_int_equal(sb_source_take(fixture.sources, &b, 1, &refused), SB_ELIMIT);
	sb_source_give(source);
}

static void
test_addresses_of_one_ipv6_network_of_64_bits_are_one_source(void **state)
{
	struct sb_source *source, *neighbour, *refused;

	(void)state;
	assert_int_equal(take("2001:db8:0:1::1", 1, &source), 0);
	assert_int_equal(take("2001:db8:0:1:ffff::2", 1, &refused), SB_ELIMIT);
	assert_int_equal(take("2001:db8:0:2::1", 1, &neighbour), 0);
	sb_source_give(source);
	sb_source_give(neighbour);
}

static void
test_an_ipv4_address_in_an_ipv6_socket_is_the_ipv4_address(void **state)
{
	struct sb_source *source, *other, *refused;

	(void)state;
	assert_int_equal(take("::ffff:192.0.2.1", 1, &source), 0);
	assert_int_equal(take("192.0.2.1", 1, &refused), SB_ELIMIT);
	assert_int_equal(take("::ffff:192.0.2.2", 1, &other), 0);
	sb_source_give(source);
	sb_source_give(other);
}

/* The 64 bits of an IPv6 network that look like an IPv4 address are none. */
static void
test_families_are_not_confused(void **state)
{
	union sb_socket_address v4 = address_of("32.1.13.184"), v6 = {.v6.sin6_family = AF_INET6};
	struct sb_source *a, *b;

	(void)state;
	memcpy(&v6.v6.sin6_addr, &v4.v4.sin_addr, 4);
	assert_int_equal(sb_source_take(fixture.sources, &v4, 1, &a), 0);
	assert_int_equal(sb_source_take(fixture.sources, &v6, 1, &b), 0);
	sb_source_give(a);
	sb_source_give(b);
}

static void
test_many_addresses_are_found_while_the_table_grows_and_shrinks(void **state)
{
	enum { COUNT = 5000 };
	static struct sb_source *taken[COUNT];
	union sb_socket_address a = address_of("10.0.0.0");
	struct sb_source *refused;

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		a.v4.sin_addr.s_addr = htonl(0x0a000000 + i);
		assert_int_equal(sb_source_take(fixture.sources, &a, 1, &taken[i]), 0);
	}
	assert_int_equal(sb_sources_count(fixture.sources), COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		a.v4.sin_addr.s_addr = htonl(0x0a000000 + i);
		assert_int_equal(sb_source_take(fixture.sources, &a, 1, &refused), SB_ELIMIT);
		sb_source_give(taken[i]);
		assert_int_equal(sb_source_take(fixture.sources, &a, 1, &taken[i]), 0);
		sb_source_give(taken[i]);
	}
}

static void
test_without_memory_nothing_is_counted(void **state)
{
	struct sb_source *source = NULL;

	(void)state;
	fixture.env.allocations_left = 0;
	assert_int_equal(take("192.0.2.1", 1, &source), SB_ENOMEM);
	assert_null(source);
	fixture.env.allocations_left = -1;
	assert_int_equal(take("192.0.2.1", 1, &source), 0);
	sb_source_give(source);
}

static void
test_a_table_that_cannot_grow_still_counts(void **state)
{
	enum { COUNT = 200 };
	struct sb_source *taken[COUNT], *refused;
	union sb_socket_address a = address_of("10.0.0.0");

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		fixture.env.allocations_left = 1; /* its entry, and no larger table */
		a.v4.sin_addr.s_addr = htonl(i);
		assert_int_equal(sb_source_take(fixture.sources, &a, 1, &taken[i]), 0);
	}
	for (uint32_t i = 0; i < COUNT; i++) {
		a.v4.sin_addr.s_addr = htonl(i);
		assert_int_equal(sb_source_take(fixture.sources, &a, 1, &refused), SB_ELIMIT);
		sb_source_give(taken[i]);
	}
}

static void
test_without_memory_there_is_no_table(void **state)
{
	struct sb_sources *none = NULL;

	(void)state;
	for (int allocations = 0; allocations < 2; allocations++) {
		fixture.env.allocations_left = allocations;
		assert_int_equal(sb_sources_new(&none, &fixture.env.env), SB_ENOMEM);
		assert_null(none);
	}
	fixture.env.allocations_left = -1;
}

static void
test_giving_nothing_back_is_fine(void **state)
{
	(void)state;
	sb_source_give(NULL);
	sb_sources_free(NULL);
}

/* Each thread takes and gives back the addresses that all share, and its own. */
static void *
take_and_give(void *argument)
{
	union sb_socket_address a = address_of("10.0.0.0");
	uint32_t own = (uint32_t)(uintptr_t)argument << 16;
	uintptr_t failures = 0;

	for (uint32_t i = 0; i < 5000; i++) {
		struct sb_source *shared, *mine;

		a.v4.sin_addr.s_addr = htonl(i % 7);
		failures += sb_source_take(fixture.sources, &a, 4, &shared) != 0;
		a.v4.sin_addr.s_addr = htonl(own + i % 100);
		failures += sb_source_take(fixture.sources, &a, 1, &mine) != 0;
		sb_source_give(mine);
		sb_source_give(shared);
	}
	return (void *)failures;
}

static void
test_threads_count_together_and_leave_nothing(void **state)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];

	(void)state;
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, take_and_give, (void *)(i + 1)), 0);
	for (int i = 0; i < THREADS; i++) {
		void *failures;

		pthread_join(threads[i], &failures);
		assert_null(failures);
	}
	assert_int_equal(sb_sources_count(fixture.sources), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_address_over_its_limit_is_refused_and_another_is_not),
		TEST(test_ports_of_one_address_are_one_source),
		TEST(test_addresses_of_one_ipv6_network_of_64_bits_are_one_source),
		TEST(test_an_ipv4_address_in_an_ipv6_socket_is_the_ipv4_address),
		TEST(test_families_are_not_confused),
		TEST(test_many_addresses_are_found_while_the_table_grows_and_shrinks),
		TEST(test_without_memory_nothing_is_counted),
		TEST(test_a_table_that_cannot_grow_still_counts),
		TEST(test_without_memory_there_is_no_table),
		TEST(test_giving_nothing_back_is_fine),
		TEST(test_threads_count_together_and_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
