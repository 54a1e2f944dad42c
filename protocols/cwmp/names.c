/* Numbers and names of methods, types and faults. */
#include "protocols/cwmp/fault.h"
#include "protocols/cwmp/message.h"
#include "protocols/cwmp/schema.h"

#include <string.h>

static const char *const types[] = {
	[CWMP_TYPE_STRING] = "string",
	[CWMP_TYPE_INT] = "int",
	[CWMP_TYPE_UNSIGNED_INT] = "unsignedInt",
	[CWMP_TYPE_LONG] = "long",
	[CWMP_TYPE_UNSIGNED_LONG] = "unsignedLong",
	[CWMP_TYPE_BOOLEAN] = "boolean",
	[CWMP_TYPE_DATE_TIME] = "dateTime",
	[CWMP_TYPE_BASE64] = "base64",
	[CWMP_TYPE_HEX_BINARY] = "hexBinary",
	[CWMP_TYPE_DECIMAL] = "decimal",
};

const char *
cwmp_method_name(enum cwmp_method method)
{
	const struct cwmp_method_schema *schema = cwmp_method_schema(method);

	return schema ? schema->name : "";
}

enum cwmp_method
cwmp_method_of(const char *name)
{
	for (enum cwmp_method i = 0; i < CWMP_METHOD_COUNT; i++)
		if (strcmp(cwmp_method_schema(i)->name, name) == 0)
			return i;
	return CWMP_OTHER_METHOD;
}

const char *
cwmp_type_name(enum cwmp_type type)
{
	return type < CWMP_TYPE_OTHER ? types[type] : "";
}

enum cwmp_type
cwmp_type_of(const char *name)
{
	for (enum cwmp_type i = 0; i < CWMP_TYPE_OTHER; i++)
		if (strcmp(types[i], name) == 0)
			return i;
	return strcmp(name, "base64Binary") == 0 ? CWMP_TYPE_BASE64 : CWMP_TYPE_OTHER;
}

const char *
cwmp_fault_text(uint32_t code)
{
	switch (code) {
#define X(number, id, text) \
	case number:        \
		return text;
		CWMP_FAULT_MAP(X)
#undef X
	default:
		return (code >= 8800 && code <= 8899) || (code >= 9800 && code <= 9899)
			       ? "Vendor fault"
			       : "Unknown fault";
	}
}
