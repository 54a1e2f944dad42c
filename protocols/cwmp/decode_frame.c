/*
 * The elements that are open, matched with the tables of schema.h by their local names, in any
 * order. What nobody knows is passed over with all that is in it.
 */
#include "protocols/cwmp/decode_internal.h"

#include <string.h>

#define LEAST_CAPACITY 8

static struct cwmp_message *
message_of(struct cwmp_decoder *d)
{
	return &d->memory->envelope.message;
}

static void
open_struct(struct cwmp_frame *frame, const struct cwmp_shape *shape, void *at)
{
	frame->kind = CWMP_FRAME_STRUCT;
	frame->shape = shape;
	frame->at = at;
	frame->next = 0;
}

static void
open_scalar(struct cwmp_frame *frame, enum cwmp_field_type type, void *at)
{
	frame->kind = CWMP_FRAME_SCALAR;
	frame->scalar = type;
	frame->at = at;
}

/* xsi:type without its prefix, in `type`; "" when there is none, or a long one. */
static void
local_type(const struct cwmp_element *element, char type[static 32])
{
	type[0] = '\0';
	for (int i = 0; i < element->attribute_count; i++) {
		const char *const *attribute = (const char *const *)element->attributes + 5 * i;
		const char *begin = attribute[3], *end = attribute[4];
		const char *colon;

		if (strcmp(attribute[0], "type") != 0)
			continue;
		colon = memchr(begin, ':', (size_t)(end - begin));
		begin = colon ? colon + 1 : begin;
		if (end - begin >= 32)
			return;
		memcpy(type, begin, (size_t)(end - begin));
		type[end - begin] = '\0';
		return;
	}
}

static void
open_value(struct cwmp_frame *frame, const struct cwmp_element *element, struct cwmp_value *value)
{
	char type[32];

	local_type(element, type);
	value->type = cwmp_type_of(type);
	open_scalar(frame, CWMP_FIELD_VALUE, value);
}

/* The form of an operation, by the name of its type; CWMP_UNINSTALL + 1: none. */
static enum cwmp_operation_kind
operation_kind_of(const char *type)
{
	enum cwmp_operation_kind kind = CWMP_INSTALL;

	while (kind <= CWMP_UNINSTALL && strcmp(type, cwmp_operation_shape(kind)->type_name) != 0)
		kind++;
	return kind;
}

static bool
is_operation_type(const char *type)
{
	return operation_kind_of(type) <= CWMP_UNINSTALL;
}

static void
open_operation_of(struct cwmp_frame *frame, const char *type, struct cwmp_operation *operation)
{
	operation->kind = operation_kind_of(type);
	open_struct(frame, cwmp_operation_shape(operation->kind), operation);
}

/* Only its xsi:type says what an operation is. */
static void
open_operation(struct cwmp_decoder *d, struct cwmp_frame *frame, const struct cwmp_element *element,
	struct cwmp_operation *operation)
{
	char type[32];

	local_type(element, type);
	if (!is_operation_type(type)) {
		d->memory->envelope.defects++;
		strcpy(type, "InstallOpStruct");
	}
	open_operation_of(frame, type, operation);
}

/* The array is in one piece; it moves to one of twice the size when it is full, which its count
 * tells. What a device announces as its length says nothing. */
static bool
make_room(struct cwmp_decoder *d, struct cwmp_array *array, size_t size)
{
	size_t capacity = array->count ? array->count * 2 : LEAST_CAPACITY;
	void *each;

	if (array->count && (array->count < LEAST_CAPACITY || (array->count & (array->count - 1))))
		return true;
	each = sb_arena_take(&d->arena, capacity * size);
	if (!each) {
		cwmp_refuse_memory(d);
		return false;
	}
	if (array->count)
		memcpy(each, array->each, array->count * size);
	array->each = each;
	return true;
}

/* Another member of the array at `at`, zeroed; NULL: no room. */
static void *
add_member(struct cwmp_decoder *d, const struct cwmp_shape *shape, void *at)
{
	struct cwmp_array array = cwmp_array_get(at);

	if (d->members == d->limits.members) {
		cwmp_refuse_document(d, CWMP_REFUSED_MEMBERS);
		return NULL;
	}
	if (!make_room(d, &array, shape->size))
		return NULL;
	d->members++;
	array.count++;
	cwmp_array_set(at, array);
	return (char *)array.each + (array.count - 1) * shape->size;
}

static void
open_member(struct cwmp_decoder *d, struct cwmp_frame *frame, const struct cwmp_shape *shape,
	void *array, const struct cwmp_element *element)
{
	void *member = add_member(d, shape, array);

	if (!member)
		return;
	if (cwmp_is_operation(shape))
		open_operation(d, frame, element, member);
	else if (shape->field_count)
		open_struct(frame, shape, member);
	else
		open_scalar(frame, shape->scalar, member);
}

