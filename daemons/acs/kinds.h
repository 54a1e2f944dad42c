/*
 * The rows that the ACS keeps in its store: what kinds there are, and their columns. Each
 * area reads and writes its own; names of columns are for who looks into the file.
 */
#ifndef ACS_KINDS_H
#define ACS_KINDS_H

#include "core/store.h"

enum acs_kind {
	ACS_KIND_DEVICE,     /* a device: times and counters; the body says who it is */
	ACS_KIND_INFORM,     /* id of the device: what its last Inform said */
	ACS_KIND_PARAMETERS, /* id of the device: the document of its parameters */
	ACS_KIND_TASK,
	ACS_KIND_FAULT,
	ACS_KIND_PRESET, /* id: made once; body: JSON */
	ACS_KIND_FILE,   /* what a file is; body: JSON */
	ACS_KIND_CHUNK,  /* a piece of a file */
	ACS_KIND_SCRIPT, /* body: JSON, its name among it */
	ACS_KIND_SECRET, /* body: random octets, made once */
	ACS_KIND_LOGIN,  /* credentials of a device; body: JSON */
	ACS_KIND_COUNT
};

extern const struct sb_store_kind acs_kinds[ACS_KIND_COUNT];

#endif
