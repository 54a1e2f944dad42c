/*
 * SMPP's times (3.4, 7.1.1) with a calendar of our own: gmtime and timegm would
 * bring the C library's time zones and its errno into a codec that is pure.
 * Gregorian, UTC, from 1970 on.
 */
#include "protocols/smpp/time.h"

#include <stdio.h>

#include "core/error.h"

#define SECOND_MS  INT64_C(1000)
#define DAY_MS     (24 * 60 * 60 * SECOND_MS)
#define QUARTER_MS (15 * 60 * SECOND_MS)
#define EPOCH_YEAR 1970
#define YEAR_MIN   2000
#define YEAR_MAX   2099
/* Later than any time this format can say, relative ones included. */
#define NOW_MAX_MS (INT64_C(400) * 366 * DAY_MS)

/* The two-digit numbers of the text, in its order. */
enum {
	YEARS,
	MONTHS,
	DAYS,
	HOURS,
	MINUTES,
	SECONDS,
	NUMBERS,
};

struct date {
	int year;
	int month; /* 1-12 */
	int day;   /* 1-31 */
};

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01; for the years from 1970 on. */
static int64_t
days_from_date(struct date date)
{
	int last = date.year - 1;
	int64_t leaps = last / 4 - last / 100 + last / 400 - 477; /* 477 before 1970 */
	int64_t days = (int64_t)(date.year - EPOCH_YEAR) * 365 + leaps;

	for (int month = 1; month < date.month; month++)
		days += days_of_month(date.year, month);
	return days + date.day - 1;
}

static struct date
date_from_days(int64_t days)
{
	/* No year is longer: this one, or the one before. */
	struct date date = {EPOCH_YEAR + (int)(days / 366), 1, 1};

	while (days >= days_from_date((struct date){date.year + 1, 1, 1}))
		date.year++;
	days -= days_from_date(date);
	/* 31 is January's: the first step needs no look-up. */
	for (int of_month = 31; days >= of_month; of_month = days_of_month(date.year, date.month)) {
		days -= of_month;
		date.month++;
	}
	date.day = (int)days + 1;
	return date;
}

/* Some two-digit numbers, back to back. */
static bool
parse_numbers(const uint8_t *text, int *numbers, int count)
{
	for (int i = 0; i < count; i++) {
		/* Unsigned, so that what is under '0' is over 9. */
		unsigned tens = (unsigned)text[2 * i] - '0';
		unsigned ones = (unsigned)text[2 * i + 1] - '0';

		if (tens > 9 || ones > 9)
			return false;
		numbers[i] = (int)(tens * 10 + ones);
	}
	return true;
}

static int64_t
clock_ms(const int *numbers)
{
	return ((numbers[HOURS] * 60 + numbers[MINUTES]) * 60 + numbers[SECONDS]) * SECOND_MS;
}

static int
absolute(const int *numbers, int64_t *local_ms)
{
	struct date date = {YEAR_MIN + numbers[YEARS], numbers[MONTHS], numbers[DAYS]};

	if (date.month < 1 || date.month > 12 || date.day < 1 ||
		date.day > days_of_month(date.year, date.month))
		return SB_EINVAL;
	if (numbers[HOURS] > 23 || numbers[MINUTES] > 59 || numbers[SECONDS] > 59)
		return SB_EINVAL;
	/* Second 60 is refused: no clock of ours could say when that is. */
	*local_ms = days_from_date(date) * DAY_MS + clock_ms(numbers);
	return 0;
}

static int
relative(const int *numbers, int64_t now_ms, int64_t *at_ms)
{
	struct date date;
	int months, longest;

	if (now_ms < 0 || now_ms > NOW_MAX_MS)
		return SB_EINVAL;
	date = date_from_days(now_ms / DAY_MS);
	months = date.month - 1 + numbers[MONTHS];
	date.year += numbers[YEARS] + months / 12;
	date.month = months % 12 + 1;
	longest = days_of_month(date.year, date.month);
	/* Only the months clip; days, hours and the rest are added as they are. */
	date.day = date.day < longest ? date.day : longest;
	*at_ms = (days_from_date(date) + numbers[DAYS]) * DAY_MS + now_ms % DAY_MS +
		 clock_ms(numbers);
	return 0;
}

int
smpp_time_parse(struct sb_bytes text, int64_t now_ms, int64_t *at_ms)
{
	int numbers[NUMBERS], quarters, tenths, err;

	if (text.size == 0)
		return SB_ENOENT;
	if (text.size != SMPP_TIME_LENGTH || !parse_numbers(text.data, numbers, NUMBERS) ||
		!parse_numbers(text.data + 13, &quarters, 1))
		return SB_EINVAL;
	tenths = text.data[12] - '0';
	if (tenths < 0 || tenths > 9)
		return SB_EINVAL;
	if (text.data[15] == 'R')
		return relative(numbers, now_ms, at_ms);
	if ((text.data[15] != '+' && text.data[15] != '-') || quarters > 48)
		return SB_EINVAL;
	err = absolute(numbers, at_ms);
	if (err)
		return err;
	/* '+' says that local time is ahead of UTC. */
	*at_ms += tenths * (SECOND_MS / 10) +
		  (text.data[15] == '+' ? -quarters : quarters) * QUARTER_MS;
	return 0;
}

/* By hand: each receipt has two dates, and printf costs more than all the rest of it. */
static void
put_two(char *text, int number)
{
	text[0] = (char)('0' + number / 10);
	text[1] = (char)('0' + number % 10);
}

int
smpp_time_format(int64_t at_ms, int quarter_hours, char text[SMPP_TIME_LENGTH + 1])
{
	struct date date;
	int ms;

	if (quarter_hours < -48 || quarter_hours > 48 || at_ms < 0 || at_ms > NOW_MAX_MS)
		return SB_EINVAL;
	at_ms += quarter_hours * QUARTER_MS;
	if (at_ms < 0)
		return SB_EINVAL;
	date = date_from_days(at_ms / DAY_MS);
	if (date.year < YEAR_MIN || date.year > YEAR_MAX)
		return SB_EINVAL;
	ms = (int)(at_ms % DAY_MS);
	put_two(text, date.year - YEAR_MIN);
	put_two(text + 2, date.month);
	put_two(text + 4, date.day);
	put_two(text + 6, ms / 3600000);
	put_two(text + 8, ms / 60000 % 60);
	put_two(text + 10, ms / 1000 % 60);
	text[12] = (char)('0' + ms / 100 % 10);
	put_two(text + 13, quarter_hours < 0 ? -quarter_hours : quarter_hours);
	text[15] = quarter_hours < 0 ? '-' : '+';
	text[16] = '\0';
	return 0;
}

int
smpp_time_format_relative(int64_t duration_ms, char text[SMPP_TIME_LENGTH + 1])
{
	int64_t seconds;

	if (duration_ms < 0 || duration_ms > 31 * DAY_MS)
		return SB_EINVAL;
	/* Upwards: what is still valid must not be written as expired. */
	seconds = (duration_ms + SECOND_MS - 1) / SECOND_MS;
	snprintf(text, SMPP_TIME_LENGTH + 1, "0000%02u%02u%02u%02u000R",
		(unsigned)(seconds / 86400) % 100, (unsigned)(seconds / 3600 % 24),
		(unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
	return 0;
}
