/*
 * The services that a configuration names, in its order. A section with a module is a
 * shared object's, the others are built in by their names. Objects are opened when the
 * configuration is only checked, too: that one does not fit is what a check is for.
 */
#include "daemons/erpsd/config_parts_internal.h"

#include "core/error.h"
#include "daemons/erpsd/echo.h"
#include "daemons/erpsd/object.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct erps_plugin *const built_in[] = {
	&erpsd_echo_plugin, &erpsd_kv_plugin, &erpsd_registry_plugin};

#define BUILT_IN_COUNT (sizeof(built_in) / sizeof(built_in[0]))

static const struct erps_plugin *
built_in_named(const char *name)
{
	for (size_t i = 0; i < BUILT_IN_COUNT; i++)
		if (strcmp(built_in[i]->name, name) == 0)
			return built_in[i];
	return NULL;
}

static const void *
built_in_args(struct erpsd_config *out, const struct erps_plugin *plugin)
{
	if (plugin == &erpsd_kv_plugin) {
		out->has_kv = true;
		return &out->kv;
	}
	return plugin == &erpsd_registry_plugin ? &out->registry : NULL;
}

/* ---- options ---- */

/* "key=value" in memory of ours, cut in two. */
static void
option_cut(
	const struct sb_config *file, cfg_t *section, char *text, struct erps_plugin_option *option)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text) {
		sb_config_error(file, section, "options", "option \"%s\": must be key=value", text);
		return;
	}
	*equals = '\0';
	option->key = text;
	option->value = equals + 1;
}

static void
options_free(struct erps_plugin_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)options[i].key);
	free(options);
}

/* Options live for the call of `load`. */
static int
load(const struct sb_config *file, cfg_t *section, struct erpsd_part *part)
{
	unsigned before = sb_config_error_count(file);
	size_t count = cfg_size(section, "options"), i;
	struct erps_plugin_option *options = calloc(count + 1, sizeof(*options));
	char reason[ERPSD_REASON_SIZE] = "it gives no reason";
	int err = options ? 0 : SB_ENOMEM;

	for (i = 0; i < count && !err; i++) {
		char *text = strdup(cfg_getnstr(section, "options", (unsigned)i));

		err = text ? 0 : SB_ENOMEM;
		if (!text)
			break;
		options[i].key = text;
		option_cut(file, section, text, &options[i]);
	}
	if (!err && sb_config_error_count(file) == before &&
		part->plugin->load(options, count, &part->args, reason, sizeof(reason)))
		sb_config_error(file, section, NULL, "service \"%s\": %s", part->name, reason);
	options_free(options, i);
	return err;
}

/* ---- one service ---- */

static int
part_open(const struct sb_config *file, cfg_t *section, struct erpsd_part *part)
{
	/* Without a slash it would be looked for where libraries of the system are. */
	char here[2 + PATH_MAX] = "./", *path = here + 2;
	char reason[ERPSD_REASON_SIZE];
	const char *module = cfg_getstr(section, "module");

	if (sb_config_path(file, module, path, PATH_MAX))
		sb_config_error(file, section, "module", "module \"%s\": too long", module);
	else if (erpsd_object_open(
			 strchr(path, '/') ? path : here, &part->plugin, &part->object, reason))
		sb_config_error(file, section, "module", "module \"%s\": %s", module, reason);
	return part->object ? 0 : SB_ECONFIG;
}

/* NULL plugin: it was reported. */
static int
part_fill(const struct sb_config *file, cfg_t *section, struct erpsd_config *out,
	struct erpsd_part *part)
{
	part->name = cfg_title(section);
	if (cfg_getstr(section, "module")) {
		if (part_open(file, section, part))
			part->plugin = NULL;
	} else {
		part->plugin = built_in_named(part->name);
		if (!part->plugin)
			sb_config_error(file, section, NULL,
				"service \"%s\": not built in (echo, kv, registry), and no module",
				part->name);
		else
			part->args = built_in_args(out, part->plugin);
	}
	if (!part->plugin)
		return 0;
	if (part->plugin->load)
		return load(file, section, part);
	if (cfg_size(section, "options"))
		sb_config_error(
			file, section, "options", "service \"%s\" takes no options", part->name);
	return 0;
}

/* A peer names no service: its methods must say which one is meant. */
static int
methods_add(const struct sb_config *file, cfg_t *section, struct erpsd_config *out, size_t number)
{
	const char *const *names = out->parts[number].plugin->methods;

	for (size_t i = 0; names[i]; i++) {
		uint16_t other = 0;
		int err = erpsd_methods_add(&out->host.methods, names[i], (uint16_t)number, &other);

		if (err == SB_EEXIST)
			sb_config_error(file, section, NULL,
				"service \"%s\": its method %s is service \"%s\"'s already",
				out->parts[number].name, names[i], out->parts[other].name);
		else if (err)
			return err;
	}
	return 0;
}

int
erpsd_config_services(const struct sb_config *file, struct erpsd_config *out)
{
	cfg_t *root = sb_config_root(file);
	size_t count = cfg_size(root, "service");
	int err = 0;

	if (count > ERPSD_PARTS_MAX) {
		sb_config_error(file, root, NULL, "more than %d services", ERPSD_PARTS_MAX);
		return SB_ECONFIG;
	}
	out->parts = calloc(count + 1, sizeof(*out->parts));
	if (!out->parts)
		return SB_ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		cfg_t *section = cfg_getnsec(root, "service", (unsigned)i);
		struct erpsd_part *part = &out->parts[out->part_count];

		err = part_fill(file, section, out, part);
		/* One that could not be opened leaves its place to the next. */
		if (!part->plugin)
			continue;
		out->part_count++;
		if (!err)
			err = methods_add(file, section, out, out->part_count - 1);
	}
	erpsd_host_init(&out->host, out->parts, out->part_count);
	return err;
}

void
erpsd_config_services_free(struct erpsd_config *config)
{
	for (size_t i = 0; i < config->part_count; i++) {
		struct erpsd_part *part = &config->parts[i];

		if (part->plugin->unload)
			part->plugin->unload(part->args);
	}
	/* After all: one may use what another has brought. */
	for (size_t i = 0; i < config->part_count; i++)
		erpsd_object_close(config->parts[i].object);
	erpsd_methods_fini(&config->host.methods);
	free(config->parts);
}
