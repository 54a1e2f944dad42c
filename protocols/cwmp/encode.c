/* Messages to envelopes, by the tables of schema.h. */
#include "core/error.h"
#include "protocols/cwmp/date.h"
#include "protocols/cwmp/encode_internal.h"
#include "protocols/cwmp/schema.h"

#include <string.h>

/* "prefix:name" */
static void
put_qualified(struct cwmp_out *o, const char *prefix, const char *name)
{
	cwmp_put_words(o, prefix);
	cwmp_put(o, ":", 1);
	cwmp_put_words(o, name);
}

static void
put_namespace(struct cwmp_out *o, const char *prefix, const char *uri)
{
	cwmp_put_words(o, " xmlns:");
	cwmp_put_words(o, prefix);
	cwmp_put_words(o, "=\"");
	cwmp_put_words(o, uri);
	cwmp_put(o, "\"", 1);
}

static void
put_soap_open(struct cwmp_out *o, const char *name)
{
	cwmp_put(o, "<", 1);
	put_qualified(o, o->dialect->env, name);
	cwmp_put(o, ">", 1);
}

static void
put_soap_close(struct cwmp_out *o, const char *name)
{
	cwmp_put(o, "</", 2);
	put_qualified(o, o->dialect->env, name);
	cwmp_put(o, ">", 1);
}

/* ---- values ---- */

/* The types of XML Schema have its prefix. */
static void
put_type(struct cwmp_out *o, enum cwmp_type type)
{
	if (type >= CWMP_TYPE_OTHER)
		return;
	cwmp_put(o, " ", 1);
	put_qualified(o, o->dialect->xsi, "type=\"");
	put_qualified(o, o->dialect->xsd,
		type == CWMP_TYPE_BASE64 ? "base64Binary" : cwmp_type_name(type));
	cwmp_put(o, "\"", 1);
}

/* A value that is a boolean is written as the device writes them. */
static void
put_value_text(struct cwmp_out *o, const struct cwmp_value *value)
{
	static const char *const words[] = {"0", "1", "false", "true"};

	if (value->type == CWMP_TYPE_BOOLEAN && value->text)
		for (size_t i = 0; i < 4; i++)
			if (strcmp(value->text, words[i]) == 0) {
				cwmp_put_boolean(o, i % 2 != 0);
				return;
			}
	cwmp_put_text(o, value->text, 0);
}

static void
put_value(struct cwmp_out *o, const char *name, const struct cwmp_value *value)
{
	cwmp_put(o, "<", 1);
	cwmp_put_words(o, name);
	put_type(o, value->type);
	cwmp_put(o, ">", 1);
	put_value_text(o, value);
	cwmp_put_close(o, name);
}

static void
put_text(struct cwmp_out *o, const struct cwmp_field *field, const char *text)
{
	if (!text && field->is_optional)
		return;
	if (!text && field->type == CWMP_FIELD_DATE_TIME)
		text = CWMP_UNKNOWN_TIME;
	cwmp_put_open(o, field->name);
	cwmp_put_text(o, text, field->max);
	cwmp_put_close(o, field->name);
}

/* ---- structures and arrays ---- */

static void put_fields(struct cwmp_out *o, const struct cwmp_shape *shape, const void *at);

static void
put_member(struct cwmp_out *o, const struct cwmp_shape *shape, const void *member)
{
	cwmp_put_open(o, shape->item);
	if (shape->field_count)
		put_fields(o, shape, member);
	else
		cwmp_put_text(o, *(const char *const *)member, 0);
	cwmp_put_close(o, shape->item);
}

/* "cwmp:EventStruct[2]", "xsd:string[2]"; base64 is a type of SOAP's encoding. */
static void
put_array_type(struct cwmp_out *o, const struct cwmp_shape *shape, size_t count)
{
	const struct cwmp_dialect *d = o->dialect;
	const char *prefix = shape->is_xsd ? d->xsd : d->cwmp;

	cwmp_put(o, " ", 1);
	put_qualified(o, d->enc, "arrayType=\"");
	put_qualified(o, shape->scalar == CWMP_FIELD_BASE64 ? d->enc : prefix, shape->type_name);
	cwmp_put(o, "[", 1);
	cwmp_put_number(o, (int64_t)count);
	cwmp_put(o, "]\"", 2);
}

