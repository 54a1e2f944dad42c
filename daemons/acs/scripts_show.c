/* Scripts, for people. */
#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/scripts_internal.h"

#include <string.h>

static json_t *
of_the_configuration(const struct acs_script_text *script, bool has_source)
{
	unsigned before = acs_json_failures();
	json_t *filter = json_object(), *events = json_array(), *object;
	const struct cwmp_script_filter *of = &script->file->filter;

	for (size_t i = 0; i < of->event_count; i++)
		json_array_append_new(events, json_string(of->events[i]));
	json_object_set_new(filter, "manufacturer", json_string(of->manufacturer));
	json_object_set_new(filter, "oui", json_string(of->oui));
	json_object_set_new(filter, "productClass", json_string(of->product_class));
	json_object_set_new(filter, "softwareVersion", json_string(of->version));
	if (of->event_count)
		json_object_set(filter, "events", events);
	json_decref(events);
	object = json_pack("{s:s, s:i, s:o, s:s, s:s*}", "name", script->file->name, "position", 0,
		"filter", filter, "file", script->file->path, "source",
		has_source ? script->text : NULL);
	return acs_json_whole(object, before);
}

/* As it was put; without its source. */
static json_t *
head_of(const json_t *object)
{
	json_t *head = json_copy((json_t *)(uintptr_t)object);

	json_object_del(head, "source");
	return head;
}

static const struct acs_script_text *
text_of(const struct acs_scripts_owner *owner, const char *name)
{
	for (size_t i = 0; i < owner->scripts->text_count; i++)
		if (strcmp(owner->scripts->texts[i].file->name, name) == 0)
			return &owner->scripts->texts[i];
	return NULL;
}

void
acs_scripts_get(struct sb_session *s, const struct sb_message *m)
{
	struct acs_scripts_owner *owner = sb_state(s);
	const struct acs_script_text *text = text_of(owner, m->data);
	const struct acs_stored_script *script = *acs_scripts_find(owner, m->data);

	if (text)
		acs_scripts_answer(s, sb_message_from(m), of_the_configuration(text, true));
	else if (script)
		acs_scripts_answer(s, sb_message_from(m), json_incref(script->object));
	else
		acs_scripts_say(s, sb_message_from(m), SB_ENOENT, "");
}

void
acs_scripts_list(struct sb_session *s, const struct sb_message *m)
{
	struct acs_scripts_owner *owner = sb_state(s);
	unsigned before = acs_json_failures();
	json_t *array = json_array(), *object = NULL;
	size_t count = 0;
	struct acs_script_place *places = acs_script_places(owner, &count);

	for (size_t i = 0; places && i < count; i++) {
		const char *name = places[i].source.name;
		const struct acs_script_text *text = text_of(owner, name);

		json_array_append_new(
			array, text ? of_the_configuration(text, false)
				    : head_of((*acs_scripts_find(owner, name))->object));
	}
	acs_script_places_free(places, count);
	if (places)
		object = json_pack("{s:o}", "scripts", array);
	else
		json_decref(array);
	acs_scripts_answer(s, sb_message_from(m), acs_json_whole(object, before));
}
