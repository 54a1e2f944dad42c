/* A task that runs a script by its name, in the session of its device. */
#include "core/error.h"
#include "daemons/acs/service_internal.h"

static void
script_ended(struct cwmp_session *c, const struct cwmp_script_end *script, void *context)
{
	struct acs_end end = {.outcome = ACS_OUTCOME_DONE, .reason = script->text};

	(void)context;
	acs_run_of(c)->script = NULL;
	/* Its session ended: the keeper is told by that. */
	if (script->status == SB_GONE)
		return;
	if (script->status == SB_EREMOTE && script->fault_code) {
		end.outcome = ACS_OUTCOME_FAULT;
		end.fault_code = script->fault_code;
	} else if (script->status) {
		end.outcome = ACS_OUTCOME_FAILED;
		end.may_retry = script->status == SB_ENOMEM;
	}
	acs_work_report(c, &end);
}

void
acs_script_begin(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	int err = SB_ENOENT;

	if (run->service->scripts)
		err = cwmp_script_start(&run->script, c, run->service->scripts,
			acs_task_text(run, "script"),
			(struct cwmp_script_done){script_ended, NULL});
	if (err == SB_ENOENT)
		acs_work_failed(c, "there is no such script", false);
	else if (err)
		acs_work_failed(c, sb_error_text(err), true);
}
