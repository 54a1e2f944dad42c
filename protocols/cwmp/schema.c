#include "protocols/cwmp/schema.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Fields of a struct: the element's name, its member, and the XSD's bound. */
#define FIELD(S, element, member, kind, max, optional)                                   \
	{                                                                                \
		element, kind, optional, offsetof(struct S, member), max, 0, NULL, false \
	}
#define TEXT(S, element, member, max) FIELD(S, element, member, CWMP_FIELD_TEXT, max, false)
#define NAME(S, element, member, max)                                                           \
	{                                                                                       \
		element, CWMP_FIELD_TEXT, false, offsetof(struct S, member), max, 0, NULL, true \
	}
#define MAYBE(S, element, member, max) FIELD(S, element, member, CWMP_FIELD_TEXT, max, true)
#define UINT(S, element, member)       FIELD(S, element, member, CWMP_FIELD_UINT, 0, false)
#define INT(S, element, member)        FIELD(S, element, member, CWMP_FIELD_INT, 0, false)
#define BOOLEAN(S, element, member)    FIELD(S, element, member, CWMP_FIELD_BOOLEAN, 0, false)
#define DATE(S, element, member)       FIELD(S, element, member, CWMP_FIELD_DATE_TIME, 0, false)
#define NESTED(S, element, member, kind, most, shape)                                      \
	{                                                                                  \
		element, kind, false, offsetof(struct S, member), 0, most, &(shape), false \
	}
#define STRUCT(S, element, member, shape) NESTED(S, element, member, CWMP_FIELD_STRUCT, 0, shape)
#define ARRAY(S, element, member, most, shape) \
	NESTED(S, element, member, CWMP_FIELD_ARRAY, most, shape)
#define REPEATED(S, element, member, shape) \
	NESTED(S, element, member, CWMP_FIELD_REPEATED, 0, shape)

#define SHAPE(variable, S, name, list)              \
	static const struct cwmp_shape variable = { \
		name, name, false, sizeof(struct S), CWMP_FIELD_STRUCT, list, COUNT(list)}
#define BODY(variable, S, list) SHAPE(variable, S, NULL, list)

static const struct cwmp_shape string_shape = {
	"string", "string", true, sizeof(const char *), CWMP_FIELD_TEXT, NULL, 0};
static const struct cwmp_shape base64_shape = {
	"base64", "base64", true, sizeof(const char *), CWMP_FIELD_BASE64, NULL, 0};
static const struct cwmp_shape empty_shape = {NULL, NULL, false, 0, CWMP_FIELD_STRUCT, NULL, 0};

/* ---- structures ---- */

static const struct cwmp_field parameter_value_fields[] = {
	NAME(cwmp_parameter_value, "Name", name, 256),
	FIELD(cwmp_parameter_value, "Value", value, CWMP_FIELD_VALUE, 0, false),
};
SHAPE(parameter_value_shape, cwmp_parameter_value, "ParameterValueStruct", parameter_value_fields);

static const struct cwmp_field parameter_info_fields[] = {
	NAME(cwmp_parameter_info, "Name", name, 256),
	BOOLEAN(cwmp_parameter_info, "Writable", writable),
};
SHAPE(parameter_info_shape, cwmp_parameter_info, "ParameterInfoStruct", parameter_info_fields);

static const struct cwmp_field set_attribute_fields[] = {
	NAME(cwmp_set_parameter_attribute, "Name", name, 256),
	BOOLEAN(cwmp_set_parameter_attribute, "NotificationChange", notification_change),
	UINT(cwmp_set_parameter_attribute, "Notification", notification),
	BOOLEAN(cwmp_set_parameter_attribute, "AccessListChange", access_list_change),
	ARRAY(cwmp_set_parameter_attribute, "AccessList", access_list, 0, string_shape),
};
SHAPE(set_attribute_shape, cwmp_set_parameter_attribute, "SetParameterAttributesStruct",
	set_attribute_fields);

static const struct cwmp_field attribute_fields[] = {
	NAME(cwmp_parameter_attribute, "Name", name, 256),
	UINT(cwmp_parameter_attribute, "Notification", notification),
	ARRAY(cwmp_parameter_attribute, "AccessList", access_list, 0, string_shape),
};
SHAPE(attribute_shape, cwmp_parameter_attribute, "ParameterAttributeStruct", attribute_fields);

