/*
 * The answer to an HTTP request, read with llhttp as it comes: what a device looks at of its
 * head, and the body, inflated, within a bound. Pure but for memory (malloc).
 */
#ifndef SB_DAEMONS_CWMP_SIM_REPLY_H
#define SB_DAEMONS_CWMP_SIM_REPLY_H

#include "core/bytes.h"

#include <llhttp.h>
#include <stdbool.h>

enum { REPLY_FIELD_MAX = 1024, REPLY_NAME_MAX = 32 };

struct reply {
	llhttp_t parser;
	unsigned status;
	bool is_complete;
	bool keeps_alive;
	bool is_compressed;
	uint32_t retry_after_s;
	char challenge[REPLY_FIELD_MAX]; /* WWW-Authenticate; several joined by commas */
	char cookies[REPLY_FIELD_MAX];   /* pairs of Set-Cookie, joined by "; " */
	char location[REPLY_FIELD_MAX];

	uint8_t *body; /* NUL-terminated behind its end */
	size_t size, capacity;
	uint64_t total; /* octets of the body as they came, kept or not */
	size_t limit;   /* of what is kept: the rest is counted only */

	char name[REPLY_NAME_MAX]; /* of the field being read */
	char value[REPLY_FIELD_MAX];
	size_t name_size, value_size;
};

/* Begins a reply whose body is kept up to `limit` octets. */
void reply_begin(struct reply *reply, size_t limit);
void reply_fini(struct reply *reply);

/* The next octets. 0 (is_complete says whether it has ended), SB_EPROTO, SB_ENOMEM. What comes
 * behind the end is SB_EPROTO too, for nobody asked for more. */
int reply_push(struct reply *reply, struct sb_bytes in);
/* The connection has ended: 0 when that is the end of the reply, else SB_EPROTO. */
int reply_end(struct reply *reply);
/* The whole body, inflated where it was compressed: 0, SB_EPROTO, SB_ELIMIT, SB_ENOMEM. */
int reply_inflate(struct reply *reply, size_t limit);

#endif
