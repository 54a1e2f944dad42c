/*
 * Terms: what travels in a packet, in Erlang's external term format. A term is a
 * view of octets that were checked once, whole, within limits; every accessor here
 * trusts them, and nothing is copied or allocated.
 *
 *	struct erps_term request, a, b;
 *	int64_t x, y;
 *
 *	err = erps_decode(&decoder, payload, &request);
 *	if (!err && erps_match(request, "{:add, a, b}", &a, &b) &&
 *		erps_get_integer(a, &x) && erps_get_integer(b, &y))
 *		...
 *
 * A term lives as long as the octets it was made of. Pure: any thread.
 */
#ifndef SB_ERPS_TERM_H
#define SB_ERPS_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../core/bytes.h"

/* One checked term: its octets from the tag on, without the leading 131. `data` NULL: none. */
struct erps_term {
	const uint8_t *data;
	size_t size;
};

enum erps_kind {
	ERPS_NONE,    /* no term */
	ERPS_INTEGER, /* of any size: erps_get_integer says whether it fits */
	ERPS_FLOAT,
	ERPS_ATOM,
	ERPS_TUPLE,
	ERPS_LIST,      /* NIL, LIST and STRING are one kind to who reads them */
	ERPS_BINARY,    /* an Elixir string, too */
	ERPS_BITSTRING, /* BIT_BINARY whose last octet is not whole */
	ERPS_MAP,
	ERPS_PID, /* these three are opaque: kept, compared, sent back */
	ERPS_PORT,
	ERPS_REFERENCE,
};

enum erps_kind erps_kind(struct erps_term term);

/* Integers, floats. False: another kind, or it does not fit. */
bool erps_get_integer(struct erps_term term, int64_t *value);
bool erps_get_unsigned(struct erps_term term, uint64_t *value);
bool erps_get_float(struct erps_term term, double *value); /* an integer is none */

/* An integer that came in a long form, of any size: the octets of its absolute value, least first,
 * without zeros at the end. Integers that erps_get_integer takes may be in a short form: ask that
 * first. */
bool erps_get_big(struct erps_term term, struct sb_bytes *octets, bool *is_negative);

/* Atoms. `name` views UTF-8 octets; one that came as Latin-1 with characters over 127 is compared
 * rightly by erps_is_atom, and erps_get_atom says false for it: use erps_copy_atom. */
bool erps_is_atom(struct erps_term term, const char *name);
bool erps_get_atom(struct erps_term term, struct sb_bytes *name);
/* NUL-terminated UTF-8. False for another kind, and for a name with a NUL inside. */
bool erps_copy_atom(struct erps_term term, char name[1021]);
bool erps_get_boolean(struct erps_term term, bool *value); /* :true, :false */

bool erps_get_binary(struct erps_term term, struct sb_bytes *octets);
/* Also of a binary: 8 bits. Those bits of the last octet that are beyond mean nothing. */
bool erps_get_bits(struct erps_term term, struct sb_bytes *octets, uint8_t *bits_in_last);
/* A list of integers 0..255 (a charlist) into `buf`: its length; SB_EINVAL: it is none; SB_ENOSPC:
 * it is longer. */
ssize_t erps_get_charlist(struct erps_term term, uint8_t *buf, size_t room);

/* Elements of a tuple, elements of a list (its tail not counted), pairs of a map; otherwise 0. Of a
 * list they are counted one by one: it may be written in pieces. */
size_t erps_count(struct erps_term term);

/* The element at `index` (0 ..) of a tuple or a list, found by walking there. */
bool erps_element(struct erps_term term, size_t index, struct erps_term *element);

/* The value of a map by its key: an atom's name, or any term. */
bool erps_map_get(struct erps_term map, const char *atom, struct erps_term *value);
bool erps_map_find(struct erps_term map, struct erps_term key, struct erps_term *value);

/*
 * Walks a tuple, a list (also STRING) or the keys and values of a map in turn:
 *
 *	struct erps_walk walk = erps_walk(list);
 *
 *	while (erps_next(&walk, &element))
 *		...
 */
struct erps_walk {
	const uint8_t *at;
	size_t left; /* elements; of a map two for each pair; of a list, in this piece of it */
	bool is_string, has_tail;
};
struct erps_walk erps_walk(struct erps_term term);
bool erps_next(struct erps_walk *walk, struct erps_term *element);

/* What comes after a list's last element: the empty list when it is proper. The second of a walk
 * over a list, once erps_next has said false. */
bool erps_tail(struct erps_term list, struct erps_term *tail);
struct erps_term erps_walk_tail(const struct erps_walk *walk);

/*
 * Whether two terms are the same value (=:=), however they were written; maps in any order. 1 and
 * 1.0 are two values; so are 0.0 and -0.0, as in Erlang since OTP 27. Below 256 levels only the
 * same octets count as equal. The cost is of the order of the terms' size, whoever made them: what
 * large maps in different orders, or maps as keys, would cost beyond some passes is left to two
 * 64-bit hashes by secrets drawn for it, which take different terms for equal once in 2^128.
 */
bool erps_equal(struct erps_term a, struct erps_term b);

#endif
