/* PROXY protocol headers: what the protocol allows is read, the rest is refused. */
#include "core/proxy.h"
#include "core/error.h"
#include "tests/support/proxy_builder.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* In memory of exactly its size, so that a read past the end is seen. */
static ssize_t
parse(const void *data, size_t size, enum sb_proxy_mode mode, struct sb_proxy_header *header)
{
	uint8_t *copy = malloc(size ? size : 1);
	ssize_t used;

	memcpy(copy, data, size);
	used = sb_proxy_parse(sb_bytes(copy, size), mode, header);
	free(copy);
	return used;
}

static ssize_t
parse_text(const char *text, struct sb_proxy_header *header)
{
	return parse(text, strlen(text), SB_PROXY_ANY, header);
}

/* Every shorter input needs more, whatever the mode that takes the whole. */
static void
assert_every_prefix_needs_more(const void *data, size_t size, enum sb_proxy_mode mode)
{
	struct sb_proxy_header header;

	for (size_t i = 0; i < size; i++)
		assert_int_equal(parse(data, i, mode, &header), 0);
	assert_int_equal(parse(data, size, mode, &header), size);
}

static void
assert_address(const union sb_socket_address *a, const char *text, uint16_t port)
{
	bool is_v4 = a->any.sa_family == AF_INET;
	char shown[INET6_ADDRSTRLEN];

	inet_ntop(a->any.sa_family, is_v4 ? (const void *)&a->v4.sin_addr : &a->v6.sin6_addr, shown,
		sizeof(shown));
	assert_string_equal(shown, text);
	assert_int_equal(ntohs(is_v4 ? a->v4.sin_port : a->v6.sin6_port), port);
}

static void
test_version_1_tells_of_ipv4(void **state)
{
	static const char line[] = "PROXY TCP4 192.0.2.1 198.51.100.255 56324 443\r\n";
	struct sb_proxy_header header;

	(void)state;
	assert_int_equal(parse_text(line, &header), strlen(line));
	assert_true(header.has_addresses);
	assert_address(&header.source, "192.0.2.1", 56324);
	assert_address(&header.destination, "198.51.100.255", 443);
	assert_every_prefix_needs_more(line, strlen(line), SB_PROXY_V1);
}

static void
test_version_1_tells_of_ipv6(void **state)
{
	static const char line[] = "PROXY TCP6 2001:DB8::1 ::ffff:192.0.2.1 65535 0\r\n";
	struct sb_proxy_header header;

	(void)state;
	assert_int_equal(parse_text(line, &header), strlen(line));
	assert_true(header.has_addresses);
	assert_address(&header.source, "2001:db8::1", 65535);
	assert_address(&header.destination, "::ffff:192.0.2.1", 0);
}

/* The longest line of the protocol: UNKNOWN with two full IPv6 addresses. */
static void
test_version_1_takes_its_longest_line(void **state)
{
	static const char line[] = "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n";
	char longest[SB_PROXY_V1_MAX + 1];
	struct sb_proxy_header header;

	(void)state;
	assert_int_equal(parse_text(line, &header), strlen(line));
	memset(longest, 'f', sizeof(longest));
	memcpy(longest, "PROXY UNKNOWN ", 14);
	memcpy(longest + SB_PROXY_V1_MAX - 2, "\r\n", 2);
	assert_every_prefix_needs_more(longest, SB_PROXY_V1_MAX, SB_PROXY_ANY);
}

static void
test_version_1_without_an_end_in_its_bound_is_refused(void **state)
{
	char endless[SB_PROXY_V1_MAX + 2];
	struct sb_proxy_header header;

	(void)state;
	memset(endless, 'f', sizeof(endless));
	memcpy(endless, "PROXY UNKNOWN ", 14);
	memcpy(endless + SB_PROXY_V1_MAX, "\r\n", 2);
	assert_int_equal(parse(endless, SB_PROXY_V1_MAX - 1, SB_PROXY_V1, &header), 0);
	assert_int_equal(parse(endless, SB_PROXY_V1_MAX, SB_PROXY_V1, &header), SB_EPROTO);
	assert_int_equal(parse(endless, sizeof(endless), SB_PROXY_V1, &header), SB_EPROTO);
}

static void
test_version_1_unknown_leaves_the_address_of_the_socket(void **state)
{
	struct sb_proxy_header header;

	(void)state;
	assert_int_equal(parse_text("PROXY UNKNOWN\r\n", &header), 15);
	assert_false(header.has_addresses);
	assert_int_equal(parse_text("PROXY UNKNOWN a\rb\r\n", &header), 19);
	assert_false(header.has_addresses);
}

