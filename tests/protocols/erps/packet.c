/* Packets against those of the real library, and the bounds of the framing. */
#include "protocols/erps/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "tests/support/octets.h"

#include <cmocka.h>

#define MAX_PAYLOAD 1048576

#define MAGIC  "65727073 "
#define BLANK  " 00*36 00*48 "
#define CAPSRV " 000204 'capsrv' 00*30 00*48 "

/* Section 11 of the protocol: what went over the wire, and what is in it. */
static const struct {
	const char *octets;
	size_t size;
	uint8_t type;
	struct erps_version version;
	const char *identifier;
	const char *payload;
} reference[] = {
	{MAGIC "0000000f 04" CAPSRV "83 68 02 62 0408f0c9 64 0004 70696e67", 111, ERPS_CALL,
		{0, 2, 4}, "capsrv", "83 68 02 62 0408f0c9 64 0004 'ping'"},
	{MAGIC "0000000f 02 000000" BLANK "83 68 02 64 0004 706f6e67 62 0408f0c9", 111, ERPS_REPLY,
		{0, 0, 0}, "", "83 68 02 64 0004 'pong' 62 0408f0c9"},
	{MAGIC "00000008 08" CAPSRV "83 64 0004 696e6372", 104, ERPS_CAST, {0, 2, 4}, "capsrv",
		"83 64 0004 'incr'"},
	{MAGIC "00000014 03 000000" BLANK "83 68 02 64 0004 6e657773 6d 00000005 68656c6c6f", 116,
		ERPS_PUSH, {0, 0, 0}, "", "83 68 02 64 0004 'news' 6d 00000005 'hello'"},
	{MAGIC "00000016 01 000000" BLANK "83 6d 00000010 'wrong identifier'", 118, ERPS_ERROR,
		{0, 0, 0}, "", "83 6d 00000010 'wrong identifier'"},
	{MAGIC "00000000 00", 9, ERPS_KEEPALIVE, {0, 0, 0}, "", ""},
};

#define REFERENCES (sizeof(reference) / sizeof(reference[0]))

static void
assert_octets(struct sb_bytes octets, const char *notation)
{
	uint8_t buf[256];
	struct sb_bytes expected = octets_of(notation, buf, sizeof(buf));

	assert_int_equal(octets.size, expected.size);
	if (octets.size > 0)
		assert_memory_equal(octets.data, expected.data, octets.size);
}

static ssize_t
decode(const char *notation, uint32_t max_payload, struct erps_packet *packet, size_t *need)
{
	static uint8_t buf[1024];

	return erps_packet_decode(octets_of(notation, buf, sizeof(buf)), max_payload, packet, need);
}

static ssize_t
judge(const char *notation)
{
	struct erps_packet packet;

	return decode(notation, MAX_PAYLOAD, &packet, NULL);
}

static size_t
needed(const char *notation)
{
	struct erps_packet packet;
	size_t need = 12345;

	assert_int_equal(decode(notation, MAX_PAYLOAD, &packet, &need), 0);
	return need;
}

static void
test_the_reference_packets_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < REFERENCES; i++) {
		struct erps_packet packet;
		size_t need;
		ssize_t size = decode(reference[i].octets, MAX_PAYLOAD, &packet, &need);

		assert_int_equal(size, reference[i].size);
		assert_int_equal(packet.type, reference[i].type);
		assert_memory_equal(&packet.version, &reference[i].version, sizeof(packet.version));
		assert_true(
			sb_bytes_equal(packet.identifier, sb_bytes_text(reference[i].identifier)));
		assert_octets(packet.payload, reference[i].payload);
		assert_octets(packet.octets, reference[i].octets);
		assert_false(erps_packet_has_authentication(&packet));
	}
}

static void
test_the_reference_packets_encode(void **state)
{
	(void)state;
	for (size_t i = 0; i < REFERENCES; i++) {
		uint8_t payload[128], room[256];
		struct sb_writer w = sb_writer_of(room, sizeof(room));
		struct erps_packet packet = {
			.type = reference[i].type,
			.version = reference[i].version,
			.identifier = sb_bytes_text(reference[i].identifier),
			.payload = octets_of(reference[i].payload, payload, sizeof(payload)),
		};

		assert_int_equal(erps_packet_encode(&w, &packet), 0);
		assert_octets(sb_bytes(room, sb_writer_size(&w)), reference[i].octets);
	}
}