static void
open_field(struct cwmp_decoder *d, struct cwmp_frame *frame, const struct cwmp_field *field,
	void *at, const struct cwmp_element *element)
{
	switch (field->type) {
	case CWMP_FIELD_STRUCT:
		open_struct(frame, field->shape, at);
		return;
	case CWMP_FIELD_ARRAY:
		frame->kind = CWMP_FRAME_ARRAY;
		frame->shape = field->shape;
		frame->at = at;
		return;
	case CWMP_FIELD_REPEATED:
		open_member(d, frame, field->shape, at, element);
		frame->members = field->shape;
		frame->array = at;
		return;
	case CWMP_FIELD_VALUE:
		open_value(frame, element, at);
		return;
	case CWMP_FIELD_TEXT:
	case CWMP_FIELD_DATE_TIME:
	case CWMP_FIELD_BASE64:
	case CWMP_FIELD_UINT:
	case CWMP_FIELD_INT:
	case CWMP_FIELD_BOOLEAN:
		open_scalar(frame, field->type, at);
		frame->is_name = field->is_name;
		return;
	}
}

/* A struct inside may have the name of its type instead of its own. */
static const struct cwmp_field *
find_struct(const struct cwmp_shape *shape, const char *type)
{
	for (size_t i = 0; i < shape->field_count; i++) {
		const struct cwmp_field *field = &shape->fields[i];

		if (field->type == CWMP_FIELD_STRUCT && strcmp(field->shape->type_name, type) == 0)
			return field;
	}
	return NULL;
}

/* The next one by the XSD is nearly always it. */
static const struct cwmp_field *
find_field(struct cwmp_frame *frame, const char *name)
{
	size_t count = frame->shape->field_count;

	for (size_t i = 0; i < count; i++) {
		size_t at = (frame->next + i) % count;

		if (strcmp(frame->shape->fields[at].name, name) == 0) {
			frame->next = (unsigned)at + 1;
			return &frame->shape->fields[at];
		}
	}
	return find_struct(frame->shape, name);
}

/* Some write an array where the XSD repeats an element, or a struct in another of its kind: a child
 * with the name of a type is the struct itself, or one more of them. */
static void
open_wrapped(struct cwmp_decoder *d, struct cwmp_frame *frame, struct cwmp_frame *parent,
	const struct cwmp_element *element)
{
	bool is_operation = parent->members && cwmp_is_operation(parent->members);
	const char *type = parent->shape->type_name;
	void *member = parent->at;

	if (is_operation ? !is_operation_type(element->name)
			 : !type || strcmp(type, element->name) != 0)
		return;
	if (parent->is_wrapper && parent->members)
		member = add_member(d, parent->members, parent->array);
	if (!member)
		return;
	parent->is_wrapper = true;
	if (is_operation)
		open_operation_of(frame, element->name, member);
	else
		open_struct(frame, parent->shape, member);
}

static void
open_in_struct(struct cwmp_decoder *d, struct cwmp_frame *frame, struct cwmp_frame *parent,
	const struct cwmp_element *element)
{
	const struct cwmp_field *field = find_field(parent, element->name);

	if (field)
		open_field(d, frame, field, (char *)parent->at + field->offset, element);
	else
		open_wrapped(d, frame, parent, element);
}

/* Some leave out what wraps the members: with the field of one in it, the array itself is it. */
static void
open_in_array(struct cwmp_decoder *d, struct cwmp_frame *frame, struct cwmp_frame *parent,
	const struct cwmp_element *element)
{
	struct cwmp_frame member = {.kind = CWMP_FRAME_SKIP};

	open_struct(&member, parent->shape, NULL);
	if (!parent->shape->field_count || !find_field(&member, element->name)) {
		open_member(d, frame, parent->shape, parent->at, element);
		return;
	}
	member.at = add_member(d, parent->shape, parent->at);
	if (!member.at)
		return;
	*parent = member;
	open_in_struct(d, frame, parent, element);
}

static void
open_fault(struct cwmp_decoder *d, struct cwmp_frame *frame)
{
	open_struct(
		frame, cwmp_body_shape(CWMP_FAULT, CWMP_OTHER_METHOD), &message_of(d)->body.fault);
	frame->kind = CWMP_FRAME_FAULT;
}

/* Anywhere in a SOAP fault: devices put the detail where they like. */
static void
open_in_fault(struct cwmp_decoder *d, struct cwmp_frame *frame, struct cwmp_frame *parent,
	const struct cwmp_element *element)
{
	if (strcmp(element->name, "faultcode") == 0) {
		open_scalar(frame, CWMP_FIELD_TEXT, &d->soap_faultcode);
		return;
	}
	if (strcmp(element->name, "faultstring") == 0) {
		open_scalar(frame, CWMP_FIELD_TEXT, &d->soap_faultstring);
		return;
	}
	open_fault(d, frame);
	frame->kind = CWMP_FRAME_SKIP;
	open_in_struct(d, frame, parent, element);
	if (frame->kind == CWMP_FRAME_SKIP)
		frame->kind = CWMP_FRAME_FAULT;
}

