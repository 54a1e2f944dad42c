/*
 * erps-load: loads an Erps server with calls {Ref, {:echo, Octets}} and says how
 * many were answered rightly, and how fast. As a client of ours does, it begins
 * with the mark for its first Ref and then counts from 2^27.
 */
#include "tests/bench/echo_load.h"

#include <endian.h>
#include <string.h>

enum {
	HEADER = 96,
	REF_AT = HEADER + 4,        /* 131, a tuple of two, INTEGER */
	REQUEST_HEAD = HEADER + 21, /* what stands before the octets to be echoed */
	REPLY_HEAD = HEADER + 8,
	REPLY_TAIL = 5, /* the Ref */
	SIZE_MAX_OCTETS = 64 * 1024,
};

static const uint32_t MARK = 0x53425801, FIRST_REF = 1U << 27;

/* One of each, whose Ref is put in when it is wanted. */
static uint8_t call[REQUEST_HEAD + SIZE_MAX_OCTETS];
static uint8_t reply[REPLY_HEAD + SIZE_MAX_OCTETS + REPLY_TAIL];

static uint32_t
ref_of(uint64_t index)
{
	return index ? FIRST_REF + (uint32_t)((index - 1) % (INT32_MAX - FIRST_REF)) : MARK;
}

static void
put_u32(uint8_t *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static void
put_header(uint8_t *packet, uint8_t type, size_t size)
{
	memcpy(packet, "erps", 4);
	put_u32(packet + 4, (uint32_t)(size - HEADER));
	packet[8] = type;
}

static void
put_binary(uint8_t *at, uint32_t size)
{
	at[0] = 109;
	put_u32(at + 1, size);
	for (uint32_t i = 0; i < size; i++)
		at[5 + i] = (uint8_t)(i * 7 + 1);
}

static void
prepare(struct echo_load *load)
{
	static const uint8_t call_head[] = {
		131, 104, 2, 98, 0, 0, 0, 0, 104, 2, 119, 4, 'e', 'c', 'h', 'o'};
	static const uint8_t reply_head[] = {131, 104, 2};
	uint32_t size = load->options.size < SIZE_MAX_OCTETS ? load->options.size : SIZE_MAX_OCTETS;

	load->request_size = REQUEST_HEAD + size;
	load->reply_size = REPLY_HEAD + size + REPLY_TAIL;
	put_header(call, 4, load->request_size);
	memcpy(call + HEADER, call_head, sizeof(call_head));
	put_binary(call + HEADER + sizeof(call_head), size);
	put_header(reply, 2, load->reply_size);
	memcpy(reply + HEADER, reply_head, sizeof(reply_head));
	put_binary(reply + HEADER + sizeof(reply_head), size);
	reply[load->reply_size - REPLY_TAIL] = 98;
}

/* As many whole calls as the wish reaches into, and the buffer has room for. */
static const uint8_t *
request(struct echo_load *load, uint64_t index, uint32_t offset, size_t *size)
{
	size_t room = sizeof(load->pattern) / load->request_size;
	size_t count = (offset + *size + load->request_size - 1) / load->request_size;
	uint8_t *out = load->pattern;

	if (count > room)
		*size = room * load->request_size - offset;
	for (size_t i = 0; i < count && i < room; i++, out += load->request_size) {
		memcpy(out, call, load->request_size);
		put_u32(out + REF_AT, ref_of(index + i));
	}
	return load->pattern + offset;
}

/* The same octets; of the header only magic, size and type, since a server of ours says who it is
 * in the header of its first reply. */
static bool
is_part(uint32_t offset, const uint8_t *octets, size_t size)
{
	bool is_same = offset >= 9 ||
		       memcmp(octets, reply + offset, size < 9 - offset ? size : 9 - offset) == 0;

	if (offset + size <= HEADER)
		return is_same;
	if (offset < HEADER) {
		octets += HEADER - offset;
		size -= HEADER - offset;
		offset = HEADER;
	}
	return is_same && memcmp(octets, reply + offset, size) == 0;
}

static bool
is_reply(
	struct echo_load *load, uint64_t index, uint32_t offset, const uint8_t *octets, size_t size)
{
	bool is_right = true;

	while (size) {
		size_t part = load->reply_size - offset < size ? load->reply_size - offset : size;

		put_u32(reply + load->reply_size - 4, ref_of(index));
		is_right = is_part(offset, octets, part) && is_right;
		octets += part;
		size -= part;
		offset = 0;
		index++;
	}
	return is_right;
}

int
main(int argc, char **argv)
{
	static const struct echo_wire wire = {prepare, request, is_reply};

	return echo_load_main(argc, argv, "erps-load", &wire);
}
