/*
 * What Erps 0.7.0 and its client said to each other, packet by packet. A line of
 * data/captures.txt: connection, direction, octets, and what another decoder read in
 * them: type, version, identifier, payload in Elixir's notation (long ones cut with ...).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/env.h"
#include "protocols/erps/decode.h"
#include "protocols/erps/packet.h"
#include "protocols/erps/text.h"
#include "tests/support/octets.h"

#include <cmocka.h>

#define MAX_PAYLOAD 1048576
#define PACKETS_MAX 64

struct captured {
	unsigned connection;
	bool is_from_client;
	struct sb_bytes octets;
	char expected[512];
};

static struct captured packets[PACKETS_MAX];
static size_t count;

/* A field of the line, and on to the next. */
static char *
field(char **at)
{
	char *found = strsep(at, " ");

	assert_non_null(*at);
	return found;
}

/* The rest of the line is `expected`. */
static void
take_line(char *line, size_t size)
{
	struct captured *packet = &packets[count++];
	uint8_t *octets = malloc(size);

	assert_true(octets && count <= PACKETS_MAX);
	packet->connection = (unsigned)strtoul(field(&line), NULL, 10);
	packet->is_from_client = *field(&line) == 'c';
	packet->octets = octets_of(field(&line), octets, size);
	snprintf(packet->expected, sizeof(packet->expected), "%s", line);
	packet->expected[strcspn(packet->expected, "\n")] = '\0';
}

static int
read_captures(void **state)
{
	char path[4096];
	char *line = NULL;
	size_t room = 0;
	ssize_t size;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/protocols/erps/data/captures.txt",
		getenv("SB_SOURCE_DIR"));
	file = fopen(path, "r");
	if (!file)
		return -1;
	while ((size = getline(&line, &room, file)) > 0)
		take_line(line, (size_t)size);
	free(line);
	fclose(file);
	return 0;
}

static int
free_captures(void **state)
{
	(void)state;
	while (count > 0)
		free((void *)packets[--count].octets.data);
	return 0;
}

static void
describe(const struct erps_packet *packet, char *line, size_t room)
{
	struct erps_decoder decoder = {.env = sb_env_system()};
	struct erps_term term;
	size_t used = (size_t)snprintf(line, room, "%s", erps_type_name(packet->type));

	if (packet->type == ERPS_KEEPALIVE)
		return;
	assert_int_equal(erps_decode(&decoder, packet->payload, &term), 0);
	used += (size_t)snprintf(line + used, room - used, " %u.%u.%u \"%.*s\" ",
		packet->version.major, packet->version.minor, packet->version.patch,
		(int)packet->identifier.size, (const char *)packet->identifier.data);
	erps_print(line + used, room - used, term);
	erps_decoder_fini(&decoder);
}

static void
test_every_packet_decodes_to_what_another_decoder_read(void **state)
{
	(void)state;
	assert_int_equal(count, 28);
	for (size_t i = 0; i < count; i++) {
		const char *cut = strstr(packets[i].expected, "...");
		struct erps_packet packet;
		static char line[65536];

		assert_int_equal(erps_packet_decode(packets[i].octets, MAX_PAYLOAD, &packet, NULL),
			packets[i].octets.size);
		assert_false(erps_packet_has_authentication(&packet));
		describe(&packet, line, sizeof(line));
		if (cut)
			line[cut - packets[i].expected] = '\0';
		assert_int_equal(strncmp(line, packets[i].expected, strlen(line)), 0);
		assert_true(cut || strlen(line) == strlen(packets[i].expected));
	}
}

static void
test_every_packet_encodes_to_the_same_octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct sb_bytes octets = packets[i].octets;
		uint8_t *room = malloc(octets.size);
		struct sb_writer w = sb_writer_of(room, octets.size);
		struct erps_packet packet;

		assert_true(erps_packet_decode(octets, MAX_PAYLOAD, &packet, NULL) > 0);
		assert_int_equal(erps_packet_encode(&w, &packet), 0);
		assert_int_equal(sb_writer_size(&w), octets.size);
		assert_memory_equal(room, octets.data, octets.size);
		free(room);
	}
}

/* All that one side sent on a connection, run together. */
static struct sb_bytes
stream_of(unsigned connection, bool is_from_client, size_t *packets_in_it)
{
	uint8_t *octets = malloc(65536);
	struct sb_writer w = sb_writer_of(octets, 65536);

	*packets_in_it = 0;
	for (size_t i = 0; i < count; i++)
		if (packets[i].connection == connection &&
			packets[i].is_from_client == is_from_client) {
			sb_put_bytes(&w, packets[i].octets.data, packets[i].octets.size);
			++*packets_in_it;
		}
	assert_false(sb_writer_failed(&w));
	return sb_bytes(octets, sb_writer_size(&w));
}

/* How many whole packets there are in the octets from *at on, which goes behind them. */
static size_t
take_packets(struct sb_bytes stream, size_t *at)
{
	struct erps_packet packet;
	size_t taken = 0;
	ssize_t size;

	while ((size = erps_packet_decode(sb_bytes(stream.data + *at, stream.size - *at),
			MAX_PAYLOAD, &packet, NULL)) > 0) {
		*at += (size_t)size;
		taken++;
	}
	assert_int_equal(size, 0);
	return taken;
}

static void
test_every_stream_split_anywhere_gives_the_same_packets(void **state)
{
	(void)state;
	for (unsigned connection = 1; connection <= 5; connection++)
		for (unsigned side = 0; side < 2; side++) {
			size_t expected;
			struct sb_bytes stream = stream_of(connection, side == 0, &expected);

			for (size_t split = 0; split <= stream.size; split++) {
				size_t at = 0;
				size_t taken = take_packets(sb_bytes(stream.data, split), &at);

				taken += take_packets(stream, &at);
				assert_int_equal(taken, expected);
				assert_int_equal(at, stream.size);
			}
			free((void *)stream.data);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_packet_decodes_to_what_another_decoder_read),
		cmocka_unit_test(test_every_packet_encodes_to_the_same_octets),
		cmocka_unit_test(test_every_stream_split_anywhere_gives_the_same_packets),
	};

	return cmocka_run_group_tests(tests, read_captures, free_captures);
}