static void
put_array(struct cwmp_out *o, const struct cwmp_field *field, struct cwmp_array array)
{
	cwmp_put(o, "<", 1);
	cwmp_put_words(o, field->name);
	put_array_type(o, field->shape, array.count);
	cwmp_put(o, ">", 1);
	for (size_t i = 0; i < array.count; i++)
		put_member(o, field->shape, (const char *)array.each + i * field->shape->size);
	cwmp_put_close(o, field->name);
}

/* An operation says by its type which of the three it is. */
static void
put_repeated_open(struct cwmp_out *o, const struct cwmp_field *field, const char *type_name)
{
	cwmp_put(o, "<", 1);
	cwmp_put_words(o, field->name);
	if (cwmp_is_operation(field->shape)) {
		cwmp_put(o, " ", 1);
		put_qualified(o, o->dialect->xsi, "type=\"");
		put_qualified(o, o->dialect->cwmp, type_name);
		cwmp_put(o, "\"", 1);
	}
	cwmp_put(o, ">", 1);
}

static void
put_repeated(struct cwmp_out *o, const struct cwmp_field *field, struct cwmp_array array)
{
	for (size_t i = 0; i < array.count; i++) {
		const void *member = (const char *)array.each + i * field->shape->size;
		const struct cwmp_shape *shape = cwmp_member_shape(field->shape, member);

		if (!shape) {
			o->failed = true;
			return;
		}
		put_repeated_open(o, field, shape->type_name);
		put_fields(o, shape, member);
		cwmp_put_close(o, field->name);
	}
}

static void
put_scalar(struct cwmp_out *o, const struct cwmp_field *field, const void *at)
{
	cwmp_put_open(o, field->name);
	if (field->type == CWMP_FIELD_BOOLEAN)
		cwmp_put_boolean(o, *(const bool *)at);
	else if (field->type == CWMP_FIELD_INT)
		cwmp_put_number(o, *(const int32_t *)at);
	else
		cwmp_put_number(o, *(const uint32_t *)at);
	cwmp_put_close(o, field->name);
}

static void
put_field(struct cwmp_out *o, const struct cwmp_field *field, const void *at)
{
	switch (field->type) {
	case CWMP_FIELD_TEXT:
	case CWMP_FIELD_DATE_TIME:
	case CWMP_FIELD_BASE64:
		put_text(o, field, *(const char *const *)at);
		return;
	case CWMP_FIELD_UINT:
	case CWMP_FIELD_INT:
	case CWMP_FIELD_BOOLEAN:
		put_scalar(o, field, at);
		return;
	case CWMP_FIELD_VALUE:
		put_value(o, field->name, at);
		return;
	case CWMP_FIELD_STRUCT:
		cwmp_put_open(o, field->name);
		put_fields(o, field->shape, at);
		cwmp_put_close(o, field->name);
		return;
	case CWMP_FIELD_ARRAY:
		put_array(o, field, cwmp_array_get(at));
		return;
	case CWMP_FIELD_REPEATED:
		put_repeated(o, field, cwmp_array_get(at));
		return;
	}
}

static bool
has_too_many(const struct cwmp_field *field, const void *at)
{
	return field->most && cwmp_array_get(at).count > field->most;
}

static void
put_fields(struct cwmp_out *o, const struct cwmp_shape *shape, const void *at)
{
	for (size_t i = 0; i < shape->field_count && !o->failed; i++) {
		const struct cwmp_field *field = &shape->fields[i];
		const void *member = (const char *)at + field->offset;

		if (has_too_many(field, member))
			o->failed = true;
		else
			put_field(o, field, member);
	}
}

/* ---- the envelope ---- */

static void
put_header_open(struct cwmp_out *o, const char *name, bool must_understand)
{
	cwmp_put(o, "<", 1);
	put_qualified(o, o->dialect->cwmp, name);
	cwmp_put(o, " ", 1);
	put_qualified(o, o->dialect->env, "mustUnderstand=");
	cwmp_put_words(o, must_understand ? "\"1\">" : "\"0\">");
}

static void
put_cwmp_close(struct cwmp_out *o, const char *name)
{
	cwmp_put(o, "</", 2);
	put_qualified(o, o->dialect->cwmp, name);
	cwmp_put(o, ">", 1);
}

static void
put_header_text(struct cwmp_out *o, const char *name, bool must_understand, const char *text)
{
	if (!text)
		return;
	put_header_open(o, name, must_understand);
	cwmp_put_text(o, text, 0);
	put_cwmp_close(o, name);
}

