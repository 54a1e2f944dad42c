/* shout [ADDRESS]: serves shout there, or on 127.0.0.1:7007, until SIGTERM. */
#include "shout.h"

#include <stdio.h>

#include <switchboard/core/switchboard.h>

int
main(int argc, char **argv)
{
	const struct sb_node_options node_options = {.threads = 1, .signals = true};
	const struct sb_listener_options listener_options = {
		.name = "shout",
		.address = argc > 1 ? argv[1] : "127.0.0.1:7007",
		.module = &shout_module,
	};
	struct sb_listener *listener;
	struct sb_node *node;
	int err = sb_node_new(&node, &node_options);

	if (!err) {
		err = sb_listen(node, &listener_options, &listener);
		if (!err)
			err = sb_node_run(node);
		sb_node_free(node);
	}
	if (err)
		fprintf(stderr, "shout: %s\n", sb_error_text(err));
	return err ? 1 : 0;
}
