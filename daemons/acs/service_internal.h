/* A session's work from the inside: what its files share. */
#ifndef ACS_SERVICE_INTERNAL_H
#define ACS_SERVICE_INTERNAL_H

#include "core/session.h"
#include "daemons/acs/rpc_json.h"
#include "daemons/acs/service.h"
#include "daemons/acs/session.h"
#include "protocols/cwmp/script.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define ACS_SEEN_MOST    4  /* reports of a session that are not durable yet */
#define ACS_CHANGES_MOST 48 /* the same, where one says what a script has changed */

struct acs_refresh;
struct acs_bring;

typedef void acs_library_answered(struct cwmp_script *script, const struct sb_message *m);

/* With each session, zeroed. */
struct acs_run {
	const struct acs_service *service;
	struct sb_address keeper;
	uint64_t inform_call, done_call, complete_call; /* 0: none is under way */
	struct acs_work *work;                          /* what is being done; NULL: nothing */
	json_t *task;                                   /* its text */
	struct acs_refresh *refresh;                    /* of that, each NULL when it is none */
	struct acs_bring *bring;
	struct cwmp_script *script;
	uint64_t library_call; /* of that script's; 0: none is under way */
	acs_library_answered *library_answered;
	bool library_is_one; /* it asked for one value */
	char *change;        /* what it asked of the device, as JSON, if that changes parameters */
	uint32_t seen;       /* reports that are not answered */
	int seen_error;      /* of one of them */
	bool is_visiting;    /* the keeper counts on us */
};

static inline struct acs_run *
acs_run_of(struct cwmp_session *c)
{
	return cwmp_state(c);
}

/* ---- service_work.c ---- */

/* Begins what there is to do, or finishes the session. */
void acs_work_begin(struct cwmp_session *c);
/* The work has ended. `o` NULL: without a device's answer. The texts may be NULL. */
struct acs_end {
	enum acs_outcome outcome;
	enum acs_learned learned;
	bool may_retry;
	uint32_t fault_code;
	uint32_t batch;
	const char *request, *result, *reason;
	struct cwmp_envelope *envelope; /* taken */
};
void acs_work_report(struct cwmp_session *c, const struct acs_end *end);
/* Something was learned of parameters on the way; the envelope is taken. False: it could not be
 * said, and the session is aborted. */
bool acs_work_seen(struct cwmp_session *c, enum acs_learned learned, const char *request,
	struct cwmp_envelope *envelope);
/* The same of what a device says to others than its work: not more at once than the keeper should
 * have waiting; what is left out is read again some day. */
void acs_work_overheard(struct cwmp_session *c, const struct cwmp_envelope *response);
/* For each step: whether there may be another one now; if not, acs_work_go_on comes. */
bool acs_work_may_go_on(struct cwmp_session *c);
void acs_work_go_on(struct cwmp_session *c);
/* The work failed by itself. */
void acs_work_failed(struct cwmp_session *c, const char *reason, bool may_retry);
/* It failed by what a device answered, or did not. */
void acs_work_refused(struct cwmp_session *c, const struct cwmp_outcome *o);
/* An RPC whose answer ends the work. */
void acs_work_call(struct cwmp_session *c, enum cwmp_method method, const union cwmp_body *body);
/* The same for the RPC that the task is. */
void acs_rpc_begin(struct cwmp_session *c);
/* What a response says of parameters. */
enum acs_learned acs_learned_by(enum cwmp_method method);
/* 0, or what the fault says: its code. */
uint32_t acs_fault_code(const struct cwmp_outcome *o);
void acs_work_free(struct acs_run *run);

static inline const char *
acs_task_text(const struct acs_run *run, const char *name)
{
	return json_string_value(json_object_get(run->task, name));
}

/* ---- service_transfer.c, service_script.c ---- */

void acs_download_begin(struct cwmp_session *c);
/* What a Download lacks that names a file of ours. 0; SB_ENOENT: there is no such file. */
int acs_download_fill(struct cwmp_session *c, json_t *task);
const char *acs_download_reason(int err);
void acs_upload_begin(struct cwmp_session *c);
void acs_script_begin(struct cwmp_session *c);
/* Begins the script that this session has by its filter. False: there is none, or it could not be
 * begun. */
bool acs_script_first(struct cwmp_session *c);
/* A script asks something of the device: kept until that is answered, if it changes parameters. */
void acs_script_asks(struct cwmp_session *c, enum cwmp_method method, const union cwmp_body *body);
/* The device has answered it: what that says of parameters is told to the keeper. */
void acs_script_is_told(struct cwmp_session *c, const struct cwmp_envelope *response);

/* ---- service_library.c ---- */

/* What a script has asked is answered. */
void acs_library_reply(struct cwmp_session *c, const struct sb_message *m);

/* ---- service_bring.c: setParameters and presets ---- */

void acs_bring_begin(struct cwmp_session *c);
void acs_bring_free(struct acs_bring *bring);

/* ---- service_refresh.c ---- */

void acs_refresh_begin(struct cwmp_session *c);
void acs_refresh_step(struct cwmp_session *c);
void acs_refresh_free(struct acs_refresh *refresh);

#endif
