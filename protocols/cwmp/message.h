/*
 * CWMP messages as C structs, with the specification's own names (TR-069 Amendment 6,
 * Annex A; cwmp-1-0 to cwmp-1-4). Pure: what decoder, encoder, sessions and scripts speak of.
 *
 * Texts are NUL-terminated UTF-8 (XML has no NUL). NULL: the element is not there; "": it
 * is there, and empty. A dateTime stays the text that it was, for devices write what is
 * none (date.h reads them on demand). Everything lies in the message's arena, or is
 * borrowed by whoever fills a struct to encode it.
 */
#ifndef SB_CWMP_MESSAGE_H
#define SB_CWMP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The name in the specification, who calls it. Requests and responses have one method. */
#define CWMP_METHOD_MAP(X)                                          \
	X(GET_RPC_METHODS, GetRPCMethods)                           \
	X(SET_PARAMETER_VALUES, SetParameterValues)                 \
	X(GET_PARAMETER_VALUES, GetParameterValues)                 \
	X(GET_PARAMETER_NAMES, GetParameterNames)                   \
	X(SET_PARAMETER_ATTRIBUTES, SetParameterAttributes)         \
	X(GET_PARAMETER_ATTRIBUTES, GetParameterAttributes)         \
	X(ADD_OBJECT, AddObject)                                    \
	X(DELETE_OBJECT, DeleteObject)                              \
	X(REBOOT, Reboot)                                           \
	X(DOWNLOAD, Download)                                       \
	X(UPLOAD, Upload)                                           \
	X(FACTORY_RESET, FactoryReset)                              \
	X(SCHEDULE_INFORM, ScheduleInform)                          \
	X(GET_QUEUED_TRANSFERS, GetQueuedTransfers)                 \
	X(GET_ALL_QUEUED_TRANSFERS, GetAllQueuedTransfers)          \
	X(SCHEDULE_DOWNLOAD, ScheduleDownload)                      \
	X(CANCEL_TRANSFER, CancelTransfer)                          \
	X(CHANGE_DU_STATE, ChangeDUState)                           \
	X(SET_VOUCHERS, SetVouchers)                                \
	X(GET_OPTIONS, GetOptions)                                  \
	X(INFORM, Inform)                                           \
	X(TRANSFER_COMPLETE, TransferComplete)                      \
	X(AUTONOMOUS_TRANSFER_COMPLETE, AutonomousTransferComplete) \
	X(REQUEST_DOWNLOAD, RequestDownload)                        \
	X(KICKED, Kicked)                                           \
	X(DU_STATE_CHANGE_COMPLETE, DUStateChangeComplete)          \
	X(AUTONOMOUS_DU_STATE_CHANGE_COMPLETE, AutonomousDUStateChangeComplete)

enum cwmp_method {
#define X(id, name) CWMP_##id,
	CWMP_METHOD_MAP(X)
#undef X
		CWMP_OTHER_METHOD, /* one that we do not know: X_<VENDOR>_Name; its arguments are
				      passed over */
	CWMP_METHOD_COUNT = CWMP_OTHER_METHOD,
};

enum cwmp_kind { CWMP_REQUEST, CWMP_RESPONSE, CWMP_FAULT };

/* 1.2, 1.3 and 1.4 share a namespace: what tells them apart stands in the header. */
enum cwmp_version { CWMP_1_0, CWMP_1_1, CWMP_1_2, CWMP_1_3, CWMP_1_4 };

/* ---- structures, in the order of their elements ---- */

/* xsi:type, without its prefix. */
enum cwmp_type {
	CWMP_TYPE_STRING,
	CWMP_TYPE_INT,
	CWMP_TYPE_UNSIGNED_INT,
	CWMP_TYPE_LONG,
	CWMP_TYPE_UNSIGNED_LONG,
	CWMP_TYPE_BOOLEAN,
	CWMP_TYPE_DATE_TIME,
	CWMP_TYPE_BASE64, /* base64Binary, too */
	CWMP_TYPE_HEX_BINARY,
	CWMP_TYPE_DECIMAL,
	CWMP_TYPE_OTHER, /* none, or one that we do not know */
};

