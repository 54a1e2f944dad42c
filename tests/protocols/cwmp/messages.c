#include "tests/protocols/cwmp/messages.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/env.h"

#define LONGEST_TEXT 40
#define MOST_MEMBERS 5

void
message_maker_init(struct message_maker *maker, uint64_t seed, enum message_values values)
{
	*maker = (struct message_maker){
		.chance = chance_of(seed), .values = values, .version = CWMP_1_4};
	sb_arena_init(&maker->arena, sb_env_system(), NULL, 0, (size_t)1 << 30);
}

void
message_maker_fini(struct message_maker *maker)
{
	sb_arena_fini(&maker->arena);
}

static uint32_t
below(struct message_maker *maker, uint32_t bound)
{
	return chance_below(&maker->chance, bound);
}

static void *
take(struct message_maker *maker, size_t size)
{
	void *piece = sb_arena_take(&maker->arena, size ? size : 1);

	if (!piece)
		abort();
	return piece;
}

/* ---- texts ---- */

static const char *
any_character(struct message_maker *maker)
{
	static const char *const characters[] = {"a", "Z", "0", ".", " ", "\t", "\n", "\r", "&",
		"<", ">", "\"", "'", "]]>", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x93\xa1",
		"\xc2\x85", "\x7f", "&amp;"};

	return characters[below(maker, sizeof(characters) / sizeof(characters[0]))];
}

static const char *
any_text(struct message_maker *maker, size_t max)
{
	size_t characters = below(maker, LONGEST_TEXT), length;
	const char *text;

	if (max && characters > max / 5) /* some of the above are up to five */
		characters = max / 5;
	for (size_t i = 0; i < characters; i++) {
		const char *one = any_character(maker);

		if (sb_arena_append(&maker->arena, one, strlen(one)))
			abort();
	}
	text = sb_arena_text(&maker->arena, &length);
	if (!text)
		abort();
	return text;
}

/* Without blanks around it. */
static const char *
any_name(struct message_maker *maker, size_t max)
{
	static const char blanks[] = " \t\r\n";
	const char *text = any_text(maker, max);

	text += strspn(text, blanks);
	for (size_t i = strlen(text); i && strchr(blanks, text[i - 1]); i--)
		((char *)(uintptr_t)text)[i - 1] = '\0';
	return text;
}

/* What the XSDs ask of elements with these names. */
static const struct {
	const char *name, *text;
} valid_texts[] = {
	{"OUI", "00A0BC"},
	{"UUID", "7f3a1c52-08b4-5b1e-9a77-0123456789ab"},
	{"ObjectName", "Device.WiFi.SSID."},
	{"FileType", "X 00A0BC Image"},
	{"WindowMode", "1 At Any Time"},
	{"EventCode", "0 BOOTSTRAP"},
	{"CurrentState", "Installed"},
	{"OperationPerformed", "Install"},
	{"State", "1"},
	{"Mode", "1"},
	{"IsTransferable", "0"},
	{"AccessList", "Subscriber"},
	{"VoucherList", "c3dpdGNoYm9hcmQ="},
	{"MethodList", "GetRPCMethods"},
};

static const char *
valid_text(const char *name)
{
	for (size_t i = 0; i < sizeof(valid_texts) / sizeof(valid_texts[0]); i++)
		if (strcmp(valid_texts[i].name, name) == 0)
			return valid_texts[i].text;
	return "a & b";
}

static const char *
make_text(struct message_maker *maker, const struct cwmp_field *field, size_t max)
{
	if (maker->values == MESSAGE_VALID)
		return valid_text(field->name);
	return field->is_name ? any_name(maker, max) : any_text(maker, max);
}

/* ---- numbers ---- */

/* Numbers of which the XSDs allow but few. */
static uint32_t
valid_number(struct message_maker *maker, const char *name)
{
	if (strcmp(name, "FaultCode") == 0)
		return 9001;
	if (strcmp(name, "Notification") == 0)
		return below(maker, 3);
	if (strcmp(name, "Status") == 0)
		return below(maker, 2);
	return 1 + below(maker, 3);
}

static uint32_t
make_number(struct message_maker *maker, const char *name)
{
	static const uint32_t edges[] = {0, 1, INT32_MAX, (uint32_t)INT32_MAX + 1, UINT32_MAX};

	if (maker->values == MESSAGE_VALID)
		return valid_number(maker, name);
	return below(maker, 2) ? below(maker, 100000) : edges[below(maker, 5)];
}

/* ---- values ---- */

