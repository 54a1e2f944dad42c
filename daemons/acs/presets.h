/*
 * The owner of presets: one session, which puts them into the store, and tells all keepers when
 * they have changed. It is asked by the messages ACS_PRESET_... of keeper.h.
 */
#ifndef ACS_PRESETS_H
#define ACS_PRESETS_H

#include "daemons/acs/keeper.h"

#include <jansson.h>

/* To keepers: all presets as a JSON array; its ref is their version. One that misses it sees that
 * by acs_keepers.presets_version, and says that it wants it. */
#define ACS_PRESETS_CHANGED 300
#define ACS_PRESETS_WANTED  301

int acs_presets_start(struct acs_keepers *keepers, struct sb_node *node);

/* A row's preset. 0, SB_ECORRUPT, SB_ENOMEM. */
int acs_preset_row(const struct sb_store_row *row, json_t **preset);

#endif
