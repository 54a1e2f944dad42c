/*
 * Which devices are meant: by who they are, their software, their tags, the events of an Inform.
 * Presets have one, and questions for devices.
 *
 *	{"manufacturer": "Acme*", "oui": "00AABB", "productClass": "Gate?ay",
 *	 "serialNumber": "*", "device": "00AABB-*", "softwareVersion": "<2.10",
 *	 "tags": ["field", "!lab"], "events": ["0 BOOTSTRAP", "1 BOOT"]}
 *
 * All that is given must fit: texts as globs (* and ?), a version as a glob or, behind <, <=,
 * >, >=, = or !=, compared number by number; each tag must be there, or not be there behind a !;
 * of the events one is enough. Pure but for memory.
 */
#ifndef ACS_FILTER_H
#define ACS_FILTER_H

#include "daemons/acs/device.h"

#include <jansson.h>
#include <stdbool.h>

struct acs_filter {
	json_t *json;    /* what it was made of; the texts' owner */
	uint32_t events; /* bits; 0: any */
};

/* 0, or SB_EINVAL with what is wrong. Keeps a reference; NULL: everybody. */
int acs_filter_init(struct acs_filter *filter, json_t *json, char *fault, size_t size);
void acs_filter_fini(struct acs_filter *filter);

/* `events` only count where the filter has some. */
bool
acs_filter_fits(const struct acs_filter *filter, const struct acs_device *device, uint32_t events);

bool acs_glob(const char *pattern, const char *text);
/* Number by number, "1.9" before "1.10"; what is no number by its octets. <0, 0, >0. */
int acs_version_order(const char *a, const char *b);

#endif
