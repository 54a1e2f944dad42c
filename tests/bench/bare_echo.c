/* bare-echo: sends back what comes, with nothing of the framework. */
#include "tests/bench/bare_server.h"

static struct bare_served
echo(void *state, uint8_t *octets, size_t size)
{
	(void)state, (void)octets;
	return (struct bare_served){.used = size, .answer = size};
}

int
main(int argc, char **argv)
{
	static const struct bare_service service = {.serve = echo};

	return bare_server_main(argc, argv, "bare-echo", &service);
}
