#include "core/error.h"
#include "protocols/http/date.h"

#include <string.h>

static unsigned
number(const char *at, unsigned count)
{
	unsigned value = 0;

	while (count--)
		value = value * 10 + (unsigned)(*at++ - '0');
	return value;
}

/* 0 to 11 of "Jan" to "Dec", more of anything else. */
static unsigned
month_of(const char *at)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned month = 0;

	while (month < 12 && memcmp(names + (size_t)month * 3, at, 3) != 0)
		month++;
	return month;
}

/* Days from 1970 to the first of a month: leap days are those of the years before, or of the year
 * itself from March on. */
static int64_t
days_before(int64_t year, unsigned month)
{
	static const unsigned short before[] = {
		0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	/* An era later, so that none is negative; of which 1970 has 574 behind it. */
	int64_t leaps = (month < 2 ? year - 1 : year) + 400;

	return (year - 1970) * 365 + before[month] + leaps / 4 - leaps / 100 + leaps / 400 - 574;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT": read by its places, and right if it is written like that. */
int
http_date_parse(const char *text, int64_t *unix_s)
{
	char again[HTTP_DATE_SIZE];
	unsigned month;
	int64_t made;

	if (strlen(text) != HTTP_DATE_SIZE - 1)
		return SB_EINVAL;
	month = month_of(text + 8);
	if (month == 12)
		return SB_EINVAL;
	made = (days_before(number(text + 12, 4), month) + number(text + 5, 2) - 1) * 86400 +
	       number(text + 17, 2) * 3600 + number(text + 20, 2) * 60 + number(text + 23, 2);
	http_date_format(made, again);
	if (strcmp(again, text) != 0)
		return SB_EINVAL;
	*unix_s = made;
	return 0;
}
