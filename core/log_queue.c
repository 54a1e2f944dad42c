#include "core/log_queue_internal.h"

#include "core/error.h"
#include "core/log.h"
#include "core/thread_internal.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 2000 /* for an end of ours that does not read, where somebody waits for it */
#define POLL_MS     100  /* how soon the thread sees that it is to give up */
#define NUDGE_MS    1000

/* POLLOUT promises that this much of a pipe does not block. */
#define WRITE_MAX 4096

static bool
is_writable(struct log_queue *q, int patience_ms)
{
	struct pollfd p = {.fd = q->fd, .events = POLLOUT};

	/* poll() takes a negative descriptor for one to be left out. */
	if (q->fd < 0)
		return false;
	for (int waited = 0; waited < patience_ms && !atomic_load(&q->is_abandoned);) {
		int ready = poll(&p, 1, POLL_MS);

		/* An error (POLLERR, POLLHUP) counts as writable: the write will say what it is. */
		if (ready > 0)
			return (p.revents & POLLNVAL) == 0;
		if (ready < 0 && errno != EINTR)
			return false;
		waited += POLL_MS;
	}
	return false;
}

/* As many whole lines as one write takes, so that those of another process fall between ours. */
static size_t
whole_lines(const char *data, size_t size)
{
	const char *last;

	if (size <= WRITE_MAX)
		return size;
	last = memrchr(data, '\n', WRITE_MAX);
	return last ? (size_t)(last - data) + 1 : WRITE_MAX;
}