static void
test_what_is_missing_is_known_as_soon_as_the_size_and_type_are(void **state)
{
	(void)state;
	assert_int_equal(needed(""), 0);
	assert_int_equal(needed(MAGIC "000000"), 0);
	assert_int_equal(needed(MAGIC "0000000f"), 111);
	/* A keepalive's 9 octets, or a header's 96: not known yet. */
	assert_int_equal(needed(MAGIC "00000000"), 0);
	assert_int_equal(needed(MAGIC "00000000 04"), 96);
	assert_int_equal(needed(MAGIC "00000001 00"), 97);
	assert_int_equal(
		needed(MAGIC "0000000f 04" CAPSRV "83 68 02 62 0408f0c9 64 0004 'pin'"), 111);
}

static void
test_a_wrong_octet_is_refused_at_once(void **state)
{
	(void)state;
	assert_int_equal(judge("66"), SB_EPROTO);
	assert_int_equal(judge("'GET / HTTP/1.1'"), SB_EPROTO);
	assert_int_equal(judge("657273"), SB_EPROTO);
	assert_int_equal(judge("65727072 00000000 00"), SB_EPROTO);
	assert_int_equal(judge("00"), SB_EPROTO); /* a keepalive of Erps 0.3 */
}

static void
test_types_that_are_none_are_refused_with_their_octet(void **state)
{
	char notation[64];

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		snprintf(notation, sizeof(notation), MAGIC "00000001 %02x", type);
		assert_int_equal(judge(notation), erps_type_name((uint8_t)type) ? 0 : SB_EPROTO);
	}
	assert_string_equal(erps_type_name(ERPS_CALL), "call");
	assert_null(erps_type_name(5));
	assert_null(erps_type_name(255));
	assert_true(erps_type_is_extension(ERPS_DRAIN));
	assert_false(erps_type_is_extension(ERPS_CAST));
}

static void
test_a_payload_over_the_cap_is_refused_with_its_size(void **state)
{
	struct erps_packet packet;

	(void)state;
	assert_int_equal(judge(MAGIC "00100000"), 0);
	assert_int_equal(judge(MAGIC "00100001"), SB_ELIMIT);
	assert_int_equal(judge(MAGIC "ffffffff 04"), SB_ELIMIT);
	assert_int_equal(decode(MAGIC "00000001", 0, &packet, NULL), SB_ELIMIT);
	assert_int_equal(decode(MAGIC "ffffffff 04", UINT32_MAX, &packet, NULL), 0);
}

static void
test_a_header_may_come_without_payload(void **state)
{
	struct erps_packet packet;

	(void)state;
	assert_int_equal(decode(MAGIC "00000000 04" CAPSRV, MAX_PAYLOAD, &packet, NULL), 96);
	assert_int_equal(packet.payload.size, 0);
}

static void
test_a_keepalive_with_a_payload_is_a_packet_as_others(void **state)
{
	struct erps_packet packet;

	(void)state;
	assert_int_equal(
		decode(MAGIC "00000002 00" CAPSRV "83 6a", MAX_PAYLOAD, &packet, NULL), 98);
	assert_int_equal(packet.type, ERPS_KEEPALIVE);
	assert_octets(packet.payload, "83 6a");
}

static void
test_an_identifier_loses_the_nuls_on_its_right_alone(void **state)
{
	struct erps_packet packet;

	(void)state;
	assert_true(decode(MAGIC "00000000 04 000000 00 'a' 00 'b' 00*32"
				 " 00*48",
			    0, &packet, NULL) == 96);
	assert_octets(packet.identifier, "00 'a' 00 'b'");
	assert_true(decode(MAGIC "00000000 04 000000 'x' 78*35 00*48", 0, &packet, NULL) == 96);
	assert_octets(packet.identifier, "78*36");
	assert_true(decode(MAGIC "00000000 04 000000 00*36 00*48", 0, &packet, NULL) == 96);
	assert_int_equal(packet.identifier.size, 0);
}

