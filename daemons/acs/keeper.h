/*
 * Keepers: the sessions that own devices. Each device belongs to one of them, by the hash of
 * its name, and everything that is durable of it (last Inform, parameters, tasks, tags, faults)
 * is decided there, one after the other. HTTP and CWMP sessions reach it by these messages
 * only, all of them calls; an answer says that what was asked for is durable.
 *
 * What people ask (the northbound API) is JSON both ways: struct acs_ask in, text out. A
 * status other than 0 has as text what is wrong, or nothing: SB_ENOENT (no such device, task,
 * fault), SB_EINVAL (the text says which member), SB_ELIMIT (too many), SB_ECONFLICT (a task that
 * has ended), SB_FULL and what stores answer (later again). JSON is NUL-terminated behind its
 * `size`; what says that something is wrong is not.
 */
#ifndef ACS_KEEPER_H
#define ACS_KEEPER_H

#include "core/message.h"
#include "core/store.h"
#include "protocols/cwmp/device.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_node;
struct sb_session;

/* The longest name of a device: "OUI-ProductClass-SerialNumber", of characters that are four octets
 * each, percent-encoded. */
#define ACS_NAME_MAX (CWMP_DEVICE_MAX - 1)

/* The topic that a keeper joins when all that the store has of its devices is there. Doors open
 * when it has `count` members. */
#define ACS_KEEPERS "acs.keepers"

/* What keepers are started with. 0 takes the default in brackets. */
struct acs_keepers {
	struct sb_store *store;  /* of the kinds in kinds.h; borrowed */
	uint32_t count;          /* of keepers [2 a shard]; filled in by acs_keepers_start */
	uint32_t max_devices;    /* of a keeper; the Informs of others are refused [1000000] */
	uint32_t max_tasks;      /* of a device that have not ended [100] */
	uint32_t max_results;    /* ended tasks of a device that are kept [20] */
	uint32_t result_bytes;   /* of the JSON of one result; more is left out [256 KiB] */
	uint32_t document_bytes; /* parameters of one device, not compressed [16 MiB] */
	uint32_t waiting_bytes;  /* of reports on their way to the store; more: SB_FULL [256 MiB] */
	uint64_t result_ms;      /* ended tasks are kept for so long [1 day] */
	uint64_t expiry_ms;      /* a task that says nothing expires after [30 days] */
	uint64_t operation_ms;   /* a transfer that does not complete expires after [1 day] */
	uint32_t attempts;       /* of a task that says nothing [5] */
	uint32_t retry_ms;       /* the first back-off; it doubles, with jitter [30 s] */
	uint32_t longest_retry_ms; /* [1 h] */
	uint32_t batch;     /* names a GetParameterValues of `refresh`; halved on 9004 [256] */
	bool answers_early; /* Informs are answered before they are durable [no] */
	bool has_failed;    /* what is stored could not be read: the node has stopped */
	/* Of the presets, counted by their owner: a keeper that has others asks for them. */
	_Atomic uint64_t presets_version;
};

/* Starts keepers, and the owner of presets, under the node's root. The struct outlives the node. 0
 * or an error. */
int acs_keepers_start(struct acs_keepers *keepers, struct sb_node *node);

/* Which keeper a device belongs to, from 0. */
uint32_t acs_keeper_number(const struct acs_keepers *keepers, const char *device);

/* The keeper of a device; the keeper with a number below count, for questions to all of them. 0 or
 * SB_ENOENT: it begins again after a fault of its own. */
int acs_keeper_of(struct sb_session *s, const struct acs_keepers *keepers, const char *device,
	struct sb_address *keeper);
int acs_keeper_at(struct sb_session *s, uint32_t number, struct sb_address *keeper);

/* The name of the owner of presets, a session of its own. */
#define ACS_PRESETS "acs.presets"

enum acs_message {
	/* ---- what people ask: struct acs_ask; JSON ---- */

