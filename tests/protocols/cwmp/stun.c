/* STUN against the vectors of RFC 5769, and what devices send by RFC 3489. */
#include "protocols/cwmp/stun.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/network.h"
#include "tests/support/octets.h"

#include <cmocka.h>

/* RFC 5769, 2.1: a name of nine octets, attributes of ICE, a fingerprint. */
#define SAMPLE_REQUEST                                                                      \
	"00010058 2112a442 b7e7a701bc34d686fa87dfae 80220010 'STUN test client' "           \
	"00240004 6e0001ff 80290008 932ff9b151263b36 00060009 'evtj:h6vY' 202020 00080014 " \
	"9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004 e57a3bcf"
#define SAMPLE_PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

/* As a device: RFC 3489, the integrity made with Python's hmac; the password is "secret". */
#define CLASSIC                                                             \
	"000102030405060708090a0b0c0d0e0f c0010014 'dslforum.org/TR-111 ' " \
	"c0020000 00060008 'cpe     ' "
#define CLASSIC_REQUEST "00010040 " CLASSIC "00080014 3658dc2919addbf82fb310f9c11d24f1630059f1"

static struct cwmp_stun_request request;
static uint8_t buf[512];

static struct sb_bytes
octets(const char *notation)
{
	return octets_of(notation, buf, sizeof(buf));
}

static union sb_socket_address
address(const char *text)
{
	union sb_socket_address made;

	assert_int_equal(sb_sockaddr_parse(text, &made), 0);
	return made;
}

static void
test_the_sample_request_of_rfc_5769_is_authentic(void **state)
{
	struct sb_bytes in = octets(SAMPLE_REQUEST);

	(void)state;
	assert_int_equal(cwmp_stun_decode(in, &request), 0);
	assert_false(request.is_classic);
	assert_false(request.is_for_requests);
	assert_true(sb_bytes_equal(request.username, sb_bytes_text("evtj:h6vY")));
	assert_true(cwmp_stun_is_authentic(in, &request, SAMPLE_PASSWORD));
	assert_false(cwmp_stun_is_authentic(in, &request, "another"));
	assert_false(cwmp_stun_is_authentic(in, &request, ""));
}

static void
test_the_sample_answer_of_rfc_5769_has_this_address(void **state)
{
	static const uint8_t expected[] = {
		0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43};
	union sb_socket_address mapped = address("192.0.2.1:32853"), read;
	uint8_t out[CWMP_STUN_RESPONSE_MAX];
	size_t size;

	(void)state;
	assert_int_equal(cwmp_stun_decode(octets(SAMPLE_REQUEST), &request), 0);
	size = cwmp_stun_encode_response(&request, &mapped, NULL, NULL, out);
	assert_int_equal(size, 44);
	assert_memory_equal(out, "\x01\x01\0\x18", 4);
	assert_memory_equal(out + 4, request.transaction, 16);
	assert_memory_equal(out + 20, expected, sizeof(expected));
	assert_int_equal(
		cwmp_stun_decode_response(sb_bytes(out, size), request.transaction, &read), 0);
	assert_true(sb_sockaddr_equal(&mapped.any, &read.any));
	mapped = address("[2001:db8:1234:5678:11:2233:4455:6677]:32853");
	size = cwmp_stun_encode_response(&request, &mapped, NULL, SAMPLE_PASSWORD, out);
	assert_int_equal(size, 20 + 24 + 24 + 24);
	assert_memory_equal(out + 20,
		"\0\x20\0\x14\0\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe"
		"\xd2\xb9\xd9",
		24);
	assert_int_equal(
		cwmp_stun_decode_response(sb_bytes(out, size), request.transaction, &read), 0);
	assert_true(sb_sockaddr_equal(&mapped.any, &read.any));
}

