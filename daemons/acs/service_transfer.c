/* Files to and from a device: of ours, by their name, or anybody's, by their URL. With that, and a
 * FileType, they are the RPCs of these names. */
#include "core/error.h"
#include "daemons/acs/service_internal.h"

#define FIRMWARE      "1 Firmware Upgrade Image"
#define CONFIGURATION "1 Vendor Configuration File"

static int
fill(struct cwmp_session *c, json_t *task, const char *file_type)
{
	const struct acs_service *service = acs_run_of(c)->service;
	int err = 0;

	if (!json_object_get(task, "URL"))
		err = service->file ? service->file(service->file_context, cwmp_core(c),
					      cwmp_device(c), task)
				    : SB_ENOENT;
	if (!err && !json_object_get(task, "FileType"))
		err = json_object_set_new(task, "FileType", json_string(file_type)) ? SB_ENOMEM : 0;
	return err;
}

const char *
acs_download_reason(int err)
{
	switch (err) {
	case SB_ENOENT:
		return "there is no such file";
	case SB_ECONFIG:
		return "it is not known where devices reach files: url of the section files";
	}
	return sb_error_text(err);
}

static void
transfer_begin(struct cwmp_session *c, const char *method, const char *file_type)
{
	struct acs_run *run = acs_run_of(c);
	int err = fill(c, run->task, file_type);

	if (!err && json_object_set_new(run->task, "method", json_string(method)))
		err = SB_ENOMEM;
	if (err)
		acs_work_failed(c, acs_download_reason(err), err == SB_ENOMEM || err == SB_AGAIN);
	else
		acs_rpc_begin(c);
}

int
acs_download_fill(struct cwmp_session *c, json_t *task)
{
	return fill(c, task, FIRMWARE);
}

void
acs_download_begin(struct cwmp_session *c)
{
	transfer_begin(c, "Download", FIRMWARE);
}

void
acs_upload_begin(struct cwmp_session *c)
{
	transfer_begin(c, "Upload", CONFIGURATION);
}
