/*
 * The bounded buffer between those who log and the thread that writes. Two
 * halves: callers append to one under a mutex held for a memcpy, the thread
 * writes the other without it. Lines are whole: one fits or is dropped.
 */
#ifndef SB_CORE_LOG_QUEUE_INTERNAL_H
#define SB_CORE_LOG_QUEUE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct log_half {
	char *data;
	size_t size;
	uint64_t lines;
};

struct log_queue {
	int fd;
	size_t half_bytes;
	pthread_mutex_t mutex;
	pthread_cond_t filled;  /* for the thread: a line, a nudge or the end */
	pthread_cond_t written; /* for who flushes */
	struct log_half filling;
	struct log_half draining; /* the thread's alone while is_writing */
	bool is_writing;
	bool is_started;
	bool is_stopping;
	bool is_nudged;
	struct timespec nudge_due;
	uint64_t given; /* lines taken into the buffer, and lines that have left it again */
	uint64_t done;
	atomic_bool is_abandoned; /* nobody reads the other end: give up what is left */
	_Atomic uint64_t dropped;
	uint64_t dropped_said; /* of the thread; under the mutex when there is none */
	pthread_t thread;
	/* The thread calls these without the mutex. `said` puts the line about `count` dropped
	 * ones into `line` and returns its length; `nudged` runs a second after a nudge. */
	size_t (*said)(void *context, uint64_t count, char *line, size_t capacity);
	void (*nudged)(void *context);
	void *context;
};

/* SB_ENOMEM. */
int log_queue_init(struct log_queue *q, int fd, size_t bytes);

void log_queue_fini(struct log_queue *q);

int log_queue_start(struct log_queue *q);

/* Writes what waits, or gives it up (and counts it) when that takes more than 2 s. */
void log_queue_stop(struct log_queue *q);

/* One line with its newline: into the buffer, or when there is no thread to `fd`. */
void log_queue_put(struct log_queue *q, const char *line, size_t size);

/* `nudged` shall be called soon. Nothing without a thread. */
void log_queue_nudge(struct log_queue *q);

/* Waits until what was given before is written, for at most 2 s. */
void log_queue_flush(struct log_queue *q);

#endif
