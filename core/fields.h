/*
 * Pairs of a key and a value: what a log line, a session's description and the
 * admin pages are made of. A value is a small tagged union passed by value. What
 * it points at is borrowed until the call that takes it returns, so that a
 * module may describe itself from buffers on its stack.
 *
 * Nothing a peer sent can break the text made here: see sb_field_writer.
 * Pure, no allocation, any thread.
 */
#ifndef SB_CORE_FIELDS_H
#define SB_CORE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "bytes.h"

struct sockaddr;

/* Octets of one text value that are shown; the rest is cut and marked with "...". */
#define SB_FIELD_TEXT_MAX 1024

enum sb_value_kind {
	SB_VALUE_NULL, /* a zeroed sb_value: nothing is known */
	SB_VALUE_TEXT,
	SB_VALUE_BYTES,
	SB_VALUE_INT,
	SB_VALUE_UINT,
	SB_VALUE_BOOL,
	SB_VALUE_ERROR,
	SB_VALUE_ADDRESS,
	SB_VALUE_PEER,
};

struct sb_value {
	enum sb_value_kind kind;
	union {
		const char *text;
		struct sb_bytes bytes;
		int64_t integer;
		uint64_t natural;
		bool boolean;
		int error;
		struct sb_address address;
		const struct sockaddr *peer;
	} as;
};

/* A key is a static string of ours: [a-z0-9_.]. */
struct sb_field {
	const char *key;
	struct sb_value value;
};

static inline struct sb_value
sb_value_text(const char *text)
{
	return (struct sb_value){text ? SB_VALUE_TEXT : SB_VALUE_NULL, {.text = text}};
}

static inline struct sb_value
sb_value_bytes(struct sb_bytes bytes)
{
	return (struct sb_value){SB_VALUE_BYTES, {.bytes = bytes}};
}

static inline struct sb_value
sb_value_int(int64_t integer)
{
	return (struct sb_value){SB_VALUE_INT, {.integer = integer}};
}

static inline struct sb_value
sb_value_uint(uint64_t natural)
{
	return (struct sb_value){SB_VALUE_UINT, {.natural = natural}};
}

static inline struct sb_value
sb_value_bool(bool boolean)
{
	return (struct sb_value){SB_VALUE_BOOL, {.boolean = boolean}};
}

static inline struct sb_value
sb_value_error(int error)
{
	return (struct sb_value){SB_VALUE_ERROR, {.error = error}};
}

static inline struct sb_value
sb_value_address(struct sb_address address)
{
	return (struct sb_value){SB_VALUE_ADDRESS, {.address = address}};
}

static inline struct sb_value
sb_value_peer(const struct sockaddr *peer)
{
	return (struct sb_value){peer ? SB_VALUE_PEER : SB_VALUE_NULL, {.peer = peer}};
}

#define SB_STR(text)        sb_value_text(text)       /* const char *; NULL shows as null */
#define SB_BYTES(bytes)     sb_value_bytes(bytes)     /* struct sb_bytes, shown as text */
#define SB_INT(integer)     sb_value_int(integer)     /* int64_t */
#define SB_UINT(natural)    sb_value_uint(natural)    /* uint64_t */
#define SB_BOOL(boolean)    sb_value_bool(boolean)    /* bool */
#define SB_ERR(error)       sb_value_error(error)     /* int: a code of error.h, shown by name */
#define SB_ADDRESS(address) sb_value_address(address) /* struct sb_address: NODE-SHARD-SLOT-GEN */
#define SB_PEER(peer)       sb_value_peer(peer)       /* const struct sockaddr *: IP:PORT */

/* A sink of pairs. Who makes one sets `add`; a module's describe() only adds. */
struct sb_fields {
	void (*add)(struct sb_fields *f, const char *key, struct sb_value value);
};

/* Adds one pair. The value is borrowed for the call. */
static inline void
sb_fields_add(struct sb_fields *f, const char *key, struct sb_value value)
{
	f->add(f, key, value);
}

enum sb_field_format {
	SB_FIELD_LOGFMT, /* a=1 b="two words" */
	SB_FIELD_JSON,   /* {"a":1,"b":"two words"} */
};

/*
 * The sink that writes pairs as text into a buffer of the caller's. The text is
 * one line of valid UTF-8, without control characters, line separators and
 * marks that reorder text: logfmt shows those as \n, \t, \u2028 and an octet
 * that is not UTF-8 as \xNN; JSON shows the latter as U+FFFD.
 *
 * A pair that has no room is left out whole, as are those after it, and the text
 * ends with truncated=true: it is well-formed however small the buffer (of at
 * least SB_FIELD_BUFFER_MIN octets) is.
 */
#define SB_FIELD_BUFFER_MIN 32

struct sb_field_writer {
	struct sb_fields fields; /* first: give &writer.fields to who fills it */
	enum sb_field_format format;
	char *buf;
	size_t capacity;
	size_t size;
	size_t count; /* pairs written */
	bool truncated;
};

/* Begins a text in `buf`, which is borrowed until the end. `capacity` counts the final NUL. */
void sb_field_writer_init(
	struct sb_field_writer *w, enum sb_field_format format, char *buf, size_t capacity);

/* Ends the text (closes the JSON object, adds the NUL) and returns its length. Call it once. */
size_t sb_field_writer_end(struct sb_field_writer *w);

/* Writes one value alone as plain text (no quotes or escapes around safe text), NUL-terminated and
 * cut to `capacity`: what a table on a terminal shows. Returns the length written. */
size_t sb_value_format(struct sb_value value, char *buf, size_t capacity);

#endif
