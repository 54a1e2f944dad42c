/*
 * The log: level and limit, then a line rendered by the caller's own thread into
 * its stack, then the queue, whose thread writes. So a slow terminal or a full
 * disk costs lines, which are counted, and never a turn.
 */
#include "core/log.h"

#include "core/error.h"
#include "core/log_limit_internal.h"
#include "core/log_line_internal.h"
#include "core/log_queue_internal.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES   (256 * 1024)
#define LIMIT_BURST    10
#define LIMIT_INTERVAL 1000000000u

/* What a struct sb_log of ours is inside. */
struct log {
	struct sb_log head; /* first */
	enum sb_log_format format;
	uint64_t (*wall_ns)(void *context);
	void *clock_context;
	struct log_limit limit;
	struct log_queue queue;
};

static struct log *
log_of(struct sb_log *log)
{
	return (struct log *)log;
}

static uint64_t
system_wall_ns(void *context)
{
	struct timespec t;

	(void)context;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t
now_ns(const struct log *l)
{
	return l->wall_ns(l->clock_context);
}

void
sb_log_vwrite(struct sb_log *log, enum sb_log_level level, const char *event,
	const struct sb_field *context, size_t count, va_list pairs)
{
	struct log *l = log_of(log);
	char line[SB_LOG_LINE_MAX];
	size_t size;

	/* Tests and tools run without one. */
	if (!log)
		return;
	size = log_line(line, l->format, now_ns(l), level, event, context, count, pairs);
	log_queue_put(&l->queue, line, size);
}

void
sb_log_write(struct sb_log *log, enum sb_log_level level, const char *event, ...)
{
	va_list pairs;

	va_start(pairs, event);
	sb_log_vwrite(log, level, event, NULL, 0, pairs);
	va_end(pairs);
}

void
sb_log_write_limited(struct sb_log *log, enum sb_log_level level, const char *event, ...)
{
	va_list pairs;

	if (!sb_log_allow(log, event))
		return;
	va_start(pairs, event);
	sb_log_vwrite(log, level, event, NULL, 0, pairs);
	va_end(pairs);
}

void
sb_log_write_with(struct sb_log *log, enum sb_log_level level, const char *event,
	const struct sb_field *context, size_t count, ...)
{
	va_list pairs;

	va_start(pairs, count);
	sb_log_vwrite(log, level, event, context, count, pairs);
	va_end(pairs);
}

/* A function of its own for the sake of va_list: log_line takes pairs in that form only. */
static size_t
render_dropped(const struct log *l, char line[SB_LOG_LINE_MAX], ...)
{
	va_list pairs;
	size_t size;

	va_start(pairs, line);
	size = log_line(line, l->format, now_ns(l), SB_LOG_WARNING, "log.dropped", NULL, 0, pairs);
	va_end(pairs);
	return size;
}

static size_t
say_dropped(void *context, uint64_t count, char *line, size_t capacity)
{
	(void)capacity;
	return render_dropped(context, line, "count", SB_UINT(count), (const char *)NULL);
}

/* The bucket's suppressed lines, if any, said in one. Who takes the count says it, so it is said
 * once. */
static void
say_suppressed(struct log *l, struct log_limit_bucket *b)
{
	uint64_t count = atomic_exchange(&b->suppressed, 0);

	if (count)
		sb_log_write(&l->head, SB_LOG_WARNING, "log.suppressed", "name",
			SB_STR(atomic_load(&b->event)), "count", SB_UINT(count),
			(const char *)NULL);
}

static void
say_all_suppressed(void *context)
{
	struct log *l = context;

	for (size_t i = 0; i < LOG_LIMIT_EVENTS; i++)
		say_suppressed(l, &l->limit.buckets[i]);
}

/* The line about what was left out comes before the next that is let through, so that the order in
 * the log is true. */
bool
sb_log_allow(struct sb_log *log, const char *event)
{
	struct log *l = log_of(log);
	struct log_limit_bucket *b;

	if (!log)
		return false;
	b = log_limit_bucket_of(&l->limit, event);
	if (log_limit_take(&l->limit, b, now_ns(l))) {
		say_suppressed(l, b);
		return true;
	}
	/* The first of a flood asks for a word about all of it, later. */
	if (atomic_load(&b->suppressed) == 1)
		log_queue_nudge(&l->queue);
	return false;
}

struct sb_log *
sb_log_new(const struct sb_log_options *options)
{
	struct log *l = calloc(1, sizeof(*l));
	size_t bytes = options->buffer_bytes ? options->buffer_bytes : BUFFER_BYTES;

	if (!l || log_queue_init(&l->queue, options->fd, bytes)) {
		free(l);
		return NULL;
	}
	atomic_init(&l->head.level, (int)options->level);
	l->format = options->format;
	l->wall_ns = options->wall_ns ? options->wall_ns : system_wall_ns;
	l->clock_context = options->clock_context;
	l->limit.burst = options->limit_burst ? options->limit_burst : LIMIT_BURST;
	l->limit.interval_ns =
		options->limit_interval_ns ? options->limit_interval_ns : LIMIT_INTERVAL;
	l->queue.said = say_dropped;
	l->queue.nudged = say_all_suppressed;
	l->queue.context = l;
	return &l->head;
}

void
sb_log_free(struct sb_log *log)
{
	if (!log)
		return;
	sb_log_stop(log);
	log_queue_fini(&log_of(log)->queue);
	free(log);
}

int
sb_log_start(struct sb_log *log)
{
	return log ? log_queue_start(&log_of(log)->queue) : 0;
}

/* The last words first, while there is a thread to write them. */
void
sb_log_stop(struct sb_log *log)
{
	if (!log)
		return;
	say_all_suppressed(log);
	log_queue_stop(&log_of(log)->queue);
}

void
sb_log_flush(struct sb_log *log)
{
	if (!log)
		return;
	say_all_suppressed(log);
	log_queue_flush(&log_of(log)->queue);
}

void
sb_log_set_level(struct sb_log *log, enum sb_log_level level)
{
	if (log)
		atomic_store(&log->level, (int)level);
}

uint64_t
sb_log_dropped(const struct sb_log *log)
{
	return log ? atomic_load(&((const struct log *)log)->queue.dropped) : 0;
}

void
sb_fatal(struct sb_log *log, const char *event, ...)
{
	struct sb_log_options options = {.fd = STDERR_FILENO};
	va_list pairs;

	if (!log)
		log = sb_log_new(&options);
	va_start(pairs, event);
	sb_log_vwrite(log, SB_LOG_FATAL, event, NULL, 0, pairs);
	va_end(pairs);
	sb_log_flush(log);
	/* At start only: once sessions run, an error ends the one that it concerns. */
	exit(EXIT_FAILURE);
}
