/* Whom a script is for. */
#include "protocols/cwmp/script_internal.h"

#include <ctype.h>
#include <string.h>

static bool
is_same(char a, char b, bool ignores_case)
{
	if (!ignores_case)
		return a == b;
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* A star that does not fit takes one character more: only the last one ever has to. */
static bool
glob(const char *pattern, const char *text, bool ignores_case)
{
	const char *star = NULL, *behind = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			behind = text;
		} else if (*pattern &&
			   (*pattern == '?' || is_same(*pattern, *text, ignores_case))) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++behind;
		} else
			return false;
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool
fits(const char *pattern, const char *text, bool ignores_case)
{
	return !pattern || glob(pattern, text ? text : "", ignores_case);
}

static const char *
version_of(const struct cwmp_inform *inform)
{
	static const char suffix[] = ".DeviceInfo.SoftwareVersion";

	for (size_t i = 0; i < inform->parameter_list.count; i++) {
		const char *name = inform->parameter_list.each[i].name;
		size_t size = name ? strlen(name) : 0;

		if (size >= sizeof(suffix) &&
			strcmp(name + size - (sizeof(suffix) - 1), suffix) == 0)
			return inform->parameter_list.each[i].value.text;
	}
	return "";
}

static bool
has_event(const struct cwmp_script_filter *filter, const struct cwmp_inform *inform)
{
	for (size_t i = 0; i < inform->event.count; i++)
		for (size_t j = 0; j < filter->event_count; j++)
			if (fits(filter->events[j], inform->event.each[i].event_code, false))
				return true;
	return filter->event_count == 0;
}

bool
script_filter_fits(const struct cwmp_script_filter *filter, const struct cwmp_inform *inform)
{
	const struct cwmp_device_id *id = &inform->device_id;

	return fits(filter->manufacturer, id->manufacturer, false) &&
	       fits(filter->oui, id->oui, true) &&
	       fits(filter->product_class, id->product_class, false) &&
	       (!filter->version || fits(filter->version, version_of(inform), false)) &&
	       has_event(filter, inform);
}