static void
test_version_1_refuses_what_is_not_to_the_letter(void **state)
{
	static const char *const lines[] = {
		"PROXY\r\n",
		"PROXY \r\n",
		"PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
		"PROXY TCP 192.0.2.1 192.0.2.2 1 2\r\n",
		"PROXY TCP44 192.0.2.1 192.0.2.2 1 2\r\n",
		"PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n",
		"PROXY UNKNOWNX\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 \r\n",
		"PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
		"PROXY TCP4 192.0.2.1\t192.0.2.2 1 2\r\n",
		"PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n",
		"PROXY TCP4 00.0.2.1 192.0.2.2 1 2\r\n",
		"PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n",
		"PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n",
		"PROXY TCP4 192.0.2.1. 192.0.2.2 1 2\r\n",
		"PROXY TCP4 ::1 ::1 1 2\r\n",
		"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
		"PROXY TCP6 :::1 ::1 1 2\r\n",
		"PROXY TCP6 1::2::3 ::1 1 2\r\n",
		"PROXY TCP6 ::12345 ::1 1 2\r\n",
		"PROXY TCP6 fe80::1%lo ::1 1 2\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 99999\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 123456\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\r\n",
	};
	struct sb_proxy_header header;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (parse_text(lines[i], &header) != SB_EPROTO)
			fail_msg("taken: %s", lines[i]);
		assert_false(header.has_addresses);
	}
}

static void
test_version_1_refuses_an_octet_0_in_a_word(void **state)
{
	static const char line[] = "PROXY TCP4 192.0.2.1\0x 192.0.2.2 1 2\r\n";
	struct sb_proxy_header header;

	(void)state;
	assert_int_equal(parse(line, sizeof(line) - 1, SB_PROXY_V1, &header), SB_EPROTO);
}

/* Octets as the protocol draws them, with an extension after the addresses. */
static const uint8_t v2_ipv4[] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54,
	0x0a, 0x21, 0x11, 0x00, 0x10, 192, 0, 2, 1, 198, 51, 100, 2, 0xdc, 0x04, 0x01, 0xbb, 0x04,
	0x00, 0x01, 0xff};

static void
test_version_2_tells_of_ipv4_and_skips_extensions(void **state)
{
	struct sb_proxy_header header;

	(void)state;
	assert_int_equal(parse(v2_ipv4, sizeof(v2_ipv4), SB_PROXY_V2, &header), sizeof(v2_ipv4));
	assert_true(header.has_addresses);
	assert_address(&header.source, "192.0.2.1", 56324);
	assert_address(&header.destination, "198.51.100.2", 443);
	assert_every_prefix_needs_more(v2_ipv4, sizeof(v2_ipv4), SB_PROXY_ANY);
}

static void
test_octets_after_the_header_are_left(void **state)
{
	uint8_t more[sizeof(v2_ipv4) + 3] = {0};
	struct sb_proxy_header header;

	(void)state;
	memcpy(more, v2_ipv4, sizeof(v2_ipv4));
	assert_int_equal(parse(more, sizeof(more), SB_PROXY_V2, &header), sizeof(v2_ipv4));
	assert_int_equal(parse_text("PROXY UNKNOWN\r\n\r\nGET /", &header), 15);
}

static size_t
v2(uint8_t version_command, uint8_t family_protocol, size_t size, uint8_t *out)
{
	static const uint8_t zeros[SB_PROXY_V2_MAX + 1];

	return proxy_build_v2(
		version_command, family_protocol, sb_bytes(zeros, size), out, SB_PROXY_V2_MAX + 64);
}

static void
test_version_2_leaves_the_address_where_it_tells_of_none(void **state)
{
	static const struct {
		uint8_t version_command, family_protocol;
		size_t size;
	} headers[] = {
		{0x20, 0x00, 0},   /* LOCAL */
		{0x20, 0x11, 12},  /* LOCAL with addresses */
		{0x20, 0x11, 3},   /* LOCAL with something */
		{0x21, 0x00, 0},   /* of no family */
		{0x21, 0x00, 100}, /* with extensions */
		{0x21, 0x12, 12},  /* datagrams */
		{0x21, 0x22, 36},
		{0x21, 0x31, 216}, /* Unix sockets */
		{0x21, 0x32, 216},
	};
	uint8_t octets[SB_PROXY_V2_MAX + 64];
	struct sb_proxy_header header;

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		size_t size = v2(headers[i].version_command, headers[i].family_protocol,
			headers[i].size, octets);

		assert_int_equal(parse(octets, size, SB_PROXY_V2, &header), size);
		assert_false(header.has_addresses);
	}
}

static void
test_version_2_refuses_what_its_tables_do_not_have(void **state)
{
	static const struct {
		uint8_t version_command, family_protocol;
		size_t size;
	} headers[] = {
		{0x11, 0x11, 12},  /* version 1 */
		{0x31, 0x11, 12},  /* version 3 */
		{0x22, 0x11, 12},  /* an unknown command */
		{0x21, 0x41, 216}, /* an unknown family */
		{0x21, 0x13, 12},  /* an unknown protocol */
		{0x21, 0x11, 11},  /* addresses that do not fit */
		{0x21, 0x21, 35}, {0x21, 0x31, 215},
		{0x21, 0x11, SB_PROXY_V2_MAX - 16 + 1}, /* over our bound */
	};
	uint8_t octets[SB_PROXY_V2_MAX + 64];
	struct sb_proxy_header header;

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		v2(headers[i].version_command, headers[i].family_protocol, headers[i].size, octets);
		assert_int_equal(parse(octets, 16, SB_PROXY_V2, &header), SB_EPROTO);
	}
}

