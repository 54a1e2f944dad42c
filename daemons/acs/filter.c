#include "daemons/acs/filter.h"

#include "core/error.h"
#include "daemons/acs/inform.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- texts ---- */

/* The last star is the only one that has to be tried again: no recursion, no more than |text| *
 * |pattern| steps. */
bool
acs_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *again = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			again = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static size_t
digits_of(const char **at)
{
	while (**at == '0')
		(*at)++;
	return strspn(*at, "0123456789");
}

/* Of any number of digits. */
static int
number_order(const char **a, const char **b)
{
	size_t of_a = digits_of(a), of_b = digits_of(b);
	int order = of_a == of_b ? strncmp(*a, *b, of_a) : of_a < of_b ? -1 : 1;

	*a += of_a;
	*b += of_b;
	return order;
}

int
acs_version_order(const char *a, const char *b)
{
	int order;

	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			order = number_order(&a, &b);
			if (order)
				return order;
			continue;
		}
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		a++;
		b++;
	}
	return (*a != '\0') - (*b != '\0');
}

static bool
version_fits(const char *pattern, const char *version)
{
	bool or_equal = pattern[0] && pattern[1] == '=';
	const char *than = pattern + 1 + or_equal;
	int order;

	while (*than == ' ')
		than++;
	order = *pattern ? acs_version_order(version, than) : 0;
	switch (*pattern) {
	case '<':
		return order < 0 || (or_equal && order == 0);
	case '>':
		return order > 0 || (or_equal && order == 0);
	case '=':
		return order == 0;
	case '!':
		return order != 0;
	}
	return acs_glob(pattern, version);
}

/* ---- filters ---- */

enum member { DEVICE, MANUFACTURER, OUI, PRODUCT_CLASS, SERIAL_NUMBER, VERSION, TAGS, EVENTS };

static const char *const members[] = {
	[DEVICE] = "device",
	[MANUFACTURER] = "manufacturer",
	[OUI] = "oui",
	[PRODUCT_CLASS] = "productClass",
	[SERIAL_NUMBER] = "serialNumber",
	[VERSION] = "softwareVersion",
	[TAGS] = "tags",
	[EVENTS] = "events",
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

static size_t
member_of(const char *name)
{
	size_t i = 0;

	while (i < MEMBERS && strcmp(members[i], name) != 0)
		i++;
	return i;
}

static bool
are_texts(const json_t *array)
{
	size_t i;
	json_t *each;

	if (!json_is_array(array))
		return false;
	json_array_foreach(array, i, each) if (!json_is_string(each)) return false;
	return true;
}

static bool
is_well(size_t member, const json_t *value)
{
	if (member == TAGS || member == EVENTS)
		return are_texts(value);
	return member < MEMBERS && json_is_string(value);
}

static uint32_t
events_of(const json_t *array)
{
	uint32_t bits = 0;
	size_t i;
	json_t *each;

	json_array_foreach(array, i, each) bits |= acs_event_bit(json_string_value(each));
	return bits;
}

int
acs_filter_init(struct acs_filter *filter, json_t *json, char *fault, size_t size)
{
	const char *name;
	json_t *value;

	*filter = (struct acs_filter){0};
	if (!json)
		return 0;
	if (!json_is_object(json)) {
		snprintf(fault, size, "filter: not an object");
		return SB_EINVAL;
	}
	json_object_foreach(json, name, value)
	{
		if (is_well(member_of(name), value))
			continue;
		snprintf(fault, size, "filter.%.40s: not one of a filter's members", name);
		return SB_EINVAL;
	}
	filter->json = json_incref(json);
	filter->events = events_of(json_object_get(json, "events"));
	return 0;
}

void
acs_filter_fini(struct acs_filter *filter)
{
	json_decref(filter->json);
	*filter = (struct acs_filter){0};
}

static bool
tags_fit(const json_t *tags, const struct acs_device *device)
{
	size_t i;
	json_t *each;

	json_array_foreach(tags, i, each)
	{
		const char *tag = json_string_value(each);

		if (acs_device_has_tag(device, *tag == '!' ? tag + 1 : tag) == (*tag == '!'))
			return false;
	}
	return true;
}

static bool
member_fits(size_t member, const json_t *value, const struct acs_device *device)
{
	const struct acs_profile *is = &device->profile;
	const char *text = json_string_value(value);

	switch (member) {
	case DEVICE:
		return acs_glob(text, is->name);
	case MANUFACTURER:
		return acs_glob(text, is->manufacturer);
	case OUI:
		return acs_glob(text, is->oui);
	case PRODUCT_CLASS:
		return acs_glob(text, is->product_class);
	case SERIAL_NUMBER:
		return acs_glob(text, is->serial_number);
	case VERSION:
		return version_fits(text, is->version);
	case TAGS:
		return tags_fit(value, device);
	}
	return true;
}

bool
acs_filter_fits(const struct acs_filter *filter, const struct acs_device *device, uint32_t events)
{
	const char *name;
	json_t *value;

	if (filter->events && !(filter->events & events))
		return false;
	json_object_foreach(filter->json, name,
		value) if (!member_fits(member_of(name), value, device)) return false;
	return true;
}
