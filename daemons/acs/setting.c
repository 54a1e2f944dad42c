#include "daemons/acs/setting.h"

#include "core/error.h"
#include "protocols/cwmp/message.h"

#include <stdio.h>
#include <string.h>

#define NAME_MOST 256 /* characters: of the XSD */

bool
acs_text_is_xml(const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at < ' ' && *at != '\t' && *at != '\n' && *at != '\r')
			return false;
		/* U+FFFE and U+FFFF */
		if (at[0] == 0xef && at[1] == 0xbf && (at[2] == 0xbe || at[2] == 0xbf))
			return false;
	}
	return true;
}

size_t
acs_text_characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

/* What is wrong with it; NULL: nothing. */
static const char *
wrong_name(const char *name)
{
	if (!*name || name[strlen(name) - 1] == '.')
		return "not a parameter's name";
	if (acs_text_characters(name) > NAME_MOST)
		return "a name of over 256 characters";
	return acs_text_is_xml(name) ? NULL : "a name that XML cannot carry";
}

static const char *
wrong_scalar(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text)
		return acs_text_is_xml(text) ? NULL : "a value that XML cannot carry";
	return json_is_boolean(value) || json_is_integer(value)
		       ? NULL
		       : "not a text, a whole number, true or false";
}

static const char *
wrong_type(const json_t *type)
{
	const char *name = json_string_value(type);

	if (!type)
		return NULL;
	if (name && strncmp(name, "xsd:", 4) == 0)
		name += 4;
	return name && cwmp_type_of(name) != CWMP_TYPE_OTHER ? NULL : "its type is not known";
}

static const char *
wrong_value(const json_t *value)
{
	const char *name, *what;
	json_t *member;

	if (!json_is_object(value))
		return wrong_scalar(value);
	json_object_foreach((json_t *)(uintptr_t)value, name, member)
	{
		if (strcmp(name, "value") != 0 && strcmp(name, "type") != 0)
			return "has members beside value and type";
	}
	what = wrong_type(json_object_get(value, "type"));
	return what ? what : wrong_scalar(json_object_get(value, "value"));
}

int
acs_settings_check(const json_t *parameters, char *fault, size_t size)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)parameters, name, value)
	{
		const char *what = wrong_name(name);

		if (!what)
			what = wrong_value(value);
		if (!what)
			continue;
		snprintf(fault, size, "parameters.%.60s: %s", name, what);
		return SB_EINVAL;
	}
	return 0;
}
