/*
 * The data model of simulated devices: parameters and objects by their paths, as a file
 * says (docs/cwmp-sim.md). The model is read once and shared; each device sees it through
 * a view that becomes a copy of its own with the first change.
 *
 *	Device.WiFi.SSID.{i}.SSID   string   w   Home-${serial}
 *
 * One thread a view; a model is constant once it is read.
 */
#ifndef SB_DAEMONS_CWMP_SIM_MODEL_H
#define SB_DAEMONS_CWMP_SIM_MODEL_H

#include "protocols/cwmp/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_flag {
	MODEL_OBJECT = 1 << 0,   /* its path ends in a dot */
	MODEL_WRITABLE = 1 << 1, /* of a table: rows can be added; of a row: it can be deleted */
	MODEL_FORCED = 1 << 2,   /* stands in every Inform */
	MODEL_SECRET = 1 << 3,   /* reads as empty */
	MODEL_CHANGES = 1 << 4,  /* changes by itself: see --change */
	MODEL_REBOOTS = 1 << 5,  /* a new value needs a reboot */
	MODEL_OWN_PATH = 1 << 6, /* allocated by the view */
	MODEL_OWN_VALUE = 1 << 7,
};

struct model_entry {
	const char *path;
	const char *value; /* with variables; "" of an object */
	enum cwmp_type type;
	uint16_t flags;
	uint8_t notification; /* 0 off, 1 passive, 2 active */
};

/* Sorted by path, so that what is below an object stands together. */
struct model_entries {
	struct model_entry *each;
	size_t count;
};

struct model {
	struct model_entries all; /* what was read; the others are of these */
	struct model_entries entries;
	struct model_entries templates; /* paths with {i}: what a new row is made of */
	const char *root;               /* "Device.", "InternetGatewayDevice." */
	char *text;                     /* what all paths and values lie in */
};

/* Reads a model from text, which it takes (malloc). `extra`: so many parameters more, in a table
 * X_SWITCHBOARD_Load. 0; SB_EINVAL with words in `reason`, SB_ENOMEM. */
int model_parse(struct model **model, char *text, uint32_t extra, char *reason, size_t reason_size);

/* The same from a file, or from one of the models inside the program: "tr181", "tr098". */
int model_load(
	struct model **model, const char *name, uint32_t extra, char *reason, size_t reason_size);
void model_free(struct model *model);

/* ---- of a device ---- */

struct model_view {
	const struct model *model;
	struct model_entries own; /* once anything has changed */
	bool is_own;
};

void model_view_init(struct model_view *view, const struct model *model);
/* Back to the model as it was read; also the view's end. */
void model_view_reset(struct model_view *view);

const struct model_entries *model_entries(const struct model_view *view);
/* NULL: there is none. */
const struct model_entry *model_find(const struct model_view *view, const char *path);
/* All whose path begins with `prefix`: the first, and how many. */
size_t model_below(const struct model_view *view, const char *prefix, size_t *first);

/* 0, SB_ENOENT, SB_ENOMEM. */
int model_set(struct model_view *view, const char *path, const char *value);
int model_set_notification(struct model_view *view, const char *path, uint8_t notification);

/* A row of a table (its path ends in a dot): 0 and the row's number; SB_ENOENT: there is no such
 * table, or it takes no rows; SB_ENOMEM. */
int model_add(struct model_view *view, const char *table, uint32_t *instance);
/* A row: 0, SB_ENOENT, SB_EACCES (it is none that can be deleted), SB_ENOMEM. */
int model_delete(struct model_view *view, const char *row);
/* How many rows a table has. */
uint32_t model_rows(const struct model_view *view, const char *table);

#endif
