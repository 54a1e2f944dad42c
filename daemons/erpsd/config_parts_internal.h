/* The parts of the configuration. Each fills its own and reports what is wrong with
 * sb_config_error; SB_ENOMEM when it cannot go on. */
#ifndef ERPSD_CONFIG_PARTS_INTERNAL_H
#define ERPSD_CONFIG_PARTS_INTERNAL_H

#include "daemons/erpsd/config.h"

/* The service sections: built-in services, shared objects, their methods. */
int erpsd_config_services(const struct sb_config *file, struct erpsd_config *out);
void erpsd_config_services_free(struct erpsd_config *config);

/* The access and secret sections. */
int erpsd_config_access(const struct sb_config *file, struct erpsd_config *out);
int erpsd_config_secrets(const struct sb_config *file, struct erpsd_config *out);
void erpsd_config_secrets_free(struct erpsd_config *config);

#endif
