#include "daemons/acs/quirks.h"

#include "daemons/acs/filter.h"

#include <string.h>

static const char *
version_of(const struct cwmp_inform *inform)
{
	static const char name[] = ".DeviceInfo.SoftwareVersion";

	for (size_t i = 0; i < inform->parameter_list.count; i++) {
		const struct cwmp_parameter_value *p = &inform->parameter_list.each[i];
		size_t size = p->name ? strlen(p->name) : 0;

		if (size >= sizeof(name) - 1 &&
			strcmp(p->name + size - (sizeof(name) - 1), name) == 0)
			return p->value.text;
	}
	return NULL;
}

static bool
is_like(const char *pattern, const char *text)
{
	return !pattern || acs_glob(pattern, text ? text : "");
}

static bool
fits(const struct acs_quirk *quirk, const struct cwmp_inform *inform)
{
	const struct cwmp_device_id *id = &inform->device_id;

	return is_like(quirk->manufacturer, id->manufacturer) && is_like(quirk->oui, id->oui) &&
	       is_like(quirk->product_class, id->product_class) &&
	       (!quirk->software_version || is_like(quirk->software_version, version_of(inform)));
}

void
acs_quirks_apply(void *context, const struct cwmp_inform *inform, struct cwmp_dialect *dialect)
{
	const struct acs_quirks *quirks = context;

	for (size_t i = 0; i < quirks->count; i++) {
		const struct acs_quirk *quirk = &quirks->each[i];

		if (!fits(quirk, inform))
			continue;
		if (quirk->xml_declaration >= 0)
			dialect->xml_declaration = quirk->xml_declaration != 0;
		if (quirk->boolean_words >= 0)
			dialect->boolean_words = quirk->boolean_words != 0;
	}
}

uint32_t
acs_quirks_batch(const struct acs_quirks *quirks, const struct cwmp_inform *inform)
{
	uint32_t batch = 0;

	for (size_t i = 0; i < quirks->count; i++)
		if (quirks->each[i].batch && fits(&quirks->each[i], inform))
			batch = quirks->each[i].batch;
	return batch;
}