static void
test_a_key_or_a_signature_is_authentication(void **state)
{
	struct erps_packet packet;

	(void)state;
	assert_true(decode(MAGIC "00000000 04 000000 00*36 00*15 01 00*32", 0, &packet, NULL) > 0);
	assert_true(erps_packet_has_authentication(&packet));
	assert_true(decode(MAGIC "00000000 04 000000 00*36 00*16 01 00*31", 0, &packet, NULL) > 0);
	assert_true(erps_packet_has_authentication(&packet));
	assert_octets(packet.signature, "01 00*31");
	assert_int_equal(judge(MAGIC "00000000 00"), 9);
}

static int
encode_in(size_t room_size, const struct erps_packet *packet)
{
	uint8_t room[256];
	struct sb_writer w = sb_writer_of(room, room_size);
	int err = erps_packet_encode(&w, packet);

	assert_true(err == 0 || sb_writer_size(&w) == 0);
	return err;
}

static void
test_what_is_no_packet_is_not_encoded(void **state)
{
	static const uint8_t octets[64] = "an identifier of more than 36 octets: 37";

	(void)state;
#define REFUSED(...) assert_int_equal(encode_in(256, &(struct erps_packet){__VA_ARGS__}), SB_EINVAL)
	REFUSED(.type = 5);
	REFUSED(.type = ERPS_CALL, .identifier = {octets, 37});
	REFUSED(.type = ERPS_CALL, .identifier = {octets, 64});
	REFUSED(.type = ERPS_CALL, .identifier = {(const uint8_t *)"a\0", 2});
	REFUSED(.type = ERPS_CALL, .key = {octets, 15});
	REFUSED(.type = ERPS_CALL, .signature = {octets, 16});
	REFUSED(.type = ERPS_CALL, .payload = {octets, (size_t)UINT32_MAX + 1});
#undef REFUSED
}

static void
test_without_room_nothing_is_appended(void **state)
{
	struct erps_packet keepalive = {.type = ERPS_KEEPALIVE};
	struct erps_packet cast = {.type = ERPS_CAST, .payload = sb_bytes("\x83j", 2)};

	(void)state;
	assert_int_equal(encode_in(8, &keepalive), SB_FULL);
	assert_int_equal(encode_in(9, &keepalive), 0);
	assert_int_equal(encode_in(97, &cast), SB_FULL);
	assert_int_equal(encode_in(98, &cast), 0);
}

static void
test_a_header_is_written_before_its_payload(void **state)
{
	uint8_t head[ERPS_HEADER_SIZE];

	(void)state;
	memset(head, 0xff, sizeof(head));
	erps_packet_head(head, ERPS_REPLY, 0x01020304);
	assert_octets(sb_bytes(head, sizeof(head)), MAGIC "01020304 02 000000" BLANK);
	head[10] = 7;
	erps_packet_retype(head, ERPS_PUSH, 9);
	assert_octets(sb_bytes(head, sizeof(head)), MAGIC "00000009 03 000700" BLANK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_reference_packets_decode),
		cmocka_unit_test(test_the_reference_packets_encode),
		cmocka_unit_test(test_what_is_missing_is_known_as_soon_as_the_size_and_type_are),
		cmocka_unit_test(test_a_wrong_octet_is_refused_at_once),
		cmocka_unit_test(test_types_that_are_none_are_refused_with_their_octet),
		cmocka_unit_test(test_a_payload_over_the_cap_is_refused_with_its_size),
		cmocka_unit_test(test_a_header_may_come_without_payload),
		cmocka_unit_test(test_a_keepalive_with_a_payload_is_a_packet_as_others),
		cmocka_unit_test(test_an_identifier_loses_the_nuls_on_its_right_alone),
		cmocka_unit_test(test_a_key_or_a_signature_is_authentication),
		cmocka_unit_test(test_what_is_no_packet_is_not_encoded),
		cmocka_unit_test(test_without_room_nothing_is_appended),
		cmocka_unit_test(test_a_header_is_written_before_its_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
