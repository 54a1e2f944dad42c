/*
 * The first look at a configuration file: its syntax, and the line of every
 * section and value. What it lets through, libconfuse reads the same way; in the
 * text that it leaves for libconfuse comments are blanked and lines kept.
 */
#ifndef SB_CORE_CONFIG_SCAN_INTERNAL_H
#define SB_CORE_CONFIG_SCAN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

/* A section as it appears in the file; number 0 is the file itself, and parents come before their
 * children. Names are views of the text. */
struct scan_section {
	size_t parent;
	const char *name;
	size_t name_size;
	size_t ordinal;     /* how many of that name its parent had before */
	size_t first_value; /* in `values`; SIZE_MAX: none */
	size_t last_value;
	unsigned line;
};

/* A value, or one of a list; index SIZE_MAX marks where a list began. */
struct scan_value {
	const char *name;
	size_t name_size;
	size_t index;
	size_t next; /* of the same section; SIZE_MAX: the last */
	unsigned line;
};

struct config_scan {
	struct scan_section *sections;
	size_t section_count;
	struct scan_value *values;
	size_t value_count;
	void (*report)(void *context, unsigned line, const char *reason);
	void *context;
};

/* Scans `text` (terminated, `size` octets without the NUL), which it writes to and which outlives
 * it. The first error is told to `report`. 0, SB_ECONFIG or SB_ENOMEM; fini in any case. */
int config_scan(struct config_scan *scan, char *text, size_t size,
	void (*report)(void *context, unsigned line, const char *reason), void *context);

void config_scan_fini(struct config_scan *scan);

/* The line of a value, or of the first of its name when there is none with that index; 0 when the
 * section does not set it. */
unsigned
config_scan_value(const struct config_scan *scan, size_t section, const char *name, size_t index);

#endif
