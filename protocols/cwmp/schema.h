/*
 * The methods' elements as tables: their order, types and places in message.h's structs.
 * Decoder, encoder, JSON and scripts all walk these; none of them knows a method by itself.
 * Constant; any thread.
 */
#ifndef SB_CWMP_SCHEMA_H
#define SB_CWMP_SCHEMA_H

#include "message.h"

#include <string.h>

enum cwmp_field_type {
	CWMP_FIELD_TEXT,      /* const char * */
	CWMP_FIELD_DATE_TIME, /* const char * */
	CWMP_FIELD_BASE64,    /* const char * */
	CWMP_FIELD_UINT,      /* uint32_t */
	CWMP_FIELD_INT,       /* int32_t */
	CWMP_FIELD_BOOLEAN,   /* bool */
	CWMP_FIELD_VALUE,     /* struct cwmp_value, with xsi:type */
	CWMP_FIELD_STRUCT,    /* a struct of `shape` inside */
	CWMP_FIELD_ARRAY,     /* {T *each; size_t count}: SOAP array of elements `shape->item` */
	CWMP_FIELD_REPEATED,  /* {T *each; size_t count}: the element itself, many times */
};

struct cwmp_shape;

/* Any of the arrays in message.h. */
struct cwmp_array {
	void *each;
	size_t count;
};

static inline struct cwmp_array
cwmp_array_get(const void *at)
{
	struct cwmp_array array;

	memcpy(&array, at, sizeof(array));
	return array;
}

static inline void
cwmp_array_set(void *at, struct cwmp_array array)
{
	memcpy(at, &array, sizeof(array));
}

struct cwmp_field {
	const char *name; /* the element's */
	enum cwmp_field_type type;
	bool is_optional; /* minOccurs 0: left out when NULL */
	uint16_t offset;  /* in the struct */
	uint16_t max;     /* characters by the XSD, which we hold ourselves to; 0: any number */
	uint16_t most;    /* members by the XSD; 0: any number */
	const struct cwmp_shape *shape; /* of a struct, or of the members of an array */
	bool is_name; /* a text that has no blanks around it: those of a device that indents */
};

/* A struct, or a scalar as a member of an array (no fields: `type` says what). */
struct cwmp_shape {
	const char *type_name;       /* arrayType and xsi:type: "ParameterValueStruct", "string" */
	const char *item;            /* the element of a member: "ParameterValueStruct", "string" */
	bool is_xsd;                 /* type_name is XML Schema's own: xsd:string, not cwmp:... */
	uint16_t size;               /* of the struct */
	enum cwmp_field_type scalar; /* without fields */
	const struct cwmp_field *fields;
	size_t field_count;
};

/* Who sends the request. */
#define CWMP_SENT_BY_ACS 1
#define CWMP_SENT_BY_CPE 2

struct cwmp_method_schema {
	const char *name;
	unsigned sent_by;
	enum cwmp_version since;
	/* Without fields: an empty element. Offsets are those in union cwmp_body. */
	const struct cwmp_shape *request, *response;
};

const struct cwmp_method_schema *cwmp_method_schema(enum cwmp_method method);

/* The fields of what `kind` of `method` carries; CWMP_FAULT: cwmp:Fault's. NULL:
 * CWMP_OTHER_METHOD. */
const struct cwmp_shape *cwmp_body_shape(enum cwmp_kind kind, enum cwmp_method method);

/* The elements of the SOAP header, in struct cwmp_header. */
const struct cwmp_shape *cwmp_header_shape(void);

/* The three forms of an operation of ChangeDUState (cwmp_operation.kind), whose members have a
 * shape that has no fields of its own. */
const struct cwmp_shape *cwmp_operation_shape(enum cwmp_operation_kind kind);

/* Whether a shape is that of such members. */
bool cwmp_is_operation(const struct cwmp_shape *shape);

/* The fields of this member of an array: its shape's own, or those of the operation that it is. */
const struct cwmp_shape *cwmp_member_shape(const struct cwmp_shape *shape, const void *member);

#endif
