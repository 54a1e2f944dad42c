/*
 * Presets: what devices should be. A set of them is made once and never changed; it says
 * for a device what its parameters should be, which generation that is, and which tasks it should
 * have had. Pure but for memory.
 *
 *	{"name": "wifi", "weight": 10, "filter": {...},
 *	 "parameters": {"Device.X": "text", "Device.Y": {"value": 5, "type": "unsignedInt"}},
 *	 "tasks": [{"method": "download", "file": "fw-2.bin"}], "repeat": "once"}
 */
#ifndef ACS_PRESET_H
#define ACS_PRESET_H

#include "daemons/acs/filter.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACS_PRESET_BYTES  (256u << 10)
#define ACS_PRESETS_BYTES (8u << 20) /* of all of them */
#define ACS_PRESETS_MOST  1000
#define ACS_PRESET_TASKS  16 /* of one */

struct acs_preset {
	json_t *json;
	const char *name;
	json_int_t weight; /* the greater one's value counts */
	struct acs_filter filter;
	json_t *parameters; /* an object; NULL: none */
	json_t *tasks;      /* an array; NULL: none */
	bool is_always;     /* tasks: at each Inform that fits, and not once a device */
	uint64_t hash;      /* of all it says: changes with it */
};

struct acs_preset_set {
	struct acs_preset *each; /* by rising weight, then name */
	size_t count;
};

/* An array of presets, or NULL: none. Presets that are none are left out, and counted in
 * *refused. 0 or SB_ENOMEM. */
int acs_preset_set_init(struct acs_preset_set *set, json_t *array, size_t *refused);
void acs_preset_set_fini(struct acs_preset_set *set);

/* Whether this is a preset. 0, or SB_EINVAL with the fault. */
int acs_preset_check(json_t *json, char *fault, size_t size);

/* Which state a device should be in: a hash of all that fits; 0: nobody says. Presets that ask for
 * events are not in it: they are looked at whenever there is such an event. */
uint64_t acs_presets_generation(const struct acs_preset_set *set, const struct acs_device *device);

/* Whether a preset that asks for one of these events says something of parameters. */
bool acs_presets_for_events(
	const struct acs_preset_set *set, const struct acs_device *device, uint32_t events);

/* {"ParameterKey": generation, "ParameterList": [{"Name", "Value", "Type"}]}, by name, without Type
 * where the preset says none. NULL: no memory. */
json_t *acs_presets_desired(const struct acs_preset_set *set, const struct acs_device *device,
	uint32_t events, uint64_t generation);

/* The number that a preset's task has: in devices' `once`, and in tasks' rows. */
uint64_t acs_preset_task(const struct acs_preset *preset, size_t number);

#endif
