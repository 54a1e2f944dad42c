/*
 * Versions, and requirements on them, in Elixir's notation:
 *
 *	~> 0.2.4 or >= 1.0.0 and < 2.0.0
 *
 * == != > >= < <= ~>, a bare version means ==; `and` binds closer than `or`, both stand
 * between spaces; no brackets. ~> 1.2.3 is >= 1.2.3 and < 1.3.0, and ~> 1.2 is
 * >= 1.2.0 and < 2.0.0; elsewhere a version has all three numbers. A pre-release
 * (1.2.3-rc.1) comes before its version; a build (1.2.3+5) counts for nothing.
 *
 * Pure: any thread, no memory.
 */
#ifndef SB_ERPS_VERSION_H
#define SB_ERPS_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet.h"

#define ERPS_COMPARISONS_MAX 16

/* What is wrong with a text, for who wrote it. */
struct erps_version_fault {
	const char *what; /* static words: "a number is missing" */
	size_t at;        /* octets into the text */
};

/* "1.2.3", as a packet carries it: numbers up to 255; a pre-release and a build are read and lost,
 * as Erps does. 0; SB_EINVAL and *fault (may be NULL). */
int erps_version_parse(
	const char *text, struct erps_version *version, struct erps_version_fault *fault);

enum erps_relation {
	ERPS_EQUAL,
	ERPS_UNEQUAL,
	ERPS_ABOVE,
	ERPS_FROM,
	ERPS_BELOW,
	ERPS_UP_TO,
	ERPS_COMPATIBLE,       /* ~> 1.2.3 */
	ERPS_COMPATIBLE_MINOR, /* ~> 1.2 */
};

struct erps_comparison {
	uint32_t major, minor, patch;
	uint8_t relation; /* enum erps_relation */
	bool is_pre_release;
	bool is_alternative; /* follows an `or` */
};

/* Zeroed: none, which every version meets. */
struct erps_requirement {
	struct erps_comparison comparisons[ERPS_COMPARISONS_MAX];
	size_t count;
};

/* 0; SB_EINVAL: no requirement; SB_ELIMIT: over ERPS_COMPARISONS_MAX; with *fault (may be NULL). */
int erps_requirement_parse(
	const char *text, struct erps_requirement *requirement, struct erps_version_fault *fault);

bool
erps_requirement_is_met(const struct erps_requirement *requirement, struct erps_version version);

#endif
