/* The parts of erps_decode: what all of them know of the payload that is being checked. */
#ifndef SB_ERPS_DECODE_INTERNAL_H
#define SB_ERPS_DECODE_INTERNAL_H

#include "core/error.h"
#include "protocols/erps/decode.h"
#include "protocols/erps/tag.h"

#define ERPS_DEPTH_MAX 256

/* X(name, code, words) */
#define ERPS_FAULT_MAP(X)                                                               \
	X(MEMORY, SB_ENOMEM, "out of memory")                                           \
	X(VERSION, SB_EPROTO, "no external term: it does not begin with 131")           \
	X(SIZE, SB_ELIMIT, "4 GiB or more")                                             \
	X(CUT, SB_EPROTO, "cut short")                                                  \
	X(COUNT, SB_EPROTO, "more elements than octets")                                \
	X(TAG, SB_EPROTO, "an unknown tag")                                             \
	X(FUN, SB_EPROTO, "a fun")                                                      \
	X(CLUSTER, SB_EPROTO, "a tag of distribution between nodes")                    \
	X(INNER, SB_EPROTO, "a compressed term inside a term")                          \
	X(DEPTH, SB_ELIMIT, "nested too deeply")                                        \
	X(ELEMENTS, SB_ELIMIT, "too many elements")                                     \
	X(ATOM_SIZE, SB_ELIMIT, "an atom that is too long")                             \
	X(ATOM_TEXT, SB_EPROTO, "an atom that is not UTF-8")                            \
	X(ATOM_UNKNOWN, SB_EACCES, "an unknown atom")                                   \
	X(INTEGER_SIZE, SB_ELIMIT, "an integer that is too long")                       \
	X(INTEGER_SIGN, SB_EPROTO, "an integer without a sign")                         \
	X(FLOAT, SB_EPROTO, "a float that is no finite number")                         \
	X(BITS, SB_EPROTO, "a bit string with a wrong count of bits")                   \
	X(NODE, SB_EPROTO, "a node's name that is no atom")                             \
	X(WORDS, SB_EPROTO, "a reference of no words, or of more than five")            \
	X(LIST, SB_EPROTO, "a tail without a list")                                     \
	X(KEY_TWICE, SB_EPROTO, "a map with a key twice")                               \
	X(TRAILING, SB_EPROTO, "octets after the term")                                 \
	X(INFLATE, SB_EPROTO, "compressed octets that do not inflate")                  \
	X(INFLATED_SIZE, SB_EPROTO, "compressed octets of another size than announced") \
	X(INFLATED_LIMIT, SB_ELIMIT, "inflated it would be too large")

enum erps_fault_code {
	ERPS_FAULT_NONE,
#define X(name, code, words) ERPS_FAULT_##name,
	ERPS_FAULT_MAP(X)
#undef X
};

/* A tuple, list or map whose elements are being checked. */
struct erps_level {
	const uint8_t *map; /* of a map: where it begins */
	uint64_t left;      /* elements of the level around it, still to come */
};

struct erps_check {
	struct erps_decoder *decoder;
	struct erps_term_limits limits; /* with their defaults */
	const uint8_t *start, *at, *end;
	uint64_t left;     /* terms that are still to come on this level */
	uint64_t elements; /* that may still come in all */
	size_t depth;
	struct erps_level levels[ERPS_DEPTH_MAX];
};

/* Checks one term at c->at, and goes behind it. On a fault c->at is where it is. */
enum erps_fault_code erps_check_term(struct erps_check *c);

static inline bool
erps_is_atom_tag(uint8_t tag)
{
	return tag == ERPS_TAG_ATOM || tag == ERPS_TAG_SMALL_ATOM || tag == ERPS_TAG_ATOM_UTF8 ||
	       tag == ERPS_TAG_SMALL_ATOM_UTF8;
}

/* The same of an atom, whose tag has been seen; `is_name`: of a node, which no table knows. */
enum erps_fault_code erps_check_atom(struct erps_check *c, bool is_node);

/* Whether a checked map has a key twice. */
enum erps_fault_code erps_check_keys(struct erps_check *c, const uint8_t *map);

/* `in` is what follows 131, 80: makes c view what it inflates to, in the decoder's memory. */
enum erps_fault_code erps_inflate(struct erps_check *c, struct sb_bytes in);

#endif
