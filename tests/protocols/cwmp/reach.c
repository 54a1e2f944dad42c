/* Where connection requests may go. */
#include "protocols/cwmp/reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static bool
has(const struct cwmp_reach *reach, const char *host, const char *from)
{
	union sb_socket_address address;

	assert_int_equal(sb_sockaddr_parse_host(host, 80, &address), 0);
	return cwmp_reach_has(reach, &address.any, from);
}

static void
test_by_default_a_device_is_where_it_came_from(void **state)
{
	const struct cwmp_reach reach = {0};

	(void)state;
	assert_true(has(&reach, "192.0.2.1", "192.0.2.1"));
	assert_true(has(&reach, "2001:db8::1", "[2001:db8:0::1]"));
	assert_true(has(&reach, "192.0.2.1", "[::ffff:192.0.2.1]"));
	assert_true(has(&reach, "::ffff:192.0.2.1", "192.0.2.1"));
	assert_false(has(&reach, "192.0.2.2", "192.0.2.1"));
	assert_false(has(&reach, "10.0.0.1", "192.0.2.1"));
	assert_false(has(&reach, "192.0.2.1", ""));
	assert_false(has(&reach, "192.0.2.1", NULL));
	assert_false(has(&reach, "192.0.2.1", "unix:"));
}

static void
test_what_no_device_has_is_nowhere_but_in_a_network_that_is_named(void **state)
{
	static const char *const hosts[] = {"0.0.0.0", "127.0.0.1", "127.255.255.255",
		"169.254.0.1", "169.254.169.254", "192.0.0.192", "100.100.100.200", "168.63.129.16",
		"224.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
		"64:ff9b::a00:1", "2001::1", "2002:a00:1::", "fd00:ec2::254", "fd20:ce::254",
		"fd00:42::42", "fe80::1", "fec0::1", "ff02::1"};
	const struct cwmp_reach any = {
		.kinds = CWMP_REACH_ANY | CWMP_REACH_PRIVATE | CWMP_REACH_INFORM};
	struct sb_network all[2];
	const struct cwmp_reach named = {.networks = all, .network_count = 2};

	(void)state;
	assert_int_equal(sb_network_parse("0.0.0.0/0", &all[0]), 0);
	assert_int_equal(sb_network_parse("::/0", &all[1]), 0);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		assert_false(has(&any, hosts[i], hosts[i]));
		assert_true(has(&named, hosts[i], NULL));
	}
}

static void
test_kinds_and_networks_add_up(void **state)
{
	struct sb_network lab;
	const struct cwmp_reach reach = {
		.kinds = CWMP_REACH_PRIVATE, .networks = &lab, .network_count = 1};
	const struct cwmp_reach any = {.kinds = CWMP_REACH_ANY};

	(void)state;
	assert_int_equal(sb_network_parse("198.51.100.0/24", &lab), 0);
	assert_true(has(&reach, "198.51.100.7", NULL));
	assert_true(has(&reach, "10.1.2.3", NULL));
	assert_true(has(&reach, "172.31.0.1", NULL));
	assert_true(has(&reach, "100.64.0.1", NULL));
	assert_true(has(&reach, "fc00::1", NULL));
	assert_false(has(&reach, "172.32.0.1", NULL));
	/* Where it came from counts only where that is said, too. */
	assert_false(has(&reach, "192.0.2.1", "192.0.2.1"));
	assert_true(has(&any, "192.0.2.1", NULL));
	assert_true(has(&any, "2a00::1", NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_default_a_device_is_where_it_came_from),
		cmocka_unit_test(test_what_no_device_has_is_nowhere_but_in_a_network_that_is_named),
		cmocka_unit_test(test_kinds_and_networks_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
