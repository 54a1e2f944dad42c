/* Times that people write: UTC, or with an offset, as RFC 3339 has it. Pure. */
#ifndef ACS_TIME_TEXT_H
#define ACS_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-11-27T10:00:00Z", "2026-11-27T10:00:00.250+01:00", "2026-11-27". False: it is none. */
bool acs_time_parse(const char *text, int64_t *unix_ms);

#endif