static const struct cwmp_field device_id_fields[] = {
	NAME(cwmp_device_id, "Manufacturer", manufacturer, 64),
	NAME(cwmp_device_id, "OUI", oui, 6),
	NAME(cwmp_device_id, "ProductClass", product_class, 64),
	NAME(cwmp_device_id, "SerialNumber", serial_number, 64),
};
SHAPE(device_id_shape, cwmp_device_id, "DeviceIdStruct", device_id_fields);

static const struct cwmp_field event_fields[] = {
	NAME(cwmp_event, "EventCode", event_code, 64),
	TEXT(cwmp_event, "CommandKey", command_key, 32),
};
SHAPE(event_shape, cwmp_event, "EventStruct", event_fields);

static const struct cwmp_field fault_struct_fields[] = {
	UINT(cwmp_fault_struct, "FaultCode", fault_code),
	TEXT(cwmp_fault_struct, "FaultString", fault_string, 256),
};
SHAPE(fault_struct_shape, cwmp_fault_struct, "FaultStruct", fault_struct_fields);

static const struct cwmp_field time_window_fields[] = {
	UINT(cwmp_time_window, "WindowStart", window_start),
	UINT(cwmp_time_window, "WindowEnd", window_end),
	TEXT(cwmp_time_window, "WindowMode", window_mode, 64),
	TEXT(cwmp_time_window, "UserMessage", user_message, 256),
	INT(cwmp_time_window, "MaxRetries", max_retries),
};
SHAPE(time_window_shape, cwmp_time_window, "TimeWindowStruct", time_window_fields);

static const struct cwmp_field queued_transfer_fields[] = {
	TEXT(cwmp_queued_transfer, "CommandKey", command_key, 32),
	UINT(cwmp_queued_transfer, "State", state),
};
SHAPE(queued_transfer_shape, cwmp_queued_transfer, "QueuedTransferStruct", queued_transfer_fields);

static const struct cwmp_field all_queued_transfer_fields[] = {
	TEXT(cwmp_all_queued_transfer, "CommandKey", command_key, 32),
	UINT(cwmp_all_queued_transfer, "State", state),
	BOOLEAN(cwmp_all_queued_transfer, "IsDownload", is_download),
	TEXT(cwmp_all_queued_transfer, "FileType", file_type, 64),
	UINT(cwmp_all_queued_transfer, "FileSize", file_size),
	TEXT(cwmp_all_queued_transfer, "TargetFileName", target_file_name, 256),
};
SHAPE(all_queued_transfer_shape, cwmp_all_queued_transfer, "AllQueuedTransferStruct",
	all_queued_transfer_fields);

static const struct cwmp_field option_fields[] = {
	TEXT(cwmp_option, "OptionName", option_name, 64),
	UINT(cwmp_option, "VoucherSN", voucher_sn),
	TEXT(cwmp_option, "State", state, 0),
	TEXT(cwmp_option, "Mode", mode, 0),
	DATE(cwmp_option, "StartDate", start_date),
	FIELD(cwmp_option, "ExpirationDate", expiration_date, CWMP_FIELD_DATE_TIME, 0, true),
	TEXT(cwmp_option, "IsTransferable", is_transferable, 0),
};
SHAPE(option_shape, cwmp_option, "OptionStruct", option_fields);

static const struct cwmp_field arg_fields[] = {
	TEXT(cwmp_arg, "Name", name, 64),
	TEXT(cwmp_arg, "Value", value, 256),
};
SHAPE(arg_shape, cwmp_arg, "ArgStruct", arg_fields);

static const struct cwmp_field install_fields[] = {
	TEXT(cwmp_operation, "URL", url, 1024),
	MAYBE(cwmp_operation, "UUID", uuid, 36),
	MAYBE(cwmp_operation, "Username", username, 256),
	MAYBE(cwmp_operation, "Password", password, 256),
	MAYBE(cwmp_operation, "ExecutionEnvRef", execution_env_ref, 0),
};
SHAPE(install_shape, cwmp_operation, "InstallOpStruct", install_fields);

static const struct cwmp_field update_fields[] = {
	MAYBE(cwmp_operation, "UUID", uuid, 36),
	MAYBE(cwmp_operation, "Version", version, 32),
	MAYBE(cwmp_operation, "URL", url, 1024),
	MAYBE(cwmp_operation, "Username", username, 256),
	MAYBE(cwmp_operation, "Password", password, 256),
};
SHAPE(update_shape, cwmp_operation, "UpdateOpStruct", update_fields);

