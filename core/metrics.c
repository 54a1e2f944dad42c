/*
 * Counters and gauges: for each series a cell for each shard and one that all
 * other threads share. A shard adds to its own cell with a plain load and store;
 * who reads adds them up. Cells of one shard lie together, in runs of a cache
 * line, so that shards never write to a line of another's.
 */
#include "core/metrics_internal.h"

#include "core/bytes.h"
#include "core/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_MAX 1024

/* One cell of every shard, and the shared one. NULL: no memory. With the mutex. Blocks are freed
 * with the table only: handles stay good. */
static _Atomic uint64_t *
take_cells(struct sb_metrics *m)
{
	size_t size = (m->shards + 1) * SB_METRICS_RUN * sizeof(_Atomic uint64_t);
	struct cell_block *b = m->blocks;

	if (b && b->used < SB_METRICS_RUN)
		return &b->cells[b->used++];
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->cells = aligned_alloc(64, size);
	if (!b->cells) {
		free(b);
		return NULL;
	}
	memset(b->cells, 0, size);
	b->next = m->blocks;
	m->blocks = b;
	return &b->cells[b->used++];
}

/* Gives a series what its kind writes to. False: no memory. */
static bool
equip(struct sb_metrics *m, struct series *s, enum metrics_kind kind)
{
	if (kind == METRICS_HISTOGRAM) {
		s->histogram = metrics_histogram_new(m->shards);
		return s->histogram != NULL;
	}
	s->counter.cells = take_cells(m);
	s->counter.shards = m->shards;
	s->gauge.cells = (_Atomic int64_t *)s->counter.cells;
	s->gauge.shards = m->shards;
	return s->counter.cells != NULL;
}

struct sb_metrics *
sb_metrics_new(unsigned shards)
{
	struct sb_metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	pthread_mutex_init(&m->mutex, NULL);
	m->shards = shards;
	/* Both kinds: whatever a caller registers without memory, it gets something to count in. */
	if (!equip(m, &m->spare, METRICS_COUNTER) || !equip(m, &m->spare, METRICS_HISTOGRAM)) {
		sb_metrics_free(m);
		return NULL;
	}
	return m;
}

static void
series_free(struct series *s)
{
	metrics_histogram_free(s->histogram);
	free(s->labels);
	free(s);
}

static void
family_free(struct family *f)
{
	struct series *s = atomic_load(&f->first);

	while (s) {
		struct series *next = atomic_load(&s->next);

		series_free(s);
		s = next;
	}
	free(f->name);
	free(f->help);
	free(f);
}

void
sb_metrics_free(struct sb_metrics *m)
{
	struct family *f;

	if (!m)
		return;
	for (f = atomic_load(&m->first); f;) {
		struct family *next = atomic_load(&f->next);

		family_free(f);
		f = next;
	}
	while (m->blocks) {
		struct cell_block *b = m->blocks;

		m->blocks = b->next;
		free((void *)b->cells);
		free(b);
	}
	metrics_histogram_free(m->spare.histogram);
	pthread_mutex_destroy(&m->mutex);
	free(m);
}

static void
put_label_value(struct sb_writer *w, struct sb_bytes in)
{
	while (in.size) {
		uint32_t code;
		size_t size = sb_utf8_next(in, &code);

		if (size == 0 || (code < ' ' && code != '\n'))
			sb_put_u8(w, '?');
		else if (code == '\n')
			sb_put_bytes(w, "\\n", 2);
		else if (code == '"' || code == '\\')
			sb_put_bytes(w, (char[]){'\\', (char)code}, 2);
		else
			sb_put_bytes(w, in.data, size);
		size += size == 0;
		in = sb_bytes(in.data + size, in.size - size);
	}
}

/* The labels as they are shown, which is also what tells series apart. False: too long. */
static bool
render_labels(char text[LABELS_MAX], va_list labels)
{
	struct sb_writer w = sb_writer_of(text, LABELS_MAX);
	const char *name;

	while ((name = va_arg(labels, const char *))) {
		if (sb_writer_size(&w))
			sb_put_u8(&w, ',');
		sb_put_bytes(&w, name, strlen(name));
		sb_put_bytes(&w, "=\"", 2);
		put_label_value(&w, sb_bytes_text(va_arg(labels, const char *)));
		sb_put_u8(&w, '"');
	}
	sb_put_u8(&w, '\0');
	return !sb_writer_failed(&w);
}

static struct family *
family_new(enum metrics_kind kind, enum sb_metrics_unit unit, const char *name, const char *help)
{
	struct family *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->kind = kind;
	f->unit = unit;
	f->name = strdup(name);
	f->help = strdup(help);
	if (!f->name || !f->help) {
		family_free(f);
		return NULL;
	}
	return f;
}

