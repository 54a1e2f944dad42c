/* core-echo: the module of examples/echo.c with what a benchmark asks of a server. */
#include "core/switchboard.h"
#include "tests/bench/core_server.h"

static ssize_t
received(struct sb_session *s, struct sb_bytes in)
{
	if (sb_write(s, in.data, in.size) < 0)
		return SB_EPROTO;
	return (ssize_t)in.size;
}

static const struct sb_module echo = {
	.abi = SB_MODULE_ABI,
	.name = "echo",
	.received = received,
};

static int
listen_for_echo(struct sb_node *node, const struct sb_listener_options *options, void *context)
{
	struct sb_listener_options with_module = *options;

	(void)context;
	with_module.module = &echo;
	return sb_listen(node, &with_module, NULL);
}

int
main(int argc, char **argv)
{
	return core_server_main(argc, argv, "echo", listen_for_echo, NULL);
}
