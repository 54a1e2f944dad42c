/*
 * The owner of presets: one session, which puts them into the store, and tells all keepers when
 * they have changed. It is asked by the messages ACS_PRESET_... of keeper.h.
 */
#ifndef ACS_PRESETS_H
#define ACS_PRESETS_H

#include "daemons/acs/keeper.h"

#include <jansson.h>

/* To keepers: all presets as a JSON array. */
#define ACS_PRESETS_CHANGED 300

int acs_presets_start(struct acs_keepers *keepers, struct sb_node *node);

/* A row's preset; NULL: it is damaged, or there is no memory. */
json_t *acs_preset_row(const struct sb_store_row *row);

#endif
