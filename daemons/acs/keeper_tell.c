/* A task as people read it. What is packed of its result becomes JSON in a job: that may be long.
 */
#include "core/error.h"
#include "daemons/acs/keeper_internal.h"

#include <stdlib.h>

struct telling {
	struct acs_job job;
	struct sb_from from;
	struct acs_octets packed;
	struct acs_text text; /* all before the result */
	struct acs_octets answer;
};

static void
telling_free(void *telling)
{
	struct telling *t = telling;

	acs_octets_free(&t->packed);
	acs_text_fini(&t->text);
	acs_octets_free(&t->answer);
	free(t);
}

static int
telling_work(void *telling, size_t size)
{
	struct telling *t = telling;
	int err;

	(void)size;
	acs_text_add(&t->text, ",\"result\":");
	err = acs_result_unpack(sb_bytes(t->packed.data, t->packed.size), &t->text);
	acs_text_add(&t->text, "}");
	return err ? err : acs_text_end(&t->text, &t->answer);
}

static void
told(struct acs_keeper *k, struct acs_device *device, struct acs_job *job, int status)
{
	struct telling *t = (struct telling *)job;
	struct acs_octets *text = &t->answer;

	(void)device;
	if (status)
		acs_refuse(k, t->from, status, NULL);
	else if (sb_reply(k->session, t->from, 0, SB_GIVE(text->data, text->size, free)) == 0)
		*text = (struct acs_octets){0};
	telling_free(t);
}

/* Takes the text. */
static int
tell_packed(struct acs_keeper *k, struct sb_from from, struct acs_device *device,
	struct acs_text *text, struct sb_bytes packed)
{
	struct telling *t = calloc(1, sizeof(*t));
	int err;

	if (!t) {
		acs_text_fini(text);
		return SB_ENOMEM;
	}
	t->job = (struct acs_job){device, told};
	t->from = from;
	t->text = *text;
	err = t->text.failed ? SB_ENOMEM : acs_octets_copy(&t->packed, packed);
	if (!err) {
		/* Its last brace comes behind the result. */
		t->text.size--;
		err = acs_job_begin(k, &t->job, sizeof(*t), telling_work, telling_free);
	}
	if (err)
		telling_free(t);
	return err;
}

void
acs_task_tell(struct acs_keeper *k, struct sb_from from, const struct acs_task *task,
	struct sb_bytes body)
{
	struct sb_bytes packed = acs_task_packed(body);
	struct acs_text text = {0};
	int err;

	acs_task_show(&text, task, body);
	if (!packed.size) {
		acs_answer(k, from, &text);
		return;
	}
	err = tell_packed(k, from, task->device, &text, packed);
	if (err)
		acs_refuse(k, from, err, NULL);
}

void
acs_task_answer(struct acs_keeper *k, struct sb_from from, const struct acs_task *task)
{
	struct acs_octets body = {0};

	if (task->request && acs_task_body(task, &body)) {
		acs_refuse(k, from, SB_ENOMEM, NULL);
		return;
	}
	acs_task_tell(k, from, task, sb_bytes(body.data, body.size));
	acs_octets_free(&body);
}
