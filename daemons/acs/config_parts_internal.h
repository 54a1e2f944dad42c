/* The parts of the configuration. Each fills its own and reports what is wrong with
 * sb_config_error; SB_ENOMEM when it cannot go on. */
#ifndef ACS_CONFIG_PARTS_INTERNAL_H
#define ACS_CONFIG_PARTS_INTERNAL_H

#include "daemons/acs/config.h"

/* A copy of the section's secret; *out NULL: it has none, or one that is reported. SB_ENOMEM. */
int acs_config_secret(const struct sb_config *file, cfg_t *section, const char *key, char **out);
/* Wiped and freed. Takes NULL. */
void acs_config_secret_free(char *secret);

/* Who devices are: the devices and credential sections, and what listeners say of it; after the
 * listeners. */
int acs_config_credentials(const struct sb_config *file, struct acs_config *out);
void acs_config_credentials_free(struct acs_credentials *credentials);

/* The listener sections. */
int acs_config_listeners(const struct sb_config *file, struct acs_config *out);

/* The api and token sections; after the listeners. */
int acs_config_api(const struct sb_config *file, struct acs_config *out);

/* The quirk and script sections. */
int acs_config_quirks(const struct sb_config *file, struct acs_config *out);
int acs_config_scripts(const struct sb_config *file, struct acs_config *out);
void acs_config_scripts_free(struct acs_script_files *scripts);

#endif
