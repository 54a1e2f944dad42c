/* A keeper from the inside: what its files share. */
#ifndef ACS_KEEPER_INTERNAL_H
#define ACS_KEEPER_INTERNAL_H

#include "core/metrics.h"
#include "core/session.h"
#include "core/store.h"
#include "daemons/acs/device.h"
#include "daemons/acs/inform.h"
#include "daemons/acs/keeper.h"
#include "daemons/acs/kinds.h"
#include "daemons/acs/merge.h"
#include "daemons/acs/preset.h"
#include "daemons/acs/session.h"
#include "daemons/acs/task.h"
#include "daemons/acs/text_out.h"

#define ACS_FAULTS_MOST    20   /* of a device; the oldest goes */
#define ACS_CHANNEL_MAX    96   /* octets of a channel's name */
#define ACS_UPDATES_MOST   64   /* of one device's parameters, that wait */
#define ACS_DEVICES_A_TICK 2048 /* looked at for what has expired */
#define ACS_TICK_MS        250

struct acs_keeper;

/* The session of a device, from its Inform on, as long as it has work. */
struct acs_visit {
	struct sb_address session;
	uint32_t events;
	bool has_parameter_key;
	char parameter_key[ACS_KEY_SIZE];
	bool had_presets;         /* they were looked at */
	bool runs_presets;        /* and are being applied */
	uint64_t generation;      /* that they lead to */
	struct acs_task *running; /* NULL: none */
	bool has_left;            /* its last report is still on its way to the store */
};

struct acs_fault {
	struct acs_fault *next;
	uint64_t id;
	int64_t at_ms, retry_ms;
	uint32_t count;
	char *channel;
	char *text; /* {"channel", "code", "message", "detail"} */
};

/* Parameters of a device that are on their way to the store, one merge at a time. */
struct acs_docket {
	struct acs_update *first, **end;
	uint32_t count;
	bool is_busy;
};

/* A task in a commit, and what it is again when that fails. */
struct acs_stake {
	struct acs_task *task;
	enum acs_task_state before;
};

/* An event that a commit makes true. */
struct acs_saying {
	struct acs_saying *next;
	const char *name;
	json_t *value;
};

/* Something asked of the store, and what follows. */
struct acs_commit {
	struct acs_commit *next, **link;
	void (*done)(struct acs_keeper *k, struct acs_commit *c, int status,
		const struct sb_store_rows *rows);
	struct sb_txn *txn;        /* until it is handed over; NULL: a read */
	int error;                 /* of what was put: it will not be handed over */
	bool is_whole;             /* has the whole row of its device */
	struct acs_device *device; /* pinned; NULL: none */
	struct acs_stake *stakes;
	size_t stake_count;
	struct acs_saying *sayings;
	struct acs_task *unstaked; /* without a stake: it fails at once, and they are given back */
	struct sb_from from;       /* who waits */
	void *extra;               /* of whoever began it; freed by `release` */
	void (*release)(void *extra);
};

/* A part of a gauge that is the sum over keepers, of which a shard has two. */
struct acs_shown {
	struct sb_gauge *gauge;
	int64_t value; /* of this keeper */
};

struct acs_keeper {
	struct sb_session *session;
	struct acs_keepers *config;
	uint32_t number;
	struct acs_devices devices;
	struct acs_preset_set presets;
	uint64_t presets_version;
	struct acs_commit *commits;
	uint32_t commit_count;
	uint32_t jobs;                  /* under way */
	uint64_t last_tick;             /* of ids */
	uint64_t tasks, faults, visits; /* how many */
	uint64_t waiters;
	uint64_t waiting_bytes; /* of reports in dockets */
	size_t looked_at;       /* devices, for what has expired */
	struct sb_timer tick;
	bool is_stopping;
	bool is_failing; /* the store refuses to write */

	/* of the load */
	unsigned loading; /* kind */
	uint64_t load_from;
	uint64_t damaged;
	uint64_t began_ns;
	json_t *load_presets;

	struct acs_shown shown_devices, shown_tasks, shown_faults;
	struct sb_counter *informs, *new_devices, *done, *failed;
};

static inline int64_t
acs_wall(const struct acs_keeper *k)
{
	return sb_wall_ms(k->session);
}

/* ---- keeper.c ---- */

/* Answers with text, which is eaten; with words, or nothing at all (NULL). */
void acs_answer(struct acs_keeper *k, struct sb_from from, struct acs_text *t);
/* The same with a text that is ready (malloc). */
void acs_give(struct acs_keeper *k, struct sb_from from, struct acs_octets *text);
void acs_refuse(struct acs_keeper *k, struct sb_from from, int status, const char *words);
/* The device that an ask is about; NULL: refused. */
struct acs_device *acs_asked_device(struct acs_keeper *k, const struct sb_message *m);
uint64_t acs_id_next(struct acs_keeper *k);
/* One that is taken. */
void acs_id_seen(struct acs_keeper *k, uint64_t id);