/* A value of any type: its text as it stands, whitespace included. */
struct cwmp_value {
	enum cwmp_type type;
	const char *text; /* NULL: there is no Value at all */
};

struct cwmp_strings {
	const char **each;
	size_t count;
};

struct cwmp_parameter_value {
	const char *name;
	struct cwmp_value value;
};

struct cwmp_parameter_values {
	struct cwmp_parameter_value *each;
	size_t count;
};

struct cwmp_parameter_info {
	const char *name;
	bool writable;
};

struct cwmp_parameter_infos {
	struct cwmp_parameter_info *each;
	size_t count;
};

struct cwmp_set_parameter_attribute {
	const char *name;
	bool notification_change;
	uint32_t notification;
	bool access_list_change;
	struct cwmp_strings access_list;
};

struct cwmp_set_parameter_attributes_list {
	struct cwmp_set_parameter_attribute *each;
	size_t count;
};

struct cwmp_parameter_attribute {
	const char *name;
	uint32_t notification;
	struct cwmp_strings access_list;
};

struct cwmp_parameter_attributes {
	struct cwmp_parameter_attribute *each;
	size_t count;
};

struct cwmp_device_id {
	const char *manufacturer;
	const char *oui;
	const char *product_class;
	const char *serial_number;
};

struct cwmp_event {
	const char *event_code; /* "0 BOOTSTRAP", "M Download", "X ..." */
	const char *command_key;
};

struct cwmp_events {
	struct cwmp_event *each;
	size_t count;
};

/* FaultStruct: of transfers, and of deployment units. Code 0: none. */
struct cwmp_fault_struct {
	uint32_t fault_code;
	const char *fault_string;
};

struct cwmp_time_window {
	uint32_t window_start; /* seconds from now */
	uint32_t window_end;
	const char *window_mode;
	const char *user_message;
	int32_t max_retries;
};

struct cwmp_time_windows {
	struct cwmp_time_window *each;
	size_t count;
};

struct cwmp_queued_transfer {
	const char *command_key;
	uint32_t state; /* 1 not yet started, 2 in progress, 3 completed */
};

struct cwmp_queued_transfers {
	struct cwmp_queued_transfer *each;
	size_t count;
};

struct cwmp_all_queued_transfer {
	const char *command_key;
	uint32_t state;
	bool is_download;
	const char *file_type;
	uint32_t file_size;
	const char *target_file_name;
};

struct cwmp_all_queued_transfers {
	struct cwmp_all_queued_transfer *each;
	size_t count;
};

struct cwmp_option {
	const char *option_name;
	uint32_t voucher_sn;
	const char *state; /* numbers in the text, strings in the XSD */
	const char *mode;
	const char *start_date;
	const char *expiration_date;
	const char *is_transferable;
};

struct cwmp_options {
	struct cwmp_option *each;
	size_t count;
};

struct cwmp_arg {
	const char *name;
	const char *value;
};

struct cwmp_args {
	struct cwmp_arg *each;
	size_t count;
};

/* One of InstallOpStruct, UpdateOpStruct, UninstallOpStruct: what a kind does not have is NULL. */
enum cwmp_operation_kind { CWMP_INSTALL, CWMP_UPDATE, CWMP_UNINSTALL };

struct cwmp_operation {
	enum cwmp_operation_kind kind;
	const char *url, *uuid, *version, *username, *password, *execution_env_ref;
};

struct cwmp_operations {
	struct cwmp_operation *each;
	size_t count;
};

/* OpResultStruct, AutonOpResultStruct. */
struct cwmp_operation_result {
	const char *uuid;
	const char *deployment_unit_ref;
	const char *version;
	const char *current_state; /* Installed, Uninstalled, Failed */
	bool resolved;
	const char *execution_unit_ref_list;
	const char *start_time;
	const char *complete_time;
	struct cwmp_fault_struct fault;
	const char *operation_performed; /* Autonomous...: Install, Update, Uninstall */
};

struct cwmp_operation_results {
	struct cwmp_operation_result *each;
	size_t count;
};

