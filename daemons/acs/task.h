/*
 * Tasks in a keeper's memory, and as rows. What a task does is JSON: an RPC with its method's
 * name and elements, or one of a few words in small letters that stand for several RPCs. Ended
 * tasks leave their texts to the store.
 */
#ifndef ACS_TASK_H
#define ACS_TASK_H

#include "core/message.h"
#include "core/store.h"
#include "daemons/acs/device.h"
#include "daemons/acs/document.h"
#include "daemons/acs/text_out.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACS_TASK_HEAD_SIZE 51
#define ACS_REQUEST_MOST   65536 /* octets of what a task says */

/* X(state, number in rows, name) */
#define ACS_TASK_STATE_MAP(X)    \
	X(QUEUED, 0, "queued")   \
	X(RUNNING, 1, "running") \
	X(WAITING, 2, "waiting") \
	X(DONE, 3, "done")       \
	X(FAILED, 4, "failed")   \
	X(EXPIRED, 5, "expired") \
	X(CANCELED, 6, "canceled")

enum acs_task_state {
#define X(state, number, name) ACS_TASK_##state = (number),
	ACS_TASK_STATE_MAP(X)
#undef X
};

/* Who says that what a device has taken is done. */
enum acs_operation {
	ACS_OPERATION_NONE,      /* the response does */
	ACS_OPERATION_TRANSFER,  /* TransferComplete */
	ACS_OPERATION_BOOT,      /* M Reboot, or 1 BOOT */
	ACS_OPERATION_BOOTSTRAP, /* 0 BOOTSTRAP */
	ACS_OPERATION_SCHEDULE,  /* M ScheduleInform */
	ACS_OPERATION_UNITS,     /* DUStateChangeComplete */
};

struct acs_waiter {
	struct acs_waiter *next;
	struct sb_from from;
	uint64_t due_ns;
};

struct acs_task {
	uint64_t id;
	uint64_t preset; /* whose task it is; 0: somebody asked for it */
	struct acs_task *next, *previous;
	struct acs_device *device;
	const char *method; /* NULL: an earlier version's, which has ended */
	int64_t created_ms, due_ms, expiry_ms, ended_ms;
	enum acs_task_state state;
	enum acs_operation operation;
	uint16_t attempts, attempts_most;
	uint32_t pins; /* commits under way */
	/* The next that a commit has, and had no memory to remember; and what this one was. */
	struct acs_task *unstaked;
	enum acs_task_state was;
	bool is_new;              /* its first row is not durable yet */
	char *request;            /* JSON; NULL when it has ended and is stored */
	char *ending;             /* JSON members behind the request: ,"result":...; NULL: none */
	struct acs_octets packed; /* the result instead (result.h) */
	char *command_key;        /* NULL: no operation */
	struct acs_waiter *waiters;
};

const char *acs_task_state_name(enum acs_task_state state);

static inline bool
acs_task_has_ended(const struct acs_task *task)
{
	return task->state >= ACS_TASK_DONE;
}

/* Checks what a task says, and fills in what it leaves open: the CommandKey, from the id. 0;
 * SB_EINVAL, SB_ELIMIT with the fault; SB_ENOMEM. The request is the caller's still. */
int acs_task_new(struct acs_task **task, uint64_t id, json_t *request, char *fault, size_t size);
void acs_task_free(struct acs_task *task);

/* ---- rows ---- */

void acs_task_head(const struct acs_task *task, uint8_t head[ACS_TASK_HEAD_SIZE]);
/* {"method": ..., "request": {...}, ...}, and behind a NUL what is packed; (malloc). */
int acs_task_body(const struct acs_task *task, struct acs_octets *body);
/* The one, and the other, of a body. */
struct sb_bytes acs_task_words(struct sb_bytes body);
struct sb_bytes acs_task_packed(struct sb_bytes body);
/* Frees what the store has of an ended task; of one that has not ended after all, what it ended
 * with. */
void acs_task_texts_free(struct acs_task *task);
void acs_task_ending_free(struct acs_task *task);
/* The device's id is in *device; the task has none yet. SB_ECORRUPT, SB_ENOMEM. */
int acs_task_read(const struct sb_store_row *row, struct acs_task **task, uint64_t *device);

/* ---- for people ---- */

/* {"id", "device", "state", ...} with the members of `body`, which is a row's; NULL: none. What is
 * packed is not among them. */
void acs_task_show(struct acs_text *t, const struct acs_task *task, struct sb_bytes body);

#endif
