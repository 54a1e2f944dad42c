/*
 * minimal-cwmp: an ACS on our CWMP sessions that, with --parameters N, asks each device for N
 * values and looks at each that comes; without, it has nothing to say. No store, no
 * scripts; everything else (cookies, registry, timers, limits, metrics, logs) as always.
 */
#include "core/error.h"
#include "protocols/cwmp/server.h"
#include "tests/bench/core_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 80 };

/* What each device is asked: as bare-cwmp does. */
static const char **asked_names;
static size_t asked_count;

static void
got_values(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	const struct cwmp_parameter_values *list;
	size_t octets = 0;

	(void)context;
	if (o->status == 0) {
		list = &o->envelope->message.body.get_parameter_values_response.parameter_list;
		for (size_t i = 0; i < list->count; i++)
			octets += strlen(list->each[i].name) + strlen(list->each[i].value.text);
	}
	if (octets == 0)
		cwmp_abort(c);
	cwmp_finish(c);
}

static void
start(struct cwmp_session *c)
{
	if (cwmp_get_parameter_values(
		    c, asked_names, asked_count, (struct cwmp_done){got_values, NULL}))
		cwmp_abort(c);
}

static int
listen_for_devices(struct sb_node *node, const struct sb_listener_options *options, void *context)
{
	static const struct cwmp_service silent = {.name = "minimal.cwmp"};
	static const struct cwmp_service asking = {.name = "minimal.cwmp", .session_start = start};
	struct cwmp_server **server = context;
	const struct cwmp_server_options server_options = {.session_timeout_ms = 120000};
	struct sb_listener *listener;
	int err = cwmp_server_new(
		server, node, asked_count ? &asking : &silent, NULL, &server_options);

	return err ? err : cwmp_server_listen(*server, options, &listener);
}

static int
prepare_names(size_t count)
{
	char *text = malloc(count * NAME_BYTES);

	asked_names = malloc(count * sizeof(*asked_names));
	if (!text || !asked_names) {
		free(text);
		return SB_ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		asked_names[i] = text + i * NAME_BYTES;
		snprintf(text + i * NAME_BYTES, NAME_BYTES,
			"Device.WiFi.AccessPoint.%zu.AssociatedDevice.1.SignalStrength", i + 1);
	}
	asked_count = count;
	return 0;
}

int
main(int argc, char **argv)
{
	struct cwmp_server *server = NULL;
	int status;

	if (argc > 2 && strcmp(argv[1], "--parameters") == 0) {
		if (prepare_names(strtoul(argv[2], NULL, 10)))
			return 1;
		argv[2] = argv[0];
		argc -= 2;
		argv += 2;
	}
	status = core_server_main(argc, argv, "cwmp", listen_for_devices, &server);
	cwmp_server_free(server);
	if (asked_names)
		free((char *)(uintptr_t)asked_names[0]);
	free(asked_names);
	return status;
}
