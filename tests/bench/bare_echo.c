/* bare-echo: sends back what comes, with nothing of the framework. */
#include "tests/bench/bare_server.h"

static struct bare_served
echo(uint8_t *octets, size_t size)
{
	(void)octets;
	return (struct bare_served){.used = size, .answer = size};
}

int
main(int argc, char **argv)
{
	return bare_server_main(argc, argv, "bare-echo", echo);
}