static const struct {
	enum cwmp_type type;
	const char *text;
} values[] = {
	{CWMP_TYPE_STRING, " a <string> & more\r\n"},
	{CWMP_TYPE_INT, "-5"},
	{CWMP_TYPE_UNSIGNED_INT, "4294967295"},
	{CWMP_TYPE_LONG, "-9000000000"},
	{CWMP_TYPE_UNSIGNED_LONG, "9000000000"},
	{CWMP_TYPE_DATE_TIME, "2026-11-27T10:00:00Z"},
	{CWMP_TYPE_BASE64, "c3dpdGNoYm9hcmQ="},
	{CWMP_TYPE_HEX_BINARY, "00A0BC"},
	{CWMP_TYPE_DECIMAL, "3.50"},
	{CWMP_TYPE_OTHER, "whatever"},
	{CWMP_TYPE_BOOLEAN, NULL},
};

static void
make_value(struct message_maker *maker, struct cwmp_value *value)
{
	uint32_t which = below(maker, sizeof(values) / sizeof(values[0]));

	value->type = values[which].type;
	value->text = values[which].text;
	if (value->type == CWMP_TYPE_BOOLEAN)
		value->text = maker->boolean_words ? "true" : "1";
	else if (value->type == CWMP_TYPE_STRING && maker->values == MESSAGE_ANY)
		value->text = any_text(maker, 0);
}

/* ---- structures ---- */

static void make_fields(struct message_maker *maker, const struct cwmp_shape *shape, void *at);

static void
make_member(struct message_maker *maker, const struct cwmp_field *field, void *member)
{
	const struct cwmp_shape *shape = field->shape;

	if (cwmp_is_operation(shape))
		((struct cwmp_operation *)member)->kind = (enum cwmp_operation_kind)below(maker, 3);
	shape = cwmp_member_shape(shape, member);
	if (shape->field_count)
		make_fields(maker, shape, member);
	else
		*(const char **)member = make_text(maker, field, 0);
}

static void
make_array(struct message_maker *maker, const struct cwmp_field *field, void *at)
{
	size_t least = maker->values == MESSAGE_VALID;
	size_t most = field->most && field->most < MOST_MEMBERS ? field->most : MOST_MEMBERS;
	struct cwmp_array array = {.count = least + below(maker, (uint32_t)(most - least + 1))};

	array.each = take(maker, array.count * field->shape->size);
	for (size_t i = 0; i < array.count; i++)
		make_member(maker, field, (char *)array.each + i * field->shape->size);
	if (array.count == 0)
		array.each = NULL;
	cwmp_array_set(at, array);
}

static void
make_field(struct message_maker *maker, const struct cwmp_field *field, void *at)
{
	if (field->is_optional && below(maker, 2))
		return;
	switch (field->type) {
	case CWMP_FIELD_TEXT:
	case CWMP_FIELD_BASE64:
		*(const char **)at = make_text(maker, field, field->max);
		return;
	case CWMP_FIELD_DATE_TIME:
		*(const char **)at = maker->values == MESSAGE_VALID ? "2026-11-27T10:00:00.5+01:00"
								    : any_text(maker, 0);
		return;
	case CWMP_FIELD_UINT:
		*(uint32_t *)at = make_number(maker, field->name);
		return;
	case CWMP_FIELD_INT:
		*(int32_t *)at = (int32_t)make_number(maker, field->name);
		return;
	case CWMP_FIELD_BOOLEAN:
		*(bool *)at = below(maker, 2);
		return;
	case CWMP_FIELD_VALUE:
		make_value(maker, at);
		return;
	case CWMP_FIELD_STRUCT:
		make_fields(maker, field->shape, at);
		return;
	case CWMP_FIELD_ARRAY:
	case CWMP_FIELD_REPEATED:
		make_array(maker, field, at);
		return;
	}
}

static void
make_fields(struct message_maker *maker, const struct cwmp_shape *shape, void *at)
{
	for (size_t i = 0; i < shape->field_count; i++)
		make_field(maker, &shape->fields[i], (char *)at + shape->fields[i].offset);
}

/* ---- messages ---- */

static void
make_header(struct message_maker *maker, struct cwmp_header *header)
{
	header->id = maker->values == MESSAGE_VALID ? valid_text("ID") : any_text(maker, 32);
	header->has_hold_requests = below(maker, 2);
	header->hold_requests = header->has_hold_requests && below(maker, 2);
	header->no_more_requests = maker->values == MESSAGE_ANY && below(maker, 2);
	if (maker->version >= CWMP_1_3)
		header->session_timeout = below(maker, 2) ? 30 + below(maker, 1000) : 0;
	if (maker->version < CWMP_1_4)
		return;
	header->supported_cwmp_versions = below(maker, 2) ? "1.0,1.2,1.4" : NULL;
	header->use_cwmp_version = below(maker, 2) ? "1.2" : NULL;
}

