/*
 * An Inform as one piece of memory, packed by the CWMP session that has it: what its keeper
 * decides by, and the octets that the store keeps of it. Those are the same from Inform to Inform
 * as long as nothing has changed, times and events are not among them. Pure but for memory.
 */
#ifndef ACS_INFORM_H
#define ACS_INFORM_H

#include "core/bytes.h"
#include "daemons/acs/device.h"
#include "protocols/cwmp/message.h"

#include <jansson.h>

struct sb_session;

/* X(name, event code): those that mean something here, a bit each. */
#define ACS_EVENT_MAP(X)                                                        \
	X(BOOTSTRAP, "0 BOOTSTRAP")                                             \
	X(BOOT, "1 BOOT")                                                       \
	X(PERIODIC, "2 PERIODIC")                                               \
	X(SCHEDULED, "3 SCHEDULED")                                             \
	X(VALUE_CHANGE, "4 VALUE CHANGE")                                       \
	X(KICKED, "5 KICKED")                                                   \
	X(CONNECTION_REQUEST, "6 CONNECTION REQUEST")                           \
	X(TRANSFER_COMPLETE, "7 TRANSFER COMPLETE")                             \
	X(DIAGNOSTICS_COMPLETE, "8 DIAGNOSTICS COMPLETE")                       \
	X(REQUEST_DOWNLOAD, "9 REQUEST DOWNLOAD")                               \
	X(AUTONOMOUS_TRANSFER_COMPLETE, "10 AUTONOMOUS TRANSFER COMPLETE")      \
	X(DU_STATE_CHANGE_COMPLETE, "11 DU STATE CHANGE COMPLETE")              \
	X(AUTONOMOUS_DU_STATE_CHANGE, "12 AUTONOMOUS DU STATE CHANGE COMPLETE") \
	X(WAKEUP, "13 WAKEUP")                                                  \
	X(M_REBOOT, "M Reboot")                                                 \
	X(M_SCHEDULE_INFORM, "M ScheduleInform")                                \
	X(M_DOWNLOAD, "M Download")                                             \
	X(M_SCHEDULE_DOWNLOAD, "M ScheduleDownload")                            \
	X(M_UPLOAD, "M Upload")                                                 \
	X(M_CHANGE_DU_STATE, "M ChangeDUState")                                 \
	X(OTHER, "other")

enum acs_event {
#define X(name, code) ACS_EVENT_##name,
	ACS_EVENT_MAP(X)
#undef X
		ACS_EVENT_COUNT
};

#define ACS_EVENT_BIT(name) (1u << ACS_EVENT_##name)

/* "0 BOOTSTRAP"; the bit of a code, that of OTHER when it is none of these. */
const char *acs_event_code(enum acs_event event);
uint32_t acs_event_bit(const char *code);
/* ["0 BOOTSTRAP", "1 BOOT"]; NULL: no memory. */
json_t *acs_events_json(uint32_t events);

struct acs_inform {
	char device[ACS_NAME_MAX + 1];
	char parameter_key[ACS_KEY_SIZE];
	bool has_parameter_key;
	uint32_t events;    /* bits */
	uint64_t hash;      /* of the row; never 0 */
	uint32_t keys_size; /* of `octets`, first: {event, key with its NUL} of M events */
	uint32_t row_size;  /* behind them */
	uint8_t octets[];
};

/* Whether a device's name and identity are short enough to be kept. */
bool acs_inform_fits(const char *device, const struct cwmp_device_id *id);
/* In memory of the session's, to be given with sb_payload_free. NULL: no memory, or too long a name
 * or identity. */
struct acs_inform *acs_inform_new(const struct sb_session *s, const char *device,
	const struct cwmp_inform *inform, const char *address, const char *version);
/* The same in memory that `room` has. */
struct acs_inform *
acs_inform_pack(void *(*room)(void *context, size_t size), void *context, const char *device,
	const struct cwmp_inform *inform, const char *address, const char *version);
size_t acs_inform_size(const struct acs_inform *inform);

static inline struct sb_bytes
acs_inform_row(const struct acs_inform *inform)
{
	return sb_bytes(inform->octets + inform->keys_size, inform->row_size);
}

/* Whether an M event with this CommandKey is among its events. */
bool acs_inform_has(const struct acs_inform *inform, enum acs_event event, const char *command_key);

/* Who it says that it is; views the row. False: the row is damaged. */
bool acs_inform_profile(struct sb_bytes row, struct acs_profile *profile);

struct acs_changes;

/* What it says of parameters, seen then; views the row. 0, SB_ECORRUPT, SB_ENOMEM. */
int acs_inform_changes(struct sb_bytes row, uint64_t seen, struct acs_changes *changes);

/* {"address", "cwmp", "parameters": {name: value}}. NULL: no memory, or a damaged row. */
json_t *acs_inform_json(struct sb_bytes row);

#endif
