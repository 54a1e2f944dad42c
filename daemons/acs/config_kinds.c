/* What holds for kinds of devices: quirks, scripts. */
#include "daemons/acs/config_parts_internal.h"

#include "core/error.h"

#include <stdlib.h>
#include <string.h>

/* ---- quirks ---- */

static int
word_of(cfg_t *section, const char *key)
{
	return sb_config_is_set(section, key) ? (int)cfg_getbool(section, key) : -1;
}

int
acs_config_quirks(const struct sb_config *file, struct acs_config *out)
{
	cfg_t *root = sb_config_root(file);
	struct acs_quirks *quirks = &out->quirks;

	quirks->count = cfg_size(root, "quirk");
	quirks->each = calloc(quirks->count + 1, sizeof(*quirks->each));
	if (!quirks->each)
		return SB_ENOMEM;
	for (size_t i = 0; i < quirks->count; i++) {
		cfg_t *section = cfg_getnsec(root, "quirk", (unsigned)i);

		quirks->each[i] = (struct acs_quirk){
			.name = cfg_title(section),
			.manufacturer = cfg_getstr(section, "manufacturer"),
			.oui = cfg_getstr(section, "oui"),
			.product_class = cfg_getstr(section, "product_class"),
			.software_version = cfg_getstr(section, "software_version"),
			.xml_declaration = word_of(section, "xml_declaration"),
			.boolean_words = word_of(section, "boolean_words"),
			.batch = (uint32_t)cfg_getint(section, "batch"),
		};
	}
	return 0;
}

/* ---- scripts ---- */

static int
script_fill(const struct sb_config *file, cfg_t *section, struct acs_script_file *script)
{
	size_t count = cfg_size(section, "events");
	const char **events = calloc(count + 1, sizeof(*events));

	*script = (struct acs_script_file){
		.name = cfg_title(section),
		.path = cfg_getstr(section, "file"),
		.filter =
			{
				.manufacturer = cfg_getstr(section, "manufacturer"),
				.oui = cfg_getstr(section, "oui"),
				.product_class = cfg_getstr(section, "product_class"),
				.version = cfg_getstr(section, "software_version"),
				.events = events,
				.event_count = count,
			},
	};
	if (!events)
		return SB_ENOMEM;
	for (unsigned i = 0; i < count; i++)
		events[i] = cfg_getnstr(section, "events", i);
	if (!script->path)
		sb_config_error(file, section, NULL, "a script needs a file");
	return 0;
}

int
acs_config_scripts(const struct sb_config *file, struct acs_config *out)
{
	cfg_t *root = sb_config_root(file);
	size_t count = cfg_size(root, "script");
	int err = 0;

	out->scripts.each = calloc(count + 1, sizeof(*out->scripts.each));
	if (!out->scripts.each)
		return SB_ENOMEM;
	for (size_t i = 0; i < count && !err; i++)
		err = script_fill(file, cfg_getnsec(root, "script", (unsigned)i),
			&out->scripts.each[out->scripts.count++]);
	return err;
}

void
acs_config_scripts_free(struct acs_script_files *scripts)
{
	for (size_t i = 0; i < scripts->count; i++)
		free((void *)(uintptr_t)scripts->each[i].filter.events);
	free(scripts->each);
}
