#include "protocols/http/date.h"

#include <string.h>

#define DAY_S      86400
#define ERA_DAYS   146097         /* of 400 years */
#define FIRST_S    (-62167219200) /* 0000-01-01 */
#define LAST_S     253402300799   /* 9999-12-31 */
#define TO_MARCH_0 719468         /* days from 0000-03-01 to 1970-01-01 */

static void
put_digits(char *at, unsigned count, unsigned value)
{
	while (count--) {
		at[count] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Years begin with March, so that the day of leap years is their last. */
static void
put_day(char *out, int64_t days)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned shifted = (unsigned)(days + TO_MARCH_0 + ERA_DAYS);
	unsigned era = shifted / ERA_DAYS, day = shifted % ERA_DAYS;
	unsigned year = (day - day / 1460 + day / 36524 - day / (ERA_DAYS - 1)) / 365;
	unsigned of_year = day - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153;
	unsigned of_month = of_year - (153 * month + 2) / 5 + 1;

	month = month < 10 ? month + 2 : month - 10;
	year += (era - 1) * 400 + (month < 2);
	put_digits(out, 2, of_month);
	memcpy(out + 3, names + (size_t)month * 3, 3);
	put_digits(out + 7, 4, year);
}

void
http_date_format(int64_t unix_s, char out[HTTP_DATE_SIZE])
{
	static const char days_of_week[] = "ThuFriSatSunMonTueWed";
	int64_t days;
	unsigned second;

	if (unix_s < FIRST_S)
		unix_s = FIRST_S;
	if (unix_s > LAST_S)
		unix_s = LAST_S;
	days = unix_s / DAY_S - (unix_s % DAY_S < 0);
	second = (unsigned)(unix_s - days * DAY_S);
	memcpy(out, "Thu, 00 Jan 0000 00:00:00 GMT", HTTP_DATE_SIZE);
	memcpy(out, days_of_week + (days % 7 + 7) % 7 * 3, 3);
	put_day(out + 5, days);
	put_digits(out + 17, 2, second / 3600);
	put_digits(out + 20, 2, second / 60 % 60);
	put_digits(out + 23, 2, second % 60);
}
