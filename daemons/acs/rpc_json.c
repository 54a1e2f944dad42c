/* Reading walks the schema beside the JSON, writing beside the struct; a place that is
 * wrong is said by its path. The schema has an end, so recursion has one, too. */
#include "daemons/acs/rpc_json.h"

#include "core/error.h"
#include "daemons/acs/setting.h"
#include "protocols/cwmp/schema.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 8

/* {T *each; size_t count}, whatever T is. */
struct list {
	void *each;
	size_t count;
};

struct piece {
	struct piece *next;
	_Alignas(16) unsigned char octets[];
};

struct step {
	const char *name;
	size_t index;
	bool is_member;
};

struct reader {
	struct acs_rpc *rpc;
	struct step path[DEPTH_MOST];
	size_t depth;
	int error;
};

static bool
read_struct(struct reader *r, const struct cwmp_shape *shape, const json_t *in, char *out);

/* ---- faults, memory ---- */

static bool
wrong(struct reader *r, const char *what)
{
	char *at = r->rpc->fault, *end = at + sizeof(r->rpc->fault);

	for (size_t i = 0; i < r->depth && at < end; i++) {
		const struct step *step = &r->path[i];

		if (step->is_member)
			at += snprintf(at, (size_t)(end - at), "[%zu]", step->index);
		else
			at += snprintf(at, (size_t)(end - at), "%s%s", i ? "." : "", step->name);
	}
	if (at < end)
		snprintf(at, (size_t)(end - at), "%s%s", r->depth ? ": " : "", what);
	r->error = SB_EINVAL;
	return false;
}

static void *
piece_new(struct reader *r, size_t size)
{
	struct piece *piece = calloc(1, sizeof(*piece) + size);

	if (!piece) {
		r->error = SB_ENOMEM;
		return NULL;
	}
	piece->next = r->rpc->memory;
	r->rpc->memory = piece;
	return piece->octets;
}

static void
enter(struct reader *r, struct step step)
{
	r->path[r->depth++] = step;
}

static bool
leave(struct reader *r, bool is_well)
{
	/* After a fault the path is not needed any more. */
	r->depth--;
	return is_well;
}

/* ---- scalars ---- */

/* A copy: the JSON may go before the message does. */
static const char *
text_new(struct reader *r, const char *text, size_t size)
{
	char *copy = piece_new(r, size + 1);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

static bool
too_long(struct reader *r, uint16_t max)
{
	char text[48];

	snprintf(text, sizeof(text), "over %u characters", max);
	return wrong(r, text);
}

static bool
read_text(struct reader *r, const json_t *in, uint16_t max, const char **out)
{
	size_t size = json_string_length(in);

	if (!json_is_string(in))
		return wrong(r, "not a text");
	if (strlen(json_string_value(in)) != size)
		return wrong(r, "a text with a NUL");
	if (max && size > max && acs_text_characters(json_string_value(in)) > max)
		return too_long(r, max);
	if (!acs_text_is_xml(json_string_value(in)))
		return wrong(r, "has characters that XML cannot carry");
	*out = text_new(r, json_string_value(in), size);
	return *out != NULL;
}

static bool
read_integer(struct reader *r, const json_t *in, json_int_t least, json_int_t most, json_int_t *out)
{
	*out = json_integer_value(in);
	if (!json_is_integer(in) || *out < least || *out > most)
		return wrong(r, "not a number that fits");
	return true;
}

static bool
read_boolean(struct reader *r, const json_t *in, bool *out)
{
	if (!json_is_boolean(in) && !json_is_integer(in))
		return wrong(r, "neither true nor false");
	*out = json_is_true(in) || json_integer_value(in) != 0;
	return true;
}

/* As people write them: 5 and true are values, too. */
static bool
read_value(struct reader *r, const json_t *in, struct cwmp_value *out)
{
	char number[32];

	switch (json_typeof(in)) {
	case JSON_TRUE:
	case JSON_FALSE:
		out->type = CWMP_TYPE_BOOLEAN;
		out->text = json_is_true(in) ? "true" : "false";
		return true;
	case JSON_INTEGER:
		out->type = CWMP_TYPE_INT;
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(in));
		out->text = text_new(r, number, strlen(number));
		return out->text != NULL;
	case JSON_STRING:
		out->type = CWMP_TYPE_STRING;
		return read_text(r, in, 0, &out->text);
	case JSON_OBJECT:
	case JSON_ARRAY:
	case JSON_REAL:
	case JSON_NULL:
		break;
	}
	return wrong(r, "not a text, a whole number, true or false");
}

/* ---- structures ---- */

