/* Packets made by chance, run together into a stream and cut into pieces of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "protocols/erps/packet.h"
#include "tests/support/chance.h"
#include "tests/support/octets.h"

#include <cmocka.h>

#define PACKETS     20
#define PAYLOAD_MAX 300
#define ROUNDS      200

struct made {
	struct erps_packet packet;
	uint8_t identifier[ERPS_IDENTIFIER_SIZE], key[ERPS_KEY_SIZE];
	uint8_t signature[ERPS_SIGNATURE_SIZE], payload[PAYLOAD_MAX];
};

static const uint8_t types[] = {
#define X(name, code, text) code,
	ERPS_TYPE_MAP(X)
#undef X
};

static struct sb_bytes
some_octets(struct chance *c, uint8_t *octets, size_t size)
{
	for (size_t i = 0; i < size; i++)
		octets[i] = (uint8_t)chance_next(c);
	return sb_bytes(octets, size);
}

/* Of an identifier NULs are lost on the right. */
static struct sb_bytes
some_identifier(struct chance *c, uint8_t *octets)
{
	struct sb_bytes made = some_octets(c, octets, chance_below(c, ERPS_IDENTIFIER_SIZE + 1));

	if (made.size > 0 && octets[made.size - 1] == 0)
		octets[made.size - 1] = 1;
	return made;
}

static void
make(struct chance *c, struct made *made)
{
	struct erps_packet *packet = &made->packet;

	*packet = (struct erps_packet){.type = types[chance_below(c, sizeof(types))]};
	packet->payload = some_octets(
		c, made->payload, chance_below(c, 4) ? chance_below(c, PAYLOAD_MAX + 1) : 0);
	if (packet->type == ERPS_KEEPALIVE && packet->payload.size == 0)
		return;
	packet->version.major = (uint8_t)chance_next(c);
	packet->version.minor = (uint8_t)chance_next(c);
	packet->version.patch = (uint8_t)chance_next(c);
	packet->identifier = some_identifier(c, made->identifier);
	packet->key = some_octets(c, made->key, ERPS_KEY_SIZE);
	packet->signature = some_octets(c, made->signature, ERPS_SIGNATURE_SIZE);
}

static void
assert_same(const struct erps_packet *a, const struct erps_packet *b)
{
	assert_int_equal(a->type, b->type);
	assert_memory_equal(&a->version, &b->version, sizeof(a->version));
	assert_true(sb_bytes_equal(a->identifier, b->identifier));
	assert_true(sb_bytes_equal(a->key, b->key));
	assert_true(sb_bytes_equal(a->signature, b->signature));
	assert_true(sb_bytes_equal(a->payload, b->payload));
}

/* What a reader has got of the stream so far, and how far it has understood it. */
struct reading {
	struct sb_bytes stream;
	size_t got, at, taken, need;
	const struct made *made;
};

/* Takes what is whole now. The octets lie in memory of exactly their size. */
static void
take(struct reading *r)
{
	for (;;) {
		struct sb_bytes piece =
			exact_copy(sb_bytes(r->stream.data + r->at, r->got - r->at));
		struct erps_packet packet;
		ssize_t size = erps_packet_decode(piece, PAYLOAD_MAX, &packet, &r->need);

		if (size > 0) {
			assert_same(&packet, &r->made[r->taken++].packet);
			assert_int_equal(packet.octets.size, size);
			r->at += (size_t)size;
		} else {
			assert_int_equal(size, 0);
			assert_true(r->need == 0 || r->need > piece.size);
		}
		free((void *)piece.data);
		if (size <= 0)
			return;
	}
}

static void
read_in_pieces(struct reading *r, struct chance *c, uint32_t piece_max)
{
	r->got = r->at = r->taken = 0;
	while (r->got < r->stream.size) {
		size_t left = r->stream.size - r->got;
		size_t piece = 1 + chance_below(c, piece_max);

		r->got += piece < left ? piece : left;
		take(r);
	}
	assert_int_equal(r->taken, PACKETS);
	assert_int_equal(r->at, r->stream.size);
}

static void
try_stream(struct chance *c, struct made *made, uint8_t *room, size_t size)
{
	struct sb_writer w = sb_writer_of(room, size);
	struct reading r = {.made = made};

	for (unsigned i = 0; i < PACKETS; i++) {
		make(c, &made[i]);
		assert_int_equal(erps_packet_encode(&w, &made[i].packet), 0);
	}
	r.stream = sb_bytes(room, sb_writer_size(&w));
	read_in_pieces(&r, c, 1);
	read_in_pieces(&r, c, 200);
	read_in_pieces(&r, c, (uint32_t)size);
}

static void
test_packets_come_out_of_a_stream_as_they_went_in(void **state)
{
	struct chance c = chance_of(20);
	struct made *made = calloc(PACKETS, sizeof(*made));
	size_t size = PACKETS * (ERPS_HEADER_SIZE + PAYLOAD_MAX);
	uint8_t *room = malloc(size);

	(void)state;
	assert_true(made && room);
	for (unsigned i = 0; i < ROUNDS / 20; i++)
		try_stream(&c, made, room, size);
	free(room);
	free(made);
}

/* Up to the first octet that is wrong nothing is refused; with it, at once. */
static void
test_a_wrong_octet_in_the_framing_is_never_waited_behind(void **state)
{
	struct chance c = chance_of(21);

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		static const uint8_t start[] = {'e', 'r', 'p', 's', 0, 0, 0, 7, ERPS_CALL};
		uint8_t octets[sizeof(start)];
		size_t at = (size_t[]){0, 1, 2, 3, 4, 8}[chance_below(&c, 6)];
		struct erps_packet packet;

		memcpy(octets, start, sizeof(start));
		octets[at] ^= 0x20;
		assert_int_equal(
			erps_packet_decode(sb_bytes(octets, at), PAYLOAD_MAX, &packet, NULL), 0);
		assert_true(erps_packet_decode(sb_bytes(octets, at < 4    ? at + 1
								: at == 4 ? 8
									  : 9),
				    PAYLOAD_MAX, &packet, NULL) < 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets_come_out_of_a_stream_as_they_went_in),
		cmocka_unit_test(test_a_wrong_octet_in_the_framing_is_never_waited_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
