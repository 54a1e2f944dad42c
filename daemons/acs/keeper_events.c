/* What keepers say to those who listen (event.h): put together when it is decided, and said when it
 * is durable. */
#include "daemons/acs/event.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/keeper_internal.h"

#include <stdlib.h>

static json_t *
now(const struct acs_keeper *k)
{
	char text[ACS_TIME_SIZE];

	acs_time_print(text, acs_wall(k));
	return json_string(text);
}

/* Without memory for it, it is missed. */
static void
say_later(struct acs_commit *c, const char *name, json_t *value)
{
	struct acs_saying *saying = value ? calloc(1, sizeof(*saying)) : NULL;
	struct acs_saying **end = &c->sayings;

	if (!saying) {
		json_decref(value);
		return;
	}
	*saying = (struct acs_saying){NULL, name, value};
	while (*end)
		end = &(*end)->next;
	*end = saying;
}

void
acs_sayings_end(struct acs_keeper *k, struct acs_commit *c, bool is_durable)
{
	struct acs_saying *next;

	for (struct acs_saying *saying = c->sayings; saying; saying = next) {
		next = saying->next;
		if (is_durable)
			acs_event_say(k->session, saying->name, saying->value);
		else
			json_decref(saying->value);
		free(saying);
	}
	c->sayings = NULL;
}

void
acs_say_inform(struct acs_keeper *k, struct acs_commit *c, const struct acs_device *device)
{
	if (acs_event_is_wanted(k->session))
		say_later(c, "inform",
			json_pack("{s:s, s:o, s:o}", "device", device->profile.name, "at", now(k),
				"events", acs_events_json(device->events)));
}

void
acs_say_task(struct acs_keeper *k, struct acs_commit *c, const struct acs_task *task)
{
	char id[ACS_ID_SIZE];

	if (!acs_event_is_wanted(k->session))
		return;
	acs_id_print(id, task->id);
	say_later(c, "task",
		json_pack("{s:s, s:s, s:s, s:s, s:o}", "device", task->device->profile.name, "id",
			id, "method", task->method, "state", acs_task_state_name(task->state), "at",
			now(k)));
}

void
acs_say_fault(struct acs_keeper *k, struct acs_commit *c, const struct acs_device *device,
	const struct acs_fault *fault)
{
	unsigned before = acs_json_failures();
	json_t *says;

	if (!acs_event_is_wanted(k->session))
		return;
	says = json_loads(fault->text, 0, NULL);
	json_object_set_new(says, "device", json_string(device->profile.name));
	json_object_set_new(says, "at", now(k));
	say_later(c, "fault", acs_json_whole(says, before));
}