static void
test_a_device_says_that_it_waits_for_requests(void **state)
{
	struct sb_bytes in = octets(CLASSIC_REQUEST);

	(void)state;
	assert_int_equal(cwmp_stun_decode(in, &request), 0);
	assert_true(request.is_classic);
	assert_true(request.is_for_requests);
	assert_true(request.is_change);
	assert_true(sb_bytes_equal(request.username, sb_bytes_text("cpe")));
	assert_true(cwmp_stun_is_authentic(in, &request, "secret"));
	for (size_t i = 4; i < request.integrity_at; i++) {
		buf[i] ^= 1;
		assert_false(cwmp_stun_is_authentic(in, &request, "secret"));
		buf[i] ^= 1;
	}
}

static void
test_a_classic_answer_has_all_three_addresses(void **state)
{
	union sb_socket_address mapped = address("203.0.113.5:40000");
	union sb_socket_address source = address("198.51.100.1:3478");
	uint8_t out[CWMP_STUN_RESPONSE_MAX], expected[256];
	struct sb_bytes answer;

	(void)state;
	assert_int_equal(cwmp_stun_decode(octets(CLASSIC_REQUEST), &request), 0);
	answer = sb_bytes(out, cwmp_stun_encode_response(&request, &mapped, &source, NULL, out));
	assert_true(sb_bytes_equal(answer,
		octets_of("01010024 000102030405060708090a0b0c0d0e0f 00010008 00019c40 cb007105 "
			  "00040008 00010d96 c6336401 00050008 00010d96 c6336401",
			expected, sizeof(expected))));
	answer = sb_bytes(out, cwmp_stun_encode_response(&request, &mapped, NULL, NULL, out));
	assert_int_equal(answer.size, 32);
	answer = sb_bytes(out, cwmp_stun_encode_error(&request, 431, "Wrong", out));
	assert_true(sb_bytes_equal(answer, octets_of("01110010 000102030405060708090a0b0c0d0e0f "
						     "00090009 0000041f 'Wrong' 000000",
						   expected, sizeof(expected))));
	assert_int_equal(
		cwmp_stun_decode_response(answer, request.transaction, &mapped), SB_ENOTSUP);
}

static size_t
answer_size(const char *question, const char *mapped)
{
	union sb_socket_address to = address(mapped), source = address("198.51.100.1:3478");
	uint8_t out[CWMP_STUN_RESPONSE_MAX];

	assert_int_equal(cwmp_stun_decode(octets(question), &request), 0);
	return cwmp_stun_encode_response(&request, &to, &source, NULL, out);
}

/* Else whoever asks in somebody's name would have us send him more than he does. */
static void
test_an_answer_is_no_larger_than_its_question(void **state)
{
	static const char v4[] = "203.0.113.5:40000", v6[] = "[2001:db8::1]:40000";

	(void)state;
	assert_int_equal(answer_size("00010018 00*16 c0010014 'dslforum.org/TR-111 '", v4), 32);
	assert_int_equal(answer_size("00010018 00*16 c0010014 'dslforum.org/TR-111 '", v6), 44);
	assert_int_equal(answer_size("00010024 00*16 7fff0020 00*32", v4), 56);
	assert_int_equal(answer_size("00010024 00*16 7fff0020 00*32", v6), 44);
	assert_int_equal(answer_size("0001000c 2112a442 00*12 7fff0008 00*8", v4), 32);
	assert_int_equal(answer_size("00010018 2112a442 00*12 7fff0014 00*20", v4), 44);
	/* An address there has to be. */
	assert_int_equal(answer_size("00010000 00*16", v4), 32);
	assert_int_equal(answer_size("00010000 2112a442 00*12", v6), 44);
	/* What lies behind the message does not count. */
	assert_int_equal(answer_size("00010000 00*16 00*100", v4), 32);
}