static const struct cwmp_field uninstall_fields[] = {
	TEXT(cwmp_operation, "UUID", uuid, 36),
	MAYBE(cwmp_operation, "Version", version, 32),
	MAYBE(cwmp_operation, "ExecutionEnvRef", execution_env_ref, 0),
};
SHAPE(uninstall_shape, cwmp_operation, "UninstallOpStruct", uninstall_fields);

static const struct cwmp_shape operation_shape = {"OperationStruct", "Operations", false,
	sizeof(struct cwmp_operation), CWMP_FIELD_STRUCT, NULL, 0};

#define RESULT_FIELDS                                                                            \
	TEXT(cwmp_operation_result, "UUID", uuid, 36),                                           \
		TEXT(cwmp_operation_result, "DeploymentUnitRef", deployment_unit_ref, 0),        \
		TEXT(cwmp_operation_result, "Version", version, 32),                             \
		TEXT(cwmp_operation_result, "CurrentState", current_state, 0),                   \
		BOOLEAN(cwmp_operation_result, "Resolved", resolved),                            \
		TEXT(cwmp_operation_result, "ExecutionUnitRefList", execution_unit_ref_list, 0), \
		DATE(cwmp_operation_result, "StartTime", start_time),                            \
		DATE(cwmp_operation_result, "CompleteTime", complete_time),                      \
		STRUCT(cwmp_operation_result, "Fault", fault, fault_struct_shape)

static const struct cwmp_field result_fields[] = {RESULT_FIELDS};
SHAPE(result_shape, cwmp_operation_result, "OpResultStruct", result_fields);

static const struct cwmp_field autonomous_result_fields[] = {
	RESULT_FIELDS,
	TEXT(cwmp_operation_result, "OperationPerformed", operation_performed, 0),
};
SHAPE(autonomous_result_shape, cwmp_operation_result, "AutonOpResultStruct",
	autonomous_result_fields);

static const struct cwmp_field set_parameter_fault_fields[] = {
	NAME(cwmp_set_parameter_fault, "ParameterName", parameter_name, 256),
	UINT(cwmp_set_parameter_fault, "FaultCode", fault_code),
	TEXT(cwmp_set_parameter_fault, "FaultString", fault_string, 256),
};
SHAPE(set_parameter_fault_shape, cwmp_set_parameter_fault, "SetParameterValuesFault",
	set_parameter_fault_fields);

static const struct cwmp_field fault_fields[] = {
	UINT(cwmp_fault, "FaultCode", fault_code),
	TEXT(cwmp_fault, "FaultString", fault_string, 256),
	REPEATED(cwmp_fault, "SetParameterValuesFault", set_parameter_values_fault,
		set_parameter_fault_shape),
};
SHAPE(fault_shape, cwmp_fault, "Fault", fault_fields);

static const struct cwmp_field header_fields[] = {
	MAYBE(cwmp_header, "ID", id, 0),
	FIELD(cwmp_header, "HoldRequests", hold_requests, CWMP_FIELD_BOOLEAN, 0, true),
	FIELD(cwmp_header, "NoMoreRequests", no_more_requests, CWMP_FIELD_BOOLEAN, 0, true),
	FIELD(cwmp_header, "SessionTimeout", session_timeout, CWMP_FIELD_UINT, 0, true),
	MAYBE(cwmp_header, "SupportedCWMPVersions", supported_cwmp_versions, 0),
	MAYBE(cwmp_header, "UseCWMPVersion", use_cwmp_version, 0),
};
BODY(header_shape, cwmp_header, header_fields);

/* ---- requests ---- */

static const struct cwmp_field set_parameter_values_fields[] = {
	ARRAY(cwmp_set_parameter_values, "ParameterList", parameter_list, 0, parameter_value_shape),
	TEXT(cwmp_set_parameter_values, "ParameterKey", parameter_key, 32),
};
BODY(set_parameter_values_body, cwmp_set_parameter_values, set_parameter_values_fields);

static const struct cwmp_field parameter_names_fields[] = {
	ARRAY(cwmp_get_parameter_values, "ParameterNames", parameter_names, 0, string_shape),
};
BODY(parameter_names_body, cwmp_get_parameter_values, parameter_names_fields);

