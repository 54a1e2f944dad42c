/* What would hold up the keeper runs off the loop; its device stays as long. */
#include "core/error.h"
#include "core/job.h"
#include "daemons/acs/keeper_internal.h"

int
acs_job_begin(struct acs_keeper *k, struct acs_job *job, size_t size,
	int (*work)(void *job, size_t size), void (*release)(void *job))
{
	uint64_t ref;
	int err = sb_job(k->session, work, SB_GIVE(job, size, release), 0, &ref);

	if (err)
		return err;
	job->device->pins++;
	k->jobs++;
	return 0;
}

void
acs_job_done(struct acs_keeper *k, struct sb_message *m)
{
	struct acs_job *job = sb_message_take(m);
	struct acs_device *device = job->device;

	k->jobs--;
	job->done(k, device, job, m->status);
	acs_unpin(k, device);
}
