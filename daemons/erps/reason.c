#include "daemons/erps/reason.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"
#include "core/log.h"

/* Of the log's end: the reason is in its last lines. */
#define TAIL_MAX 8192

int
reason_open(struct reason *reason, bool is_verbose)
{
	struct sb_log_options options = {.level = is_verbose ? SB_LOG_DEBUG : SB_LOG_INFO};

	reason->fd = is_verbose ? -1 : memfd_create("erps-log", MFD_CLOEXEC);
	options.fd = reason->fd < 0 ? STDERR_FILENO : reason->fd;
	reason->log = reason->fd < 0 && !is_verbose ? NULL : sb_log_new(&options);
	return reason->log ? 0 : SB_ENOMEM;
}

/* The last place of " key=" in a text. */
static const char *
find_last(const char *text, const char *key)
{
	const char *last = NULL;

	for (const char *at = text; (at = strstr(at, key)); at += strlen(key))
		last = at + strlen(key);
	return last;
}

/* A value between quotes, or a word, without its escapes. */
static void
copy_value(const char *value, char buf[REASON_MAX])
{
	bool is_quoted = *value == '"';
	size_t size = 0;

	for (value += is_quoted; *value && size < REASON_MAX - 1; value++) {
		if (is_quoted ? *value == '"' : *value == ' ' || *value == '\n')
			break;
		if (*value == '\\' && value[1])
			value++;
		buf[size++] = *value;
	}
	buf[size] = '\0';
}

/* What an error of the core is called, in words. */
static const char *
words_of(const char *name)
{
#define X(code, number, words)    \
	if (!strcmp(name, #code)) \
		return words;
	SB_ERROR_MAP(X)
#undef X
	return name;
}

const char *
reason_text(const struct reason *reason, char buf[REASON_MAX])
{
	char tail[TAIL_MAX + 1];
	const char *why, *error;
	off_t size;
	ssize_t count;

	*buf = '\0';
	if (reason->fd < 0)
		return buf;
	sb_log_flush(reason->log);
	size = lseek(reason->fd, 0, SEEK_END);
	count = pread(reason->fd, tail, TAIL_MAX, size > TAIL_MAX ? size - TAIL_MAX : 0);
	tail[count < 0 ? 0 : count] = '\0';
	why = find_last(tail, " reason=");
	error = find_last(tail, " error=");
	if (!why && !error)
		return buf;
	copy_value(why > error ? why : error, buf);
	return why > error ? buf : words_of(buf);
}

void
reason_close(struct reason *reason)
{
	sb_log_free(reason->log);
	if (reason->fd >= 0)
		close(reason->fd);
}
