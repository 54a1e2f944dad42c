/* How devices of a kind are written to, where the configuration says something of it. */
#ifndef ACS_QUIRKS_H
#define ACS_QUIRKS_H

#include "daemons/acs/config.h"

/* As struct cwmp_server_options wants it; `context` is the struct acs_quirks. */
void
acs_quirks_apply(void *context, const struct cwmp_inform *inform, struct cwmp_dialect *dialect);

/* How many parameters such a device is asked for at once; 0: nothing is said. */
uint32_t acs_quirks_batch(const struct acs_quirks *quirks, const struct cwmp_inform *inform);

#endif
