/* Where an envelope is written to: a buffer that may be too small, and how its device wants it. */
#ifndef SB_CWMP_ENCODE_INTERNAL_H
#define SB_CWMP_ENCODE_INTERNAL_H

#include "protocols/cwmp/encode.h"

#include <string.h>

struct cwmp_out {
	char *start;
	size_t capacity;
	size_t size; /* of all that was written, whether it fitted or not */
	bool failed; /* a text that XML cannot carry, or the specification does not let pass */
	const struct cwmp_dialect *dialect;
};

static inline void
cwmp_put(struct cwmp_out *o, const char *data, size_t size)
{
	if (size && o->size <= o->capacity && size <= o->capacity - o->size)
		memcpy(o->start + o->size, data, size);
	o->size += size;
}

/* Words that need no escape. */
static inline void
cwmp_put_words(struct cwmp_out *o, const char *words)
{
	cwmp_put(o, words, strlen(words));
}

/* Escaped. NULL is empty; of at most `max` characters, 0: any number. */
void cwmp_put_text(struct cwmp_out *o, const char *text, size_t max);
void cwmp_put_number(struct cwmp_out *o, int64_t number);
void cwmp_put_boolean(struct cwmp_out *o, bool value); /* as the device writes them */

/* "<Name>", "</Name>" */
static inline void
cwmp_put_open(struct cwmp_out *o, const char *name)
{
	cwmp_put(o, "<", 1);
	cwmp_put_words(o, name);
	cwmp_put(o, ">", 1);
}

static inline void
cwmp_put_close(struct cwmp_out *o, const char *name)
{
	cwmp_put(o, "</", 2);
	cwmp_put_words(o, name);
	cwmp_put(o, ">", 1);
}

#endif
