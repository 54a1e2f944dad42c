/*
 * bare-erps: the least an Erps server can do. It finds the packets and turns each
 * call {Ref, {:echo, Term}} into its reply {Term, Ref} where it stands; it reads
 * nothing but the size and the type, and takes for granted what erps-load sends: an
 * INTEGER for the Ref, no fault anywhere.
 */
#include "tests/bench/bare_server.h"

#include <endian.h>
#include <string.h>

enum {
	HEADER = 96,
	KEEPALIVE = 9,
	PAYLOAD_MAX = 128 * 1024,
	REF_AT = HEADER + 3, /* 131, a tuple of two */
	REF_SIZE = 5,
	ECHO_HEAD = 8, /* a tuple of two, :echo */
	TERM_AT = REF_AT + REF_SIZE + ECHO_HEAD,
};

static uint32_t
payload_size(const uint8_t *packet)
{
	uint32_t size;

	memcpy(&size, packet + 4, sizeof(size));
	return be32toh(size);
}

/* Writes the reply at `out`, which is the packet itself or octets before it, and returns its size.
 */
static size_t
reply(uint8_t *out, const uint8_t *packet, size_t size)
{
	size_t term = size - TERM_AT;
	uint32_t payload = htobe32((uint32_t)(REF_AT - HEADER + term + REF_SIZE));
	uint8_t ref[REF_SIZE];

	memcpy(ref, packet + REF_AT, REF_SIZE);
	memmove(out + REF_AT, packet + TERM_AT, term);
	memcpy(out + REF_AT + term, ref, REF_SIZE);
	memcpy(out, "erps", 4);
	memcpy(out + 4, &payload, sizeof(payload));
	memset(out + 8, 0, HEADER - 8);
	out[8] = 2;
	memcpy(out + HEADER, "\203\150\002", REF_AT - HEADER);
	return REF_AT + term + REF_SIZE;
}

static struct bare_served
serve(void *state, uint8_t *octets, size_t size)
{
	struct bare_served served = {0};

	(void)state;
	while (size - served.used >= KEEPALIVE) {
		const uint8_t *packet = octets + served.used;
		size_t whole = (size_t)HEADER + payload_size(packet);

		if (packet[8] == 0) {
			served.used += KEEPALIVE;
			continue;
		}
		if (whole < TERM_AT || whole > HEADER + PAYLOAD_MAX) {
			served.close = true;
			break;
		}
		if (size - served.used < whole)
			break;
		served.answer += reply(octets + served.answer, packet, whole);
		served.used += whole;
	}
	return served;
}

int
main(int argc, char **argv)
{
	static const struct bare_service service = {.serve = serve};

	return bare_server_main(argc, argv, "bare-erps", &service);
}
