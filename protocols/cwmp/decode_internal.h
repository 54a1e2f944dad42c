/*
 * The parts of a decoder: what feeds libxml2 (decode.c), how a document begins (decode_head.c),
 * what libxml2 calls (decode_events.c), the elements that are open (decode_frame.c), what their
 * texts mean (decode_value.c), and how the device writes (decode_dialect.c).
 */
#ifndef SB_CWMP_DECODE_INTERNAL_H
#define SB_CWMP_DECODE_INTERNAL_H

#include <libxml/parser.h>

#include "core/error.h"
#include "protocols/cwmp/encode.h"
#include "protocols/cwmp/envelope_internal.h"
#include "protocols/cwmp/schema.h"

/* X(name, code, words) */
#define CWMP_REFUSAL_MAP(X)                                            \
	X(MEMORY, SB_ENOMEM, "out of memory")                          \
	X(DOCTYPE, SB_EPROTO, "a DOCTYPE")                             \
	X(XML, SB_EPROTO, "no XML, or broken beyond repair")           \
	X(CUT, SB_EPROTO, "cut short: the Envelope does not end")      \
	X(ENVELOPE, SB_EPROTO, "no Envelope")                          \
	X(BODY, SB_EPROTO, "no Body")                                  \
	X(EMPTY, SB_EPROTO, "a Body with nothing in it")               \
	X(BYTES, SB_ELIMIT, "too large")                               \
	X(DEPTH, SB_ELIMIT, "nested too deeply")                       \
	X(TEXT, SB_ELIMIT, "a text that is too long")                  \
	X(MARKUP, SB_ELIMIT, "a tag or comment that is too long")      \
	X(ATTRIBUTES, SB_ELIMIT, "too many attributes of one element") \
	X(NAMESPACES, SB_ELIMIT, "too many namespaces")                \
	X(NAMES, SB_ELIMIT, "too many names")                          \
	X(MEMBERS, SB_ELIMIT, "too many members of arrays")            \
	X(ROOM, SB_ELIMIT, "a message that takes too much memory")     \
	X(REPAIRS, SB_ELIMIT, "broken in too many places")

enum cwmp_refusal {
	CWMP_REFUSED_NOT,
#define X(name, code, words) CWMP_REFUSED_##name,
	CWMP_REFUSAL_MAP(X)
#undef X
};

enum cwmp_frame_kind {
	CWMP_FRAME_SKIP, /* nobody knows it, nor what is in it */
	CWMP_FRAME_ENVELOPE,
	CWMP_FRAME_BODY,
	CWMP_FRAME_FAULT, /* SOAP's, and all elements in it that are not read */
	CWMP_FRAME_STRUCT,
	CWMP_FRAME_ARRAY,
	CWMP_FRAME_SCALAR,
};

/* An element that is open. */
struct cwmp_frame {
	enum cwmp_frame_kind kind;
	enum cwmp_field_type scalar;      /* of a SCALAR */
	const struct cwmp_shape *shape;   /* of a STRUCT; of an ARRAY's members */
	void *at;                         /* the struct, the array, the scalar */
	const struct cwmp_shape *members; /* of a STRUCT that repeats: its array's */
	void *array;                      /* and that array */
	bool is_wrapper;                  /* and whether it has a member in it, not only fields */
	bool is_name;                     /* of a SCALAR: blanks around it are none of it */
	unsigned next;                    /* of a STRUCT: the field that comes by the XSD */
};

/* An element's beginning, as libxml2 tells it. */
struct cwmp_element {
	const char *name, *prefix, *uri;
	const xmlChar **attributes; /* name, prefix, URI, value, end of the value; each */
	int attribute_count;
};

struct cwmp_decoder {
	const struct sb_env *env;
	struct cwmp_decode_limits limits; /* with their defaults */
	xmlParserCtxtPtr xml;             /* made with the first document, kept */

	/* This document. */
	struct cwmp_envelope_memory *memory; /* NULL before its first element */
	struct sb_arena arena;
	const char *soap_faultcode, *soap_faultstring;
	size_t bytes, silent; /* taken; since libxml2 last called */
	uint32_t members, namespaces, complaints;
	bool is_begun, has_body, has_message, is_ended, is_over;
	enum cwmp_refusal refusal;

	char id[64]; /* of the document that was refused */
	size_t held; /* octets that libxml2 has not been given yet */
	uint8_t hold[1024];

	uint32_t depth;
	struct cwmp_frame frames[]; /* limits.depth */
};

/* What XML calls white space. */
static inline bool
cwmp_is_blank(uint8_t octet)
{
	return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

/* ---- decode.c ---- */

/* The document is refused, for the first reason that there is. What libxml2 still has of it is
 * parsed, and nobody listens: it may be told so by libxml2 in a place where that cannot stop. */
void cwmp_refuse_document(struct cwmp_decoder *d, enum cwmp_refusal why);

/* Why an allocation failed. */
void cwmp_refuse_memory(struct cwmp_decoder *d);

/* ---- decode_head.c ---- */

#define CWMP_HEAD_LEAST 4 /* octets that libxml2 sees the encoding by */

/* Takes the head off `part` into `hold`, without the blanks and the byte order mark in front of it,
 * which are none of the document: its first octets; an XML declaration whole. Returns what is left,
 * which is nothing while the head is not whole. */
struct sb_bytes cwmp_head_take(struct cwmp_decoder *d, struct sb_bytes part);
bool cwmp_head_is_whole(const struct cwmp_decoder *d);
/* Whether the encoding that the declaration says is to be believed. */
bool cwmp_head_has_encoding(struct cwmp_decoder *d);

/* ---- decode_events.c ---- */

/* What libxml2 calls, with a decoder as context. */
extern const xmlSAXHandler cwmp_decode_events;

/* ---- decode_frame.c ---- */

void cwmp_frame_open(struct cwmp_decoder *d, const struct cwmp_element *element);
void cwmp_frame_text(struct cwmp_decoder *d, const char *text, size_t size);
void cwmp_frame_close(struct cwmp_decoder *d);

/* ---- decode_value.c ---- */

/* Ends the open text of the arena, as UTF-8: undeclared octets are taken for ISO-8859-1. */
const char *cwmp_decode_text(struct cwmp_decoder *d);

/* The same without the blanks around it. */
const char *cwmp_decode_name(struct cwmp_decoder *d);

/* The same, as a scalar of `type` at `at`. */
void cwmp_decode_scalar(struct cwmp_decoder *d, enum cwmp_field_type type, void *at);

/* ---- decode_dialect.c ---- */

/* Learns prefixes and version from the declarations of an element around the message. */
void cwmp_dialect_declared(struct cwmp_dialect *dialect, int count, const xmlChar **namespaces);

/* The method's element says which of several CWMP namespaces it is. */
void cwmp_dialect_used(struct cwmp_dialect *dialect, const char *prefix, const char *uri);

/* The header has come: what tells 1.2, 1.3 and 1.4 apart. Prefixes are unique. */
void cwmp_dialect_finish(struct cwmp_dialect *dialect, const struct cwmp_header *header);

#endif
