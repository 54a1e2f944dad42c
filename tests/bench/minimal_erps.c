/*
 * minimal-erps: an Erps server on our session that only echoes. Every packet is
 * framed and checked, every term decoded within the limits, every call has a slot.
 */
#include "protocols/erps/daemon.h"
#include "tests/bench/core_server.h"

static void
handle_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	struct erps_term term;

	if (erps_match(request, "{:echo, term}", &term))
		erps_reply(s, from, term);
	else
		erps_reject(s, from, "badarg");
}

static const struct erps_service service = {.name = "minimal.erps", .handle_call = handle_call};

static int
listen_for_erps(struct sb_node *node, const struct sb_listener_options *options, void *context)
{
	struct erps_daemon **daemon = context;

	return erps_daemon_start(
		daemon, node, &service, NULL, &(struct erps_daemon_options){.listener = options});
}

int
main(int argc, char **argv)
{
	struct erps_daemon *daemon = NULL;
	int status = core_server_main(argc, argv, "erps", listen_for_erps, &daemon);

	erps_daemon_free(daemon);
	return status;
}
