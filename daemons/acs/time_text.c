#include "daemons/acs/time_text.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

/* Exactly so many digits, which *at is then behind; -1: there are others. */
static int
digits(const char **at, int count)
{
	int value = 0;

	for (; count > 0; count--, (*at)++) {
		if (!isdigit((unsigned char)**at))
			return -1;
		value = 10 * value + (**at - '0');
	}
	return value;
}

static bool
passes(const char **at, const char *one_of)
{
	if (!**at || !strchr(one_of, **at))
		return false;
	++*at;
	return true;
}

static bool
read_day(const char **at, struct tm *tm)
{
	tm->tm_year = digits(at, 4) - 1900;
	if (!passes(at, "-"))
		return false;
	tm->tm_mon = digits(at, 2) - 1;
	if (!passes(at, "-"))
		return false;
	tm->tm_mday = digits(at, 2);
	return tm->tm_year >= 0 && tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 &&
	       tm->tm_mday <= 31;
}

static bool
read_clock(const char **at, struct tm *tm)
{
	tm->tm_hour = digits(at, 2);
	if (!passes(at, ":"))
		return false;
	tm->tm_min = digits(at, 2);
	if (!passes(at, ":"))
		return false;
	tm->tm_sec = digits(at, 2);
	return tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 && tm->tm_min < 60 &&
	       tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* Of any number of digits, of which three count. */
static bool
read_fraction(const char **at, int *ms)
{
	int weight = 100;

	*ms = 0;
	if (**at != '.')
		return true;
	++*at;
	if (!isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at); ++*at, weight /= 10)
		*ms += weight * (**at - '0');
	return true;
}

static bool
read_zone(const char **at, int *seconds)
{
	bool is_west = **at == '-';
	int hours, minutes;

	*seconds = 0;
	if (passes(at, "Zz"))
		return true;
	if (!passes(at, "+-"))
		return false;
	hours = digits(at, 2);
	if (!passes(at, ":"))
		return false;
	minutes = digits(at, 2);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;
	*seconds = (is_west ? -60 : 60) * (60 * hours + minutes);
	return true;
}

bool
acs_time_parse(const char *text, int64_t *unix_ms)
{
	struct tm tm = {0};
	int ms = 0, zone = 0;

	if (!read_day(&text, &tm))
		return false;
	if (*text && (!passes(&text, "Tt") || !read_clock(&text, &tm) ||
			     !read_fraction(&text, &ms) || !read_zone(&text, &zone)))
		return false;
	*unix_ms = ((int64_t)timegm(&tm) - zone) * 1000 + ms;
	return *text == '\0';
}
