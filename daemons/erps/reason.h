/*
 * Why a connection failed, in words: the core says it in its log, so the log of the
 * program goes into memory and its last reason is looked up there.
 */
#ifndef SB_ERPS_CLI_REASON_H
#define SB_ERPS_CLI_REASON_H

#include <stdbool.h>
#include <stddef.h>

#define REASON_MAX 512

struct sb_log;

struct reason {
	int fd;             /* of the memory; -1: none, the log goes to standard error */
	struct sb_log *log; /* for the node */
};

/* 0 or SB_ENOMEM. Verbose: all there is to say goes to standard error. */
int reason_open(struct reason *reason, bool is_verbose);

/* The last `reason` or `error` that was logged, "" when there is none. */
const char *reason_text(const struct reason *reason, char buf[REASON_MAX]);

void reason_close(struct reason *reason);

#endif
