/* How the scripts of sessions ended: which one a device had last, and a fault as long as it fails.
 */
#include "core/error.h"
#include "daemons/acs/keeper_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
note(struct acs_keeper *k, struct acs_device *device, const struct acs_script_ended *ended)
{
	if (!device->ran)
		device->ran = calloc(1, sizeof(*device->ran));
	/* Without memory it is not shown. */
	if (!device->ran)
		return;
	device->ran->at_ms = acs_wall(k);
	device->ran->has_failed = ended->status != 0;
	snprintf(device->ran->script, sizeof(device->ran->script), "%s", ended->script);
}

static void
nothing_follows(
	struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)k;
	(void)c;
	(void)status;
	(void)rows;
}

static char *
fault_of(const struct acs_script_ended *ended)
{
	json_t *json = json_pack("{s:s, s:s}", "script", ended->script, "trace", ended->trace);
	char *detail = json ? json_dumps(json, JSON_COMPACT) : NULL, *text, code[32] = "script";

	if (ended->fault_code)
		snprintf(code, sizeof(code), "cwmp.%u", ended->fault_code);
	text = acs_fault_text(ACS_SCRIPT_CHANNEL, code, ended->text, detail);
	json_decref(json);
	free(detail);
	return text;
}

static void
fault_change(struct acs_keeper *k, struct acs_commit *c, const struct acs_script_ended *ended)
{
	char *text;

	if (!ended->status) {
		acs_fault_clear(k, c, c->device, ACS_SCRIPT_CHANNEL);
		return;
	}
	text = fault_of(ended);
	if (text)
		acs_fault_note(k, c, c->device, ACS_SCRIPT_CHANNEL, text, 0);
	else
		c->error = SB_ENOMEM;
	free(text);
}

void
acs_keeper_script(struct acs_keeper *k, const struct sb_message *m)
{
	const struct acs_script_ended *ended = m->data;
	struct acs_device *device = acs_devices_find(&k->devices, ended->device);
	struct acs_commit *c;

	/* Behind its deletion a fault would be nobody's. */
	if (!device || device->is_leaving)
		return;
	note(k, device, ended);
	if (!ended->status && !acs_fault_find(device, ACS_SCRIPT_CHANNEL))
		return;
	c = acs_commit_new(k, device, false, nothing_follows);
	/* The next session's says it again. */
	if (!c)
		return;
	fault_change(k, c, ended);
	(void)acs_commit_end(k, c);
}