static bool
read_scalar(struct reader *r, enum cwmp_field_type type, uint16_t max, const json_t *in, void *out)
{
	json_int_t number;

	switch (type) {
	case CWMP_FIELD_TEXT:
	case CWMP_FIELD_DATE_TIME:
	case CWMP_FIELD_BASE64:
		return read_text(r, in, max, out);
	case CWMP_FIELD_UINT:
		if (!read_integer(r, in, 0, UINT32_MAX, &number))
			return false;
		*(uint32_t *)out = (uint32_t)number;
		return true;
	case CWMP_FIELD_INT:
		if (!read_integer(r, in, INT32_MIN, INT32_MAX, &number))
			return false;
		*(int32_t *)out = (int32_t)number;
		return true;
	case CWMP_FIELD_BOOLEAN:
		return read_boolean(r, in, out);
	case CWMP_FIELD_VALUE:
		return read_value(r, in, out);
	case CWMP_FIELD_STRUCT:
	case CWMP_FIELD_ARRAY:
	case CWMP_FIELD_REPEATED:
		break;
	}
	return wrong(r, "not understood");
}

static const char *const operations[] = {
	[CWMP_INSTALL] = "Install",
	[CWMP_UPDATE] = "Update",
	[CWMP_UNINSTALL] = "Uninstall",
};

static bool
read_operation(struct reader *r, const json_t *in, struct cwmp_operation *out)
{
	const char *kind = json_string_value(json_object_get(in, "Operation"));

	for (unsigned i = 0; kind && i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (strcmp(kind, operations[i]) != 0)
			continue;
		out->kind = (enum cwmp_operation_kind)i;
		return read_struct(r, cwmp_operation_shape(out->kind), in, (char *)out);
	}
	return wrong(r, "its Operation is not Install, Update or Uninstall");
}

static bool
is_operation(const struct cwmp_shape *shape)
{
	return shape->scalar == CWMP_FIELD_STRUCT && !shape->fields && shape->size;
}

static bool
read_member(struct reader *r, const struct cwmp_shape *shape, const json_t *in, char *out)
{
	if (shape->scalar != CWMP_FIELD_STRUCT)
		return read_scalar(r, shape->scalar, 0, in, out);
	if (!json_is_object(in))
		return wrong(r, "not an object");
	if (is_operation(shape))
		return read_operation(r, in, (struct cwmp_operation *)out);
	return read_struct(r, shape, in, out);
}

static bool
read_list(struct reader *r, const struct cwmp_field *field, const json_t *in, struct list *out)
{
	const struct cwmp_shape *shape = field->shape;
	size_t count = json_array_size(in);

	if (!json_is_array(in))
		return wrong(r, "not an array");
	if (field->most && count > field->most)
		return wrong(r, "too many");
	if (!count)
		return true;
	out->each = piece_new(r, count * shape->size);
	if (!out->each)
		return false;
	out->count = count;
	for (size_t i = 0; i < count; i++) {
		enter(r, (struct step){.index = i, .is_member = true});
		if (!leave(r, read_member(r, shape, json_array_get(in, i),
				      (char *)out->each + i * shape->size)))
			return false;
	}
	return true;
}

static bool
read_field(struct reader *r, const struct cwmp_field *field, const json_t *in, char *out)
{
	switch (field->type) {
	case CWMP_FIELD_ARRAY:
	case CWMP_FIELD_REPEATED:
		return read_list(r, field, in, (struct list *)out);
	case CWMP_FIELD_STRUCT:
		return read_member(r, field->shape, in, out);
	default:
		return read_scalar(r, field->type, field->max, in, out);
	}
}

static const struct cwmp_field *
field_of(const struct cwmp_shape *shape, const char *name)
{
	for (size_t i = 0; i < shape->field_count; i++)
		if (strcmp(shape->fields[i].name, name) == 0)
			return &shape->fields[i];
	return NULL;
}

/* Beside the fields: the Type of a Value, the Operation of an operation. */
static bool
read_beside(struct reader *r, const struct cwmp_shape *shape, const char *name, const json_t *in)
{
	if (r->depth == 1 && islower((unsigned char)name[0]))
		return true;
	if (strcmp(name, "Type") == 0 && field_of(shape, "Value"))
		return json_is_string(in) || wrong(r, "not a text");
	if (strcmp(name, "Operation") == 0)
		return true;
	return wrong(r, "there is no such element");
}

/* After its Value, whatever their order is. */
static bool
read_type(struct reader *r, const struct cwmp_shape *shape, const json_t *in, char *out)
{
	const struct cwmp_field *field = field_of(shape, "Value");
	const char *name = json_string_value(json_object_get(in, "Type"));
	struct cwmp_value *value;

	if (!name || !field || field->type != CWMP_FIELD_VALUE)
		return true;
	value = (struct cwmp_value *)(out + field->offset);
	if (strncmp(name, "xsd:", 4) == 0)
		name += 4;
	value->type = cwmp_type_of(name);
	if (value->type == CWMP_TYPE_OTHER)
		return wrong(r, "its Type is not known");
	return true;
}

