/*
 * The doorkeeper: one session that counts failed binds by source address, and
 * says how long the next refusal from there has to wait. Bounded memory; what is
 * old is forgotten.
 */
#ifndef SMPP_MC_DOORKEEPER_H
#define SMPP_MC_DOORKEEPER_H

#include "core/module.h"

/* The name it registers. */
#define MC_DOORKEEPER "smpp-mc.doorkeeper"

/* Answers MC_STRIKE. No args. */
extern const struct sb_module mc_doorkeeper_module;

#endif