	/* All keepers. `text`: {"filter": {...}, "informBefore": Unix ms, "informAfter": ...}, see
	 * docs/acs.md; `id`: only devices behind this one; `limit`. {"devices": [...], "more":
	 * true}: the devices by rising "id", so answers of all keepers are merged and cut by it. */
	ACS_DEVICES = 100,
	ACS_DEVICE,        /* {...}: all but parameters, tasks and faults */
	ACS_DEVICE_TAGS,   /* `text`: {"add": ["x"], "remove": ["y"]}, "": as they are.
			    * {"tags": [...]} */
	ACS_DEVICE_DELETE, /* with everything that is known of it */
	/* `text`: {"prefix": "Device.", "after": "name"} or {"names": [...]}; `limit`.
	 * {"parameters": [...], "more": true}, by name. A name that ends in a dot is a path. */
	ACS_PARAMETERS,
	/* `text`: the task (see docs/acs.md). With `wait_ms` the answer comes when it has
	 * ended, or is still not then. {task}. */
	ACS_TASK_CREATE,
	ACS_TASKS,       /* {"tasks": [...]}, by rising id; without results */
	ACS_TASK,        /* `id`, `wait_ms`. {task} with its result */
	ACS_TASK_CANCEL, /* `id`. {task}; SB_ECONFLICT: it runs or has ended */
	/* `id`. {task}: one that waits for its time is tried at once, and its fault taken away;
	 * one that has ended is made anew. SB_ECONFLICT: it runs, or the device has taken it */
	ACS_TASK_RETRY,
	ACS_FAULTS,       /* with a device: its own; "": all of a keeper. {"faults": [...]} */
	ACS_FAULT_DELETE, /* `text`: the channel. What it held up is tried at once */
	ACS_COUNTS,       /* all keepers: {"devices": n, "tasks": n, "faults": n, "sessions": n} */

	/* To ACS_PRESETS; `device` is the preset's name. */
	ACS_PRESET_PUT,  /* `text`: the preset. {preset} */
	ACS_PRESET,      /* {preset} */
	ACS_PRESET_LIST, /* {"presets": [...]}, by name */
	ACS_PRESET_DELETE,

	/* ---- what CWMP sessions ask; session.h ---- */

	ACS_INFORM = 200, /* struct acs_inform, given; struct acs_work, or nothing to do */
	ACS_SEEN,         /* struct acs_report, given; nothing */
	ACS_DONE,         /* struct acs_report, given; struct acs_work, or nothing to do */
	ACS_COMPLETE,     /* struct acs_complete; nothing */
	ACS_LEFT,         /* no call: struct acs_left: the session ended and had work */
	ACS_SCRIPT_ENDED, /* no call: struct acs_script_ended: the script of a session has ended */
	ACS_STORED,       /* as ACS_PARAMETERS; the answer is a document (document.h) of those that
			   * have a value. SB_ELIMIT: more than `limit` */
};

/* Made by acs_ask_new, given with sb_call and sb_payload_free. */
struct acs_ask {
	char device[ACS_NAME_MAX + 1];
	uint64_t id;
	uint32_t limit;
	uint32_t wait_ms;
	uint32_t size; /* of `text` */
	char text[];   /* NUL-terminated */
};

/* NULL: no memory, or a name that is too long. `device` and `text` may be NULL: "". */
struct acs_ask *acs_ask_new(const struct sb_session *s, const char *device, const char *text);

/* As sb_call; the ask is eaten, whatever comes of it. */
int acs_ask_send(struct sb_session *s, struct sb_address to, enum acs_message type,
	struct acs_ask *ask, uint32_t deadline_ms, uint64_t *ref);

/* Ids in JSON are texts of 16 hexadecimal digits: larger numbers are none in JavaScript. */
#define ACS_ID_SIZE 17
void acs_id_print(char out[ACS_ID_SIZE], uint64_t id);
/* False: it is none. */
bool acs_id_parse(const char *text, uint64_t *id);

#endif
