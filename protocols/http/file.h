/*
 * Files as answers (RFC 9110, 13 and 14): whole or one range of it, or that the client has it
 * already. What a file is made of comes from its source, some octets at a time, at once or later;
 * the next are asked for when the client has taken the last, so a slow client costs no memory.
 *
 *	struct http_file file = {.size = row->size, .type = row->type, .etag = row->sha256};
 *
 *	http_file_send(&state->sender, x, &file, read_chunk);
 *
 * Several ranges in one request are answered with the whole, as the RFC allows. All functions: on
 * the session's thread, inside its callbacks.
 */
#ifndef SB_HTTP_FILE_H
#define SB_HTTP_FILE_H

#include "../../core/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_exchange;

struct http_file {
	uint64_t size;
	const char *type;   /* NULL: application/octet-stream */
	const char *etag;   /* without quotes, another one for other octets; NULL: none */
	int64_t modified_s; /* Unix seconds; 0: not known */
};

/* The octets of a file that an answer has, from `at` to `end`. */
struct http_file_part {
	uint64_t at, end;
};

/*
 * Answers a GET or HEAD up to the body: 200, or 206 with the range asked for. If *part has octets,
 * they and http_respond_end are the caller's to say. If not, the answer is complete: HEAD, no
 * octets, 304, 412, 416. Fields set before are kept (Content-Disposition, Cache-Control). 0, or an
 * error of http_respond: the connection is ending.
 */
int
http_file_begin(struct http_exchange *x, const struct http_file *file, struct http_file_part *part);

/* ---- with a source ---- */

/* In the state of an exchange, zeroed. */
struct http_file_sender {
	struct http_exchange *x; /* NULL: nothing is being sent */
	struct http_file_part left;
	/* Has http_file_give called, with octets from `at` on, or http_file_fail: inside this
	 * function or later; `most` of them can be used. */
	void (*read)(struct http_file_sender *sender, uint64_t at, uint64_t most);
	bool is_reading, is_pumping;
};

/* As http_file_begin, and then the body. */
int http_file_send(struct http_file_sender *sender, struct http_exchange *x,
	const struct http_file *file,
	void (*read)(struct http_file_sender *sender, uint64_t at, uint64_t most));

/* What `read` was asked for: one octet and more; what is beyond the end is left out. None, or an
 * error: the answer is broken off. Nothing happens when nothing is being read (any more). */
void http_file_give(struct http_file_sender *sender, struct sb_bytes octets);
void http_file_fail(struct http_file_sender *sender);

/* To be called from the handler's callbacks of the same names. */
void http_file_drained(struct http_file_sender *sender);
void http_file_closed(struct http_file_sender *sender);

/* ---- out of memory ---- */

/* The whole answer at once; `octets` are copied. At most what fits the connection's output:
 * SB_ELIMIT. `file->size` is not looked at. */
int
http_file_respond(struct http_exchange *x, const struct http_file *file, struct sb_bytes octets);

#endif
