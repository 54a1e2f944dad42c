/* Sends back what it receives: the smallest protocol module, and a server around it. */
#include <switchboard/core/switchboard.h>

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

int
main(int argc, char **argv)
{
	struct sb_node_options options = {.signals = true};
	struct sb_listener_options listener = {
		.name = "echo",
		.address = argc > 1 ? argv[1] : "127.0.0.1:7000",
		.module = &echo,
	};
	struct sb_node *node;

	if (sb_node_new(&node, &options))
		return 1;
	if (sb_listen(node, &listener, NULL))
		return 1;
	sb_node_run(node);
	sb_node_free(node);
	return 0;
}