static const struct cwmp_field get_parameter_names_fields[] = {
	TEXT(cwmp_get_parameter_names, "ParameterPath", parameter_path, 256),
	BOOLEAN(cwmp_get_parameter_names, "NextLevel", next_level),
};
BODY(get_parameter_names_body, cwmp_get_parameter_names, get_parameter_names_fields);

static const struct cwmp_field set_parameter_attributes_fields[] = {
	ARRAY(cwmp_set_parameter_attributes, "ParameterList", parameter_list, 0,
		set_attribute_shape),
};
BODY(set_parameter_attributes_body, cwmp_set_parameter_attributes, set_parameter_attributes_fields);

static const struct cwmp_field object_fields[] = {
	TEXT(cwmp_object, "ObjectName", object_name, 256),
	TEXT(cwmp_object, "ParameterKey", parameter_key, 32),
};
BODY(object_body, cwmp_object, object_fields);

static const struct cwmp_field reboot_fields[] = {
	TEXT(cwmp_reboot, "CommandKey", command_key, 32),
};
BODY(reboot_body, cwmp_reboot, reboot_fields);

static const struct cwmp_field download_fields[] = {
	TEXT(cwmp_download, "CommandKey", command_key, 32),
	TEXT(cwmp_download, "FileType", file_type, 64),
	TEXT(cwmp_download, "URL", url, 256),
	TEXT(cwmp_download, "Username", username, 256),
	TEXT(cwmp_download, "Password", password, 256),
	UINT(cwmp_download, "FileSize", file_size),
	TEXT(cwmp_download, "TargetFileName", target_file_name, 256),
	UINT(cwmp_download, "DelaySeconds", delay_seconds),
	TEXT(cwmp_download, "SuccessURL", success_url, 256),
	TEXT(cwmp_download, "FailureURL", failure_url, 256),
};
BODY(download_body, cwmp_download, download_fields);

static const struct cwmp_field upload_fields[] = {
	TEXT(cwmp_upload, "CommandKey", command_key, 32),
	TEXT(cwmp_upload, "FileType", file_type, 64),
	TEXT(cwmp_upload, "URL", url, 256),
	TEXT(cwmp_upload, "Username", username, 256),
	TEXT(cwmp_upload, "Password", password, 256),
	UINT(cwmp_upload, "DelaySeconds", delay_seconds),
};
BODY(upload_body, cwmp_upload, upload_fields);

static const struct cwmp_field schedule_inform_fields[] = {
	UINT(cwmp_schedule_inform, "DelaySeconds", delay_seconds),
	TEXT(cwmp_schedule_inform, "CommandKey", command_key, 32),
};
BODY(schedule_inform_body, cwmp_schedule_inform, schedule_inform_fields);

static const struct cwmp_field schedule_download_fields[] = {
	TEXT(cwmp_schedule_download, "CommandKey", command_key, 32),
	TEXT(cwmp_schedule_download, "FileType", file_type, 64),
	TEXT(cwmp_schedule_download, "URL", url, 256),
	TEXT(cwmp_schedule_download, "Username", username, 256),
	TEXT(cwmp_schedule_download, "Password", password, 256),
	UINT(cwmp_schedule_download, "FileSize", file_size),
	TEXT(cwmp_schedule_download, "TargetFileName", target_file_name, 256),
	ARRAY(cwmp_schedule_download, "TimeWindowList", time_window_list, 2, time_window_shape),
};
BODY(schedule_download_body, cwmp_schedule_download, schedule_download_fields);

static const struct cwmp_field cancel_transfer_fields[] = {
	TEXT(cwmp_cancel_transfer, "CommandKey", command_key, 32),
};
BODY(cancel_transfer_body, cwmp_cancel_transfer, cancel_transfer_fields);

static const struct cwmp_field change_du_state_fields[] = {
	REPEATED(cwmp_change_du_state, "Operations", operations, operation_shape),
	TEXT(cwmp_change_du_state, "CommandKey", command_key, 32),
};
BODY(change_du_state_body, cwmp_change_du_state, change_du_state_fields);

static const struct cwmp_field set_vouchers_fields[] = {
	ARRAY(cwmp_set_vouchers, "VoucherList", voucher_list, 0, base64_shape),
};
BODY(set_vouchers_body, cwmp_set_vouchers, set_vouchers_fields);