/* A faultstring with elements in it is the place of the detail. */
static void
open_in_scalar(struct cwmp_decoder *d, struct cwmp_frame *frame, struct cwmp_frame *parent,
	const struct cwmp_element *element)
{
	if (parent->at != &d->soap_faultstring)
		return;
	d->soap_faultstring = cwmp_decode_text(d);
	open_fault(d, parent);
	open_in_fault(d, frame, parent, element);
}

static void
name_message(struct cwmp_decoder *d, const char *name)
{
	struct cwmp_message *message = message_of(d);
	static const char response[] = "Response";
	size_t length = strlen(name), suffix = sizeof(response) - 1;
	char method[64];

	message->kind = CWMP_REQUEST;
	message->method = cwmp_method_of(name);
	if (length < suffix || strcmp(name + length - suffix, response) != 0)
		return;
	message->kind = CWMP_RESPONSE;
	if (length - suffix >= sizeof(method))
		return;
	memcpy(method, name, length - suffix);
	method[length - suffix] = '\0';
	message->method = cwmp_method_of(method);
}

static void
open_message(struct cwmp_decoder *d, struct cwmp_frame *frame, const struct cwmp_element *element)
{
	struct cwmp_message *message = message_of(d);
	const struct cwmp_shape *shape;

	if (d->has_message) {
		d->memory->envelope.defects++;
		return;
	}
	d->has_message = true;
	if (sb_arena_append(&d->arena, element->name, strlen(element->name)))
		return cwmp_refuse_memory(d);
	message->name = cwmp_decode_text(d);
	if (strcmp(element->name, "Fault") == 0) {
		message->kind = CWMP_FAULT;
		message->method = CWMP_OTHER_METHOD;
		open_fault(d, frame);
		return;
	}
	cwmp_dialect_used(&d->memory->envelope.dialect, element->prefix, element->uri);
	name_message(d, element->name);
	shape = cwmp_body_shape(message->kind, message->method);
	if (shape)
		open_struct(frame, shape, &message->body);
}

static void
open_in_envelope(
	struct cwmp_decoder *d, struct cwmp_frame *frame, const struct cwmp_element *element)
{
	if (strcmp(element->name, "Header") == 0) {
		open_struct(frame, cwmp_header_shape(), &message_of(d)->header);
	} else if (strcmp(element->name, "Body") == 0) {
		frame->kind = CWMP_FRAME_BODY;
		d->has_body = true;
	}
}

static void
open_in(struct cwmp_decoder *d, struct cwmp_frame *frame, struct cwmp_frame *parent,
	const struct cwmp_element *element)
{
	switch (parent->kind) {
	case CWMP_FRAME_SKIP:
		return;
	case CWMP_FRAME_ENVELOPE:
		open_in_envelope(d, frame, element);
		return;
	case CWMP_FRAME_BODY:
		open_message(d, frame, element);
		return;
	case CWMP_FRAME_FAULT:
		open_in_fault(d, frame, parent, element);
		return;
	case CWMP_FRAME_STRUCT:
		open_in_struct(d, frame, parent, element);
		return;
	case CWMP_FRAME_ARRAY:
		open_in_array(d, frame, parent, element);
		return;
	case CWMP_FRAME_SCALAR:
		open_in_scalar(d, frame, parent, element);
		return;
	}
}

void
cwmp_frame_open(struct cwmp_decoder *d, const struct cwmp_element *element)
{
	struct cwmp_frame *frame = &d->frames[d->depth];

	if (d->depth == d->limits.depth) {
		cwmp_refuse_document(d, CWMP_REFUSED_DEPTH);
		return;
	}
	*frame = (struct cwmp_frame){.kind = CWMP_FRAME_SKIP};
	if (d->depth)
		open_in(d, frame, frame - 1, element);
	else if (strcmp(element->name, "Envelope") == 0)
		frame->kind = CWMP_FRAME_ENVELOPE;
	else
		cwmp_refuse_document(d, CWMP_REFUSED_ENVELOPE);
	d->depth++;
}

void
cwmp_frame_text(struct cwmp_decoder *d, const char *text, size_t size)
{
	if (d->depth == 0 || d->frames[d->depth - 1].kind != CWMP_FRAME_SCALAR)
		return;
	if (size > d->limits.text - d->arena.open)
		cwmp_refuse_document(d, CWMP_REFUSED_TEXT);
	else if (sb_arena_append(&d->arena, text, size))
		cwmp_refuse_memory(d);
}

void
cwmp_frame_close(struct cwmp_decoder *d)
{
	struct cwmp_frame *frame = &d->frames[--d->depth];
	struct cwmp_header *header = &message_of(d)->header;

	if (frame->kind == CWMP_FRAME_ENVELOPE)
		d->is_ended = true;
	if (frame->kind != CWMP_FRAME_SCALAR)
		return;
	if (frame->is_name)
		*(const char **)frame->at = cwmp_decode_name(d);
	else
		cwmp_decode_scalar(d, frame->scalar, frame->at);
	if (frame->at == &header->hold_requests)
		header->has_hold_requests = true;
}