static void
put_header_elements(struct cwmp_out *o, const struct cwmp_header *header)
{
	put_header_text(o, "ID", true, header->id);
	if (header->has_hold_requests)
		put_header_text(o, "HoldRequests", true, header->hold_requests ? "1" : "0");
	if (header->no_more_requests)
		put_header_text(o, "NoMoreRequests", false, "1");
	if (header->session_timeout) {
		put_header_open(o, "SessionTimeout", false);
		cwmp_put_number(o, header->session_timeout);
		put_cwmp_close(o, "SessionTimeout");
	}
	put_header_text(o, "SupportedCWMPVersions", false, header->supported_cwmp_versions);
	put_header_text(o, "UseCWMPVersion", true, header->use_cwmp_version);
}

static bool
is_header_empty(const struct cwmp_header *h)
{
	return !h->id && !h->has_hold_requests && !h->no_more_requests && !h->session_timeout &&
	       !h->supported_cwmp_versions && !h->use_cwmp_version;
}

static void
put_envelope_open(struct cwmp_out *o)
{
	const struct cwmp_dialect *d = o->dialect;

	if (d->xml_declaration)
		cwmp_put_words(o, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
	cwmp_put(o, "<", 1);
	put_qualified(o, d->env, "Envelope");
	put_namespace(o, d->env, "http://schemas.xmlsoap.org/soap/envelope/");
	put_namespace(o, d->enc, "http://schemas.xmlsoap.org/soap/encoding/");
	put_namespace(o, d->xsd, "http://www.w3.org/2001/XMLSchema");
	put_namespace(o, d->xsi, "http://www.w3.org/2001/XMLSchema-instance");
	put_namespace(o, d->cwmp, d->uri);
	cwmp_put(o, ">", 1);
}

/* Without a code there is no detail: a fault of SOAP alone. */
static void
put_fault(struct cwmp_out *o, const struct cwmp_fault *fault)
{
	put_soap_open(o, "Fault");
	cwmp_put_words(o, fault->is_client ? "<faultcode>Client</faultcode><faultstring>"
					   : "<faultcode>Server</faultcode><faultstring>");
	cwmp_put_text(o, fault->fault_code ? "CWMP fault" : fault->fault_string, 0);
	cwmp_put_words(o, "</faultstring>");
	if (fault->fault_code) {
		cwmp_put_words(o, "<detail><");
		put_qualified(o, o->dialect->cwmp, "Fault>");
		put_fields(o, cwmp_body_shape(CWMP_FAULT, CWMP_OTHER_METHOD), fault);
		put_cwmp_close(o, "Fault");
		cwmp_put_words(o, "</detail>");
	}
	put_soap_close(o, "Fault");
}

static void
put_method(struct cwmp_out *o, const struct cwmp_message *message, const struct cwmp_shape *shape)
{
	const char *suffix = message->kind == CWMP_RESPONSE ? "Response>" : ">";

	cwmp_put(o, "<", 1);
	put_qualified(o, o->dialect->cwmp, cwmp_method_name(message->method));
	cwmp_put_words(o, suffix);
	put_fields(o, shape, &message->body);
	cwmp_put(o, "</", 2);
	put_qualified(o, o->dialect->cwmp, cwmp_method_name(message->method));
	cwmp_put_words(o, suffix);
}

ssize_t
cwmp_encode(const struct cwmp_message *message, const struct cwmp_dialect *dialect, char *out,
	size_t capacity)
{
	const struct cwmp_shape *shape = cwmp_body_shape(message->kind, message->method);
	struct cwmp_out o = {.start = out, .capacity = capacity, .dialect = dialect};

	if (!shape)
		return SB_EINVAL;
	put_envelope_open(&o);
	if (!is_header_empty(&message->header)) {
		put_soap_open(&o, "Header");
		put_header_elements(&o, &message->header);
		put_soap_close(&o, "Header");
	}
	put_soap_open(&o, "Body");
	if (message->kind == CWMP_FAULT)
		put_fault(&o, &message->body.fault);
	else
		put_method(&o, message, shape);
	put_soap_close(&o, "Body");
	put_soap_close(&o, "Envelope");
	return o.failed ? SB_EINVAL : (ssize_t)o.size;
}
