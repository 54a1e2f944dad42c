/*
 * Octets to terms: checks a payload whole, once, without recursion, within limits.
 * Any thread; a decoder serves one at a time.
 */
#ifndef SB_ERPS_DECODE_H
#define SB_ERPS_DECODE_H

#include "term.h"

struct sb_env;

/* What a term may cost. 0 takes the default in brackets. */
struct erps_term_limits {
	uint32_t depth;      /* tuples, lists and maps inside each other; 256 at most [64] */
	uint32_t elements;   /* all terms of a payload together [1000000] */
	uint32_t atom;       /* characters of an atom; 255 at most [255] */
	uint32_t integer;    /* octets of an integer [1024] */
	uint32_t inflated;   /* octets of a compressed payload, inflated [4 MiB] */
	bool takes_trailing; /* octets after the term are passed over, as Erps does, not refused */
};

/* Atoms that a peer may send: safe mode (DESIGN of Erps: binary_to_term's :safe). Sorted not
 * required. Borrowed. */
struct erps_atoms {
	const char *const *names;
	size_t count;
};

/* What was wrong, for logs. */
struct erps_fault {
	const char *what; /* static words: "nested too deeply", "a fun", "an unknown atom" */
	size_t at;        /* octets into the payload (of one that was compressed: inflated) */
};

/* Limits, atoms, and memory that is kept from payload to payload while it is small. */
struct erps_decoder {
	struct erps_term_limits limits;
	const struct erps_atoms *atoms; /* NULL: any atom passes */
	const struct sb_env *env;       /* where memory comes from */
	struct erps_fault fault;        /* of the last erps_decode that failed */
	/* inflated octets, sorted keys: the decoder's own */
	void *scratch;
	size_t scratch_size;
};

/*
 * `payload` begins with 131. *term views it, or, when it was compressed, the decoder's
 * own memory until the next call with it. 0; SB_EPROTO: no term, or one that is refused
 * (funs, distribution tags, duplicate keys, bad UTF-8, ...); SB_ELIMIT: over a limit;
 * SB_EACCES: an atom that is not in the table; SB_ENOMEM. decoder->fault says more.
 */
int erps_decode(struct erps_decoder *decoder, struct sb_bytes payload, struct erps_term *term);

/*
 * What could be read before the fault: the first element of the payload's outermost tuple, when
 * that was whole (a call's Ref). For the answer to a call that does not decode.
 */
bool erps_decode_ref(struct erps_decoder *decoder, struct sb_bytes payload, struct erps_term *ref);

void erps_decoder_fini(struct erps_decoder *decoder);

#endif