/* ---- keeper_commit.c ---- */

/* NULL without memory. Begins a transaction unless it is a read. */
struct acs_commit *acs_commit_new(struct acs_keeper *k, struct acs_device *device, bool is_read,
	void (*done)(struct acs_keeper *k, struct acs_commit *c, int status,
		const struct sb_store_rows *rows));
/* Each: an error is kept in the commit. */
void acs_commit_device(struct acs_commit *c, struct acs_device *device, bool is_whole);
void acs_commit_put(struct acs_commit *c, enum acs_kind kind, uint64_t id, struct sb_bytes head,
	struct sb_bytes body);
void acs_commit_del(struct acs_commit *c, enum acs_kind kind, uint64_t id);
/* The task's row; `before` is what it was before this commit. */
void acs_commit_task(struct acs_commit *c, struct acs_task *task, enum acs_task_state before);
/* Hands it over. `done` follows, before it returns when it says an error. */
int acs_commit_end(struct acs_keeper *k, struct acs_commit *c);
void acs_commit_read(struct acs_keeper *k, struct acs_commit *c, enum acs_kind kind, uint64_t id);
/* Nothing of it is done. */
void acs_commit_abandon(struct acs_keeper *k, struct acs_commit *c);
/* SB_MSG_STORE. */
void acs_commit_done(struct acs_keeper *k, const struct sb_message *m);
void acs_commits_fini(struct acs_keeper *k);
void acs_unpin(struct acs_keeper *k, struct acs_device *device);

/* ---- keeper_load.c ---- */

#define ACS_LOAD_REF 1

void acs_load_begin(struct acs_keeper *k);
bool acs_has_loaded(const struct acs_keeper *k);
void acs_load_page(struct acs_keeper *k, const struct sb_message *m);

/* ---- keeper_inform.c, keeper_work.c ---- */

void acs_keeper_inform(struct acs_keeper *k, struct sb_message *m);
/* Answers with what the device has to do next; the visit ends when that is nothing. */
void acs_work_next(struct acs_keeper *k, struct acs_device *device, struct sb_from from);
void acs_keeper_left(struct acs_keeper *k, const struct sb_message *m);
/* What ran when the session ended is tried again, by this commit. */
void acs_visit_lost(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device);
/* The same, and the visit ends. */
void acs_visit_over(struct acs_keeper *k, struct acs_device *device);
/* An Inform that waited is noted. */
void acs_inform_go_on(struct acs_keeper *k, struct acs_device *device);
void acs_inform_forget(struct acs_keeper *k, struct acs_device *device);
void acs_visit_end(struct acs_keeper *k, struct acs_device *device);

/* ---- keeper_script.c ---- */

void acs_keeper_script(struct acs_keeper *k, const struct sb_message *m);

/* ---- keeper_job.c ---- */

/* The beginning of what a job is given. */
struct acs_job {
	struct acs_device *device; /* pinned meanwhile */
	/* Takes the job. The device may have been deleted. */
	void (*done)(
		struct acs_keeper *k, struct acs_device *device, struct acs_job *job, int status);
};

/* Runs `work` on it, off the loop; `done` follows. Or an error: the job is the caller's still. */
int acs_job_begin(struct acs_keeper *k, struct acs_job *job, size_t size,
	int (*work)(void *job, size_t size), void (*release)(void *job));
/* SB_MSG_JOB. */
void acs_job_done(struct acs_keeper *k, struct sb_message *m);

/* ---- keeper_report.c ---- */

void acs_keeper_report(struct acs_keeper *k, struct sb_message *m);
/* The works that end by the updates that the commit has, in it. */
void acs_updates_end(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device);
/* Each is told what came of it. */
void acs_updates_answer(
	struct acs_keeper *k, struct acs_device *device, struct acs_update *first, int status);
/* Of a commit that has updates. */
void acs_updates_release(void *extra);

/* ---- keeper_docket.c ---- */

/* 0, SB_FULL, SB_ENOMEM. */
int acs_docket_add(struct acs_keeper *k, struct acs_device *device, struct acs_update *update);
void acs_docket_run(struct acs_keeper *k, struct acs_device *device);
void acs_docket_free(struct acs_device *device);

/* ---- keeper_ending.c ---- */

/* What came of the work of a visit, in this commit. What is packed of the result is taken; NULL, or
 * none: that of the report. */
