/*
 * One line of the log as text, in each format. Pure.
 */
#ifndef SB_CORE_LOG_LINE_INTERNAL_H
#define SB_CORE_LOG_LINE_INTERNAL_H

#include "core/log.h"

/* The whole line, with its newline. Returns its length. */
size_t log_line(char line[SB_LOG_LINE_MAX], enum sb_log_format format, uint64_t wall_ns,
	enum sb_log_level level, const char *event, const struct sb_field *context, size_t count,
	va_list pairs);

#endif
