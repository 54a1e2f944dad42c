/* All scripts that hold, of the configuration and of the store, in the order in which they are
 * tried. */
#include "core/error.h"
#include "daemons/acs/json.h"
#include "daemons/acs/scripts_internal.h"

#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 1000

static int
by_place(const void *left, const void *right)
{
	const struct acs_script_place *a = left, *b = right;

	if (a->position != b->position)
		return a->position < b->position ? -1 : 1;
	return strcmp(a->source.name, b->source.name);
}

int
acs_script_place_stored(struct acs_script_place *place, const json_t *object)
{
	const json_t *filter = json_object_get(object, "filter");
	const json_t *events = json_object_get(filter, "events");
	size_t count = json_array_size(events);
	const char **texts = calloc(count + 1, sizeof(*texts));
	const char *source = acs_json_text(object, "source", "");

	if (!texts)
		return SB_ENOMEM;
	for (size_t i = 0; i < count; i++)
		texts[i] = json_string_value(json_array_get(events, i));
	*place = (struct acs_script_place){
		.position = acs_json_integer(object, "position", 0),
		.events = texts,
		.source = {.name = acs_json_text(object, "name", ""),
			.text = source,
			.size = strlen(source),
			.filter = {.manufacturer = acs_json_text(filter, "manufacturer", NULL),
				.oui = acs_json_text(filter, "oui", NULL),
				.product_class = acs_json_text(filter, "productClass", NULL),
				.version = acs_json_text(filter, "softwareVersion", NULL),
				.events = texts,
				.event_count = count}},
	};
	return 0;
}

void
acs_script_places_free(struct acs_script_place *places, size_t count)
{
	for (size_t i = 0; places && i < count; i++)
		free((void *)(uintptr_t)places[i].events);
	free(places);
}

static size_t
stored_count(const struct acs_scripts_owner *owner)
{
	size_t count = 0;

	for (const struct acs_stored_script *script = owner->stored; script; script = script->next)
		count++;
	return count;
}

/* All that hold, in their order. NULL: no memory. */
struct acs_script_place *
acs_script_places(const struct acs_scripts_owner *owner, size_t *count)
{
	const struct acs_scripts *scripts = owner->scripts;
	struct acs_script_place *places =
		calloc(scripts->text_count + stored_count(owner) + 1, sizeof(*places));

	*count = 0;
	if (!places)
		return NULL;
	for (size_t i = 0; i < scripts->text_count; i++)
		places[(*count)++].source = (struct cwmp_script_source){
			.name = scripts->texts[i].file->name,
			.text = scripts->texts[i].text,
			.size = scripts->texts[i].size,
			.filter = scripts->texts[i].file->filter,
		};
	for (const struct acs_stored_script *script = owner->stored; script;
		script = script->next) {
		if (script->is_new)
			continue;
		if (acs_script_place_stored(&places[*count], script->object)) {
			acs_script_places_free(places, *count);
			return NULL;
		}
		++*count;
	}
	qsort(places, *count, sizeof(*places), by_place);
	return places;
}

/* True: it was among them. */
static bool
leave_out(struct cwmp_script_source *sources, size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(sources[i].name, name) != 0)
			continue;
		--*count;
		memmove(&sources[i], &sources[i + 1], (*count - i) * sizeof(*sources));
		return true;
	}
	return false;
}

static void
say_failed(struct sb_session *s, const struct cwmp_script_mistake *mistake, int err)
{
	SB_LOG(s, ERROR, "acs.scripts_failed", "script", SB_STR(mistake->script), "text",
		SB_STR(mistake->text), "error", SB_ERR(err));
}

/* One that cannot be compiled any more (another Lua, a smaller limit) keeps the others from
 * nothing. */
static int
load(struct sb_session *s, struct cwmp_script_source *sources, size_t *count)
{
	const struct acs_scripts_owner *owner = sb_state(s);
	struct cwmp_script_mistake mistake = {0};
	int err;

	do {
		err = cwmp_scripts_load(owner->scripts->scripts, sources, *count, &mistake);
		if (err)
			say_failed(s, &mistake, err);
	} while (err == SB_EINVAL && leave_out(sources, count, mistake.script));
	return err;
}

static void
load_again(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	(void)acs_scripts_load(s);
}

int
acs_scripts_load(struct sb_session *s)
{
	struct acs_scripts_owner *owner = sb_state(s);
	size_t all = 0, count = 0;
	struct acs_script_place *places = acs_script_places(owner, &all);
	struct cwmp_script_source *sources = places ? calloc(all + 1, sizeof(*sources)) : NULL;
	int err = SB_ENOMEM;

	for (; sources && count < all; count++)
		sources[count] = places[count].source;
	if (sources)
		err = load(s, sources, &count);
	else
		say_failed(s, &(struct cwmp_script_mistake){0}, err);
	free(sources);
	acs_script_places_free(places, all);
	if (!err)
		SB_LOG(s, INFO, "acs.scripts_loaded", "count", SB_UINT(count));
	if (err == SB_ENOMEM)
		sb_timer_start(s, &owner->loads_again, AGAIN_MS, load_again);
	return err;
}
