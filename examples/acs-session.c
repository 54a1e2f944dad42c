/*
 * An ACS in a page. What it does with each device that comes: reads its model and version, gives
 * its WiFi a name if it has another one, and lets it fetch new firmware if it is old.
 *
 *	sb-acs-session [ADDRESS]          devices come to http://127.0.0.1:7547/
 */
#include <switchboard/core/switchboard.h>
#include <switchboard/protocols/cwmp/server.h>

#include <stdio.h>
#include <string.h>

#define WIFI_NAME    "Switchboard"
#define NEW_VERSION  "2.0"
#define FIRMWARE_URL "http://127.0.0.1:7557/files/firmware-2.0.bin/content"

/* The data model of TR-181, or the older one of TR-098. */
struct names {
	const char *root, *model, *version, *wifi;
};

static const struct names models[] = {
	{"Device.", "Device.DeviceInfo.ModelName", "Device.DeviceInfo.SoftwareVersion",
		"Device.WiFi.SSID.1.SSID"},
	{"InternetGatewayDevice.", "InternetGatewayDevice.DeviceInfo.ModelName",
		"InternetGatewayDevice.DeviceInfo.SoftwareVersion",
		"InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.SSID"},
};

/* Of each session: zeroed when it begins, gone when it ends. */
struct provisioning {
	const struct names *names;
	bool is_old;
};

/* What a device has named in its Inform tells which model it has. */
static const struct names *
names_of(const struct cwmp_inform *inform)
{
	const struct cwmp_parameter_values *list = &inform->parameter_list;

	for (size_t i = 0; i < list->count; i++)
		if (list->each[i].name &&
			strncmp(list->each[i].name, models[1].root, strlen(models[1].root)) == 0)
			return &models[1];
	return &models[0];
}

static const char *
value_of(const struct cwmp_parameter_values *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->each[i].name && strcmp(list->each[i].name, name) == 0)
			return list->each[i].value.text ? list->each[i].value.text : "";
	return "";
}

static void
say(const struct cwmp_session *c, const char *what, const struct cwmp_outcome *o)
{
	if (o->status == SB_EREMOTE)
		printf("%s: %s: fault %u %s\n", cwmp_device(c), what,
			o->envelope->message.body.fault.fault_code,
			o->envelope->message.body.fault.fault_string);
	else
		printf("%s: %s: %s\n", cwmp_device(c), what,
			o->status ? sb_error_text(o->status) : "done");
}

/* ---- third: new firmware ---- */

/* It comes from a download: whatever became of that, the next one waits for another session. */
static bool
has_downloaded(const struct cwmp_session *c)
{
	const struct cwmp_events *events = &cwmp_inform(c)->event;

	for (size_t i = 0; i < events->count; i++)
		if (events->each[i].event_code &&
			strcmp(events->each[i].event_code, "M Download") == 0)
			return true;
	return false;
}

static void
told_to_upgrade(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	(void)context;
	say(c, "upgrade", o);
	cwmp_finish(c);
}

static void
upgrade_if_old(struct cwmp_session *c)
{
	const struct provisioning *p = cwmp_state(c);
	const struct cwmp_download download = {
		.command_key = NEW_VERSION,
		.file_type = "1 Firmware Upgrade Image",
		.url = FIRMWARE_URL,
	};

	/* Who cannot call (no memory) is done with this device. */
	if (!p->is_old || has_downloaded(c) ||
		cwmp_download(c, &download, (struct cwmp_done){told_to_upgrade, NULL}))
		cwmp_finish(c);
}

/* ---- second: the name ---- */

static void
has_name(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	(void)context;
	say(c, "WiFi name", o);
	upgrade_if_old(c);
}

static void
set_name(struct cwmp_session *c)
{
	const struct provisioning *p = cwmp_state(c);
	const struct cwmp_parameter_value name = {p->names->wifi, {CWMP_TYPE_STRING, WIFI_NAME}};

	if (cwmp_set_parameter_values(c, &name, 1, "wifi-1", (struct cwmp_done){has_name, NULL}))
		cwmp_finish(c);
}

/* ---- first: what it is ---- */

static void
got_values(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	struct provisioning *p = cwmp_state(c);
	const struct cwmp_parameter_values *values;

	(void)context;
	if (o->status) {
		say(c, "values", o);
		cwmp_finish(c);
		return;
	}
	values = &o->envelope->message.body.get_parameter_values_response.parameter_list;
	printf("%s: a %s with version %s\n", cwmp_device(c), value_of(values, p->names->model),
		value_of(values, p->names->version));
	p->is_old = strcmp(value_of(values, p->names->version), NEW_VERSION) != 0;
	if (strcmp(value_of(values, p->names->wifi), WIFI_NAME) != 0)
		set_name(c);
	else
		upgrade_if_old(c);
}

static void
session_start(struct cwmp_session *c)
{
	struct provisioning *p = cwmp_state(c);
	const char *names[3];

	p->names = names_of(cwmp_inform(c));
	names[0] = p->names->model;
	names[1] = p->names->version;
	names[2] = p->names->wifi;
	if (cwmp_get_parameter_values(c, names, 3, (struct cwmp_done){got_values, NULL}))
		cwmp_finish(c);
}

/* ---- whatever comes besides ---- */

static void
request(struct cwmp_session *c, const struct cwmp_envelope *envelope)
{
	const struct cwmp_transfer_complete *t = &envelope->message.body.transfer_complete;

	if (envelope->message.method == CWMP_TRANSFER_COMPLETE)
		printf("%s: transfer %s: fault %u\n", cwmp_device(c),
			t->command_key ? t->command_key : "", t->fault_struct.fault_code);
	cwmp_answer_default(c);
}

static void
session_end(struct cwmp_session *c, enum cwmp_end why)
{
	printf("%s: the session ended: %s\n", cwmp_device(c), cwmp_end_name(why));
	fflush(stdout);
}

static const struct cwmp_service service = {
	.name = "acs-session",
	.state_size = sizeof(struct provisioning),
	.session_start = session_start,
	.request = request,
	.session_end = session_end,
};

int
main(int argc, char **argv)
{
	const struct sb_listener_options listener = {
		.name = "cwmp", .address = argc > 1 ? argv[1] : "127.0.0.1:7547"};
	const struct sb_node_options options = {.signals = true};
	struct cwmp_server *server = NULL;
	struct sb_node *node = NULL;
	int err = sb_node_new(&node, &options);

	if (!err)
		err = cwmp_server_new(&server, node, &service, NULL, NULL);
	if (!err)
		err = cwmp_server_listen(server, &listener, NULL);
	if (!err)
		err = sb_node_run(node);
	if (err)
		fprintf(stderr, "acs-session: %s: %s\n", listener.address, sb_error_text(err));
	sb_node_free(node);
	cwmp_server_free(server);
	return err ? 1 : 0;
}
