/* JSON written straight into memory, where a tree would cost more than the text. Pure but for
 * memory; any thread. */
#ifndef ACS_TEXT_OUT_H
#define ACS_TEXT_OUT_H

#include "core/bytes.h"
#include "daemons/acs/document.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed: empty. */
struct acs_text {
	char *data;
	size_t size, capacity;
	bool failed; /* no memory */
};

void acs_text_add(struct acs_text *t, const char *words);
void acs_text_octets(struct acs_text *t, struct sb_bytes octets);
/* Each: `before` as it stands, then the value. */
void acs_text_json(struct acs_text *t, const char *before, struct sb_bytes text);
void acs_text_number(struct acs_text *t, const char *before, uint64_t number);
/* "2026-11-27T10:00:00Z", in quotes. */
void acs_text_time(struct acs_text *t, const char *before, int64_t unix_ms);

/* 0 and the text (malloc), NUL-terminated behind its size; or SB_ENOMEM. */
int acs_text_end(struct acs_text *t, struct acs_octets *text);
void acs_text_fini(struct acs_text *t);

/* The same time as text of 24 characters: "2026-11-27T10:00:00.000Z". */
#define ACS_TIME_SIZE 32
void acs_time_print(char out[ACS_TIME_SIZE], int64_t unix_ms);

#endif
