/*
 * A text that grows in the caller's buffer, or in memory of an environment, until it
 * is cut. Nothing fails on the way: what has no room is left out, and is_cut says so.
 */
#ifndef SB_ERPS_TEXT_OUT_INTERNAL_H
#define SB_ERPS_TEXT_OUT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/bytes.h"

struct sb_env;

struct erps_out {
	char *data;
	size_t size, room; /* room keeps one octet for the NUL */
	size_t limit;      /* what the room may grow to */
	const struct sb_env *env;
	bool is_cut;
	int error; /* SB_ENOMEM: also cut */
};

void erps_out_octets(struct erps_out *out, const void *octets, size_t size);
void erps_out_words(struct erps_out *out, const char *words);
void erps_out_number(struct erps_out *out, uint64_t value);
void erps_out_hex(struct erps_out *out, struct sb_bytes octets);

/* What still goes in before the text is cut. */
size_t erps_out_left(const struct erps_out *out);

/* Ends the text with a NUL, and with "..." on a whole character when it was cut. */
void erps_out_finish(struct erps_out *out);

#endif
