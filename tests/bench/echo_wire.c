/* echo-load: loads an echo server and says how many messages came back, and how fast. */
#include "tests/bench/echo_load.h"

#include <string.h>

/* The message, over and over, long enough to be sent from any octet of it on. */
static void
prepare(struct echo_load *load)
{
	load->request_size = load->reply_size = load->options.size;
	for (size_t i = 0; i < sizeof(load->pattern); i++)
		load->pattern[i] = (uint8_t)(i % load->options.size * 7 + 1);
}

static const uint8_t *
request(struct echo_load *load, uint64_t index, uint32_t offset, size_t *size)
{
	(void)index, (void)size;
	return load->pattern + offset;
}

static bool
is_reply(
	struct echo_load *load, uint64_t index, uint32_t offset, const uint8_t *octets, size_t size)
{
	(void)index;
	return memcmp(octets, load->pattern + offset, size) == 0;
}

int
main(int argc, char **argv)
{
	static const struct echo_wire wire = {prepare, request, is_reply};

	return echo_load_main(argc, argv, "echo-load", &wire);
}