static const char *
name_of(struct message_maker *maker, enum cwmp_kind kind, enum cwmp_method method)
{
	char *name = take(maker, 64);

	if (kind == CWMP_FAULT)
		return "Fault";
	snprintf(name, 64, "%s%s", cwmp_method_name(method),
		kind == CWMP_RESPONSE ? "Response" : "");
	return name;
}

struct cwmp_message
message_make(struct message_maker *maker, enum cwmp_kind kind, enum cwmp_method method)
{
	struct cwmp_message message = {.kind = kind, .method = method};

	message.name = name_of(maker, kind, method);
	make_header(maker, &message.header);
	make_fields(maker, cwmp_body_shape(kind, method), &message.body);
	if (kind == CWMP_FAULT) {
		message.body.fault.is_client = below(maker, 2);
		if (message.body.fault.fault_code == 0)
			message.body.fault.fault_code = 9000;
	}
	return message;
}

/* ---- comparing ---- */

static const char *fields_difference(const struct cwmp_shape *shape, const void *a, const void *b);

static bool
are_texts_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static const char *
member_difference(const struct cwmp_field *field, const void *a, const void *b)
{
	const struct cwmp_shape *shape = cwmp_member_shape(field->shape, a);

	if (shape != cwmp_member_shape(field->shape, b))
		return field->name;
	if (shape->field_count)
		return fields_difference(shape, a, b);
	return are_texts_equal(*(const char *const *)a, *(const char *const *)b) ? NULL
										 : field->name;
}

static const char *
array_difference(const struct cwmp_field *field, struct cwmp_array a, struct cwmp_array b)
{
	const char *difference = a.count == b.count ? NULL : field->name;

	for (size_t i = 0; !difference && i < a.count; i++)
		difference = member_difference(field, (const char *)a.each + i * field->shape->size,
			(const char *)b.each + i * field->shape->size);
	return difference;
}

static bool
is_scalar_equal(const struct cwmp_field *field, const void *a, const void *b)
{
	const struct cwmp_value *left = a, *right = b;

	switch (field->type) {
	case CWMP_FIELD_TEXT:
	case CWMP_FIELD_DATE_TIME:
	case CWMP_FIELD_BASE64:
		return are_texts_equal(*(const char *const *)a, *(const char *const *)b);
	case CWMP_FIELD_UINT:
	case CWMP_FIELD_INT:
		return *(const uint32_t *)a == *(const uint32_t *)b;
	case CWMP_FIELD_BOOLEAN:
		return *(const bool *)a == *(const bool *)b;
	case CWMP_FIELD_VALUE:
		return left->type == right->type && are_texts_equal(left->text, right->text);
	default:
		return false;
	}
}

static const char *
field_difference(const struct cwmp_field *field, const void *a, const void *b)
{
	if (field->type == CWMP_FIELD_STRUCT)
		return fields_difference(field->shape, a, b);
	if (field->type == CWMP_FIELD_ARRAY || field->type == CWMP_FIELD_REPEATED)
		return array_difference(field, cwmp_array_get(a), cwmp_array_get(b));
	return is_scalar_equal(field, a, b) ? NULL : field->name;
}

static const char *
fields_difference(const struct cwmp_shape *shape, const void *a, const void *b)
{
	const char *difference = NULL;

	for (size_t i = 0; !difference && i < shape->field_count; i++)
		difference = field_difference(&shape->fields[i],
			(const char *)a + shape->fields[i].offset,
			(const char *)b + shape->fields[i].offset);
	return difference;
}

const char *
message_difference(const struct cwmp_message *a, const struct cwmp_message *b)
{
	const struct cwmp_shape *body = cwmp_body_shape(a->kind, a->method);
	const char *difference;

	if (a->kind != b->kind || a->method != b->method || !are_texts_equal(a->name, b->name))
		return "the message itself";
	if (a->header.has_hold_requests != b->header.has_hold_requests)
		return "HoldRequests";
	if (a->kind == CWMP_FAULT && a->body.fault.is_client != b->body.fault.is_client)
		return "faultcode";
	difference = fields_difference(cwmp_header_shape(), &a->header, &b->header);
	if (!difference && body)
		difference = fields_difference(body, &a->body, &b->body);
	return difference;
}