static bool
read_struct(struct reader *r, const struct cwmp_shape *shape, const json_t *in, char *out)
{
	const struct cwmp_field *field;
	const char *name;
	json_t *value;
	bool is_well;

	json_object_foreach((json_t *)(uintptr_t)in, name, value)
	{
		enter(r, (struct step){.name = name});
		field = field_of(shape, name);
		is_well = field ? read_field(r, field, value, out + field->offset)
				: read_beside(r, shape, name, value);
		if (!leave(r, is_well))
			return false;
	}
	return read_type(r, shape, in, out);
}

int
acs_rpc_read(struct acs_rpc *rpc, const json_t *object)
{
	struct reader r = {.rpc = rpc};
	const char *method = json_string_value(json_object_get(object, "method"));
	const struct cwmp_method_schema *schema;

	*rpc = (struct acs_rpc){.method = method ? cwmp_method_of(method) : CWMP_OTHER_METHOD};
	schema = cwmp_method_schema(rpc->method);
	if (!schema || !(schema->sent_by & CWMP_SENT_BY_ACS)) {
		wrong(&r, "method: not one that a device has");
		return SB_EINVAL;
	}
	read_struct(&r, schema->request, object, (char *)&rpc->body);
	return r.error;
}

void
acs_rpc_free(struct acs_rpc *rpc)
{
	struct piece *next;

	for (struct piece *piece = rpc->memory; piece; piece = next) {
		next = piece->next;
		free(piece);
	}
	rpc->memory = NULL;
}

/* ---- writing ---- */

static json_t *write_struct(const struct cwmp_shape *shape, const char *in);

/* False: no memory. A text that is not there is left out. */
static bool
set(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new_nocheck(object, name, value) == 0;
}

static bool
write_text(json_t *object, const char *name, const char *text)
{
	return !text || set(object, name, json_string(text));
}

static json_t *
write_operation(const struct cwmp_operation *in)
{
	json_t *object = write_struct(cwmp_operation_shape(in->kind), (const char *)in);

	if (object && !set(object, "Operation", json_string(operations[in->kind]))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *
write_member(const struct cwmp_shape *shape, const char *in)
{
	if (shape->scalar != CWMP_FIELD_STRUCT) {
		const char *text = *(const char *const *)in;

		return json_string(text ? text : "");
	}
	if (is_operation(shape))
		return write_operation((const struct cwmp_operation *)in);
	return write_struct(shape, in);
}

static json_t *
write_list(const struct cwmp_shape *shape, const struct list *in)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < in->count; i++) {
		const char *member = (const char *)in->each + i * shape->size;

		if (json_array_append_new(array, write_member(shape, member))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static bool
write_value(json_t *object, const struct cwmp_value *value)
{
	if (!write_text(object, "Value", value->text))
		return false;
	return value->type == CWMP_TYPE_OTHER ||
	       write_text(object, "Type", cwmp_type_name(value->type));
}

static bool
write_field(json_t *object, const struct cwmp_field *field, const char *in)
{
	switch (field->type) {
	case CWMP_FIELD_TEXT:
	case CWMP_FIELD_DATE_TIME:
	case CWMP_FIELD_BASE64:
		return write_text(object, field->name, *(const char *const *)in);
	case CWMP_FIELD_UINT:
		return set(object, field->name, json_integer(*(const uint32_t *)in));
	case CWMP_FIELD_INT:
		return set(object, field->name, json_integer(*(const int32_t *)in));
	case CWMP_FIELD_BOOLEAN:
		return set(object, field->name, json_boolean(*(const bool *)in));
	case CWMP_FIELD_VALUE:
		return write_value(object, (const struct cwmp_value *)in);
	case CWMP_FIELD_STRUCT:
		return set(object, field->name, write_struct(field->shape, in));
	case CWMP_FIELD_ARRAY:
	case CWMP_FIELD_REPEATED:
		return set(object, field->name, write_list(field->shape, (const struct list *)in));
	}
	return false;
}

static json_t *
write_struct(const struct cwmp_shape *shape, const char *in)
{
	json_t *object = json_object();

	for (size_t i = 0; object && i < shape->field_count; i++) {
		if (write_field(object, &shape->fields[i], in + shape->fields[i].offset))
			continue;
		json_decref(object);
		return NULL;
	}
	return object;
}

json_t *
acs_rpc_write(enum cwmp_kind kind, enum cwmp_method method, const union cwmp_body *body)
{
	const struct cwmp_shape *shape = cwmp_body_shape(kind, method);

	return shape ? write_struct(shape, (const char *)body) : NULL;
}
