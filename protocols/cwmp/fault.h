/* Fault codes (TR-069 Annex A.5): the table of both sides. Constant. */
#ifndef SB_CWMP_FAULT_H
#define SB_CWMP_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#define CWMP_FAULT_MAP(X)                                                                      \
	X(8000, ACS_METHOD_NOT_SUPPORTED, "Method not supported")                              \
	X(8001, ACS_REQUEST_DENIED, "Request denied")                                          \
	X(8002, ACS_INTERNAL_ERROR, "Internal error")                                          \
	X(8003, ACS_INVALID_ARGUMENTS, "Invalid arguments")                                    \
	X(8004, ACS_RESOURCES_EXCEEDED, "Resources exceeded")                                  \
	X(8005, ACS_RETRY_REQUEST, "Retry request")                                            \
	X(8006, ACS_VERSION_INCOMPATIBLE, "ACS version incompatible with CPE")                 \
	X(9000, METHOD_NOT_SUPPORTED, "Method not supported")                                  \
	X(9001, REQUEST_DENIED, "Request denied")                                              \
	X(9002, INTERNAL_ERROR, "Internal error")                                              \
	X(9003, INVALID_ARGUMENTS, "Invalid arguments")                                        \
	X(9004, RESOURCES_EXCEEDED, "Resources exceeded")                                      \
	X(9005, INVALID_PARAMETER_NAME, "Invalid parameter name")                              \
	X(9006, INVALID_PARAMETER_TYPE, "Invalid parameter type")                              \
	X(9007, INVALID_PARAMETER_VALUE, "Invalid parameter value")                            \
	X(9008, NON_WRITABLE_PARAMETER, "Attempt to set a non-writable parameter")             \
	X(9009, NOTIFICATION_REQUEST_REJECTED, "Notification request rejected")                \
	X(9010, FILE_TRANSFER_FAILURE, "File transfer failure")                                \
	X(9011, UPLOAD_FAILURE, "Upload failure")                                              \
	X(9012, FILE_SERVER_AUTHENTICATION, "File transfer server authentication failure")     \
	X(9013, UNSUPPORTED_PROTOCOL, "Unsupported protocol for file transfer")                \
	X(9014, MULTICAST_JOIN, "Unable to join multicast group")                              \
	X(9015, CONTACT_FILE_SERVER, "Unable to contact file server")                          \
	X(9016, ACCESS_FILE, "Unable to access file")                                          \
	X(9017, COMPLETE_DOWNLOAD, "Unable to complete download")                              \
	X(9018, FILE_CORRUPTED, "File corrupted")                                              \
	X(9019, FILE_AUTHENTICATION, "File authentication failure")                            \
	X(9020, TIME_WINDOWS, "Unable to complete within the time windows")                    \
	X(9021, CANCEL_NOT_PERMITTED, "Cancelation of file transfer not permitted")            \
	X(9022, INVALID_UUID, "Invalid UUID format")                                           \
	X(9023, UNKNOWN_EXECUTION_ENVIRONMENT, "Unknown execution environment")                \
	X(9024, DISABLED_EXECUTION_ENVIRONMENT, "Disabled execution environment")              \
	X(9025, DEPLOYMENT_UNIT_MISMATCH, "Deployment unit to execution environment mismatch") \
	X(9026, DUPLICATE_DEPLOYMENT_UNIT, "Duplicate deployment unit")                        \
	X(9027, SYSTEM_RESOURCES_EXCEEDED, "System resources exceeded")                        \
	X(9028, UNKNOWN_DEPLOYMENT_UNIT, "Unknown deployment unit")                            \
	X(9029, INVALID_DEPLOYMENT_UNIT_STATE, "Invalid deployment unit state")                \
	X(9030, DOWNGRADE_NOT_PERMITTED, "Downgrade not permitted")                            \
	X(9031, UPDATE_VERSION_MISSING, "Version not specified")                               \
	X(9032, UPDATE_VERSION_EXISTS, "Version already exists")

enum cwmp_fault_code {
#define X(code, id, text) CWMP_FAULT_##id = (code),
	CWMP_FAULT_MAP(X)
#undef X
};

/* "Invalid arguments"; for vendors' codes "Vendor fault", otherwise "Unknown fault". */
const char *cwmp_fault_text(uint32_t code);

#endif