static const struct cwmp_field get_options_fields[] = {
	TEXT(cwmp_get_options, "OptionName", option_name, 64),
};
BODY(get_options_body, cwmp_get_options, get_options_fields);

static const struct cwmp_field inform_fields[] = {
	STRUCT(cwmp_inform, "DeviceId", device_id, device_id_shape),
	ARRAY(cwmp_inform, "Event", event, 64, event_shape),
	UINT(cwmp_inform, "MaxEnvelopes", max_envelopes),
	DATE(cwmp_inform, "CurrentTime", current_time),
	UINT(cwmp_inform, "RetryCount", retry_count),
	ARRAY(cwmp_inform, "ParameterList", parameter_list, 0, parameter_value_shape),
};
BODY(inform_body, cwmp_inform, inform_fields);

static const struct cwmp_field transfer_complete_fields[] = {
	TEXT(cwmp_transfer_complete, "CommandKey", command_key, 32),
	STRUCT(cwmp_transfer_complete, "FaultStruct", fault_struct, fault_struct_shape),
	DATE(cwmp_transfer_complete, "StartTime", start_time),
	DATE(cwmp_transfer_complete, "CompleteTime", complete_time),
};
BODY(transfer_complete_body, cwmp_transfer_complete, transfer_complete_fields);

static const struct cwmp_field autonomous_transfer_complete_fields[] = {
	TEXT(cwmp_autonomous_transfer_complete, "AnnounceURL", announce_url, 1024),
	TEXT(cwmp_autonomous_transfer_complete, "TransferURL", transfer_url, 1024),
	BOOLEAN(cwmp_autonomous_transfer_complete, "IsDownload", is_download),
	TEXT(cwmp_autonomous_transfer_complete, "FileType", file_type, 64),
	UINT(cwmp_autonomous_transfer_complete, "FileSize", file_size),
	TEXT(cwmp_autonomous_transfer_complete, "TargetFileName", target_file_name, 256),
	STRUCT(cwmp_autonomous_transfer_complete, "FaultStruct", fault_struct, fault_struct_shape),
	DATE(cwmp_autonomous_transfer_complete, "StartTime", start_time),
	DATE(cwmp_autonomous_transfer_complete, "CompleteTime", complete_time),
};
BODY(autonomous_transfer_complete_body, cwmp_autonomous_transfer_complete,
	autonomous_transfer_complete_fields);

static const struct cwmp_field request_download_fields[] = {
	TEXT(cwmp_request_download, "FileType", file_type, 64),
	ARRAY(cwmp_request_download, "FileTypeArg", file_type_arg, 16, arg_shape),
};
BODY(request_download_body, cwmp_request_download, request_download_fields);

static const struct cwmp_field kicked_fields[] = {
	TEXT(cwmp_kicked, "Command", command, 32),
	TEXT(cwmp_kicked, "Referer", referer, 64),
	TEXT(cwmp_kicked, "Arg", arg, 256),
	TEXT(cwmp_kicked, "Next", next, 1024),
};
BODY(kicked_body, cwmp_kicked, kicked_fields);

static const struct cwmp_field du_state_change_complete_fields[] = {
	REPEATED(cwmp_du_state_change_complete, "Results", results, result_shape),
	TEXT(cwmp_du_state_change_complete, "CommandKey", command_key, 32),
};
BODY(du_state_change_complete_body, cwmp_du_state_change_complete, du_state_change_complete_fields);

static const struct cwmp_field autonomous_du_state_change_complete_fields[] = {
	REPEATED(cwmp_du_state_change_complete, "Results", results, autonomous_result_shape),
};
BODY(autonomous_du_state_change_complete_body, cwmp_du_state_change_complete,
	autonomous_du_state_change_complete_fields);

/* ---- responses ---- */

static const struct cwmp_field method_list_fields[] = {
	ARRAY(cwmp_method_list, "MethodList", method_list, 0, string_shape),
};
BODY(method_list_body, cwmp_method_list, method_list_fields);

static const struct cwmp_field parameter_value_list_fields[] = {
	ARRAY(cwmp_parameter_value_list, "ParameterList", parameter_list, 0, parameter_value_shape),
};
BODY(parameter_value_list_body, cwmp_parameter_value_list, parameter_value_list_fields);

