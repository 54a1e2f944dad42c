/* dateTimes with a calendar of our own: Gregorian, UTC, the years 1 to 9999. */
#include "protocols/cwmp/date.h"

#include <string.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

#define DAYS_TO_1970 INT64_C(719162)  /* from 0001-01-01 */
#define DAYS_IN_ALL  INT64_C(3652059) /* to 10000-01-01 */

/* What is read of a text. Numbers that are not there are 0. */
struct scan {
	const char *at;
	bool failed;
};

struct calendar {
	int64_t year, month, day; /* from 1 */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t
days_of_month(int64_t year, int64_t month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* From 0001-01-01. */
static int64_t
days_before_year(int64_t year)
{
	int64_t last = year - 1;

	return last * 365 + last / 4 - last / 100 + last / 400;
}

static int64_t
days_of(struct calendar date)
{
	int64_t days = days_before_year(date.year) + date.day - 1;

	for (int64_t month = 1; month < date.month; month++)
		days += days_of_month(date.year, month);
	return days;
}

static struct calendar
calendar_of(int64_t days)
{
	/* No year is longer: this one, or a later one. */
	struct calendar date = {days / 366 + 1, 1, 1};

	while (days >= days_before_year(date.year + 1))
		date.year++;
	days -= days_before_year(date.year);
	while (days >= days_of_month(date.year, date.month)) {
		days -= days_of_month(date.year, date.month);
		date.month++;
	}
	date.day = days + 1;
	return date;
}

/* ---- reading ---- */

/* A number of `digits` digits. */
static int64_t
number(struct scan *s, int digits)
{
	int64_t value = 0;

	for (int i = 0; i < digits; i++) {
		if (!is_digit(*s->at)) {
			s->failed = true;
			return 0;
		}
		value = value * 10 + (*s->at++ - '0');
	}
	return value;
}

static bool
take(struct scan *s, char c)
{
	if (*s->at != c)
		return false;
	s->at++;
	return true;
}

static void
expect(struct scan *s, char c)
{
	if (!take(s, c))
		s->failed = true;
}

/* A device was seen that writes it twice. */
static void
expect_colon(struct scan *s)
{
	expect(s, ':');
	take(s, ':');
}

static struct calendar
read_calendar(struct scan *s)
{
	struct calendar date;

	date.year = number(s, 4);
	expect(s, '-');
	date.month = number(s, 2);
	expect(s, '-');
	date.day = number(s, 2);
	return date;
}

/* ".5" is 500; digits behind the third say nothing. */
static int64_t
read_fraction(struct scan *s)
{
	int64_t ms = 0, weight = 100;

	if (!take(s, '.'))
		return 0;
	if (!is_digit(*s->at))
		s->failed = true;
	for (; is_digit(*s->at); s->at++) {
		ms += (*s->at - '0') * weight;
		weight /= 10;
	}
	return ms;
}

/* The day may end at 24:00:00, and a minute in a leap second. */
static int64_t
read_clock(struct scan *s)
{
	int64_t hour, minute, second, ms;

	hour = number(s, 2);
	expect_colon(s);
	minute = number(s, 2);
	expect_colon(s);
	second = number(s, 2);
	ms = read_fraction(s);
	if (hour > 24 || minute > 59 || second > 60 || (hour == 24 && (minute || second || ms)))
		s->failed = true;
	return hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + ms;
}

/* "Z", "+01:00", "+0100", "+01": what local time is ahead of UTC. */
static int64_t
read_zone(struct scan *s, bool *has_zone)
{
	bool is_behind = *s->at == '-';
	int64_t hours, minutes = 0;

	*has_zone = true;
	if (take(s, 'Z') || take(s, 'z'))
		return 0;
	if (!take(s, '+') && !take(s, '-')) {
		*has_zone = false;
		return 0;
	}
	hours = number(s, 2);
	if (take(s, ':') || is_digit(*s->at))
		minutes = number(s, 2);
	if (hours > 14 || minutes > 59)
		s->failed = true;
	return (is_behind ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}

static void
skip_blanks(struct scan *s)
{
	while (*s->at && strchr(" \t\r\n", *s->at))
		s->at++;
}

static bool
is_calendar(struct calendar date)
{
	return date.year >= 1 && date.month >= 1 && date.month <= 12 && date.day >= 1 &&
	       date.day <= days_of_month(date.year, date.month);
}

/* Milliseconds from 0001-01-01T00:00:00Z to a kind of time. */
static struct cwmp_date
date_of(int64_t ms, int64_t year, bool has_zone)
{
	if (year == 1 && ms == 0)
		return (struct cwmp_date){CWMP_DATE_UNKNOWN, 0, has_zone};
	if (year == 1)
		return (struct cwmp_date){CWMP_DATE_SINCE_BOOT, ms > 0 ? ms : 0, has_zone};
	return (struct cwmp_date){CWMP_DATE_ABSOLUTE, ms - DAYS_TO_1970 * DAY_MS, has_zone};
}

struct cwmp_date
cwmp_date_parse(const char *text)
{
	const struct cwmp_date none = {0};
	struct scan s = {text ? text : "", false};
	struct calendar date;
	int64_t clock = 0, zone = 0;
	bool has_zone = false;

	skip_blanks(&s);
	date = read_calendar(&s);
	if (take(&s, 'T') || take(&s, 't') || (*s.at == ' ' && is_digit(s.at[1]) && take(&s, ' ')))
		clock = read_clock(&s);
	zone = read_zone(&s, &has_zone);
	skip_blanks(&s);
	if (s.failed || *s.at)
		return none;
	if (date.year == 0 && date.month == 0 && date.day == 0 && clock == 0)
		return (struct cwmp_date){CWMP_DATE_UNKNOWN, 0, has_zone};
	if (!is_calendar(date))
		return none;
	return date_of(days_of(date) * DAY_MS + clock - zone, date.year, has_zone);
}

/* ---- writing ---- */

/* The last `digits` digits of a number, and what stands behind it. Returns where the text goes on.
 */
static char *
put(char *at, int64_t number, int digits, char behind)
{
	for (int i = digits - 1; i >= 0; i--) {
		at[i] = (char)('0' + number % 10);
		number /= 10;
	}
	at[digits] = behind;
	return at + digits + 1;
}

void
cwmp_date_format(int64_t unix_ms, char text[static CWMP_DATE_SIZE])
{
	int64_t first = -DAYS_TO_1970 * DAY_MS, ms;
	struct calendar date;
	char *at = text;

	strcpy(text, CWMP_UNKNOWN_TIME);
	if (unix_ms < first || unix_ms >= first + DAYS_IN_ALL * DAY_MS)
		return;
	ms = unix_ms - first;
	date = calendar_of(ms / DAY_MS);
	at = put(at, date.year, 4, '-');
	at = put(at, date.month, 2, '-');
	at = put(at, date.day, 2, 'T');
	at = put(at, ms % DAY_MS / HOUR_MS, 2, ':');
	at = put(at, ms % HOUR_MS / MINUTE_MS, 2, ':');
	at = put(at, ms % MINUTE_MS / SECOND_MS, 2, ms % SECOND_MS ? '.' : 'Z');
	if (ms % SECOND_MS)
		at = put(at, ms % SECOND_MS, 3, 'Z');
	*at = '\0';
}
