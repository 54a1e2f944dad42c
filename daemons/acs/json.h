/*
 * JSON from outside: bodies of requests. Bounded before the parser sees them, duplicate
 * keys refused (two readers would see two things), and checked against a table of what an object
 * may have, so that what a caller has misspelt is said instead of passed over. Pure but for memory.
 */
#ifndef ACS_JSON_H
#define ACS_JSON_H

#include "core/bytes.h"
#include "daemons/acs/problem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACS_JSON_DEPTH 16 /* arrays and objects in each other */

/* The value that `text` is, whole; the caller's. NULL with a problem. */
json_t *acs_json_read(struct sb_bytes text, struct acs_problem *problem);

enum acs_json_type {
	ACS_JSON_TEXT,    /* min to max octets */
	ACS_JSON_INTEGER, /* min to max */
	ACS_JSON_BOOLEAN,
	ACS_JSON_OBJECT, /* at most max members, 0: any number */
	ACS_JSON_ARRAY,  /* min to max members, 0: any number */
	ACS_JSON_TEXTS,  /* an array of min to max texts */
	ACS_JSON_WORD,   /* one of `words` */
	ACS_JSON_ANY,
};

struct acs_json_field {
	const char *name;
	enum acs_json_type type;
	bool is_required;
	int64_t min, max;
	const char *const *words; /* ended by NULL */
};

/*
 * Whether `value` is an object of these fields and, unless `takes_others`, no other ones. 0, or -1
 * with a problem that names the field.
 */
int acs_json_check(const json_t *value, const struct acs_json_field *fields, size_t count,
	bool takes_others, struct acs_problem *problem);

/* A member's value, or what stands in for one that is not there. */
const char *acs_json_text(const json_t *object, const char *name, const char *otherwise);
int64_t acs_json_integer(const json_t *object, const char *name, int64_t otherwise);
bool acs_json_boolean(const json_t *object, const char *name, bool otherwise);

#endif