/* One parameter that a SetParameterValues failed for. */
struct cwmp_set_parameter_fault {
	const char *parameter_name;
	uint32_t fault_code;
	const char *fault_string;
};

struct cwmp_set_parameter_faults {
	struct cwmp_set_parameter_fault *each;
	size_t count;
};

/* ---- requests; methods without arguments have none ---- */

struct cwmp_set_parameter_values {
	struct cwmp_parameter_values parameter_list;
	const char *parameter_key;
};

struct cwmp_get_parameter_values {
	struct cwmp_strings parameter_names; /* whole names, or paths that end in a dot; "": all */
};

struct cwmp_get_parameter_names {
	const char *parameter_path;
	bool next_level;
};

struct cwmp_set_parameter_attributes {
	struct cwmp_set_parameter_attributes_list parameter_list;
};

struct cwmp_get_parameter_attributes {
	struct cwmp_strings parameter_names;
};

struct cwmp_object {
	const char *object_name; /* AddObject: ends in a dot; DeleteObject: "Object.3." */
	const char *parameter_key;
};

struct cwmp_reboot {
	const char *command_key;
};

struct cwmp_download {
	const char *command_key, *file_type, *url, *username, *password;
	uint32_t file_size;
	const char *target_file_name;
	uint32_t delay_seconds;
	const char *success_url, *failure_url;
};

struct cwmp_upload {
	const char *command_key, *file_type, *url, *username, *password;
	uint32_t delay_seconds;
};

struct cwmp_schedule_inform {
	uint32_t delay_seconds;
	const char *command_key;
};

struct cwmp_schedule_download {
	const char *command_key, *file_type, *url, *username, *password;
	uint32_t file_size;
	const char *target_file_name;
	struct cwmp_time_windows time_window_list;
};

struct cwmp_cancel_transfer {
	const char *command_key;
};

struct cwmp_change_du_state {
	struct cwmp_operations operations;
	const char *command_key;
};

struct cwmp_set_vouchers {
	struct cwmp_strings voucher_list; /* base64 */
};

struct cwmp_get_options {
	const char *option_name;
};

struct cwmp_inform {
	struct cwmp_device_id device_id;
	struct cwmp_events event;
	uint32_t max_envelopes;
	const char *current_time;
	uint32_t retry_count;
	struct cwmp_parameter_values parameter_list;
};

struct cwmp_transfer_complete {
	const char *command_key;
	struct cwmp_fault_struct fault_struct;
	const char *start_time, *complete_time;
};

struct cwmp_autonomous_transfer_complete {
	const char *announce_url, *transfer_url;
	bool is_download;
	const char *file_type;
	uint32_t file_size;
	const char *target_file_name;
	struct cwmp_fault_struct fault_struct;
	const char *start_time, *complete_time;
};

struct cwmp_request_download {
	const char *file_type;
	struct cwmp_args file_type_arg;
};

struct cwmp_kicked {
	const char *command, *referer, *arg, *next;
};

/* DUStateChangeComplete, AutonomousDUStateChangeComplete (which has no CommandKey). */
struct cwmp_du_state_change_complete {
	struct cwmp_operation_results results;
	const char *command_key;
};

/* ---- responses; those of other methods are empty ---- */

struct cwmp_method_list {
	struct cwmp_strings method_list;
};

struct cwmp_parameter_value_list {
	struct cwmp_parameter_values parameter_list;
};

struct cwmp_parameter_info_list {
	struct cwmp_parameter_infos parameter_list;
};

struct cwmp_parameter_attribute_list {
	struct cwmp_parameter_attributes parameter_list;
};

struct cwmp_add_object_response {
	uint32_t instance_number;
	uint32_t status; /* 0 done, 1 after a reboot */
};

/* SetParameterValues, DeleteObject: 0 done, 1 after a reboot. */
struct cwmp_status_response {
	uint32_t status;
};

/* Download, Upload: 0 done, 1 later, with a TransferComplete. */
struct cwmp_transfer_response {
	uint32_t status;
	const char *start_time, *complete_time;
};