static void
test_other_attributes_are_read(void **state)
{
	(void)state;
	assert_int_equal(
		cwmp_stun_decode(
			octets("00010018 00*16 00020008 00010fa0 7f000001 00030004 00000002 "
			       "7fff0000"),
			&request),
		0);
	assert_true(request.has_response_address);
	assert_int_equal(request.response_address.v4.sin_port, htons(4000));
	assert_true(request.wants_another_source);
	assert_int_equal(request.integrity_at, 0);
	assert_false(cwmp_stun_is_authentic(sb_bytes(buf, 44), &request, "secret"));
	/* Flags that ask for nothing; an address of no family; padding that is missing. */
	assert_int_equal(
		cwmp_stun_decode(octets("00010017 00*16 00030004 00000000 00020004 00030fa0 "
					"00060003 'cpe'"),
			&request),
		0);
	assert_false(request.wants_another_source);
	assert_false(request.has_response_address);
	assert_true(sb_bytes_equal(request.username, sb_bytes_text("cpe")));
}

static void
test_what_is_no_request_is_not_taken(void **state)
{
	(void)state;
	assert_int_equal(cwmp_stun_decode(octets(""), &request), SB_EPROTO);
	assert_int_equal(cwmp_stun_decode(octets("00010000 00*15"), &request), SB_EPROTO);
	assert_int_equal(cwmp_stun_decode(octets("00010004 00*16"), &request), SB_EPROTO);
	assert_int_equal(cwmp_stun_decode(octets("00010004 00*16 00060001"), &request), SB_EPROTO);
	assert_int_equal(cwmp_stun_decode(octets("00010002 00*16 0006"), &request), SB_EPROTO);
	assert_int_equal(cwmp_stun_decode(octets("80010000 00*16"), &request), SB_EPROTO);
	assert_int_equal(cwmp_stun_decode(octets("01010000 00*16"), &request), SB_ENOTSUP);
	assert_int_equal(cwmp_stun_decode(octets("00020000 00*16"), &request), SB_ENOTSUP);
	/* What is behind the message is not looked at. */
	assert_int_equal(cwmp_stun_decode(octets("00010000 00*16 ffff"), &request), 0);
}

static void
test_a_simulated_device_speaks_the_same(void **state)
{
	static const uint8_t transaction[16] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	union sb_socket_address mapped = address("203.0.113.5:40000"), read;
	uint8_t out[256], answer[CWMP_STUN_RESPONSE_MAX];
	size_t size =
		cwmp_stun_encode_request(transaction, "cpe     ", "secret", true, out, sizeof(out));

	(void)state;
	assert_true(sb_bytes_equal(sb_bytes(out, size), octets(CLASSIC_REQUEST)));
	assert_int_equal(cwmp_stun_encode_request(transaction, "cpe", "secret", true, out, 60), 0);
	size = cwmp_stun_encode_request(transaction, "cpe", NULL, false, out, sizeof(out));
	assert_int_equal(cwmp_stun_decode(sb_bytes(out, size), &request), 0);
	assert_false(request.is_change);
	assert_int_equal(request.integrity_at, 0);
	size = cwmp_stun_encode_response(&request, &mapped, NULL, "secret", answer);
	assert_int_equal(cwmp_stun_decode_response(sb_bytes(answer, size), transaction, &read), 0);
	assert_true(sb_sockaddr_equal(&mapped.any, &read.any));
	assert_int_equal(cwmp_stun_decode_response(sb_bytes(answer, size), out, &read), SB_EPROTO);
	assert_int_equal(cwmp_stun_decode_response(octets("01010000" CLASSIC), transaction, &read),
		SB_EPROTO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_sample_request_of_rfc_5769_is_authentic),
		cmocka_unit_test(test_the_sample_answer_of_rfc_5769_has_this_address),
		cmocka_unit_test(test_a_device_says_that_it_waits_for_requests),
		cmocka_unit_test(test_a_classic_answer_has_all_three_addresses),
		cmocka_unit_test(test_an_answer_is_no_larger_than_its_question),
		cmocka_unit_test(test_other_attributes_are_read),
		cmocka_unit_test(test_what_is_no_request_is_not_taken),
		cmocka_unit_test(test_a_simulated_device_speaks_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
