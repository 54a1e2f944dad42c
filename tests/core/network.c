/* Addresses and networks: what is read, what is refused, what matches. */
#include "core/network.h"

#include "core/error.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

static void
assert_round_trip(const char *text)
{
	union sb_socket_address address;
	char formatted[SB_SOCKADDR_TEXT_MAX];
	size_t length;

	assert_int_equal(sb_sockaddr_parse(text, &address), 0);
	length = sb_sockaddr_format(&address.any, formatted, sizeof(formatted));
	assert_string_equal(formatted, text);
	assert_int_equal(length, strlen(text));
}

static void
test_an_address_reads_and_writes_the_same(void **state)
{
	(void)state;
	assert_round_trip("127.0.0.1:2775");
	assert_round_trip("0.0.0.0:0");
	assert_round_trip("255.255.255.255:65535");
	assert_round_trip("[::]:80");
	assert_round_trip("[2001:db8::1]:2775");
	assert_round_trip("[fe80::1%9]:1");
}

static void
test_what_is_no_address_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		":",
		"127.0.0.1",
		"127.0.0.1:",
		":80",
		"127.0.0.1:65536",
		"127.0.0.1:-1",
		"127.0.0.1:+1",
		"127.0.0.1: 1",
		"127.0.0.1:1 ",
		"127.0.0.1:080",
		"127.0.0.1:x",
		"127.1:80",
		"256.0.0.1:80",
		"localhost:80",
		"*:80",
		"::1:80",
		"[::1]",
		"[::1]80",
		"[::1:80",
		"::1]:80",
		"[127.0.0.1]:80",
		"[]:80",
		"[:80",
		"[fe80::1%]:1",
		"[fe80::1%nosuchinterface]:1",
		"[2001:db8::g]:1",
		"[1:2:3:4:5:6:7:8:9]:1",
		"99999999999999999999.0.0.1:1",
	};
	union sb_socket_address address;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (sb_sockaddr_parse(wrong[i], &address) != SB_EINVAL)
			fail_msg("\"%s\" was taken for an address", wrong[i]);
}

static void
test_a_text_longer_than_any_address_is_refused(void **state)
{
	union sb_socket_address address;
	char text[400];

	(void)state;
	memset(text, '1', sizeof(text));
	memcpy(text + sizeof(text) - 4, ":80", 4);
	assert_int_equal(sb_sockaddr_parse(text, &address), SB_EINVAL);
	memcpy(text, "[::", 3);
	memcpy(text + sizeof(text) - 5, "]:80", 5);
	assert_int_equal(sb_sockaddr_parse(text, &address), SB_EINVAL);
}

static void
test_a_host_alone_takes_the_port_given(void **state)
{
	union sb_socket_address address;

	(void)state;
	assert_int_equal(sb_sockaddr_parse_host("192.0.2.1", 99, &address), 0);
	assert_int_equal(sb_sockaddr_port(&address.any), 99);
	assert_int_equal(sb_sockaddr_length(&address.any), sizeof(struct sockaddr_in));
	assert_int_equal(sb_sockaddr_parse_host("[2001:db8::1]", 7, &address), 0);
	assert_int_equal(sb_sockaddr_port(&address.any), 7);
	assert_int_equal(sb_sockaddr_length(&address.any), sizeof(struct sockaddr_in6));
	assert_int_equal(sb_sockaddr_parse_host("2001:db8::1", 7, &address), 0);
	assert_int_equal(sb_sockaddr_parse_host("", 7, &address), SB_EINVAL);
	assert_int_equal(sb_sockaddr_parse_host("[", 7, &address), SB_EINVAL);
}

static void
test_a_mapped_peer_shows_as_ipv4(void **state)
{
	union sb_socket_address address;
	char text[SB_SOCKADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(sb_sockaddr_parse("[::ffff:192.0.2.7]:5", &address), 0);
	sb_sockaddr_format(&address.any, text, sizeof(text));
	assert_string_equal(text, "192.0.2.7:5");
}

static void
test_local_and_foreign_families_have_a_text(void **state)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr other = {.sa_family = AF_UNSPEC};
	char text[SB_SOCKADDR_TEXT_MAX];

	(void)state;
	sb_sockaddr_format((struct sockaddr *)&local, text, sizeof(text));
	assert_string_equal(text, "unix:");
	strcpy(local.sun_path, "/run/x");
	sb_sockaddr_format((struct sockaddr *)&local, text, sizeof(text));
	assert_string_equal(text, "unix:/run/x");
	memcpy(local.sun_path, "\0name", 6);
	sb_sockaddr_format((struct sockaddr *)&local, text, sizeof(text));
	assert_string_equal(text, "unix:@name");
	memset(local.sun_path, 'p', sizeof(local.sun_path));
	assert_int_equal(sb_sockaddr_format((struct sockaddr *)&local, text, sizeof(text)),
		5 + sizeof(local.sun_path));
	sb_sockaddr_format(&other, text, sizeof(text));
	assert_string_equal(text, "?");
	assert_int_equal(sb_sockaddr_length(&other), 0);
	assert_int_equal(sb_sockaddr_port(&other), 0);
}

