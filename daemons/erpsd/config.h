/*
 * The configuration of erpsd: what its file says, converted, and the services that it
 * names, opened. It points into the tree, which must outlive it. Every key is described
 * in docs/erpsd.md.
 */
#ifndef ERPSD_CONFIG_H
#define ERPSD_CONFIG_H

#include "core/config.h"
#include "core/store.h"
#include "daemons/erpsd/host.h"
#include "daemons/erpsd/kv.h"
#include "daemons/erpsd/registry.h"
#include "protocols/erps/service.h"

#include <stddef.h>

extern const cfg_opt_t erpsd_config_options[];
extern const struct sb_config_rule *const erpsd_config_rules[];

struct erpsd_config {
	struct erps_service_options service;
	struct erps_access_rule *rules;
	struct erps_secret *secrets;
	const char **atom_names;
	struct erps_atoms atoms; /* the same; service.atoms points here in safe mode */
	struct erpsd_part *parts;
	size_t part_count;
	struct erpsd_host host;
	struct erpsd_kv kv;
	struct erpsd_registry registry;
	bool has_kv;
};

/* Makes it; the caller frees it when no session runs any more. What is wrong is reported:
 * SB_ECONFIG. SB_ENOMEM. */
int erpsd_config_new(const struct sb_config *file, struct erpsd_config **out);

/* Closes the services' objects. Takes NULL. */
void erpsd_config_free(struct erpsd_config *config);

#endif
