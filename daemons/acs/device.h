/*
 * Devices in a keeper's memory: found by name and by id, in order of id. What is large, or
 * seldom asked for, stays in the store: the last Inform, parameters, results. One thread.
 */
#ifndef ACS_DEVICE_H
#define ACS_DEVICE_H

#include "core/address.h"
#include "core/bytes.h"
#include "core/store.h"
#include "daemons/acs/keeper.h"
#include "protocols/cwmp/script.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACS_TAG_MAX   64 /* octets of one */
#define ACS_TAGS_MOST 32 /* of a device */
#define ACS_ONCE_MOST 32 /* presets' tasks that a device is known to have had */
#define ACS_KEY_SIZE  72 /* ParameterKey and CommandKey: 32 characters, and a NUL */

#define ACS_DEVICE_HEAD_SIZE 56

struct sb_message;
struct acs_task;
struct acs_fault;
struct acs_docket;
struct acs_visit;

/* Who a device is: changes seldom, if ever. Texts are never NULL. */
struct acs_profile {
	const char *name;
	const char *manufacturer, *oui, *product_class, *serial_number;
	const char *version; /* of its software */
};

/* The script of a session. */
struct acs_ran {
	int64_t at_ms; /* it ended */
	bool has_failed;
	char script[CWMP_SCRIPT_NAME_MAX + 1];
};

struct acs_device {
	uint64_t id;
	struct acs_device *next; /* of the same hash */
	struct acs_profile profile;
	char *texts; /* where those are */
	char *tags;  /* each with its NUL, one behind the other */
	uint32_t tags_size;
	uint32_t once_count;
	uint64_t *once; /* the oldest first */

	/* columns */
	int64_t created_ms, inform_ms, boot_ms, bootstrap_ms;
	uint64_t generation;
	uint32_t informs, failures, events;
	uint16_t batch, flags;

	uint64_t inform_hash; /* of what the store has of its last Inform; 0: not known */
	struct acs_task *tasks, *last_task; /* by rising id */
	uint32_t live_tasks, ended_tasks;
	struct acs_fault *faults;
	uint32_t fault_count;
	struct acs_docket *docket; /* parameters that are being stored */
	struct sb_message *held;   /* an Inform that waits for that; NULL: none */
	struct acs_visit *visit;   /* the session under way, as long as it has work */
	struct acs_ran *ran;       /* of its last session with one, since the start; NULL: none */
	uint32_t pins;             /* who still has a pointer to it */
	bool is_leaving; /* it is being deleted: nothing of it may be put into the store */
	bool is_deleted;
	bool is_stored; /* as it is, but for its columns */
};

struct acs_devices {
	struct acs_device **buckets;
	size_t bucket_count;
	struct acs_device **by_id;
	size_t count, capacity;
};

void acs_devices_fini(struct acs_devices *devices);
struct acs_device *acs_devices_find(const struct acs_devices *devices, const char *name);
struct acs_device *acs_devices_find_id(const struct acs_devices *devices, uint64_t id);
/* The number of the first one with an id >= this. */
size_t acs_devices_seek(const struct acs_devices *devices, uint64_t id);
/* Takes the device, whose name is not there yet, unless it says SB_ENOMEM. */
int acs_devices_add(struct acs_devices *devices, struct acs_device *device);
void acs_devices_remove(struct acs_devices *devices, struct acs_device *device);

/* A device with copies of the texts; NULL: no memory. */
struct acs_device *acs_device_new(uint64_t id, const struct acs_profile *profile);
/* Not its tasks, faults, docket and visit. Takes NULL. */
void acs_device_free(struct acs_device *device);
/* Other texts. 0 or SB_ENOMEM: it is as it was. */
int acs_device_set_profile(struct acs_device *device, const struct acs_profile *profile);

bool acs_device_has_tag(const struct acs_device *device, const char *tag);
/* 0 (there already, too), SB_ELIMIT, SB_ENOMEM. */
int acs_device_add_tag(struct acs_device *device, const char *tag);
void acs_device_remove_tag(struct acs_device *device, const char *tag);

bool acs_device_had(const struct acs_device *device, uint64_t once);
/* The oldest goes when there are too many. 0 or SB_ENOMEM. */
int acs_device_note_once(struct acs_device *device, uint64_t once);
/* It has not had it after all. */
void acs_device_forget_once(struct acs_device *device, uint64_t once);

/* ---- its row ---- */

void acs_device_head(const struct acs_device *device, uint8_t head[ACS_DEVICE_HEAD_SIZE]);
/* (malloc). 0 or SB_ENOMEM. */
int acs_device_body(const struct acs_device *device, struct sb_bytes *body);
/* SB_ECORRUPT, SB_ENOMEM. */
int acs_device_read(const struct sb_store_row *row, struct acs_device **device);

#endif
