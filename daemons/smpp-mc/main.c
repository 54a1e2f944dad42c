/* smpp-mc: an SMPP message centre. */
#include "core/cli.h"
#include "core/config_core.h"
#include "core/error.h"
#include "core/node.h"
#include "core/store.h"
#include "daemons/smpp-mc/config_file.h"
#include "daemons/smpp-mc/front.h"
#include "daemons/smpp-mc/mc_session.h"
#include "daemons/smpp-mc/service.h"

#include <stdio.h>
#include <stdlib.h>

/* What a client's session may have outstanding, where the listener does not say: its window, and
 * what partitions send it. */
#define SESSION_CALLS         16384u
#define SESSION_MAILBOX       16384u
#define SESSION_MAILBOX_BYTES (8u << 20)

struct daemon {
	struct sb_cli cli;
	struct sb_config *file;
	struct mc_config *config; /* given to the node */
	struct sb_listener_options *listeners;
	size_t listener_count;
	struct sb_log *log;
	struct sb_node *node;
	struct sb_store *store;
	struct mc_service *service;
	struct smpp_service *smpp;
	struct mc_front front;
};

static void
limits_complete(struct sb_listener_options *listener)
{
	struct sb_limits *limits = (struct sb_limits *)(uintptr_t)listener->limits;

	if (!limits->max_calls)
		limits->max_calls = SESSION_CALLS;
	if (!limits->mailbox_messages)
		limits->mailbox_messages = SESSION_MAILBOX;
	if (!limits->mailbox_bytes)
		limits->mailbox_bytes = SESSION_MAILBOX_BYTES;
}

static int
listeners_convert(struct daemon *d)
{
	cfg_t *root = sb_config_root(d->file);
	size_t count = cfg_size(root, "listener");
	int err = 0;

	d->listeners = calloc(count + 1, sizeof(*d->listeners));
	if (!d->listeners)
		return SB_ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		err = sb_config_listener(
			d->file, cfg_getnsec(root, "listener", (unsigned)i), &d->listeners[i]);
		if (err)
			break;
		limits_complete(&d->listeners[i]);
		d->listener_count++;
	}
	return err;
}

static int
convert(struct daemon *d)
{
	int err = mc_config_new(d->file, &d->config);

	return err ? err : listeners_convert(d);
}

static int
node_make(struct daemon *d)
{
	struct sb_node_options options = sb_config_node(d->file);
	struct sb_store_options store = mc_config_store(d->file);
	struct smpp_session_options session = mc_config_session(d->file);
	int err;

	options.log = d->log;
	err = sb_node_new(&d->node, &options);
	if (!err)
		err = sb_store_open(&d->store, d->node, &store, mc_kinds, MC_KIND_COUNT);
	if (!err)
		err = mc_service_new(&d->service, d->node, d->store, d->config, options.id);
	if (!err)
		err = smpp_service_new(&d->smpp, d->node, &mc_application, &session, NULL);
	return err;
}

static void
config_release(void *config)
{
	mc_config_free(config);
}

static int
serve(struct daemon *d)
{
	int err = sb_node_set_config(d->node, d->config, config_release);

	if (err)
		return err;
	d->config = NULL;
	d->front = (struct mc_front){
		.service = d->service,
		.smpp = d->smpp,
		.listeners = d->listeners,
		.listener_count = d->listener_count,
	};
	err = mc_front_start(&d->front);
	if (!err)
		err = sb_node_run(d->node);
	return err;
}

static int
run(struct daemon *d)
{
	struct sb_log_options log = sb_config_log(d->file);
	int err;

	d->log = sb_log_new(&log);
	if (!d->log)
		return SB_ENOMEM;
	sb_log_start(d->log);
	err = node_make(d);
	if (!err)
		err = serve(d);
	if (err)
		SB_LOG_TO(d->log, ERROR, "mc.start_failed", "error", SB_ERR(err));
	return err ? err : d->front.has_failed ? SB_EIO : 0;
}

static void
daemon_fini(struct daemon *d)
{
	sb_store_close(d->store);
	sb_node_free(d->node);
	smpp_service_free(d->smpp);
	mc_service_free(d->service);
	mc_config_free(d->config);
	for (size_t i = 0; i < d->listener_count; i++)
		sb_config_listener_fini(&d->listeners[i]);
	free(d->listeners);
	sb_config_free(d->file);
	sb_log_free(d->log);
	sb_cli_fini(&d->cli);
}

int
main(int argc, char **argv)
{
	static const struct sb_cli_program program = {
		"smpp-mc", "An SMPP 3.4 and 5.0 message centre.", NULL};
	struct sb_config_errors errors = sb_config_errors_to_stderr();
	struct daemon d = {0};
	int status = EXIT_FAILURE;

	if (sb_cli_parse(&d.cli, &program, argc, argv) == SB_CLI_EXIT)
		status = d.cli.status;
	else if (sb_cli_load(&d.cli, mc_config_options, mc_config_rules, &errors, &d.file) ||
		 convert(&d))
		status = EXIT_FAILURE;
	else if (d.cli.action == SB_CLI_CHECK)
		status = sb_cli_checked(&errors);
	else
		status = run(&d) ? EXIT_FAILURE : EXIT_SUCCESS;
	daemon_fini(&d);
	return status;
}
