/*
 * CWMP's dateTimes to and from Unix milliseconds. Messages keep them as the texts that they
 * were; who wants to know what one means asks here. Pure; any thread.
 */
#ifndef SB_CWMP_DATE_H
#define SB_CWMP_DATE_H

#include <stdbool.h>
#include <stdint.h>

enum cwmp_date_kind {
	CWMP_DATE_NONE,       /* nothing, or no date */
	CWMP_DATE_UNKNOWN,    /* the device does not know: 0001-01-01T00:00:00Z, zeros */
	CWMP_DATE_SINCE_BOOT, /* the device has no clock: another time of the year 1 */
	CWMP_DATE_ABSOLUTE,
};

struct cwmp_date {
	enum cwmp_date_kind kind;
	int64_t ms;    /* ABSOLUTE: Unix; SINCE_BOOT: since then; otherwise 0 */
	bool has_zone; /* without one a time is taken for UTC */
};

/*
 * xsd:dateTime, and what devices make of it: blanks around it, no zone or one without a colon
 * or minutes, a date alone, a blank for the T, a colon twice. Years 1 to 9999. NULL is no
 * date.
 */
struct cwmp_date cwmp_date_parse(const char *text);

#define CWMP_DATE_SIZE sizeof("9999-12-31T23:59:59.999Z")

/* "2026-11-27T10:00:00Z", with milliseconds when there are any. Times out of the years 1 to 9999
 * are the unknown time. */
void cwmp_date_format(int64_t unix_ms, char text[static CWMP_DATE_SIZE]);

/* What stands for no time at all. */
#define CWMP_UNKNOWN_TIME "0001-01-01T00:00:00Z"

#endif