static void
test_version_2_takes_its_longest_header(void **state)
{
	uint8_t octets[SB_PROXY_V2_MAX + 64];
	size_t size = v2(0x21, 0x21, SB_PROXY_V2_MAX - 16, octets);
	struct sb_proxy_header header;

	(void)state;
	assert_int_equal(size, SB_PROXY_V2_MAX);
	assert_int_equal(parse(octets, size - 1, SB_PROXY_V2, &header), 0);
	assert_int_equal(parse(octets, size, SB_PROXY_V2, &header), size);
	assert_address(&header.source, "::", 0);
}

static void
test_each_mode_takes_its_version_only(void **state)
{
	static const char v1[] = "PROXY UNKNOWN\r\n";
	struct sb_proxy_header header;

	(void)state;
	assert_int_equal(parse(v1, 15, SB_PROXY_V2, &header), SB_EPROTO);
	assert_int_equal(parse(v2_ipv4, sizeof(v2_ipv4), SB_PROXY_V1, &header), SB_EPROTO);
	assert_int_equal(parse(v1, 15, SB_PROXY_OFF, &header), SB_EPROTO);
	assert_int_equal(parse(v1, 1, SB_PROXY_V2, &header), SB_EPROTO);
	assert_int_equal(parse(v2_ipv4, 1, SB_PROXY_V1, &header), SB_EPROTO);
}

/* A client that speaks its own protocol at once is refused, not waited for. */
static void
test_what_is_no_header_is_refused_at_its_first_wrong_octet(void **state)
{
	struct sb_proxy_header header;

	(void)state;
	assert_int_equal(parse_text("G", &header), SB_EPROTO);
	assert_int_equal(parse_text("PROPFIND", &header), SB_EPROTO);
	assert_int_equal(parse_text("\r\n\r\nX", &header), SB_EPROTO);
	assert_int_equal(parse("\x16\x03\x01", 3, SB_PROXY_ANY, &header), SB_EPROTO);
	assert_int_equal(parse("", 0, SB_PROXY_ANY, &header), 0);
}

static void
test_headers_come_back_as_they_were_written(void **state)
{
	static const enum sb_proxy_mode versions[] = {SB_PROXY_V1, SB_PROXY_V2};
	struct sb_proxy_header v4 = {.has_addresses = true}, v6 = v4, back;
	uint8_t octets[256];

	(void)state;
	v4.source.v4.sin_family = v4.destination.v4.sin_family = AF_INET;
	v6.source.v6.sin6_family = v6.destination.v6.sin6_family = AF_INET6;
	for (unsigned i = 0; i < 2000; i++) {
		enum sb_proxy_mode version = versions[i & 1];
		const struct sb_proxy_header *header = i & 2 ? &v4 : &v6;
		size_t size;

		v4.source.v4.sin_addr.s_addr = i * 2654435761u;
		v4.destination.v4.sin_addr.s_addr = ~(i * 40503u);
		v4.source.v4.sin_port = v6.destination.v6.sin6_port = (in_port_t)(i * 31);
		v6.source.v6.sin6_addr.s6_addr[i % 16] ^= (uint8_t)i;
		v6.destination.v6.sin6_addr.s6_addr[i * 7 % 16] ^= (uint8_t)(i >> 3);
		size = proxy_build(version, header, octets, sizeof(octets));
		assert_int_equal(parse(octets, size, version, &back), size);
		assert_memory_equal(&back, header, sizeof(back));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_1_tells_of_ipv4),
		cmocka_unit_test(test_version_1_tells_of_ipv6),
		cmocka_unit_test(test_version_1_takes_its_longest_line),
		cmocka_unit_test(test_version_1_without_an_end_in_its_bound_is_refused),
		cmocka_unit_test(test_version_1_unknown_leaves_the_address_of_the_socket),
		cmocka_unit_test(test_version_1_refuses_what_is_not_to_the_letter),
		cmocka_unit_test(test_version_1_refuses_an_octet_0_in_a_word),
		cmocka_unit_test(test_version_2_tells_of_ipv4_and_skips_extensions),
		cmocka_unit_test(test_octets_after_the_header_are_left),
		cmocka_unit_test(test_version_2_leaves_the_address_where_it_tells_of_none),
		cmocka_unit_test(test_version_2_refuses_what_its_tables_do_not_have),
		cmocka_unit_test(test_version_2_takes_its_longest_header),
		cmocka_unit_test(test_each_mode_takes_its_version_only),
		cmocka_unit_test(test_what_is_no_header_is_refused_at_its_first_wrong_octet),
		cmocka_unit_test(test_headers_come_back_as_they_were_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
