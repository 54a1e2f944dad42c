/* Bodies of requests against what they may say, beyond what their owners check. Pure. */
#ifndef ACS_VALIDATE_H
#define ACS_VALIDATE_H

#include "daemons/acs/json.h"

/* {"source", "position", "filter": {"manufacturer", "oui", "productClass", "softwareVersion",
 * "events"}} under a name. 0, or -1 with a problem. */
int acs_validate_script(const char *name, const json_t *script, struct acs_problem *problem);

/* {"method": ...} and whatever belongs to it, which keepers check. */
int acs_validate_task(const json_t *task, struct acs_problem *problem);

/* What a device shows us, whose name is the username where none is given; what we show it. */
int acs_validate_login(const char *device, const json_t *login, struct acs_problem *problem);
int
acs_validate_request_login(const char *device, const json_t *login, struct acs_problem *problem);

#endif
