/*
 * A blocking client for programs without a loop: open, call and wait for the answer,
 * cast, wait for pushes, close.
 *
 *	struct erps_blocking_options options = {.client = {.host = "127.0.0.1", .port = 4747}};
 *	struct erps_answer answer;
 *	int64_t sum;
 *
 *	err = erps_blocking_open(&b, &options);
 *	if (!err)
 *		err = erps_blocking_call_with(b, 0, &answer, "{:add, a::int, b::int}",
 *			INT64_C(1), INT64_C(2));
 *	if (!err && answer.outcome == ERPS_REPLIED && erps_match(answer.term, "sum::int", &sum))
 *		...
 *	erps_blocking_close(b);
 *
 * No thread and no lock: it is a node with one session (client.h), whose turns the
 * caller's own thread takes while it is inside one of these functions, and only then.
 * So keepalives are sent, and pushes read, while the program waits here. It does not
 * reconnect: SB_GONE is the end, and another can be opened. Programs that want more of it
 * use client.h.
 *
 * One thread at a time for each; any number of them.
 */
#ifndef SB_ERPS_BLOCKING_H
#define SB_ERPS_BLOCKING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "client.h"

struct sb_env;
struct sb_log;
struct erps_blocking;

struct erps_blocking_options {
	struct erps_client_options client; /* where, who, TLS; `restart` and `shard` are not used */
	uint32_t queue; /* events that came and were not fetched: over it nothing is read, but while
			   a call waits for its answer; then what comes is dropped [1024] */
	struct sb_log *log;       /* borrowed; NULL: silent */
	const struct sb_env *env; /* borrowed; NULL: sb_env_system() */
};

enum erps_event_kind {
	ERPS_EVENT_PUSH,
	ERPS_EVENT_ERROR, /* of no call: "wrong identifier", after a cast */
};

struct erps_event {
	enum erps_event_kind kind;
	struct erps_term term;
};

/* Connects, and with a probe waits for its answer. 0; SB_EUNREACH: there was no connection, or it
 * was lost at once; SB_ETLS: the handshake failed; SB_TIMEOUT; as erps_client_new. On an error
 * there is no client. */
int erps_blocking_open(struct erps_blocking **b, const struct erps_blocking_options *options);

/*
 * Calls and waits for the answer, for at most timeout_ms (0: client.call_ms). 0: the server has
 * answered; *answer says how, and its term is valid until the next call. SB_TIMEOUT; SB_GONE: the
 * connection has ended, and answer->outcome says whether the call was sent (ERPS_LOST) or surely
 * not (ERPS_UNSENT); other errors as erps_client_call. What comes meanwhile waits for
 * erps_blocking_wait.
 */
int erps_blocking_call(struct erps_blocking *b, struct erps_term request, uint32_t timeout_ms,
	struct erps_answer *answer);

/* The same with a pattern of erps_put_pattern (build.h). SB_EINVAL: it is none. */
int erps_blocking_call_with(struct erps_blocking *b, uint32_t timeout_ms,
	struct erps_answer *answer, const char *pattern, ...);

/* Asks for an answer that is streamed, and what becomes of its parts. */
struct erps_stream_options {
	uint32_t credit; /* parts that may be on their way [16] */
	/* Each part in order, from inside the call: nothing of this header may be called there. */
	void (*part)(void *context, struct erps_term part);
	void *context;
};

/*
 * Calls, hands over the parts of the answer as they come, and waits for its end, as
 * erps_blocking_call: timeout_ms is for the whole of it. SB_ENOTSUP: the server has not shown
 * itself to be one of ours; client.probe makes it do so at once.
 */
int erps_blocking_stream(struct erps_blocking *b, struct erps_term request,
	const struct erps_stream_options *options, uint32_t timeout_ms, struct erps_answer *answer);

/* Casts, and waits until it is on its way. 0, SB_TIMEOUT (client.call_ms), SB_GONE; as
 * erps_client_cast. */
int erps_blocking_cast(struct erps_blocking *b, struct erps_term request);
int erps_blocking_cast_with(struct erps_blocking *b, const char *pattern, ...);

/*
 * Waits until something has come, or timeout_ms have passed, and fetches at most `max` of it in
 * order. How many; 0: nothing in time; SB_GONE: the connection has ended, and all was fetched. The
 * terms are valid until the next call of this function. With `max` 0 it takes its turns and fetches
 * nothing.
 */
ssize_t erps_blocking_wait(
	struct erps_blocking *b, uint32_t timeout_ms, struct erps_event events[], size_t max);

/* Events that came while a call waited and the queue was full: they are gone. */
uint64_t erps_blocking_dropped(const struct erps_blocking *b);

/* Why the connection has ended; meaningless while it has not. */
enum sb_end erps_blocking_end(const struct erps_blocking *b);

/* Ends the connection in order, and frees. NULL is fine. */
void erps_blocking_close(struct erps_blocking *b);

#endif