static const struct cwmp_field parameter_info_list_fields[] = {
	ARRAY(cwmp_parameter_info_list, "ParameterList", parameter_list, 0, parameter_info_shape),
};
BODY(parameter_info_list_body, cwmp_parameter_info_list, parameter_info_list_fields);

static const struct cwmp_field parameter_attribute_list_fields[] = {
	ARRAY(cwmp_parameter_attribute_list, "ParameterList", parameter_list, 0, attribute_shape),
};
BODY(parameter_attribute_list_body, cwmp_parameter_attribute_list, parameter_attribute_list_fields);

static const struct cwmp_field add_object_response_fields[] = {
	UINT(cwmp_add_object_response, "InstanceNumber", instance_number),
	UINT(cwmp_add_object_response, "Status", status),
};
BODY(add_object_response_body, cwmp_add_object_response, add_object_response_fields);

static const struct cwmp_field status_response_fields[] = {
	UINT(cwmp_status_response, "Status", status),
};
BODY(status_response_body, cwmp_status_response, status_response_fields);

static const struct cwmp_field transfer_response_fields[] = {
	UINT(cwmp_transfer_response, "Status", status),
	DATE(cwmp_transfer_response, "StartTime", start_time),
	DATE(cwmp_transfer_response, "CompleteTime", complete_time),
};
BODY(transfer_response_body, cwmp_transfer_response, transfer_response_fields);

static const struct cwmp_field queued_transfer_list_fields[] = {
	ARRAY(cwmp_queued_transfer_list, "TransferList", transfer_list, 16, queued_transfer_shape),
};
BODY(queued_transfer_list_body, cwmp_queued_transfer_list, queued_transfer_list_fields);

static const struct cwmp_field all_queued_transfer_list_fields[] = {
	ARRAY(cwmp_all_queued_transfer_list, "TransferList", transfer_list, 16,
		all_queued_transfer_shape),
};
BODY(all_queued_transfer_list_body, cwmp_all_queued_transfer_list, all_queued_transfer_list_fields);

static const struct cwmp_field option_list_fields[] = {
	ARRAY(cwmp_option_list, "OptionList", option_list, 0, option_shape),
};
BODY(option_list_body, cwmp_option_list, option_list_fields);

static const struct cwmp_field inform_response_fields[] = {
	UINT(cwmp_inform_response, "MaxEnvelopes", max_envelopes),
};
BODY(inform_response_body, cwmp_inform_response, inform_response_fields);

static const struct cwmp_field kicked_response_fields[] = {
	TEXT(cwmp_kicked_response, "NextURL", next_url, 1024),
};
BODY(kicked_response_body, cwmp_kicked_response, kicked_response_fields);

/* ---- methods ---- */

#define ACS    CWMP_SENT_BY_ACS
#define CPE    CWMP_SENT_BY_CPE
#define EITHER (CWMP_SENT_BY_ACS | CWMP_SENT_BY_CPE)