static void
test_a_short_buffer_cuts_the_text(void **state)
{
	union sb_socket_address address;
	char text[8];

	(void)state;
	assert_int_equal(sb_sockaddr_parse("192.0.2.1:2775", &address), 0);
	assert_int_equal(sb_sockaddr_format(&address.any, text, sizeof(text)), 7);
	assert_string_equal(text, "192.0.2");
	assert_int_equal(sb_sockaddr_format(&address.any, text, 1), 0);
	assert_string_equal(text, "");
}

static void
test_the_host_key_is_the_same_for_ipv4_and_its_mapped_form(void **state)
{
	union sb_socket_address v4, mapped, v6;
	struct sockaddr other = {.sa_family = AF_UNSPEC};
	uint8_t a[16], b[16], c[16], d[16], zeros[16] = {0};

	(void)state;
	assert_int_equal(sb_sockaddr_parse("192.0.2.7:5", &v4), 0);
	assert_int_equal(sb_sockaddr_parse("[::ffff:192.0.2.7]:6", &mapped), 0);
	assert_int_equal(sb_sockaddr_parse("[2001:db8::7]:6", &v6), 0);
	sb_sockaddr_host(&v4.any, a);
	sb_sockaddr_host(&mapped.any, b);
	sb_sockaddr_host(&v6.any, c);
	sb_sockaddr_host(&other, d);
	assert_memory_equal(a, b, 16);
	assert_memory_not_equal(a, c, 16);
	assert_memory_equal(d, zeros, 16);
}

static bool
are_equal(const char *a, const char *b)
{
	union sb_socket_address x, y;

	assert_int_equal(sb_sockaddr_parse(a, &x), 0);
	assert_int_equal(sb_sockaddr_parse(b, &y), 0);
	return sb_sockaddr_equal(&x.any, &y.any);
}

static void
test_equal_is_the_same_host_and_port(void **state)
{
	(void)state;
	assert_true(are_equal("192.0.2.7:5", "[::ffff:192.0.2.7]:5"));
	assert_true(are_equal("[::1]:5", "[0:0::1]:5"));
	assert_false(are_equal("192.0.2.7:5", "192.0.2.7:6"));
	assert_false(are_equal("192.0.2.7:5", "192.0.2.8:5"));
}

/* The text that a network is written back as, or "refused". */
static const char *
normal(const char *text)
{
	static char out[SB_NETWORK_TEXT_MAX];
	struct sb_network network;

	if (sb_network_parse(text, &network))
		return "refused";
	sb_network_format(&network, out, sizeof(out));
	return out;
}

static void
test_networks_read_and_write_the_same(void **state)
{
	(void)state;
	assert_string_equal(normal("10.0.0.0/8"), "10.0.0.0/8");
	assert_string_equal(normal("0.0.0.0/0"), "0.0.0.0/0");
	assert_string_equal(normal("192.0.2.128/25"), "192.0.2.128/25");
	assert_string_equal(normal("192.0.2.1"), "192.0.2.1/32");
	assert_string_equal(normal("::/0"), "::/0");
	assert_string_equal(normal("2001:db8::/33"), "2001:db8::/33");
	assert_string_equal(normal("2001:db8::1"), "2001:db8::1/128");
	assert_string_equal(normal("::ffff:10.0.0.0/104"), "10.0.0.0/8");
	assert_string_equal(normal("::ffff:0:0/96"), "0.0.0.0/0");
}

static void
test_what_is_no_network_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"/",
		"/8",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/08",
		"10/8",
		"10.0.0.0/8/8",
		"10.0.0.1/8",
		"192.0.2.128/24",
		"192.0.2.129/25",
		"::/129",
		"2001:db8::1/64",
		"8000::/0",
		"fe80::1%1/64",
		"all",
		"10.0.0.0/8 ",
		" 10.0.0.0/8",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (strcmp(normal(wrong[i]), "refused") != 0)
			fail_msg("\"%s\" was taken for a network", wrong[i]);
}

