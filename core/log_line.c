/*
 * One line of the log, in a buffer of fixed size: the time and the event, then
 * pairs as fields.c writes them, cut at a pair and never within one.
 */
#include "core/log_line_internal.h"

#include "core/error.h"

#include <stdio.h>
#include <string.h>

#define TIME_TEXT_MAX 48

static const struct {
	const char *name;
	const char *shout;
	char priority; /* of syslog(3) */
} levels[] = {
	[SB_LOG_DEBUG] = {"debug", "DEBUG", '7'},
	[SB_LOG_INFO] = {"info", "INFO", '6'},
	[SB_LOG_WARNING] = {"warning", "WARNING", '4'},
	[SB_LOG_ERROR] = {"error", "ERROR", '3'},
	[SB_LOG_FATAL] = {"fatal", "FATAL", '2'},
};

static const char *const formats[] = {
	[SB_LOG_LOGFMT] = "logfmt",
	[SB_LOG_JSON] = "json",
	[SB_LOG_JOURNAL] = "journal",
};

static bool
is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The date of a day since 1970. */
static void
format_date(uint64_t day, char text[TIME_TEXT_MAX])
{
	static const unsigned char month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned year = 1970, month = 0;

	for (; day >= 365u + is_leap(year); year++)
		day -= 365u + is_leap(year);
	for (; day >= (unsigned)month_days[month] + (month == 1 && is_leap(year)); month++)
		day -= (unsigned)month_days[month] + (month == 1 && is_leap(year));
	snprintf(text, TIME_TEXT_MAX, "%04u-%02u-%02u", year, month + 1, (unsigned)day + 1);
}

/* By hand: gmtime_r takes a lock of the C library, which all threads share. */
static void
format_time(uint64_t ns, char text[TIME_TEXT_MAX])
{
	uint64_t seconds = ns / 1000000000u;
	unsigned second = (unsigned)(seconds % 86400), micro = (unsigned)(ns / 1000 % 1000000);
	size_t size;

	format_date(seconds / 86400, text);
	size = strlen(text);
	snprintf(text + size, TIME_TEXT_MAX - size, "T%02u:%02u:%02u.%06uZ", second / 3600,
		second / 60 % 60, second % 60, micro);
}

/* What stands before the pairs. Returns its length. */
static size_t
put_head(char *line, enum sb_log_format format, uint64_t wall_ns, enum sb_log_level level,
	const char *event)
{
	char time[TIME_TEXT_MAX];
	size_t room = SB_LOG_LINE_MAX / 2;
	int n = 0;

	switch (format) {
	case SB_LOG_LOGFMT:
		format_time(wall_ns, time);
		n = snprintf(line, room, "%s %s %s ", time, levels[level].shout, event);
		break;
	case SB_LOG_JOURNAL:
		n = snprintf(line, room, "<%c>%s ", levels[level].priority, event);
		break;
	case SB_LOG_JSON:
		break;
	}
	return (size_t)n < room ? (size_t)n : room - 1;
}

static void
add_json_head(struct sb_fields *f, uint64_t wall_ns, enum sb_log_level level, const char *event)
{
	char time[TIME_TEXT_MAX];

	format_time(wall_ns, time);
	sb_fields_add(f, "time", SB_STR(time));
	sb_fields_add(f, "level", SB_STR(levels[level].name));
	sb_fields_add(f, "event", SB_STR(event));
}

/* What every line of a session says first, then its own. */
static void
add_pairs(struct sb_fields *f, const struct sb_field *context, size_t count, va_list pairs)
{
	const char *key;

	for (size_t i = 0; i < count; i++)
		sb_fields_add(f, context[i].key, context[i].value);
	while ((key = va_arg(pairs, const char *)))
		sb_fields_add(f, key, va_arg(pairs, struct sb_value));
}

size_t
log_line(char line[SB_LOG_LINE_MAX], enum sb_log_format format, uint64_t wall_ns,
	enum sb_log_level level, const char *event, const struct sb_field *context, size_t count,
	va_list pairs)
{
	bool is_json = format == SB_LOG_JSON;
	size_t size = put_head(line, format, wall_ns, level, event);
	struct sb_field_writer w;

	sb_field_writer_init(
		&w, is_json ? SB_FIELD_JSON : SB_FIELD_LOGFMT, line + size, SB_LOG_LINE_MAX - size);
	if (is_json)
		add_json_head(&w.fields, wall_ns, level, event);
	add_pairs(&w.fields, context, count, pairs);
	size += sb_field_writer_end(&w);
	/* No pairs: the head's separator is left over. */
	if (line[size - 1] == ' ')
		size--;
	/* In the place of the NUL, so that there is always room for it. */
	line[size] = '\n';
	return size + 1;
}

const char *
sb_log_level_name(enum sb_log_level level)
{
	return levels[level].name;
}

int
sb_log_level_parse(const char *name, enum sb_log_level *level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(levels[i].name, name) == 0) {
			*level = (enum sb_log_level)i;
			return 0;
		}
	return SB_ENOENT;
}

const char *
sb_log_format_name(enum sb_log_format format)
{
	return formats[format];
}

int
sb_log_format_parse(const char *name, enum sb_log_format *format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i], name) == 0) {
			*format = (enum sb_log_format)i;
			return 0;
		}
	return SB_ENOENT;
}
