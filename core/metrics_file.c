#include "core/metrics_file.h"

#include "core/error.h"
#include "core/job.h"
#include "core/node.h"
#include "core/session.h"
#include "core/supervisor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INTERVAL_MS 15000
#define PATH_OCTETS 4000
#define JOB_MS      60000

struct args {
	uint32_t interval_ms;
	char path[PATH_OCTETS + 1];
};

struct state {
	struct sb_timer timer;
	uint64_t ref;     /* of the job under way; 0: none */
	bool is_last;     /* the job under way is the one of the stop */
	bool is_stopping; /* and closes after that one */
	bool has_failed;  /* said already */
	struct args copy;
};

/* What a job is given: it must not need the node. */
struct page {
	char path[PATH_OCTETS + 1];
	size_t size;
	char *text; /* malloc's */
};

static void
page_free(void *data)
{
	struct page *page = data;

	free(page->text);
	free(page);
}

static int
write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n <= 0)
			return SB_EIO;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Not synced: after a crash of the machine it is stale in any case. */
static int
page_write(void *data, size_t size)
{
	struct page *page = data;
	char temporary[PATH_OCTETS + 8];
	int fd, err;

	(void)size;
	snprintf(temporary, sizeof(temporary), "%s.new", page->path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return SB_EIO;
	err = write_all(fd, page->text, page->size);
	if (close(fd) && !err)
		err = SB_EIO;
	if (!err && rename(temporary, page->path))
		err = SB_EIO;
	if (err)
		unlink(temporary);
	return err;
}

static struct page *
page_new(struct sb_session *s, const struct state *state)
{
	struct page *page = calloc(1, sizeof(*page));

	if (!page)
		return NULL;
	memcpy(page->path, state->copy.path, sizeof(page->path));
	if (sb_metrics_text(sb_node_metrics(sb_session_node(s)), &page->text, &page->size) == 0)
		return page;
	free(page);
	return NULL;
}

/* Once for each time of trouble, not for each interval of it. */
static void
result(struct sb_session *s, int err)
{
	struct state *state = sb_state(s);

	if (err && !state->has_failed)
		SB_LOG(s, ERROR, "metrics.file_failed", "path", SB_STR(state->copy.path), "error",
			SB_ERR(err));
	state->has_failed = err != 0;
}

static void
write_page(struct sb_session *s)
{
	struct state *state = sb_state(s);
	struct page *page = page_new(s, state);
	int err = SB_ENOMEM;

	if (page)
		err = sb_job(s, page_write, SB_GIVE(page, sizeof(*page), page_free), JOB_MS,
			&state->ref);
	if (!err)
		return;
	if (page)
		page_free(page);
	state->ref = 0;
	result(s, err);
}

static void
next(struct sb_session *s, struct sb_timer *timer)
{
	struct state *state = sb_state(s);

	/* A disk that takes longer than the interval is not given more to do. */
	if (!state->ref)
		write_page(s);
	sb_timer_start(s, timer, state->copy.interval_ms, next);
}

static int
file_start(struct sb_session *s, const void *args)
{
	struct state *state = sb_state(s);

	state->copy = *(const struct args *)args;
	sb_timer_start(s, &state->timer, 0, next);
	return 0;
}

static void
write_last(struct sb_session *s)
{
	struct state *state = sb_state(s);

	if (!state->is_last) {
		state->is_last = true;
		write_page(s);
	}
	if (!state->ref)
		sb_close(s, SB_END_DRAIN);
}

static void
file_message(struct sb_session *s, struct sb_message *m)
{
	struct state *state = sb_state(s);

	if (m->type != SB_MSG_JOB || m->ref != state->ref)
		return;
	state->ref = 0;
	result(s, m->status);
	if (state->is_stopping)
		write_last(s);
}

static void
file_stopping(struct sb_session *s)
{
	struct state *state = sb_state(s);

	state->is_stopping = true;
	sb_timer_stop(s, &state->timer);
	/* What is being written now is of before the stop: the last one comes behind it. */
	if (!state->ref)
		write_last(s);
}

static const struct sb_module metrics_file = {
	.abi = SB_MODULE_ABI,
	.name = "sb.metrics_file",
	.state_size = sizeof(struct state),
	.start = file_start,
	.message = file_message,
	.stopping = file_stopping,
};

int
sb_metrics_file_start(struct sb_node *node, const struct sb_metrics_file_options *options)
{
	struct args args = {
		.interval_ms = options->interval_ms ? options->interval_ms : INTERVAL_MS};
	struct sb_child_spec spec = {.id = "sb.metrics_file",
		.module = &metrics_file,
		.args = &args,
		.args_size = sizeof(args),
		.restart = SB_PERMANENT};

	if (!options->path || !*options->path || strlen(options->path) > PATH_OCTETS)
		return SB_EINVAL;
	memcpy(args.path, options->path, strlen(options->path));
	return sb_node_start_child(node, &spec);
}