void acs_work_ended(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const struct acs_report *report, struct acs_result *result);
/* The same of one task, which is in no visit. */
void acs_task_ended(struct acs_keeper *k, struct acs_commit *c, struct acs_task *task,
	const struct acs_report *report, struct acs_result *result);
/* A task ends; it is in no visit. */
void acs_task_end(struct acs_keeper *k, struct acs_commit *c, struct acs_task *task,
	enum acs_task_state state, char *ending);
/* An operation completes that a device was given: TransferComplete and its like. */
void acs_keeper_complete(struct acs_keeper *k, const struct sb_message *m);
/* Those that an Inform says are done. */
void acs_operations_inform(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const struct acs_inform *inform);

/* ---- keeper_queue.c ---- */

void acs_task_link(struct acs_keeper *k, struct acs_device *device, struct acs_task *task);
/* Out of its device, and freed. */
void acs_task_drop(struct acs_keeper *k, struct acs_task *task);
/* A commit with this task is durable, or has failed with `status`. */
void acs_task_settled(struct acs_keeper *k, struct acs_task *task, int status);
/* 0 and a task of the device, in this commit; errors as acs_task_new, SB_ELIMIT. */
int acs_task_queue(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	json_t *request, uint64_t preset, char *fault, size_t size);
/* What has expired, is too old, or is too many; waiters whose time is over. */
void acs_queue_tick(struct acs_keeper *k);
void acs_waiters_answer(struct acs_keeper *k, struct acs_task *task, int status);
/* `from` is answered when the task has ended, or that is over. 0 or SB_ENOMEM. */
int
acs_task_wait(struct acs_keeper *k, struct acs_task *task, struct sb_from from, uint32_t wait_ms);

/* ---- for people: keeper_tasks.c, keeper_retry.c, keeper_tell.c, keeper_devices.c, keeper_query.c,
 * keeper_faults.c ---- */

/* Answers with a task, as it is in memory; as its row's body says. */
void acs_task_answer(struct acs_keeper *k, struct sb_from from, const struct acs_task *task);
void acs_task_tell(struct acs_keeper *k, struct sb_from from, const struct acs_task *task,
	struct sb_bytes body);
/* NULL: the device has none of this id. */
struct acs_task *acs_task_find(const struct acs_device *device, uint64_t id);
/* The task that an ask is about; NULL: refused. */
struct acs_task *acs_asked_task(struct acs_keeper *k, const struct sb_message *m);
/* Queues a task and answers with it: at once, or when it has ended or the wait is over. */
void acs_task_make(struct acs_keeper *k, struct acs_device *device, json_t *request,
	struct sb_from from, uint32_t wait_ms);
void acs_ask_task_create(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_tasks(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_task(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_task_cancel(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_task_retry(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_devices(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_device(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_device_tags(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_device_delete(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_counts(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_parameters(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_faults(struct acs_keeper *k, const struct sb_message *m);
void acs_ask_fault_delete(struct acs_keeper *k, const struct sb_message *m);

/* Notes a fault, or that it was again, in this commit. */
void acs_fault_note(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const char *channel, const char *text, int64_t retry_ms);
void acs_fault_clear(
	struct acs_keeper *k, struct acs_commit *c, struct acs_device *device, const char *channel);
struct acs_fault *acs_fault_find(const struct acs_device *device, const char *channel);
int acs_fault_read(struct acs_keeper *k, const struct sb_store_row *row);
void acs_faults_free(struct acs_keeper *k, struct acs_device *device);
void acs_task_channel(char out[ACS_CHANNEL_MAX], const struct acs_task *task);

#define ACS_PRESETS_CHANNEL "presets"
#define ACS_SCRIPT_CHANNEL  "script"

/* {"channel": ..., "code": ..., "message": ..., "detail": ...} (malloc); NULL: no memory. */
char *
acs_fault_text(const char *channel, const char *code, const char *message, const char *detail);

/* ---- the whole ---- */

/* Frees a device with all it has. */
void acs_device_forget(struct acs_keeper *k, struct acs_device *device);

/* ---- keeper_events.c ---- */

/* Each: when this commit is durable. */
void acs_say_inform(struct acs_keeper *k, struct acs_commit *c, const struct acs_device *device);
/* It has ended. */
void acs_say_task(struct acs_keeper *k, struct acs_commit *c, const struct acs_task *task);
void acs_say_fault(struct acs_keeper *k, struct acs_commit *c, const struct acs_device *device,
	const struct acs_fault *fault);
void acs_sayings_end(struct acs_keeper *k, struct acs_commit *c, bool is_durable);

#endif
