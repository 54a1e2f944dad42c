/* The methods of an ACS, one function each. */
#include "protocols/cwmp/service.h"

/* The structs of message.h are the decoder's, too, and so not of const members: nothing here
 * writes. */
static struct cwmp_strings
strings_of(const char *const each[], size_t count)
{
	return (struct cwmp_strings){(const char **)(uintptr_t)each, count};
}

int
cwmp_get_rpc_methods(struct cwmp_session *c, struct cwmp_done done)
{
	return cwmp_call(c, CWMP_GET_RPC_METHODS, NULL, done);
}

int
cwmp_get_parameter_values(
	struct cwmp_session *c, const char *const names[], size_t n, struct cwmp_done done)
{
	const union cwmp_body body = {.get_parameter_values = {strings_of(names, n)}};

	return cwmp_call(c, CWMP_GET_PARAMETER_VALUES, &body, done);
}

int
cwmp_set_parameter_values(struct cwmp_session *c, const struct cwmp_parameter_value values[],
	size_t n, const char *parameter_key, struct cwmp_done done)
{
	const union cwmp_body body = {
		.set_parameter_values = {
			{(struct cwmp_parameter_value *)(uintptr_t)values, n}, parameter_key}};

	return cwmp_call(c, CWMP_SET_PARAMETER_VALUES, &body, done);
}

int
cwmp_get_parameter_names(
	struct cwmp_session *c, const char *path, bool next_level, struct cwmp_done done)
{
	const union cwmp_body body = {.get_parameter_names = {path, next_level}};

	return cwmp_call(c, CWMP_GET_PARAMETER_NAMES, &body, done);
}

int
cwmp_set_parameter_attributes(struct cwmp_session *c,
	const struct cwmp_set_parameter_attribute attributes[], size_t n, struct cwmp_done done)
{
	const union cwmp_body body = {
		.set_parameter_attributes = {
			{(struct cwmp_set_parameter_attribute *)(uintptr_t)attributes, n}}};

	return cwmp_call(c, CWMP_SET_PARAMETER_ATTRIBUTES, &body, done);
}

int
cwmp_get_parameter_attributes(
	struct cwmp_session *c, const char *const names[], size_t n, struct cwmp_done done)
{
	const union cwmp_body body = {.get_parameter_attributes = {strings_of(names, n)}};

	return cwmp_call(c, CWMP_GET_PARAMETER_ATTRIBUTES, &body, done);
}

int
cwmp_add_object(struct cwmp_session *c, const char *object_name, const char *parameter_key,
	struct cwmp_done done)
{
	const union cwmp_body body = {.object = {object_name, parameter_key}};

	return cwmp_call(c, CWMP_ADD_OBJECT, &body, done);
}

int
cwmp_delete_object(struct cwmp_session *c, const char *object_name, const char *parameter_key,
	struct cwmp_done done)
{
	const union cwmp_body body = {.object = {object_name, parameter_key}};

	return cwmp_call(c, CWMP_DELETE_OBJECT, &body, done);
}

int
cwmp_reboot(struct cwmp_session *c, const char *command_key, struct cwmp_done done)
{
	const union cwmp_body body = {.reboot = {command_key}};

	return cwmp_call(c, CWMP_REBOOT, &body, done);
}

int
cwmp_factory_reset(struct cwmp_session *c, struct cwmp_done done)
{
	return cwmp_call(c, CWMP_FACTORY_RESET, NULL, done);
}

int
cwmp_download(struct cwmp_session *c, const struct cwmp_download *download, struct cwmp_done done)
{
	const union cwmp_body body = {.download = *download};

	return cwmp_call(c, CWMP_DOWNLOAD, &body, done);
}

int
cwmp_upload(struct cwmp_session *c, const struct cwmp_upload *upload, struct cwmp_done done)
{
	const union cwmp_body body = {.upload = *upload};

	return cwmp_call(c, CWMP_UPLOAD, &body, done);
}

int
cwmp_schedule_inform(struct cwmp_session *c, uint32_t delay_seconds, const char *command_key,
	struct cwmp_done done)
{
	const union cwmp_body body = {.schedule_inform = {delay_seconds, command_key}};

	return cwmp_call(c, CWMP_SCHEDULE_INFORM, &body, done);
}

int
cwmp_get_queued_transfers(struct cwmp_session *c, struct cwmp_done done)
{
	return cwmp_call(c, CWMP_GET_QUEUED_TRANSFERS, NULL, done);
}

int
cwmp_get_all_queued_transfers(struct cwmp_session *c, struct cwmp_done done)
{
	return cwmp_call(c, CWMP_GET_ALL_QUEUED_TRANSFERS, NULL, done);
}

int
cwmp_schedule_download(struct cwmp_session *c, const struct cwmp_schedule_download *download,
	struct cwmp_done done)
{
	const union cwmp_body body = {.schedule_download = *download};

	return cwmp_call(c, CWMP_SCHEDULE_DOWNLOAD, &body, done);
}

int
cwmp_cancel_transfer(struct cwmp_session *c, const char *command_key, struct cwmp_done done)
{
	const union cwmp_body body = {.cancel_transfer = {command_key}};

	return cwmp_call(c, CWMP_CANCEL_TRANSFER, &body, done);
}

int
cwmp_change_du_state(struct cwmp_session *c, const struct cwmp_operation operations[], size_t n,
	const char *command_key, struct cwmp_done done)
{
	const union cwmp_body body = {
		.change_du_state = {
			{(struct cwmp_operation *)(uintptr_t)operations, n}, command_key}};

	return cwmp_call(c, CWMP_CHANGE_DU_STATE, &body, done);
}

int
cwmp_set_vouchers(
	struct cwmp_session *c, const char *const vouchers[], size_t n, struct cwmp_done done)
{
	const union cwmp_body body = {.set_vouchers = {strings_of(vouchers, n)}};

	return cwmp_call(c, CWMP_SET_VOUCHERS, &body, done);
}

int
cwmp_get_options(struct cwmp_session *c, const char *option_name, struct cwmp_done done)
{
	const union cwmp_body body = {.get_options = {option_name}};

	return cwmp_call(c, CWMP_GET_OPTIONS, &body, done);
}
