/*
 * The text form that Prometheus reads. Lists only grow, so it is written without
 * a lock while everything counts on; each value is right at some moment, all of
 * them together at none.
 */
#include "core/metrics_internal.h"

#include "core/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES 4096

/* Gathers small texts into pieces for `write`. */
struct output {
	int (*write)(void *context, const char *data, size_t size);
	void *context;
	int error; /* the first of `write`; nothing more is written then */
	size_t size;
	char piece[PIECE_BYTES];
};

static void
flush(struct output *o)
{
	if (!o->error && o->size)
		o->error = o->write(o->context, o->piece, o->size);
	o->size = 0;
}

static void
put(struct output *o, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		size_t n = sizeof(o->piece) - o->size;

		if (n > left)
			n = left;
		memcpy(o->piece + o->size, text, n);
		o->size += n;
		text += n;
		left -= n;
		if (o->size == sizeof(o->piece))
			flush(o);
	}
}

/* Numbers: short. */
static void __attribute__((format(printf, 2, 3)))
put_format(struct output *o, const char *format, ...)
{
	char text[96];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(o, text);
}

/* name_suffix{labels,le="..."} without the value. */
static void
put_name(struct output *o, const struct family *f, const char *suffix, const struct series *s,
	const char *le)
{
	bool has_labels = s->labels[0] != '\0';

	put(o, f->name);
	put(o, suffix);
	if (has_labels || le)
		put(o, "{");
	put(o, s->labels);
	if (le) {
		put(o, has_labels ? ",le=\"" : "le=\"");
		put(o, le);
		put(o, "\"");
	}
	if (has_labels || le)
		put(o, "}");
	put(o, " ");
}

static void
put_counter(struct output *o, const struct family *f, const struct series *s)
{
	uint64_t value =
		s->read_counter ? s->read_counter(s->context) : sb_counter_value(&s->counter);

	put_name(o, f, "", s, NULL);
	put_format(o, "%" PRIu64 "\n", value);
}

static void
put_gauge(struct output *o, const struct family *f, const struct series *s)
{
	int64_t value = s->read_gauge ? s->read_gauge(s->context) : sb_gauge_value(&s->gauge);

	put_name(o, f, "", s, NULL);
	put_format(o, "%" PRId64 "\n", value);
}

/* How many values are smaller than 2^power: exact, since octaves end there. */
static uint64_t
count_below(const struct sb_distribution *d, unsigned power)
{
	unsigned octaves = power > 5 ? power - 4 : 1;
	unsigned steps = power < 5 ? 1u << power : SB_DISTRIBUTION_STEPS;
	uint64_t count = 0;

	for (unsigned octave = 0; octave < octaves; octave++)
		for (unsigned step = 0; step < steps; step++)
			count += d->buckets[octave][step];
	return count;
}

/* The same bounds always, so that what is graphed over time does not change its shape. */
static const struct {
	unsigned first, last, step; /* powers of two */
} bounds[] = {
	[SB_UNIT_SECONDS] = {10, 36, 1}, /* 1 us to 69 s */
	[SB_UNIT_OCTETS] = {6, 30, 2},
	[SB_UNIT_COUNT] = {0, 16, 1},
};

/* Cumulative, as the format wants it. The bounds are 2^n - 1, since "le" includes its bound. */
static void
put_histogram(struct output *o, const struct family *f, const struct series *s)
{
	bool is_time = f->unit == SB_UNIT_SECONDS;
	struct sb_distribution d;
	char le[32];

	sb_histogram_read(s->histogram, &d);
	for (unsigned power = bounds[f->unit].first; power <= bounds[f->unit].last;
		power += bounds[f->unit].step) {
		uint64_t bound = (1ull << power) - 1;

		snprintf(le, sizeof(le), "%.9g", is_time ? (double)bound / 1e9 : (double)bound);
		put_name(o, f, "_bucket", s, le);
		put_format(o, "%" PRIu64 "\n", count_below(&d, power));
	}
	put_name(o, f, "_bucket", s, "+Inf");
	put_format(o, "%" PRIu64 "\n", d.count);
	put_name(o, f, "_sum", s, NULL);
	if (is_time)
		put_format(
			o, "%" PRIu64 ".%09" PRIu64 "\n", d.sum / 1000000000, d.sum % 1000000000);
	else
		put_format(o, "%" PRIu64 "\n", d.sum);
	put_name(o, f, "_count", s, NULL);
	put_format(o, "%" PRIu64 "\n", d.count);
}

static void
put_family(struct output *o, const struct family *f)
{
	static const char *const kinds[] = {
		[METRICS_COUNTER] = "counter",
		[METRICS_GAUGE] = "gauge",
		[METRICS_HISTOGRAM] = "histogram",
	};
	static void (*const put_series[])(
		struct output * o, const struct family *f, const struct series *s) = {
		[METRICS_COUNTER] = put_counter,
		[METRICS_GAUGE] = put_gauge,
		[METRICS_HISTOGRAM] = put_histogram,
	};

	put(o, "# HELP ");
	put(o, f->name);
	put(o, " ");
	put(o, f->help);
	put(o, "\n# TYPE ");
	put(o, f->name);
	put(o, " ");
	put(o, kinds[f->kind]);
	put(o, "\n");
	for (struct series *s = atomic_load(&f->first); s && !o->error; s = atomic_load(&s->next))
		put_series[f->kind](o, f, s);
}

/* In pieces: a table of thousands of series need not be in memory as text. */
int
sb_metrics_write(const struct sb_metrics *m,
	int (*write)(void *context, const char *data, size_t size), void *context)
{
	struct output o = {.write = write, .context = context};

	for (struct family *f = atomic_load(&m->first); f && !o.error; f = atomic_load(&f->next))
		put_family(&o, f);
	flush(&o);
	return o.error;
}

static int
write_stream(void *context, const char *data, size_t size)
{
	return fwrite(data, 1, size, context) == size ? 0 : SB_ENOMEM;
}

int
sb_metrics_text(const struct sb_metrics *m, char **text, size_t *size)
{
	FILE *stream = open_memstream(text, size);
	int error;

	if (!stream)
		return SB_ENOMEM;
	error = sb_metrics_write(m, write_stream, stream);
	/* Without memory to end it in, the stream has no text. */
	if (fclose(stream) != 0 || !*text)
		error = SB_ENOMEM;
	if (error) {
		free(*text);
		*text = NULL;
	}
	return error;
}