static bool
matches(const char *network, const char *host)
{
	union sb_socket_address address;
	struct sb_network n;

	assert_int_equal(sb_network_parse(network, &n), 0);
	assert_int_equal(sb_sockaddr_parse_host(host, 1, &address), 0);
	return sb_network_contains(&n, &address.any);
}

static void
test_a_network_has_its_first_and_last_address_and_no_neighbour(void **state)
{
	(void)state;
	assert_true(matches("192.0.2.128/25", "192.0.2.128"));
	assert_true(matches("192.0.2.128/25", "192.0.2.255"));
	assert_false(matches("192.0.2.128/25", "192.0.2.127"));
	assert_false(matches("192.0.2.128/25", "192.0.3.128"));
	assert_true(matches("192.0.2.1", "192.0.2.1"));
	assert_false(matches("192.0.2.1", "192.0.2.0"));
	assert_true(matches("2001:db8:8000::/33", "2001:db8:ffff::1"));
	assert_false(matches("2001:db8:8000::/33", "2001:db8:7fff::1"));
	assert_true(matches("2001:db8::1", "2001:db8::1"));
	assert_false(matches("2001:db8::1", "2001:db8::2"));
}

static void
test_all_of_one_family_is_none_of_the_other(void **state)
{
	(void)state;
	assert_true(matches("0.0.0.0/0", "203.0.113.9"));
	assert_false(matches("0.0.0.0/0", "2001:db8::1"));
	assert_true(matches("::/0", "2001:db8::1"));
	assert_false(matches("::/0", "203.0.113.9"));
}

static void
test_a_mapped_peer_is_in_ipv4_networks_only(void **state)
{
	(void)state;
	assert_true(matches("10.0.0.0/8", "::ffff:10.1.2.3"));
	assert_false(matches("10.0.0.0/8", "::ffff:11.1.2.3"));
	assert_true(matches("::ffff:10.0.0.0/104", "10.1.2.3"));
	assert_false(matches("::/0", "::ffff:10.1.2.3"));
}

static void
test_a_local_socket_is_in_no_network(void **state)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sb_network all;

	(void)state;
	assert_int_equal(sb_network_parse("::/0", &all), 0);
	assert_false(sb_network_contains(&all, (struct sockaddr *)&local));
}

static void
test_a_list_matches_when_one_of_it_does(void **state)
{
	struct sb_network list[2];
	union sb_socket_address in, out;

	(void)state;
	assert_int_equal(sb_network_parse("10.0.0.0/8", &list[0]), 0);
	assert_int_equal(sb_network_parse("2001:db8::/32", &list[1]), 0);
	assert_int_equal(sb_sockaddr_parse("[2001:db8::5]:1", &in), 0);
	assert_int_equal(sb_sockaddr_parse("192.0.2.1:1", &out), 0);
	assert_true(sb_networks_contain(list, 2, &in.any));
	assert_false(sb_networks_contain(list, 1, &in.any));
	assert_false(sb_networks_contain(list, 2, &out.any));
	assert_false(sb_networks_contain(NULL, 0, &in.any));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_address_reads_and_writes_the_same),
		cmocka_unit_test(test_what_is_no_address_is_refused),
		cmocka_unit_test(test_a_text_longer_than_any_address_is_refused),
		cmocka_unit_test(test_a_host_alone_takes_the_port_given),
		cmocka_unit_test(test_a_mapped_peer_shows_as_ipv4),
		cmocka_unit_test(test_local_and_foreign_families_have_a_text),
		cmocka_unit_test(test_a_short_buffer_cuts_the_text),
		cmocka_unit_test(test_the_host_key_is_the_same_for_ipv4_and_its_mapped_form),
		cmocka_unit_test(test_equal_is_the_same_host_and_port),
		cmocka_unit_test(test_networks_read_and_write_the_same),
		cmocka_unit_test(test_what_is_no_network_is_refused),
		cmocka_unit_test(test_a_network_has_its_first_and_last_address_and_no_neighbour),
		cmocka_unit_test(test_all_of_one_family_is_none_of_the_other),
		cmocka_unit_test(test_a_mapped_peer_is_in_ipv4_networks_only),
		cmocka_unit_test(test_a_local_socket_is_in_no_network),
		cmocka_unit_test(test_a_list_matches_when_one_of_it_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
