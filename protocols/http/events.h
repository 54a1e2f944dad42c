/*
 * Server-sent events (HTML, 9.2): an answer that goes on, an event at a time. Comments are sent in
 * the silence between, so that proxies keep the connection, and a client that has gone is noticed.
 *
 * A client that does not read is cut off when more than its output's high-water mark waits: it
 * comes back, and says with Last-Event-ID what it had. So a producer needs to wait for nobody, and
 * keeps as many of the last events as it likes to repeat. All functions: on the session's thread,
 * inside its callbacks.
 */
#ifndef SB_HTTP_EVENTS_H
#define SB_HTTP_EVENTS_H

#include "../../core/bytes.h"
#include "../../core/session.h"

#include <stdint.h>

struct http_exchange;

/* In the state of an exchange, zeroed. */
struct http_events {
	struct http_exchange *x; /* NULL: not begun, or ended */
	struct sb_timer timer;
	uint32_t silence_ms;
};

/* Begins the answer: 200, text/event-stream. A comment comes after each `silence_ms` without an
 * event (0: 15 s). 0, or an error of http_respond: the connection is ending. */
int http_events_begin(struct http_events *events, struct http_exchange *x, uint32_t silence_ms);

/* Sends an event. `id` and `name` may be NULL; they are one line each, else SB_EINVAL; `data` is
 * text of any number of lines. SB_FULL: the client was too slow, and is cut off; SB_GONE: it has
 * gone, or was never there; SB_ENOMEM, SB_ELIMIT: it is cut off. */
int http_events_send(
	struct http_events *events, const char *id, const char *name, struct sb_bytes data);

/* Ends the answer; the client will come back after `retry_ms` (0: when it likes). */
void http_events_end(struct http_events *events, uint32_t retry_ms);

/* What the client had last, of its request; NULL: it is a new one. */
const char *http_events_last_id(const struct http_exchange *x);

/* To be called from the handler's `closed`, and from `stopping`. */
void http_events_closed(struct http_events *events);
void http_events_stopping(struct http_events *events);

#endif