struct cwmp_queued_transfer_list {
	struct cwmp_queued_transfers transfer_list;
};

struct cwmp_all_queued_transfer_list {
	struct cwmp_all_queued_transfers transfer_list;
};

struct cwmp_option_list {
	struct cwmp_options option_list;
};

struct cwmp_inform_response {
	uint32_t max_envelopes; /* 1 */
};

struct cwmp_kicked_response {
	const char *next_url;
};

/* The detail of a SOAP fault. */
struct cwmp_fault {
	bool is_client;      /* faultcode Client: the asker's fault; else Server */
	uint32_t fault_code; /* fault.h; 0: a SOAP fault without the CWMP detail */
	const char *fault_string;
	struct cwmp_set_parameter_faults set_parameter_values_fault;
};

union cwmp_body {
	struct cwmp_set_parameter_values set_parameter_values;
	struct cwmp_get_parameter_values get_parameter_values;
	struct cwmp_get_parameter_names get_parameter_names;
	struct cwmp_set_parameter_attributes set_parameter_attributes;
	struct cwmp_get_parameter_attributes get_parameter_attributes;
	struct cwmp_object object;
	struct cwmp_reboot reboot;
	struct cwmp_download download;
	struct cwmp_upload upload;
	struct cwmp_schedule_inform schedule_inform;
	struct cwmp_schedule_download schedule_download;
	struct cwmp_cancel_transfer cancel_transfer;
	struct cwmp_change_du_state change_du_state;
	struct cwmp_set_vouchers set_vouchers;
	struct cwmp_get_options get_options;
	struct cwmp_inform inform;
	struct cwmp_transfer_complete transfer_complete;
	struct cwmp_autonomous_transfer_complete autonomous_transfer_complete;
	struct cwmp_request_download request_download;
	struct cwmp_kicked kicked;
	struct cwmp_du_state_change_complete du_state_change_complete;

	struct cwmp_method_list get_rpc_methods_response;
	struct cwmp_parameter_value_list get_parameter_values_response;
	struct cwmp_parameter_info_list get_parameter_names_response;
	struct cwmp_parameter_attribute_list get_parameter_attributes_response;
	struct cwmp_add_object_response add_object_response;
	struct cwmp_status_response status_response;
	struct cwmp_transfer_response transfer_response;
	struct cwmp_queued_transfer_list get_queued_transfers_response;
	struct cwmp_all_queued_transfer_list get_all_queued_transfers_response;
	struct cwmp_option_list get_options_response;
	struct cwmp_inform_response inform_response;
	struct cwmp_kicked_response kicked_response;

	struct cwmp_fault fault;
};

/* The SOAP header. */
struct cwmp_header {
	const char *id; /* NULL: none */
	bool has_hold_requests, hold_requests;
	bool no_more_requests;
	uint32_t session_timeout;            /* seconds; 0: none */
	const char *supported_cwmp_versions; /* "1.0,1.1,1.4"; NULL: none */
	const char *use_cwmp_version;        /* NULL: none */
};

/* How one device writes, so that it is answered in kind: texts too long to keep are our own. */
struct cwmp_dialect {
	enum cwmp_version version;
	char uri[40]; /* of the cwmp namespace */
	/* prefixes */
	char env[16], enc[16], xsd[16], xsi[16], cwmp[16];
	bool xml_declaration; /* some want one, some refuse one [no] */
	bool boolean_words;   /* true and false instead of 1 and 0 [no] */
};

struct cwmp_message {
	enum cwmp_kind kind;
	enum cwmp_method method; /* of a fault: none, CWMP_OTHER_METHOD */
	const char *name;        /* the Body's element, "GetRPCMethodsResponse", for logs */
	struct cwmp_header header;
	union cwmp_body body;
};

/* "GetParameterValues". The number of one: CWMP_OTHER_METHOD when there is none. */
const char *cwmp_method_name(enum cwmp_method method);
enum cwmp_method cwmp_method_of(const char *name);

/* "string", "unsignedInt", without a prefix; and back. */
const char *cwmp_type_name(enum cwmp_type type);
enum cwmp_type cwmp_type_of(const char *name);

#endif
