/*
 * The log: an event name and pairs, never prose with numbers inside.
 *
 *	SB_LOG_TO(log, INFO, "listener.paused", "name", SB_STR(name), "error", SB_ERR(err));
 *
 * One line is one write into a bounded buffer that a thread of the log's own
 * drains, so that a slow terminal or disk never blocks a loop: when the buffer
 * is full the line is dropped and counted, and a later line says so
 * (log.dropped count=N). Before sb_log_start and after sb_log_stop lines are
 * written at once by the caller: tests, start-up, the last words.
 *
 * Every function may be called from any thread, except new, start, stop and
 * free, which belong to the owner. A NULL log takes everything and says nothing.
 */
#ifndef SB_CORE_LOG_H
#define SB_CORE_LOG_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"

/* Octets of one line at most; what does not fit is left out by pair and said (truncated=true). */
#define SB_LOG_LINE_MAX 4096

enum sb_log_level {
	SB_LOG_DEBUG,
	SB_LOG_INFO,
	SB_LOG_WARNING, /* something is wrong, service goes on */
	SB_LOG_ERROR,   /* something was lost or refused that should not have been */
	SB_LOG_FATAL,   /* the process ends: sb_fatal */
};

enum sb_log_format {
	SB_LOG_LOGFMT, /* 2026-11-20T19:06:53.042117Z INFO listening name=smpp */
	SB_LOG_JSON,   /* one object a line: time, level, event, then the pairs */
	/* For systemd: logfmt without the time, after the priority as <N>, which journald takes
	 * from the standard error of a service (sd-daemon(3)). Chosen over journald's own socket:
	 * nothing to connect or lose, and it reads well where there is no journald, too. */
	SB_LOG_JOURNAL,
};

struct sb_log_options {
	enum sb_log_level level; /* lines below it are not written */
	enum sb_log_format format;
	int fd;              /* where lines go; borrowed, open until sb_log_free. Often 2 */
	size_t buffer_bytes; /* bound of what waits for the thread; 0: 256 KiB */
	/* Rate limit of sb_log_allow, per event name: `burst` lines at once, then one every
	 * `interval_ns`. 0: 10 lines, 1 s. */
	unsigned limit_burst;
	uint64_t limit_interval_ns;
	/* Nanoseconds since 1970. NULL: the system's clock. */
	uint64_t (*wall_ns)(void *context);
	void *clock_context;
};

struct sb_log {
	_Atomic int level; /* read it with sb_log_enabled; change it with sb_log_set_level */
};

/* A log, not started; NULL when memory is out. */
struct sb_log *sb_log_new(const struct sb_log_options *options);

/* Stops and frees. Takes NULL. */
void sb_log_free(struct sb_log *log);

/* Starts the thread. SB_ENOMEM when there is none to be had; the log then still writes at once. */
int sb_log_start(struct sb_log *log);

/* Writes what waits, then ends the thread. Nothing when not started. */
void sb_log_stop(struct sb_log *log);

/* Waits until every line given before the call is written, or for 2 s: a reader of ours that has
 * stopped reading must not keep a process from ending. */
void sb_log_flush(struct sb_log *log);

void sb_log_set_level(struct sb_log *log, enum sb_log_level level);

static inline bool
sb_log_enabled(const struct sb_log *log, enum sb_log_level level)
{
	return log && (int)level >= atomic_load_explicit(&log->level, memory_order_relaxed);
}

/* One line: the event, then pairs of `const char *key, struct sb_value value`, then NULL. It does
 * not look at the level: use SB_LOG_TO. */
void sb_log_write(struct sb_log *log, enum sb_log_level level, const char *event, ...)
	__attribute__((sentinel));

/* The same, if sb_log_allow allows it: use SB_LOG_LIMITED_TO. */
void sb_log_write_limited(struct sb_log *log, enum sb_log_level level, const char *event, ...)
	__attribute__((sentinel));

/* sb_log_write with `count` pairs of context before the others: what every line of a session says.
 */
void sb_log_write_with(struct sb_log *log, enum sb_log_level level, const char *event,
	const struct sb_field *context, size_t count, ...) __attribute__((sentinel));
void sb_log_vwrite(struct sb_log *log, enum sb_log_level level, const char *event,
	const struct sb_field *context, size_t count, va_list pairs);

/* SB_LOG_TO(log, LEVEL, "event.name", "key", SB_STR(value), ...); LEVEL is DEBUG, INFO, WARNING or
 * ERROR. What follows it is evaluated only when that level is written. */
#define SB_LOG_TO(log, LEVEL, ...)                                                                 \
	do {                                                                                       \
		struct sb_log *sb_log_to_ = (log);                                                 \
		if (sb_log_enabled(sb_log_to_, SB_LOG_##LEVEL))                                    \
			sb_log_write(sb_log_to_, SB_LOG_##LEVEL, __VA_ARGS__, (const char *)NULL); \
	} while (0)

/* The same for lines that a hostile peer can cause at will: limited by the event's rate. */
#define SB_LOG_LIMITED_TO(log, LEVEL, ...)                                                    \
	do {                                                                                  \
		struct sb_log *sb_log_to_ = (log);                                            \
		if (sb_log_enabled(sb_log_to_, SB_LOG_##LEVEL))                               \
			sb_log_write_limited(                                                 \
				sb_log_to_, SB_LOG_##LEVEL, __VA_ARGS__, (const char *)NULL); \
	} while (0)

/* Whether one more line of this event may be written now. A refusal is counted, and said by a line
 * log.suppressed name=EVENT count=N before the event's next line, within seconds by the thread,
 * or at sb_log_flush. `event` is a static string. */
bool sb_log_allow(struct sb_log *log, const char *event);

/* Lines dropped since the start because the buffer was full or `fd` failed. */
uint64_t sb_log_dropped(const struct sb_log *log);

/* Writes the line at FATAL, flushes and exits with 1. For failures at start and for memory that
 * nothing can go on without; never for what a peer did. */
_Noreturn void sb_fatal(struct sb_log *log, const char *event, ...) __attribute__((sentinel));

/* "debug", "info", "warning", "error", "fatal"; and back: SB_ENOENT for another name. */
const char *sb_log_level_name(enum sb_log_level level);
int sb_log_level_parse(const char *name, enum sb_log_level *level);

/* "logfmt", "json", "journal"; and back. */
const char *sb_log_format_name(enum sb_log_format format);
int sb_log_format_parse(const char *name, enum sb_log_format *format);

#endif
