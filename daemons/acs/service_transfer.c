/* Files to and from a device: of ours, by their name, or anybody's, by their URL. With that, and a
 * FileType, they are the RPCs of these names. */
#include "core/error.h"
#include "daemons/acs/service_internal.h"

#define FIRMWARE      "1 Firmware Upgrade Image"
#define CONFIGURATION "1 Vendor Configuration File"

/* Whose URL is known now. */
static int
file_find(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	const struct acs_service *service = run->service;

	if (acs_task_text(run, "URL"))
		return 0;
	if (!service->file)
		return SB_ENOENT;
	return service->file(service->file_context, cwmp_core(c), cwmp_device(c), run->task);
}

static void
transfer_begin(struct cwmp_session *c, const char *method, const char *file_type)
{
	struct acs_run *run = acs_run_of(c);
	int err = file_find(c);

	if (!err && !json_object_get(run->task, "FileType"))
		err = json_object_set_new(run->task, "FileType", json_string(file_type));
	if (!err)
		err = json_object_set_new(run->task, "method", json_string(method));
	if (err)
		acs_work_failed(c, "there is no such file", false);
	else
		acs_rpc_begin(c);
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
