/* The titled sections of the configuration. Each fills its part of the snapshot and reports what
 * is wrong with sb_config_error; SB_ENOMEM, SB_ECONFIG when it cannot go on. */
#ifndef SMPP_MC_CONFIG_PARTS_INTERNAL_H
#define SMPP_MC_CONFIG_PARTS_INTERNAL_H

#include "core/config.h"
#include "daemons/smpp-mc/config.h"

/* Five years: what an entry's tenths of seconds hold for a long time to come. */
#define MC_VALIDITY_MOST_MS INT64_C(157680000000)

extern const char *const mc_bind_words[];

/* A copy of the section's password, allocated; "" when none could be had, which is reported. NULL:
 * no memory. `who` is "an account". */
char *mc_config_password(const struct sb_config *config, cfg_t *section, const char *who);

int mc_config_accounts(const struct sb_config *config, struct mc_config *out);
int mc_config_sinks(const struct sb_config *config, struct mc_config *out);

/* `throughput` and `burst` of a section. */
struct mc_rate mc_config_rate(cfg_t *section);

/* After accounts and sinks: queues are numbered in that order. */
int mc_config_upstreams(const struct sb_config *config, struct mc_config *out);
extern cfg_opt_t mc_upstream_options[];
extern const struct sb_config_rule mc_upstream_rules[];

/* After accounts, sinks and upstreams, which they name. */
int mc_config_routes(const struct sb_config *config, struct mc_config *out);
void mc_config_retries(const struct sb_config *config, struct mc_config *out);

#endif
