/*
 * SOAP envelopes of devices to messages: libxml2's SAX2 push parser, no tree. Takes what
 * devices really write (other namespaces, broken characters, missing elements), within
 * bounds; elements are matched by their local names. Pure but for memory; a decoder serves one
 * document at a time, on any thread. libxml2 is set up with the first decoder, and what it says of
 * errors stays in here.
 */
#ifndef SB_CWMP_DECODE_H
#define SB_CWMP_DECODE_H

#include "../../core/bytes.h"
#include "message.h"

struct sb_env;
struct cwmp_decoder;

/* What a message may cost. 0 takes the default in brackets. Besides, what libxml2 has to bear is
 * bounded: sizes and counts of tags, names, namespaces and repairs. */
struct cwmp_decode_limits {
	size_t bytes;     /* of a document [16 MiB] */
	uint32_t depth;   /* of elements [32] */
	size_t text;      /* of one value [1 MiB] */
	uint32_t members; /* of all arrays together: parameters, names, ... [100000] */
	size_t memory;    /* that the message takes [64 MiB] */
};

/* A message with the memory that it lies in, and how its device wrote it. */
struct cwmp_envelope {
	struct cwmp_message message;
	struct cwmp_dialect dialect;
	uint32_t repairs; /* of the XML: broken characters, references, undeclared octets */
	uint32_t defects; /* values that are none: a number that is a word, an array without end */
	size_t bytes;     /* of the document; of a copy of what was none: its own */
};

/* Any thread; it was made by one decoder and belongs to whoever got it. NULL is fine. */
void cwmp_envelope_free(struct cwmp_envelope *envelope);

/* The same message in one allocation of its exact size, for those who keep it: what a decoder makes
 * has room to spare. NULL: no memory. */
struct cwmp_envelope *
cwmp_envelope_copy(const struct sb_env *env, const struct cwmp_envelope *envelope);

/* Kept from document to document: making one costs more than a small document. NULL without
 * memory. */
struct cwmp_decoder *
cwmp_decoder_new(const struct sb_env *env, const struct cwmp_decode_limits *limits);
void cwmp_decoder_free(struct cwmp_decoder *decoder);

/* The next octets of the document. 0; SB_EPROTO (no XML, a DOCTYPE), SB_ELIMIT, SB_ENOMEM: it
 * takes nothing more until the next document, and cwmp_decoder_finish says the same. */
int cwmp_decoder_push(struct cwmp_decoder *decoder, struct sb_bytes part);

/* The end of the document, and the beginning of the next. 0 and *envelope, which is the caller's;
 * or SB_EPROTO (the Envelope did not end, there is no Body or nothing in it), SB_ELIMIT,
 * SB_ENOMEM. */
int cwmp_decoder_finish(struct cwmp_decoder *decoder, struct cwmp_envelope **envelope);

/* Drops a document in its middle. */
void cwmp_decoder_reset(struct cwmp_decoder *decoder);

/* Static words that say what was wrong with the last document: "a DOCTYPE", "nested too deeply".
 * "" when nothing was. */
const char *cwmp_decoder_fault(const struct cwmp_decoder *decoder);

/* The cwmp:ID of the document that was refused, if it had come by then; "" otherwise. For the
 * fault that answers it. */
const char *cwmp_decoder_id(const struct cwmp_decoder *decoder);

/* A document at once. */
int cwmp_decode(
	struct cwmp_decoder *decoder, struct sb_bytes document, struct cwmp_envelope **envelope);

#endif
