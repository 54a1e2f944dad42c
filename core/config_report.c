/*
 * Errors of a configuration with their place: a file and line, or the --set that
 * was typed, which wins where both have set the option.
 */
#include "core/config_internal.h"

#include "core/fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_MAX 1024

/* Where something is: a --set, or a line of the file (0: the file as a whole). */
struct place {
	const char *typed;
	unsigned line;
};

static void
report_to_stderr(struct sb_config_errors *errors, const char *text)
{
	(void)errors;
	fprintf(stderr, "%s\n", text);
}

struct sb_config_errors
sb_config_errors_to_stderr(void)
{
	return (struct sb_config_errors){.report = report_to_stderr};
}

static void __attribute__((format(printf, 4, 0))) report(const struct sb_config *c, struct place at,
	bool is_warning, const char *format, va_list args)
{
	char where[REPORT_MAX / 2], reason[REPORT_MAX], text[REPORT_MAX * 2], plain[REPORT_MAX * 2];

	if (at.typed)
		snprintf(where, sizeof(where), "--set %s", at.typed);
	else if (at.line)
		snprintf(where, sizeof(where), "%s:%u", c->path, at.line);
	else
		snprintf(where, sizeof(where), "%s", c->path);
	vsnprintf(reason, sizeof(reason), format, args);
	snprintf(text, sizeof(text), "%s: %s%s", where, is_warning ? "warning: " : "", reason);
	/* Values come from files that others may write: no control characters on a terminal. */
	sb_value_format(SB_STR(text), plain, sizeof(plain));
	if (is_warning)
		c->errors->warnings++;
	else
		c->errors->count++;
	c->errors->report(c->errors, plain);
}

/* By the address of the section, which is what rules and conversions have at hand. */
int
config_compare_origins(const void *a, const void *b)
{
	const struct config_origin *x = a, *y = b;

	return (uintptr_t)x->section < (uintptr_t)y->section
		       ? -1
		       : (uintptr_t)x->section > (uintptr_t)y->section;
}

/* NULL: it is not in the file. */
static const struct config_origin *
origin_of(const struct sb_config *c, cfg_t *section)
{
	struct config_origin wanted = {section, 0};

	if (c->origin_count == 0)
		return NULL;
	return bsearch(
		&wanted, c->origins, c->origin_count, sizeof(*c->origins), config_compare_origins);
}

static bool
is_anything_set(cfg_t *section)
{
	for (const cfg_opt_t *o = section->opts; o->name; o++)
		if (o->type != CFGT_SEC && (o->flags & CFGF_MODIFIED))
			return true;
	return false;
}

bool
sb_config_has(const struct sb_config *config, cfg_t *section)
{
	return origin_of(config, section) || is_anything_set(section);
}

/* The most exact that is known: the --set, else the value's own line, else its section's, else the
 * file. */
static struct place
place_of(const struct sb_config *c, cfg_t *section, const char *key, size_t index)
{
	const struct config_origin *origin = origin_of(c, section);
	cfg_opt_t *option = key ? config_option(section, key, strlen(key)) : NULL;
	struct place at = {NULL, 0};

	for (size_t i = 0; option && i < c->override_count; i++)
		if (c->overrides[i].option == option)
			return (struct place){c->overrides[i].typed, 0};
	if (!origin)
		return at;
	if (key)
		at.line = config_scan_value(&c->scan, origin->scanned, key, index);
	if (at.line == 0 && origin->scanned)
		at.line = c->scan.sections[origin->scanned].line;
	return at;
}

void
config_report_line(const struct sb_config *c, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(c, (struct place){NULL, line}, false, format, args);
	va_end(args);
}

void
config_report_override(const struct sb_config *c, const char *typed, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(c, (struct place){typed, 0}, false, format, args);
	va_end(args);
}

void
config_report_value(const struct sb_config *c, cfg_t *section, const char *key, size_t index,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(c, place_of(c, section, key, index), false, format, args);
	va_end(args);
}

void
sb_config_error(
	const struct sb_config *config, cfg_t *section, const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(config, place_of(config, section, key, 0), false, format, args);
	va_end(args);
}

void
sb_config_warning(
	const struct sb_config *config, cfg_t *section, const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(config, place_of(config, section, key, 0), true, format, args);
	va_end(args);
}

unsigned
sb_config_error_count(const struct sb_config *config)
{
	return config->errors->count;
}
