/* What a script gives, as JSON. Pure but for memory; any thread. */
#ifndef ACS_SCRIPT_JSON_H
#define ACS_SCRIPT_JSON_H

#include "protocols/cwmp/script.h"

#include <jansson.h>

/* 0 and the value, which is the caller's; SB_EINVAL: what JSON cannot carry (octets that are no
 * UTF-8, infinite numbers); SB_ENOMEM. */
int acs_script_json(const struct cwmp_script_value *value, json_t **json);

#endif
