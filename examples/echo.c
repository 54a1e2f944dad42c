/* Sends back what it receives: the smallest protocol module, and a server around it. */
#include <switchboard/core/switchboard.h>

#include <stdio.h>

static ssize_t
received(struct sb_session *s, struct sb_bytes in)
{
	(void)sb_write(s, in.data, in.size); /* if it fails the session ends, and says why */
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
	struct sb_listener_options listener = {.name = "echo", .module = &echo};
	struct sb_node *node = NULL;
	int err = sb_node_new(&node, &options);

	listener.address = argc > 1 ? argv[1] : "127.0.0.1:7000";
	if (!err)
		err = sb_listen(node, &listener, NULL);
	if (!err)
		err = sb_node_run(node);
	if (err)
		fprintf(stderr, "sb-echo: %s: %s\n", listener.address, sb_error_text(err));
	sb_node_free(node);
	return err ? 1 : 0;
}