/* Found, or added at the end. NULL: no memory. With the mutex. */
static struct family *
family_of(struct sb_metrics *m, enum metrics_kind kind, enum sb_metrics_unit unit, const char *name,
	const char *help)
{
	struct family *_Atomic *link = &m->first;
	struct family *f;

	for (; (f = atomic_load(link)); link = &f->next)
		if (strcmp(f->name, name) == 0) {
			/* One name with two kinds is a fault of the program. */
			assert(f->kind == kind && f->unit == unit);
			return f;
		}
	f = family_new(kind, unit, name, help);
	if (f)
		atomic_store(link, f);
	return f;
}

static struct series *
series_new(struct sb_metrics *m, enum metrics_kind kind, const char *labels)
{
	struct series *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->labels = strdup(labels);
	if (!s->labels || !equip(m, s, kind)) {
		series_free(s);
		return NULL;
	}
	return s;
}

/* What a series is read by when it has no cells of its own. */
struct reader {
	int64_t (*gauge)(void *context);
	uint64_t (*counter)(void *context);
	void *context;
};

/* Found, or added at the end of its family. NULL: no memory. With the mutex; readers follow the
 * links without it, so a series is complete when it is linked. */
static struct series *
series_of(struct sb_metrics *m, struct family *f, const char *labels, const struct reader *reader)
{
	struct series *_Atomic *link = &f->first;
	struct series *s;

	for (; (s = atomic_load(link)); link = &s->next)
		if (strcmp(s->labels, labels) == 0)
			return s;
	s = series_new(m, f->kind, labels);
	if (!s)
		return NULL;
	s->read_gauge = reader->gauge;
	s->read_counter = reader->counter;
	s->context = reader->context;
	atomic_store(link, s);
	return s;
}

/* A series that cannot be made is the spare one: who counts need not ask whether there is somebody
 * to count for. */
static struct series *
enter(struct sb_metrics *m, enum metrics_kind kind, enum sb_metrics_unit unit, const char *name,
	const char *help, const struct reader *reader, va_list labels)
{
	struct series *s = NULL;
	struct family *f;
	char text[LABELS_MAX];

	if (!render_labels(text, labels))
		return &m->spare;
	pthread_mutex_lock(&m->mutex);
	f = family_of(m, kind, unit, name, help);
	if (f)
		s = series_of(m, f, text, reader);
	pthread_mutex_unlock(&m->mutex);
	return s ? s : &m->spare;
}

struct sb_counter *
sb_metrics_counter(struct sb_metrics *m, const char *name, const char *help, ...)
{
	struct series *s;
	va_list labels;

	va_start(labels, help);
	s = enter(m, METRICS_COUNTER, SB_UNIT_COUNT, name, help, &(struct reader){0}, labels);
	va_end(labels);
	return &s->counter;
}

struct sb_gauge *
sb_metrics_gauge(struct sb_metrics *m, const char *name, const char *help, ...)
{
	struct series *s;
	va_list labels;

	va_start(labels, help);
	s = enter(m, METRICS_GAUGE, SB_UNIT_COUNT, name, help, &(struct reader){0}, labels);
	va_end(labels);
	return &s->gauge;
}

struct sb_histogram *
sb_metrics_histogram(
	struct sb_metrics *m, enum sb_metrics_unit unit, const char *name, const char *help, ...)
{
	struct series *s;
	va_list labels;

	va_start(labels, help);
	s = enter(m, METRICS_HISTOGRAM, unit, name, help, &(struct reader){0}, labels);
	va_end(labels);
	return s->histogram;
}

void
sb_metrics_gauge_read(struct sb_metrics *m, int64_t (*read)(void *context), void *context,
	const char *name, const char *help, ...)
{
	struct reader reader = {.gauge = read, .context = context};
	va_list labels;

	va_start(labels, help);
	enter(m, METRICS_GAUGE, SB_UNIT_COUNT, name, help, &reader, labels);
	va_end(labels);
}

void
sb_metrics_counter_read(struct sb_metrics *m, uint64_t (*read)(void *context), void *context,
	const char *name, const char *help, ...)
{
	struct reader reader = {.counter = read, .context = context};
	va_list labels;

	va_start(labels, help);
	enter(m, METRICS_COUNTER, SB_UNIT_COUNT, name, help, &reader, labels);
	va_end(labels);
}

/* While others add: the sum of cells, each read once. It never goes down from one reading to the
 * next. */
uint64_t
sb_counter_value(const struct sb_counter *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i <= c->shards; i++)
		sum += atomic_load_explicit(&c->cells[i * SB_METRICS_RUN], memory_order_relaxed);
	return sum;
}

int64_t
sb_gauge_value(const struct sb_gauge *g)
{
	int64_t sum = 0;

	for (size_t i = 0; i <= g->shards; i++)
		sum += atomic_load_explicit(&g->cells[i * SB_METRICS_RUN], memory_order_relaxed);
	return sum;
}
