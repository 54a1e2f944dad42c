/* What keepers say to those who listen (event.h). It is said when it is decided, which may be a
 * moment before it is durable. */
#include "daemons/acs/event.h"
#include "daemons/acs/keeper_internal.h"

static json_t *
now(const struct acs_keeper *k)
{
	char text[ACS_TIME_SIZE];

	acs_time_print(text, acs_wall(k));
	return json_string(text);
}

void
acs_say_inform(struct acs_keeper *k, const struct acs_device *device)
{
	if (acs_event_is_wanted(k->session))
		acs_event_say(k->session, "inform",
			json_pack("{s:s, s:o, s:o}", "device", device->profile.name, "at", now(k),
				"events", acs_events_json(device->events)));
}

void
acs_say_task(struct acs_keeper *k, const struct acs_task *task)
{
	char id[ACS_ID_SIZE];

	if (!acs_event_is_wanted(k->session))
		return;
	acs_id_print(id, task->id);
	acs_event_say(k->session, "task",
		json_pack("{s:s, s:s, s:s, s:s, s:o}", "device", task->device->profile.name, "id",
			id, "method", task->method, "state", acs_task_state_name(task->state), "at",
			now(k)));
}

void
acs_say_fault(struct acs_keeper *k, const struct acs_device *device, const struct acs_fault *fault)
{
	json_t *says;

	if (!acs_event_is_wanted(k->session))
		return;
	says = json_loads(fault->text, 0, NULL);
	json_object_set_new(says, "device", json_string(device->profile.name));
	json_object_set_new(says, "at", now(k));
	acs_event_say(k->session, "fault", says);
}
