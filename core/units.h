/*
 * Amounts as people write them in a configuration: durations, sizes, counts.
 * Pure, any thread.
 */
#ifndef SB_CORE_UNITS_H
#define SB_CORE_UNITS_H

#include <stdint.h>

/* What "unlimited" reads as. */
#define SB_UNITS_UNLIMITED UINT64_MAX

/* "500ms", "30s", "5m", "2h", "7d", "0" or "unlimited", into milliseconds. A number without its
 * unit is refused: nobody knows what it means. SB_EINVAL. */
int sb_duration_parse(const char *text, uint64_t *ms);

/* "4096" or "4096B", "64KiB", "2MiB", "1GiB" or "unlimited", into octets. SB_EINVAL. */
int sb_size_parse(const char *text, uint64_t *bytes);

/* "10000" or "unlimited". SB_EINVAL. */
int sb_count_parse(const char *text, uint64_t *count);

#endif
