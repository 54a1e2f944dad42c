#include "core/config_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * "section.key=value", "section.TITLE.key=value", "key=value". A title is looked
 * for among those there are, the longest first, so that it may have dots in it.
 */

/* The section of this kind whose title begins `rest` and ends before a dot. */
static cfg_t *
titled(cfg_opt_t *option, const char *rest)
{
	cfg_t *best = NULL;
	size_t best_size = 0;

	for (unsigned i = 0; i < cfg_opt_size(option); i++) {
		cfg_t *section = cfg_opt_getnsec(option, i);
		const char *title = cfg_title(section);
		size_t size = title ? strlen(title) : 0;

		if (title && strncmp(rest, title, size) == 0 && rest[size] == '.' &&
			(!best || size > best_size)) {
			best = section;
			best_size = size;
		}
	}
	return best;
}

/* All values of a list, from one text with commas between them. 0 or not. */
static int
set_list(cfg_t *section, cfg_opt_t *option, const char *value)
{
	char *copy = strdup(value), **values, *at = copy;
	unsigned count = 1;
	int failed;

	for (const char *c = value; *c; c++)
		count += *c == ',';
	values = calloc(count, sizeof(*values));
	if (!copy || !values) {
		free(copy);
		free(values);
		return -1;
	}
	for (unsigned i = 0; i < count; i++) {
		char *comma = strchr(at, ',');

		values[i] = at;
		if (comma) {
			*comma = '\0';
			at = comma + 1;
		}
	}
	failed = cfg_opt_setmulti(section, option, count, values);
	free(values);
	free(copy);
	return failed;
}

/* As if it stood in the file: the same parsers, the same errors, by libconfuse itself. */
static int
set_value(cfg_t *section, cfg_opt_t *option, const char *value)
{
	errno = 0;
	if (!(option->flags & CFGF_LIST))
		return cfg_setopt(section, option, value) ? 0 : -1;
	if (*value)
		return set_list(section, option, value);
	option->flags |= CFGF_MODIFIED;
	return cfg_free_value(option);
}

/* Not earlier: a --set that failed is no place of anything. */
static void
remember(struct sb_config *c, cfg_opt_t *option, const char *typed)
{
	size_t i = 0;

	/* The last --set of an option is the one that errors name. */
	while (i < c->override_count && c->overrides[i].option != option)
		i++;
	c->overrides[i] = (struct config_override){option, typed};
	if (i == c->override_count)
		c->override_count++;
}

/* At an option that is no section, with what follows its name. libconfuse's errors are reported
 * meanwhile as errors of this --set. */
static void
apply(struct sb_config *c, const char *typed, cfg_t *section, cfg_opt_t *option, const char *rest)
{
	unsigned before = c->errors->count;

	if (*rest != '=') {
		config_report_override(c, typed, "%s is no section", option->name);
		return;
	}
	c->overriding = typed;
	if (set_value(section, option, rest + 1) == 0)
		remember(c, option, typed);
	else if (c->errors->count == before)
		config_report_override(c, typed, "%s cannot be set", option->name);
	c->overriding = NULL;
}

/* Goes into the section that `*rest` names, which is after it then. NULL: reported. */
static cfg_t *
descend(struct sb_config *c, const char *typed, cfg_opt_t *option, const char **rest)
{
	cfg_t *section;

	if (**rest != '.') {
		config_report_override(
			c, typed, "%s is a section: name an option in it", option->name);
		return NULL;
	}
	++*rest;
	if (!(option->flags & CFGF_MULTI))
		return cfg_opt_getnsec(option, 0);
	section = titled(option, *rest);
	if (section)
		*rest += strlen(cfg_title(section)) + 1;
	else
		config_report_override(c, typed, "no %s has that title", option->name);
	return section;
}

void
config_set(struct sb_config *c, const char *typed)
{
	cfg_t *section = c->root;
	const char *rest = typed;

	if (!strchr(typed, '=')) {
		config_report_override(c, typed, "must be section.key=value");
		return;
	}
	while (section) {
		size_t size = strcspn(rest, ".=");
		cfg_opt_t *option = config_option(section, rest, size);

		if (!option) {
			config_report_override(c, typed, "no such option \"%.*s\"",
				size < 64 ? (int)size : 64, rest);
			return;
		}
		rest += size;
		if (option->type != CFGT_SEC) {
			apply(c, typed, section, option, rest);
			return;
		}
		section = descend(c, typed, option, &rest);
	}
}
