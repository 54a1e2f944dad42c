/*
 * The parameters of one device as one document: sorted by name, what names share with the one
 * before cut, one behind the other. Rows are compressed (document_pack). Read like octets from
 * a wire; pure but for memory; any thread.
 *
 *	version 1 | how many, 32 bits | { shared, rest size, rest, flags, seen, [value],
 *[attributes] }
 */
#ifndef ACS_DOCUMENT_H
#define ACS_DOCUMENT_H

#include "core/bytes.h"
#include "protocols/cwmp/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Longer names are not taken: the specification's own bound is 256. */
#define ACS_PARAMETER_NAME_MAX 1023

enum acs_writable { ACS_WRITABLE_UNKNOWN, ACS_READ_ONLY, ACS_WRITABLE };

/* One parameter, or an object (its name ends in a dot, it has no value). Views. */
struct acs_parameter {
	struct sb_bytes name; /* NUL-terminated behind its size */
	struct sb_bytes value;
	struct sb_bytes access; /* who else may write it, with commas between */
	uint64_t seen;          /* Unix seconds */
	uint32_t notification;
	enum cwmp_type type;
	enum acs_writable writable;
	bool has_value;
	bool has_attributes; /* notification and access are known */
};

/* Octets that were allocated with malloc. */
struct acs_octets {
	uint8_t *data;
	size_t size;
};

void acs_octets_free(struct acs_octets *octets);
/* 0 or SB_ENOMEM. */
int acs_octets_copy(struct acs_octets *octets, struct sb_bytes from);

/* ---- reading ---- */

struct acs_cursor {
	struct sb_reader in;
	uint32_t left;
	uint64_t seen;
	bool failed;
	bool is_list; /* set by who reads it: not a document, names come in any order, and again */
	size_t name_size;
	char name[ACS_PARAMETER_NAME_MAX + 1];
};

/* No octets at all: a document without parameters. */
void acs_cursor_init(struct acs_cursor *cursor, struct sb_bytes document);
/* The next one, valid until the one after it. False: there is none, or `failed`: it is damaged. */
bool acs_cursor_next(struct acs_cursor *cursor, struct acs_parameter *parameter);

/* ---- writing ---- */

struct acs_document_writer {
	struct acs_octets out;
	size_t capacity, limit;
	uint32_t count;
	uint64_t seen;
	size_t name_size;
	int error; /* SB_ENOMEM, SB_ELIMIT: over the limit */
	char name[ACS_PARAMETER_NAME_MAX + 1];
};

void acs_document_begin(struct acs_document_writer *w, size_t limit_bytes);
/* By rising name, unless it will be read as a list. After an error nothing is added. */
void acs_document_add(struct acs_document_writer *w, const struct acs_parameter *parameter);
/* 0 and the document, which is the caller's; or the error. */
int acs_document_end(struct acs_document_writer *w, struct acs_octets *document);

/* ---- changes ---- */

/* What has become known of one parameter; what is not is left as it was, an access list without
 * data and the type OTHER, too. */
struct acs_change {
	struct acs_parameter to;
	size_t order; /* as they came: the last one of a name counts */
};

/* Changes to be made together, and what goes: what begins with `prefix` and was not seen since.
 */
struct acs_changes {
	struct acs_change *each; /* malloc */
	size_t count, capacity;
	const char *prefix; /* NULL: nothing goes */
	uint64_t since;     /* UINT64_MAX: whenever it was seen */
	bool are_newer;     /* only where they were seen later than what is there */
};

/* Makes room for so many more at once. 0 or SB_ENOMEM. */
int acs_changes_reserve(struct acs_changes *changes, size_t count);
/* The views stay those of whoever adds it. 0 or SB_ENOMEM; names that are empty or too long are
 * passed over. */
int acs_changes_add(struct acs_changes *changes, const struct acs_parameter *to);
void acs_changes_fini(struct acs_changes *changes);

/* Puts them into their order, and makes the document that they lead to. 0; SB_ECORRUPT (of `old`),
 * SB_ELIMIT, SB_ENOMEM. */
int acs_document_merge(struct sb_bytes old, struct acs_changes *changes, size_t limit_bytes,
	struct acs_octets *merged, uint32_t *count);

/* ---- rows ---- */

int acs_document_pack(struct sb_bytes document, struct acs_octets *body);
/* SB_ECORRUPT; SB_ELIMIT: larger than the limit. An empty body: an empty document. */
int acs_document_unpack(struct sb_bytes body, size_t limit_bytes, struct acs_octets *document);

/* ---- questions ---- */

struct acs_query {
	const char *prefix; /* "": all */
	const char *after;  /* "": from the first */
	/* Only these, and what lies under those that are paths; sorted, none under another one.
	 * NULL: all. */
	const char *const *names;
	size_t name_count;
	uint32_t limit;
};

/* "" is the path of all. */
static inline bool
acs_is_path(const char *name)
{
	size_t size = strlen(name);

	return size == 0 || name[size - 1] == '.';
}

/* {"parameters": [{"name", "value", "type", "writable", "notification", "accessList", "seen"}],
 * "more"}, as text (malloc). */
int acs_document_query(
	struct sb_bytes document, const struct acs_query *query, struct acs_octets *text);

/* A document of those that have a value (malloc). SB_ELIMIT: more than the limit; SB_ECORRUPT,
 * SB_ENOMEM. */
int acs_document_pick(
	struct sb_bytes document, const struct acs_query *query, struct acs_octets *picked);

#endif
