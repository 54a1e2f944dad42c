/*
 * What the parts of core/config share.
 */
#ifndef SB_CORE_CONFIG_INTERNAL_H
#define SB_CORE_CONFIG_INTERNAL_H

#include "core/config.h"
#include "core/config_scan_internal.h"

/* Which section of the file became this one of the tree. */
struct config_origin {
	cfg_t *section;
	size_t scanned;
};

/* An option that --set has set. */
struct config_override {
	cfg_opt_t *option;
	const char *typed;
};

struct sb_config {
	char *path;
	char *text; /* what `scan` has views of */
	struct config_scan scan;
	cfg_t *root;
	struct config_origin *origins; /* sorted by section */
	size_t origin_count;
	struct config_override *overrides;
	size_t override_count;
	const char *overriding; /* the --set that is being applied, for libconfuse's errors */
	struct sb_config_errors *errors;
};

/* NULL when the section has no such option. Unlike cfg_getopt it says nothing and knows no paths.
 */
cfg_opt_t *config_option(cfg_t *section, const char *name, size_t size);

/* By section, for qsort and bsearch. */
int config_compare_origins(const void *a, const void *b);

/* At a line (0: the file as a whole). */
void config_report_line(const struct sb_config *c, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* At a --set. */
void config_report_override(const struct sb_config *c, const char *typed, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* At the value with that index of an option. */
void config_report_value(const struct sb_config *c, cfg_t *section, const char *key, size_t index,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Applies one "section.TITLE.key=value"; reports what is wrong with it. */
void config_set(struct sb_config *c, const char *typed);

/* Checks one table of rules. */
void config_check(const struct sb_config *c, const struct sb_config_rule *rules);

#endif