static const struct cwmp_method_schema methods[CWMP_METHOD_COUNT] = {
	[CWMP_GET_RPC_METHODS] = {"GetRPCMethods", EITHER, CWMP_1_0, &empty_shape,
		&method_list_body},
	[CWMP_SET_PARAMETER_VALUES] = {"SetParameterValues", ACS, CWMP_1_0,
		&set_parameter_values_body, &status_response_body},
	[CWMP_GET_PARAMETER_VALUES] = {"GetParameterValues", ACS, CWMP_1_0, &parameter_names_body,
		&parameter_value_list_body},
	[CWMP_GET_PARAMETER_NAMES] = {"GetParameterNames", ACS, CWMP_1_0, &get_parameter_names_body,
		&parameter_info_list_body},
	[CWMP_SET_PARAMETER_ATTRIBUTES] = {"SetParameterAttributes", ACS, CWMP_1_0,
		&set_parameter_attributes_body, &empty_shape},
	[CWMP_GET_PARAMETER_ATTRIBUTES] = {"GetParameterAttributes", ACS, CWMP_1_0,
		&parameter_names_body, &parameter_attribute_list_body},
	[CWMP_ADD_OBJECT] = {"AddObject", ACS, CWMP_1_0, &object_body, &add_object_response_body},
	[CWMP_DELETE_OBJECT] = {"DeleteObject", ACS, CWMP_1_0, &object_body, &status_response_body},
	[CWMP_REBOOT] = {"Reboot", ACS, CWMP_1_0, &reboot_body, &empty_shape},
	[CWMP_DOWNLOAD] = {"Download", ACS, CWMP_1_0, &download_body, &transfer_response_body},
	[CWMP_UPLOAD] = {"Upload", ACS, CWMP_1_0, &upload_body, &transfer_response_body},
	[CWMP_FACTORY_RESET] = {"FactoryReset", ACS, CWMP_1_0, &empty_shape, &empty_shape},
	[CWMP_SCHEDULE_INFORM] = {"ScheduleInform", ACS, CWMP_1_0, &schedule_inform_body,
		&empty_shape},
	[CWMP_GET_QUEUED_TRANSFERS] = {"GetQueuedTransfers", ACS, CWMP_1_0, &empty_shape,
		&queued_transfer_list_body},
	[CWMP_GET_ALL_QUEUED_TRANSFERS] = {"GetAllQueuedTransfers", ACS, CWMP_1_1, &empty_shape,
		&all_queued_transfer_list_body},
	[CWMP_SCHEDULE_DOWNLOAD] = {"ScheduleDownload", ACS, CWMP_1_2, &schedule_download_body,
		&empty_shape},
	[CWMP_CANCEL_TRANSFER] = {"CancelTransfer", ACS, CWMP_1_2, &cancel_transfer_body,
		&empty_shape},
	[CWMP_CHANGE_DU_STATE] = {"ChangeDUState", ACS, CWMP_1_2, &change_du_state_body,
		&empty_shape},
	[CWMP_SET_VOUCHERS] = {"SetVouchers", ACS, CWMP_1_0, &set_vouchers_body, &empty_shape},
	[CWMP_GET_OPTIONS] = {"GetOptions", ACS, CWMP_1_0, &get_options_body, &option_list_body},
	[CWMP_INFORM] = {"Inform", CPE, CWMP_1_0, &inform_body, &inform_response_body},
	[CWMP_TRANSFER_COMPLETE] = {"TransferComplete", CPE, CWMP_1_0, &transfer_complete_body,
		&empty_shape},
	[CWMP_AUTONOMOUS_TRANSFER_COMPLETE] = {"AutonomousTransferComplete", CPE, CWMP_1_1,
		&autonomous_transfer_complete_body, &empty_shape},
	[CWMP_REQUEST_DOWNLOAD] = {"RequestDownload", CPE, CWMP_1_0, &request_download_body,
		&empty_shape},
	[CWMP_KICKED] = {"Kicked", CPE, CWMP_1_0, &kicked_body, &kicked_response_body},
	[CWMP_DU_STATE_CHANGE_COMPLETE] = {"DUStateChangeComplete", CPE, CWMP_1_2,
		&du_state_change_complete_body, &empty_shape},
	[CWMP_AUTONOMOUS_DU_STATE_CHANGE_COMPLETE] = {"AutonomousDUStateChangeComplete", CPE,
		CWMP_1_2, &autonomous_du_state_change_complete_body, &empty_shape},
};

const struct cwmp_method_schema *
cwmp_method_schema(enum cwmp_method method)
{
	return (unsigned)method < CWMP_METHOD_COUNT ? &methods[method] : NULL;
}

const struct cwmp_shape *
cwmp_body_shape(enum cwmp_kind kind, enum cwmp_method method)
{
	const struct cwmp_method_schema *schema = cwmp_method_schema(method);

	if (kind == CWMP_FAULT)
		return &fault_shape;
	if (!schema)
		return NULL;
	return kind == CWMP_REQUEST ? schema->request : schema->response;
}

const struct cwmp_shape *
cwmp_operation_shape(enum cwmp_operation_kind kind)
{
	switch (kind) {
	case CWMP_INSTALL:
		return &install_shape;
	case CWMP_UPDATE:
		return &update_shape;
	case CWMP_UNINSTALL:
		return &uninstall_shape;
	}
	return NULL;
}

const struct cwmp_shape *
cwmp_header_shape(void)
{
	return &header_shape;
}

bool
cwmp_is_operation(const struct cwmp_shape *shape)
{
	return shape == &operation_shape;
}

const struct cwmp_shape *
cwmp_member_shape(const struct cwmp_shape *shape, const void *member)
{
	if (!cwmp_is_operation(shape))
		return shape;
	return cwmp_operation_shape(((const struct cwmp_operation *)member)->kind);
}
