/*
 * The 16 characters of SMPP times, YYMMDDhhmmsstnnp, to and from Unix
 * milliseconds. Pure: the caller says what time it is. Any thread.
 */
#ifndef SB_SMPP_TIME_H
#define SB_SMPP_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/bytes.h"

#define SMPP_TIME_LENGTH 16

/*
 * When a schedule_delivery_time or validity_period is. Absolute: the years
 * 2000-2099, tenths and quarter-hours honoured. Relative ('R'): counted from
 * `now_ms` by the calendar in UTC (a month from 31 January is the last day of
 * February). 0 and *at_ms; SB_ENOENT for an empty text (no time given);
 * SB_EINVAL for anything else that is no time.
 */
int smpp_time_parse(struct sb_bytes text, int64_t now_ms, int64_t *at_ms);

/* The absolute form, with its NUL. `quarter_hours` is the zone to write it in, -48 to 48. SB_EINVAL
 * out of that, or when the local year is not 2000-2099. Below tenths is cut off. */
int smpp_time_format(int64_t at_ms, int quarter_hours, char text[SMPP_TIME_LENGTH + 1]);

/* The relative form, in days to seconds, rounded up to a whole second. SB_EINVAL when negative or
 * above 31 days: use the absolute form there. */
int smpp_time_format_relative(int64_t duration_ms, char text[SMPP_TIME_LENGTH + 1]);

#endif
