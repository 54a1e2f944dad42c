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
	uint32_t elements;   /* all terms of a payload together, a STRING as one [1000000] */
	uint32_t atom;       /* characters of an atom; 255 at most [255] */
	uint32_t integer;    /* octets of an integer [1024] */
	uint32_t inflated;   /* octets of a compressed payload, inflated [4 MiB] */
	bool takes_trailing; /* octets after the term are passed over, as Erps does, not refused */
};

/*
 * Atoms that a peer may send: safe mode (of Erlang: binary_to_term's `safe`). true, false
 * and nil need not be there: they are values rather than names, and always pass; so do the
 * names of nodes inside pids, ports and references, which nobody reads. The names are
 * borrowed, in any order. A table of more than some names wants an index.
 */
struct erps_atoms {
	const char *const *names;
	size_t count;
	/* made by erps_atoms_index: places of names, plus 1, by their hash */
	uint32_t *slots;
	size_t slot_count; /* a power of 2 */
};

/* Makes looking up quick, once, before decoders use the table. SB_ENOMEM; then it works as before,
 * one name after the other. The names do not change from then on. */
int erps_atoms_index(struct erps_atoms *atoms, const struct sb_env *env);
void erps_atoms_fini(struct erps_atoms *atoms, const struct sb_env *env);

/* Whether a peer may send that name, UTF-8. Any thread. */
bool erps_atoms_have(const struct erps_atoms *atoms, struct sb_bytes name);

/* What was wrong, for logs. */
struct erps_fault {
	const char *what; /* static words: "nested too deeply", "a fun", "an unknown atom" */
	size_t at;        /* octets into the payload (of one that was compressed: inflated) */
};

/* Limits, atoms, and memory that is kept from payload to payload while it is small. Zeroed but for
 * the first three. */
struct erps_decoder {
	struct erps_term_limits limits;
	const struct erps_atoms *atoms; /* NULL: any atom passes */
	const struct sb_env *env;       /* where memory comes from */
	struct erps_fault fault;        /* of the last erps_decode that failed; else zero */
	/* the decoder's own: inflated octets, keys of a map, what keys are hashed with */
	void *inflated, *keys;
	size_t inflated_room, keys_room;
	uint64_t secret[2];
};

/*
 * `payload` begins with 131. *term views it, or, when it was compressed, the decoder's
 * own memory until the next call with it. 0; SB_EPROTO: no term, or one that is refused
 * (funs, distribution tags, duplicate keys, bad UTF-8, ...); SB_ELIMIT: over a limit;
 * SB_EACCES: an atom that is not in the table; SB_ENOMEM. decoder->fault says more.
 */
int erps_decode(struct erps_decoder *decoder, struct sb_bytes payload, struct erps_term *term);

/*
 * The first element of the payload's outermost tuple (a call's Ref), when it is whole and within
 * the limits, whatever follows it. For the answer to a call that does not decode: its fault stays.
 * What an earlier call gave of a compressed payload is gone.
 *
 * *method (may be NULL) is for the log: the atom that the second element is, or begins with as a
 * tuple, if it can be read, whether the table has it or not. None: there is none.
 */
bool erps_decode_ref(struct erps_decoder *decoder, struct sb_bytes payload, struct erps_term *ref,
	struct erps_term *method);

/* Gives back what memory is kept; terms of a compressed payload go with it. The decoder works on.
 */
void erps_decoder_fini(struct erps_decoder *decoder);

#endif
