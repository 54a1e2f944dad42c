/*
 * The table behind the public handles: families of one name, each with a list of
 * series. Both lists only grow and are linked by atomic pointers, so that a
 * reader needs no lock.
 */
#ifndef SB_CORE_METRICS_INTERNAL_H
#define SB_CORE_METRICS_INTERNAL_H

#include "core/metrics.h"

#include <pthread.h>

enum metrics_kind {
	METRICS_COUNTER,
	METRICS_GAUGE,
	METRICS_HISTOGRAM,
};

struct series {
	struct series *_Atomic next;
	char *labels; /* listener="smpp",reason="source" */
	struct sb_counter counter;
	struct sb_gauge gauge;
	struct sb_histogram *histogram;
	/* Instead of cells, when set. */
	int64_t (*read_gauge)(void *context);
	uint64_t (*read_counter)(void *context);
	void *context;
};

struct family {
	struct family *_Atomic next;
	char *name;
	char *help;
	enum metrics_kind kind;
	enum sb_metrics_unit unit;
	struct series *_Atomic first;
};

struct cell_block {
	struct cell_block *next;
	unsigned used;
	_Atomic uint64_t *cells;
};

struct sb_metrics {
	unsigned shards;
	pthread_mutex_t mutex; /* of who registers */
	struct family *_Atomic first;
	struct cell_block *blocks;
	/* What is handed out when memory is out: they count, and nobody sees it. */
	struct series spare;
};

/* With room for what shards 0..shards-1 and one shared row record. NULL: no memory. */
struct sb_histogram *metrics_histogram_new(unsigned shards);
void metrics_histogram_free(struct sb_histogram *h);

#endif
