#include "protocols/cwmp/session_internal.h"

#include <string.h>

/* The first boolean tells: a device writes them in one way, and reads what it writes. */
void
cwmp_learn(struct cwmp_session *c, const struct cwmp_parameter_values *values)
{
	if (c->knows_booleans)
		return;
	for (size_t i = 0; i < values->count; i++) {
		const struct cwmp_value *value = &values->each[i].value;

		if (value->type != CWMP_TYPE_BOOLEAN || !value->text || !*value->text)
			continue;
		c->knows_booleans = true;
		cwmp_dialect(c)->boolean_words = strcasecmp(value->text, "true") == 0 ||
						 strcasecmp(value->text, "false") == 0;
		return;
	}
}
