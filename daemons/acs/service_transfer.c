/* Files to and from a device: of ours, by their name, or anybody's, by their URL. */
#include "core/error.h"
#include "daemons/acs/service_internal.h"

#include <stdlib.h>

#define FIRMWARE      "1 Firmware Upgrade Image"
#define CONFIGURATION "1 Vendor Configuration File"

/* Whose URL is known now. */
static int
file_find(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	const struct acs_service *service = run->service;

	if (acs_task_text(run, "url"))
		return 0;
	if (!service->file)
		return SB_ENOENT;
	return service->file(service->file_context, cwmp_core(c), cwmp_device(c), run->task);
}

static const char *
text_or(const struct acs_run *run, const char *name, const char *otherwise)
{
	const char *text = acs_task_text(run, name);

	return text ? text : otherwise;
}

static uint32_t
number_of(const struct acs_run *run, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(run->task, name));

	return number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

void
acs_download_begin(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);

	if (file_find(c)) {
		acs_work_failed(c, "there is no such file", false);
		return;
	}
	acs_work_call(c, CWMP_DOWNLOAD,
		&(union cwmp_body){.download = {
					   .command_key = text_or(run, "CommandKey", ""),
					   .file_type = text_or(run, "fileType", FIRMWARE),
					   .url = text_or(run, "url", ""),
					   .username = text_or(run, "username", ""),
					   .password = text_or(run, "password", ""),
					   .file_size = number_of(run, "fileSize"),
					   .target_file_name = text_or(run, "targetFileName", ""),
					   .delay_seconds = number_of(run, "delaySeconds"),
					   .success_url = "",
					   .failure_url = "",
				   }});
}

void
acs_upload_begin(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);

	if (file_find(c)) {
		acs_work_failed(c, "there is no place for the file", false);
		return;
	}
	acs_work_call(c, CWMP_UPLOAD,
		&(union cwmp_body){.upload = {
					   .command_key = text_or(run, "CommandKey", ""),
					   .file_type = text_or(run, "fileType", CONFIGURATION),
					   .url = text_or(run, "url", ""),
					   .username = text_or(run, "username", ""),
					   .password = text_or(run, "password", ""),
					   .delay_seconds = number_of(run, "delaySeconds"),
				   }});
}
