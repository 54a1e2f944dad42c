/*
 * What CWMP sessions say to keepers: the other half of keeper.h. Payloads are one piece of memory
 * each, given. A session says first what its Inform was; it is told what to do, does it,
 * says what came of it, is told what to do next, until there is nothing more.
 */
#ifndef ACS_SESSION_H
#define ACS_SESSION_H

#include "daemons/acs/keeper.h"
#include "daemons/acs/task.h"
#include "protocols/cwmp/decode.h"
#include "protocols/cwmp/script.h"

/* ---- ACS_DONE's and ACS_INFORM's answers ---- */

enum acs_work_kind {
	ACS_WORK_TASK,    /* `text` is the task, as it was asked for, with its CommandKey */
	ACS_WORK_PRESETS, /* {"ParameterKey": "...", "ParameterList": [{"Name", "Value", "Type"}]}:
			   * what a device should be; `id` is 0 */
};

struct acs_work {
	enum acs_work_kind kind;
	uint32_t batch; /* names that this device takes at once */
	uint64_t id;
	char parameter_key[ACS_ID_SIZE]; /* for what says none: the generation of presets; "" */
	uint32_t size;
	char text[]; /* NUL-terminated */
};

/* ---- ACS_SEEN, ACS_DONE ---- */

/* What it says of parameters: of the response, or of the request that a device has done. */
enum acs_learned {
	ACS_LEARNED_NOTHING,
	ACS_LEARNED_VALUES,         /* GetParameterValuesResponse */
	ACS_LEARNED_NAMES,          /* GetParameterNamesResponse */
	ACS_LEARNED_ATTRIBUTES,     /* GetParameterAttributesResponse */
	ACS_LEARNED_SET,            /* request: SetParameterValues */
	ACS_LEARNED_SET_ATTRIBUTES, /* request: SetParameterAttributes */
	ACS_LEARNED_ADDED,          /* request: AddObject; the response has the number */
	ACS_LEARNED_DELETED,        /* request: DeleteObject */
	ACS_LEARNED_WHOLE, /* request: {"path", "since"}: what lies under path and was not seen
			    * since (Unix seconds) is not there any more */
};

/* How a task ended in its session. */
enum acs_outcome {
	ACS_OUTCOME_DONE,
	ACS_OUTCOME_WAITS,  /* the device has taken it, and will say when it is done */
	ACS_OUTCOME_FAULT,  /* of the device: `fault_code`, the details in the envelope */
	ACS_OUTCOME_FAILED, /* no answer, one that does not fit, a script's error, a bad task */
	ACS_OUTCOME_LOST,   /* the session ended */
};

struct acs_report {
	char device[ACS_NAME_MAX + 1];
	uint64_t task; /* ACS_DONE: acs_work.id */
	enum acs_learned learned;
	enum acs_outcome outcome;       /* ACS_DONE */
	bool may_retry;                 /* ACS_OUTCOME_FAILED */
	uint32_t fault_code;            /* ACS_OUTCOME_FAULT */
	uint32_t batch;                 /* what the device was found to take; 0: nothing found */
	struct cwmp_envelope *envelope; /* the response or fault; freed with the report */
	const char *request;            /* in `text`: JSON, as rpc_json.h; NULL: none */
	const char *result;             /* in `text`: JSON; NULL: made from the envelope */
	const char *reason;             /* in `text`: ACS_OUTCOME_FAULT and FAILED, for people */
	char text[];
};

/* One piece of memory with copies of the texts, which may be NULL; the rest is zeroed. NULL: no
 * memory, or too long a name. */
struct acs_report *
acs_report_new(const char *device, const char *request, const char *result, const char *reason);
/* Takes NULL; the release function of its payload. */
void acs_report_free(void *report);

/* ---- ACS_COMPLETE: TransferComplete, DUStateChangeComplete ---- */

struct acs_complete {
	char device[ACS_NAME_MAX + 1];
	char command_key[ACS_KEY_SIZE];
	enum acs_operation operation; /* TRANSFER or UNITS */
	uint32_t fault_code;
	char text[]; /* the whole request as JSON, with its NUL */
};

/* ---- ACS_SCRIPT_ENDED ---- */

struct acs_script_ended {
	char device[ACS_NAME_MAX + 1];
	char script[CWMP_SCRIPT_NAME_MAX + 1];
	int status;          /* 0: it is done */
	uint32_t fault_code; /* the device's; 0: none */
	char text[512];      /* what went wrong, cut */
	char trace[CWMP_SCRIPT_TRACE_MAX + 1];
};

/* ---- ACS_LEFT ---- */

struct acs_left {
	char device[ACS_NAME_MAX + 1];
};

#endif
