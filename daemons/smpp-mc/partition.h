/*
 * A delivery partition: the session that owns the messages whose addresses fall
 * to it, from before their commit until their final state. Only it schedules,
 * retries, expires, cancels and replaces them.
 */
#ifndef SMPP_MC_PARTITION_H
#define SMPP_MC_PARTITION_H

#include "core/module.h"
#include "daemons/smpp-mc/service.h"

/* Its args: a struct mc_partition_args. */
extern const struct sb_module mc_partition_module;

struct mc_partition_args {
	struct mc_service *service;
	uint32_t number;
};

#endif
