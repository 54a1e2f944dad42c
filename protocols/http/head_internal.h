/*
 * The head of a request as it comes: the target and the fields, one behind the other in one
 * text. It grows with what has arrived, up to a limit; views of it hold once it is whole.
 */
#ifndef SB_HTTP_HEAD_INTERNAL_H
#define SB_HTTP_HEAD_INTERNAL_H

#include "protocols/http/refusal_internal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_env;

/* What `head_bytes` can be at most, so that 16 bits hold the size of any part. */
#define HTTP_HEAD_MAX (60u << 10)

struct http_head {
	const struct sb_env *env;
	char *text;
	char *room; /* where it begins, before it is too large for it; not the head's own */
	uint32_t size, capacity, limit;
	uint32_t fields; /* where they begin */
	uint32_t field;  /* where the present one does */
	uint16_t count, count_limit;
	uint8_t refusal; /* enum http_refusal: why it is not taken */
};

struct http_field_view {
	const char *name, *value;
	uint16_t name_size, value_size;
};

void http_head_init(struct http_head *h, const struct sb_env *env, char *room, size_t room_size,
	uint32_t limit, uint16_t count_limit);
void http_head_fini(struct http_head *h);

/* Parts as they come; each may come in several. False: not taken, see `refusal`. */
bool http_head_target(struct http_head *h, const char *at, size_t size);
bool http_head_target_end(struct http_head *h);
bool http_head_name(struct http_head *h, const char *at, size_t size);
bool http_head_name_end(struct http_head *h);
bool http_head_value(struct http_head *h, const char *at, size_t size);
bool http_head_value_end(struct http_head *h);

/* The field at *at (0: the first), and where the next one is; false: there are no more. */
bool http_head_next(const struct http_head *h, uint32_t *at, struct http_field_view *field);

#endif