/* All of it, or false. Waits `patience_ms` for each step of a slow reader. */
static bool
write_all(struct log_queue *q, const char *data, size_t size, int patience_ms)
{
	while (size) {
		ssize_t n;

		if (!is_writable(q, patience_ms))
			return false;
		n = write(q->fd, data, whole_lines(data, size));
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
	return true;
}

/* After what was written: they came later than that. */
static void
say_dropped(struct log_queue *q, int patience_ms)
{
	char line[SB_LOG_LINE_MAX];
	uint64_t dropped = atomic_load(&q->dropped);
	size_t size;

	if (dropped == q->dropped_said)
		return;
	size = q->said(q->context, dropped - q->dropped_said, line, sizeof(line));
	if (write_all(q, line, size, patience_ms))
		q->dropped_said = dropped;
}

/* With the mutex, which is given up while it writes. */
static void
drain(struct log_queue *q)
{
	struct log_half full = q->filling;

	/* The halves change places: callers go on with the empty one. */
	q->filling = q->draining;
	q->draining = full;
	q->is_writing = true;
	pthread_mutex_unlock(&q->mutex);
	if (!write_all(q, full.data, full.size, INT_MAX))
		atomic_fetch_add(&q->dropped, full.lines);
	say_dropped(q, INT_MAX);
	pthread_mutex_lock(&q->mutex);
	q->done += full.lines;
	q->draining.size = 0;
	q->draining.lines = 0;
	q->is_writing = false;
	pthread_cond_broadcast(&q->written);
}

static struct timespec
in_ms(long ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

static bool
has_passed(struct timespec t)
{
	struct timespec now = in_ms(0);

	return now.tv_sec > t.tv_sec || (now.tv_sec == t.tv_sec && now.tv_nsec >= t.tv_nsec);
}

/* With the mutex; with a nudge only until that is due. */
static void
sleep_until_work(struct log_queue *q)
{
	if (q->is_nudged)
		pthread_cond_timedwait(&q->filled, &q->mutex, &q->nudge_due);
	else
		pthread_cond_wait(&q->filled, &q->mutex);
}

/* Without the mutex: what it says goes through the queue like all lines. */
static void
answer_nudge(struct log_queue *q)
{
	q->is_nudged = false;
	pthread_mutex_unlock(&q->mutex);
	q->nudged(q->context);
	pthread_mutex_lock(&q->mutex);
}

static void *
run(void *argument)
{
	struct log_queue *q = argument;

	pthread_mutex_lock(&q->mutex);
	while (!q->is_stopping || q->filling.size) {
		if (q->filling.size)
			drain(q);
		else
			sleep_until_work(q);
		if (q->is_nudged && has_passed(q->nudge_due))
			answer_nudge(q);
	}
	pthread_mutex_unlock(&q->mutex);
	return NULL;
}

static void
init_locks(struct log_queue *q)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&q->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&q->filled, &monotonic);
	pthread_cond_init(&q->written, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

int
log_queue_init(struct log_queue *q, int fd, size_t bytes)
{
	*q = (struct log_queue){.fd = fd, .half_bytes = bytes / 2};
	q->filling.data = malloc(q->half_bytes);
	q->draining.data = malloc(q->half_bytes);
	if (!q->filling.data || !q->draining.data) {
		free(q->filling.data);
		free(q->draining.data);
		return SB_ENOMEM;
	}
	init_locks(q);
	return 0;
}

void
log_queue_fini(struct log_queue *q)
{
	log_queue_stop(q);
	pthread_cond_destroy(&q->filled);
	pthread_cond_destroy(&q->written);
	pthread_mutex_destroy(&q->mutex);
	free(q->filling.data);
	free(q->draining.data);
}

int
log_queue_start(struct log_queue *q)
{
	int err;

	pthread_mutex_lock(&q->mutex);
	q->is_stopping = false;
	err = sb_thread_start(&q->thread, "sb.log", run, q);
	q->is_started = err == 0;
	pthread_mutex_unlock(&q->mutex);
	return err;
}

/* Lines that came between the thread's last look and now. */
static void
write_rest(struct log_queue *q)
{
	struct log_half *h = &q->filling;

	if (h->size && !write_all(q, h->data, h->size, PATIENCE_MS))
		atomic_fetch_add(&q->dropped, h->lines);
	q->done += h->lines;
	h->size = 0;
	h->lines = 0;
}

void
log_queue_stop(struct log_queue *q)
{
	if (!q->is_started)
		return;
	log_queue_flush(q);
	pthread_mutex_lock(&q->mutex);
	q->is_stopping = true;
	if (q->is_writing)
		atomic_store(&q->is_abandoned, true);
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->mutex);
	pthread_join(q->thread, NULL);
	pthread_mutex_lock(&q->mutex);
	q->is_started = false;
	write_rest(q);
	atomic_store(&q->is_abandoned, false);
	pthread_mutex_unlock(&q->mutex);
}

static void
append(struct log_queue *q, const char *line, size_t size)
{
	struct log_half *h = &q->filling;

	if (size > q->half_bytes - h->size) {
		atomic_fetch_add(&q->dropped, 1);
		return;
	}
	memcpy(h->data + h->size, line, size);
	/* The thread sleeps only with an empty half: one signal for as many lines as come until it
	 * looks. */
	if (h->size == 0)
		pthread_cond_signal(&q->filled);
	h->size += size;
	h->lines++;
	q->given++;
}

/* Without a thread straight to the descriptor, under the mutex, so that lines stay whole. */
void
log_queue_put(struct log_queue *q, const char *line, size_t size)
{
	pthread_mutex_lock(&q->mutex);
	/* Before the thread there are few lines, and none may be lost with a process that does not
	 * get any further. */
	if (q->is_started)
		append(q, line, size);
	else if (!write_all(q, line, size, PATIENCE_MS))
		atomic_fetch_add(&q->dropped, 1);
	else
		say_dropped(q, PATIENCE_MS);
	pthread_mutex_unlock(&q->mutex);
}

void
log_queue_nudge(struct log_queue *q)
{
	pthread_mutex_lock(&q->mutex);
	if (q->is_started && !q->is_nudged) {
		/* Its second passes first, so that one line speaks for a whole flood. */
		q->is_nudged = true;
		q->nudge_due = in_ms(NUDGE_MS);
		pthread_cond_signal(&q->filled);
	}
	pthread_mutex_unlock(&q->mutex);
}

/* Up to what was there at the call: others may go on logging for ever. */
void
log_queue_flush(struct log_queue *q)
{
	struct timespec deadline = in_ms(PATIENCE_MS);
	uint64_t upto;
	int error = 0;

	pthread_mutex_lock(&q->mutex);
	upto = q->given;
	while (q->is_started && q->done < upto && !error)
		error = pthread_cond_timedwait(&q->written, &q->mutex, &deadline);
	pthread_mutex_unlock(&q->mutex);
}
