/* The files of the configuration's scripts, read again by a job. */
#include "core/error.h"
#include "core/job.h"
#include "daemons/acs/scripts_internal.h"

#include <errno.h>
#include <stdlib.h>

/* What the job works on: paths are the configuration's, which outlives it. */
struct reading {
	size_t count;
	struct {
		const char *path;
		char *text; /* NULL: it could not be read */
		size_t size;
		int error; /* errno */
	} each[];
};

static void
reading_free(void *memory)
{
	struct reading *reading = memory;

	for (size_t i = 0; i < reading->count; i++)
		free(reading->each[i].text);
	free(reading);
}

static int
read_all(void *memory, size_t size)
{
	struct reading *reading = memory;

	(void)size;
	for (size_t i = 0; i < reading->count; i++) {
		reading->each[i].text =
			acs_script_file_read(reading->each[i].path, &reading->each[i].size);
		reading->each[i].error = errno;
	}
	return 0;
}

static struct reading *
reading_new(const struct acs_scripts *scripts)
{
	struct reading *reading =
		calloc(1, sizeof(*reading) + scripts->text_count * sizeof(reading->each[0]));

	if (!reading)
		return NULL;
	reading->count = scripts->text_count;
	for (size_t i = 0; i < reading->count; i++)
		reading->each[i].path = scripts->texts[i].path;
	return reading;
}

void
acs_scripts_read_again(struct sb_session *s)
{
	struct acs_scripts_owner *owner = sb_state(s);
	struct reading *reading;
	int err;

	owner->reads_again = owner->reading != 0;
	if (owner->reading)
		return;
	reading = reading_new(owner->scripts);
	err = reading ? sb_job(s, read_all, SB_GIVE(reading, sizeof(*reading), reading_free), 0,
				&owner->reading)
		      : SB_ENOMEM;
	if (!err)
		return;
	owner->reading = 0;
	if (reading)
		reading_free(reading);
	SB_LOG(s, ERROR, "acs.scripts_failed", "error", SB_ERR(err));
}

/* Whether the script can be what is in its file now. */
static bool
is_fine(struct sb_session *s, const struct acs_script_text *script, const char *text, size_t size)
{
	const struct acs_scripts_owner *owner = sb_state(s);
	const struct cwmp_script_source source = {
		.name = script->file->name, .text = text, .size = size};
	struct cwmp_script_mistake mistake = {0};
	int err = cwmp_script_check(owner->scripts->scripts, &source, &mistake);

	if (err)
		SB_LOG(s, ERROR, "acs.scripts_failed", "script", SB_STR(script->file->name), "text",
			SB_STR(mistake.text), "error", SB_ERR(err));
	return !err;
}

/* A file that is not there any more, or is half written, leaves its script as it is: who saves one
 * may have taken it away for a moment. */
static void
take(struct sb_session *s, struct reading *reading)
{
	struct acs_scripts_owner *owner = sb_state(s);

	for (size_t i = 0; i < reading->count; i++) {
		struct acs_script_text *script = &owner->scripts->texts[i];

		if (!reading->each[i].text) {
			SB_LOG(s, ERROR, "acs.scripts_failed", "script", SB_STR(script->file->name),
				"error", SB_ERR(sb_error_from_errno(reading->each[i].error)));
			continue;
		}
		if (!is_fine(s, script, reading->each[i].text, reading->each[i].size))
			continue;
		free(script->text);
		script->text = reading->each[i].text;
		script->size = reading->each[i].size;
		reading->each[i].text = NULL;
	}
	(void)acs_scripts_load(s);
}

bool
acs_scripts_was_read(struct sb_session *s, struct sb_message *m)
{
	struct acs_scripts_owner *owner = sb_state(s);

	if (m->type != SB_MSG_JOB || m->ref != owner->reading)
		return false;
	owner->reading = 0;
	take(s, (struct reading *)(uintptr_t)m->data);
	if (owner->reads_again)
		acs_scripts_read_again(s);
	return true;
}
