/*
 * Whether jansson had memory. It does not tell each time that it had none: a text may lose an octet
 * on its way into a value, and an object a name on its way into a text; and whoever builds one by a
 * dozen calls does not look at each. So
 * its allocations that fail are counted, for each thread, as its allocator is told of no session;
 * what was made of them is asked for at the end.
 *
 *	unsigned before = acs_json_failures();
 *	json_t *object = json_object();
 *
 *	json_object_set_new(object, "name", json_string(name));
 *	return acs_json_whole(object, before);
 */
#ifndef ACS_JSON_MEMORY_H
#define ACS_JSON_MEMORY_H

#include "core/bytes.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How many have failed on this thread. */
unsigned acs_json_failures(void);

/* `value`, if none has failed since there were `before`; else NULL, and the value goes. Takes
 * NULL. */
json_t *acs_json_whole(json_t *value, unsigned before);
/* The same, and what it is as a text (malloc); the value goes in any case. */
char *acs_json_dump(json_t *value, unsigned before);

/* What a value is as a text (malloc), as json_dumps with these flags; NULL: no memory. */
char *acs_json_print(const json_t *value, size_t flags);

/* As json_loadb, with whose flags; `error` may be NULL. 0; SB_EINVAL: it is no JSON, *error says
 * why; SB_ENOMEM. *value is NULL but with 0. */
int acs_json_load(json_t **value, struct sb_bytes text, size_t flags, json_error_t *error);

#endif
