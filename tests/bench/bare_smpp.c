/*
 * bare-smpp: the least an SMPP message centre can do. It finds the frames and
 * turns each request into its response where it stands; it reads no field,
 * checks nothing and gives every message the same id.
 */
#include "tests/bench/bare_server.h"

#include <endian.h>
#include <string.h>

enum { HEADER_BYTES = 16, FRAME_MAX = 128 * 1024 };

static const uint32_t RESPONSE = 0x80000000U;

enum command {
	BIND_RECEIVER = 0x01,
	BIND_TRANSMITTER = 0x02,
	SUBMIT_SM = 0x04,
	UNBIND = 0x06,
	BIND_TRANSCEIVER = 0x09,
	ENQUIRE_LINK = 0x15,
};

enum status { INVALID_LENGTH = 2, INVALID_COMMAND = 3 };

/* Text of a response, counted with its NUL. */
struct bare_text {
	const char *octets;
	uint32_t size;
};

static const struct bare_text nothing = {"", 0};
static const struct bare_text system_id = {"bare", 5};
static const struct bare_text message_id = {"0000000001", 11};

struct header {
	uint32_t length;
	uint32_t command;
	uint32_t status;
	uint32_t sequence;
};

static struct header
header_at(const uint8_t *octets)
{
	struct header wire;

	memcpy(&wire, octets, sizeof(wire));
	return (struct header){be32toh(wire.length), be32toh(wire.command), be32toh(wire.status),
		be32toh(wire.sequence)};
}

/*
 * Appends the response: a header and, when all is well, `text` with its NUL.
 * A response longer than its request would run over the request behind it.
 */
static void
respond(uint8_t *octets, struct bare_served *served, struct header to, uint32_t status,
	struct bare_text text)
{
	bool fits = to.length >= HEADER_BYTES + text.size;
	uint32_t length = HEADER_BYTES + (status || !fits ? 0 : text.size);
	struct header wire = {htobe32(length), htobe32(to.command | RESPONSE),
		htobe32(fits ? status : INVALID_LENGTH), htobe32(to.sequence)};

	memcpy(octets + served->answer, &wire, sizeof(wire));
	memcpy(octets + served->answer + sizeof(wire), text.octets, length - HEADER_BYTES);
	served->answer += length;
}

static void
serve_frame(uint8_t *octets, struct bare_served *served, struct header frame)
{
	switch (frame.command) {
	case SUBMIT_SM:
		respond(octets, served, frame, 0, message_id);
		return;
	case BIND_RECEIVER:
	case BIND_TRANSMITTER:
	case BIND_TRANSCEIVER:
		respond(octets, served, frame, 0, system_id);
		return;
	case UNBIND:
		served->close = true;
		respond(octets, served, frame, 0, nothing);
		return;
	case ENQUIRE_LINK:
		respond(octets, served, frame, 0, nothing);
		return;
	default:
		if (frame.command & RESPONSE)
			return;
		frame.command = 0;
		respond(octets, served, frame, INVALID_COMMAND, nothing);
	}
}

static struct bare_served
serve(void *state, uint8_t *octets, size_t size)
{
	struct bare_served served = {0};

	(void)state;
	while (size - served.used >= HEADER_BYTES && !served.close) {
		struct header frame = header_at(octets + served.used);

		if (frame.length < HEADER_BYTES || frame.length > FRAME_MAX) {
			frame.command = 0;
			served.close = true;
			respond(octets, &served, frame, INVALID_LENGTH, nothing);
			break;
		}
		if (size - served.used < frame.length)
			break;
		served.used += frame.length;
		serve_frame(octets, &served, frame);
	}
	return served;
}

int
main(int argc, char **argv)
{
	static const struct bare_service service = {.serve = serve};

	return bare_server_main(argc, argv, "bare-smpp", &service);
}
