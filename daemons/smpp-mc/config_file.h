/*
 * The configuration file of smpp-mc: its table of options, its rules, and the
 * conversion into a snapshot. Every key is described in docs/smpp-mc.md.
 */
#ifndef SMPP_MC_CONFIG_FILE_H
#define SMPP_MC_CONFIG_FILE_H

#include "core/config.h"
#include "daemons/smpp-mc/config.h"
#include "protocols/smpp/session.h"

extern const cfg_opt_t mc_config_options[];
extern const struct sb_config_rule *const mc_config_rules[];

/* Makes the snapshot; the caller frees it. SB_ECONFIG when something was reported, SB_ENOMEM. */
int mc_config_new(const struct sb_config *config, struct mc_config **out);

/* The smpp section. What it points at lives as long as the tree. */
struct smpp_session_options mc_config_session(const struct sb_config *config);

#endif
