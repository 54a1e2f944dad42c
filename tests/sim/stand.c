#include "stand.h"

#include "core/metrics.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

struct sb_log *
stand_log(int *fd)
{
	const char *path = getenv("BED_LOG");
	struct sb_log_options options = {.level = SB_LOG_DEBUG};
	struct sb_log *log;

	*fd = open(path ? path : "/dev/null", O_WRONLY | O_CLOEXEC | O_CREAT | O_APPEND, 0600);
	demand(*fd >= 0);
	options.fd = *fd;
	log = sb_log_new(&options);
	demand(log);
	return log;
}

void
stand_log_free(struct sb_log *log, int fd)
{
	sb_log_free(log);
	close(fd);
}

struct sb_node *
stand_node(struct simulation *sim, struct sb_log *log)
{
	const struct sb_node_options options = {.threads = 1, .log = log, .env = sim_env(sim)};
	struct sb_node *node = NULL;

	demand(sb_node_new(&node, &options) == 0);
	sim_attach(sim, node);
	return node;
}

/* From the text that a scraper would get. */
uint64_t
stand_counter(struct sb_node *node, const char *name)
{
	uint64_t sum = 0;
	size_t size;
	char *text, *rest;

	demand(sb_metrics_text(sb_node_metrics(node), &text, &size) == 0);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strncmp(line, name, strlen(name)) == 0)
			sum += strtoull(strrchr(line, ' '), NULL, 10);
	free(text);
	return sum;
}

void
stand_tell(char trace[STAND_TRACE], const char *format, ...)
{
	size_t used = strlen(trace);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(trace + used, STAND_TRACE - used, format, arguments);
	va_end(arguments);
	used = strlen(trace);
	snprintf(trace + used, STAND_TRACE - used, ";");
}
