#include "tests/bench/bare_soap.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_DEPTH = 2, METHOD_DEPTH = 3, OPTIONS = XML_PARSE_RECOVER | XML_PARSE_NONET };

static bool
is_named(const xmlChar *name, const char *wanted)
{
	return strcmp((const char *)name, wanted) == 0;
}

/* Which text of DeviceId it is, -1: none. */
static int
device_text(const xmlChar *name)
{
	static const char *const names[BARE_SOAP_DEVICE_TEXTS] = {
		"Manufacturer", "OUI", "ProductClass", "SerialNumber"};

	for (int i = 0; i < BARE_SOAP_DEVICE_TEXTS; i++)
		if (is_named(name, names[i]))
			return i;
	return -1;
}

static void
append(struct bare_soap *soap, const char *data, size_t size)
{
	if (soap->size + size > soap->capacity) {
		size_t capacity = 2 * (soap->size + size);
		char *grown = realloc(soap->text, capacity);

		if (!grown)
			return;
		soap->text = grown;
		soap->capacity = capacity;
	}
	memcpy(soap->text + soap->size, data, size);
	soap->size += size;
}

static void
begin_parameter(struct bare_soap *soap)
{
	if (soap->parameter_count == soap->parameter_capacity) {
		size_t capacity = 2 * soap->parameter_capacity + 16;
		struct bare_parameter *grown = realloc(soap->parameters, capacity * sizeof(*grown));

		if (!grown)
			return;
		soap->parameters = grown;
		soap->parameter_capacity = capacity;
	}
	soap->parameters[soap->parameter_count++] = (struct bare_parameter){0};
}

static void
on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
	int namespaces, const xmlChar **namespace, int attributes, int defaulted,
	const xmlChar **attribute)
{
	struct bare_soap *soap = context;

	(void)prefix, (void)uri, (void)namespaces, (void)namespace, (void)attributes,
		(void)defaulted, (void)attribute;
	soap->depth++;
	soap->is_text = true;
	soap->began = soap->size;
	if (soap->depth == METHOD_DEPTH && !is_named(name, "ID"))
		snprintf(soap->method, sizeof(soap->method), "%s", (const char *)name);
	else if (is_named(name, "ParameterValueStruct"))
		begin_parameter(soap);
	else if (is_named(name, "EventStruct"))
		soap->events++;
}

static void
keep_parameter_text(struct bare_soap *soap, const xmlChar *name, size_t at)
{
	struct bare_parameter *last = soap->parameters + soap->parameter_count - 1;

	if (is_named(name, "Name"))
		last->name = at;
	else if (is_named(name, "Value"))
		last->value = at;
}

static void
on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct bare_soap *soap = context;
	int device;

	(void)prefix, (void)uri;
	soap->depth--;
	if (soap->is_text) {
		append(soap, "", 1);
		if (soap->parameter_count)
			keep_parameter_text(soap, name, soap->began);
		else if ((device = device_text(name)) >= 0)
			soap->device[device] = soap->began;
		else if (is_named(name, "ID"))
			snprintf(soap->id, sizeof(soap->id), "%s", soap->text + soap->began);
	}
	soap->is_text = false;
	soap->is_whole = soap->depth == 0;
}

static void
on_characters(void *context, const xmlChar *characters, int size)
{
	struct bare_soap *soap = context;

	if (soap->is_text)
		append(soap, (const char *)characters, (size_t)size);
}

struct bare_soap *
bare_soap_new(void)
{
	static xmlSAXHandler handler = {.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_characters};
	struct bare_soap *soap = calloc(1, sizeof(*soap));

	if (!soap)
		return NULL;
	soap->parser = xmlCreatePushParserCtxt(&handler, soap, NULL, 0, NULL);
	if (!soap->parser) {
		free(soap);
		return NULL;
	}
	xmlCtxtUseOptions(soap->parser, OPTIONS);
	return soap;
}

void
bare_soap_free(struct bare_soap *soap)
{
	if (!soap)
		return;
	xmlFreeParserCtxt(soap->parser);
	free(soap->parameters);
	free(soap->text);
	free(soap);
}

void
bare_soap_begin(struct bare_soap *soap)
{
	soap->method[0] = soap->id[0] = '\0';
	soap->parameter_count = soap->events = soap->size = 0;
	soap->depth = 0;
	soap->is_whole = false;
	xmlCtxtResetPush(soap->parser, NULL, 0, NULL, NULL);
}

void
bare_soap_push(struct bare_soap *soap, const char *data, size_t size)
{
	xmlParseChunk(soap->parser, data, (int)size, 0);
}

void
bare_soap_end(struct bare_soap *soap)
{
	xmlParseChunk(soap->parser, NULL, 0, 1);
}
