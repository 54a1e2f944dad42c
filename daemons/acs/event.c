#include "daemons/acs/event.h"

#include "core/registry.h"
#include "core/session.h"
#include "daemons/acs/json_memory.h"

#include <stdlib.h>
#include <string.h>

bool
acs_event_is_wanted(struct sb_session *s)
{
	return sb_topic_size(s, ACS_EVENTS) > 0;
}

void
acs_event_say(struct sb_session *s, const char *name, json_t *value)
{
	char *text = value ? acs_json_print(value, 0) : NULL;
	size_t name_size = strlen(name) + 1, size = text ? strlen(text) + 1 : 0;
	char *both = text ? malloc(name_size + size) : NULL;

	json_decref(value);
	if (both) {
		memcpy(both, name, name_size);
		memcpy(both + name_size, text, size);
		(void)sb_publish(s, ACS_EVENTS, ACS_EVENT, 0, both, name_size + size);
	}
	free(both);
	free(text);
}
