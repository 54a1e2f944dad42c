/*
 * Functions on the work pool, for what would block a shard. The payload travels
 * inside the envelope that will be the answer, so that a job that was begun needs
 * no memory to end; nothing of the session is touched from the pool's thread,
 * which knows it by its address only.
 */
#include "core/job.h"

#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/work_internal.h"

struct job {
	struct sb_work work; /* first */
	struct sb_work_gate *gate;
	int (*function)(void *data, size_t size);
	struct sb_envelope *answer; /* holds the payload */
	int status;
};

/* On the pool's thread, as `done` is. */
static void
run(struct sb_work *work)
{
	struct job *job = (struct job *)work;
	struct sb_message *m = &job->answer->message;

	job->status = job->function((void *)(uintptr_t)m->data, m->size);
}

/* Who asked gets the payload, or, having given up waiting, has it released by the core. */
static void
done(struct sb_work *work)
{
	struct job *job = (struct job *)work;
	const struct sb_env *env = job->gate->env;
	struct sb_envelope *answer = job->answer;
	struct sb_node *node = sb_work_gate_enter(job->gate);

	answer->message.status = job->status;
	if (node)
		sb_envelope_send(node, NULL, answer);
	sb_work_gate_leave(job->gate);
	if (!node) {
		answer->release((void *)(uintptr_t)answer->message.data);
		env->release(env->context, answer);
	}
	env->release(env->context, job);
}

/* The answer's memory is taken now: a job that was begun is always answered. */
static struct job *
job_new(struct sb_session *s, int (*function)(void *data, size_t size), struct sb_payload payload,
	uint64_t ref)
{
	struct sb_shard *shard = s->shard;
	struct job *job = sb_shard_allocate(shard, sizeof(*job));

	if (!job)
		return NULL;
	*job = (struct job){.work = {.run = run, .done = done}, .function = function};
	job->answer = sb_answer_new(
		shard->env, NULL, (struct sb_from){s->self, ref}, SB_MSG_JOB, payload);
	if (!job->answer) {
		sb_shard_release(shard, job);
		return NULL;
	}
	job->gate = sb_work_gate_use(shard->node->work_gate);
	return job;
}

/* The payload stays the caller's. */
static void
job_free(struct sb_session *s, struct job *job)
{
	sb_work_gate_drop(job->gate);
	sb_shard_release(s->shard, job->answer);
	sb_shard_release(s->shard, job);
}

static int
submit(struct sb_session *s, struct job *job)
{
	const struct sb_env *env = s->shard->env;
	struct sb_work_gate *gate = job->gate;
	int err = env->work_submit(env->context, &job->work);

	/* On success the job may be gone already. */
	sb_counter_add(err ? gate->refused : gate->jobs, s->shard->index, 1);
	if (err)
		job_free(s, job);
	return err;
}

int
sb_job(struct sb_session *s, int (*work)(void *data, size_t size), struct sb_payload payload,
	uint32_t deadline_ms, uint64_t *ref)
{
	static const struct sb_address nobody;
	struct job *job;
	int err;

	/* A copied payload could not come back to the asker. */
	if (!work || !payload.release)
		return SB_EINVAL;
	if (!sb_session_is_open(s))
		return SB_GONE;
	err = sb_request_open(s, SB_REQUEST_JOB, deadline_ms, nobody, ref);
	if (err)
		return err;
	job = job_new(s, work, payload, *ref);
	err = job ? submit(s, job) : SB_ENOMEM;
	if (err)
		sb_request_close(s, *ref, NULL);
	return err;
}
