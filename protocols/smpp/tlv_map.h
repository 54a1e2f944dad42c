/*
 * The optional parameters of SMPP 3.4 and 5.0, one list.
 *
 * X(CONSTANT, name, tag, TYPE, min, max, REPEATS, version, PRIVACY), sorted by tag:
 *
 *   INTEGER  big-endian; exactly `min` or exactly `max` octets (both where peers
 *            disagree); min 0: presence alone is the value
 *   OCTETS   `min` to `max` octets
 *   STRING   `min` to `max` octets with its NUL; read without one, too
 */
#ifndef SB_SMPP_TLV_MAP_H
#define SB_SMPP_TLV_MAP_H

#define SMPP_TLV_MAP(X)                                                                            \
	X(DEST_ADDR_SUBUNIT, dest_addr_subunit, 0x0005, INTEGER, 1, 1, ONCE, 0x34, OPEN)           \
	X(DEST_NETWORK_TYPE, dest_network_type, 0x0006, INTEGER, 1, 1, ONCE, 0x34, OPEN)           \
	X(DEST_BEARER_TYPE, dest_bearer_type, 0x0007, INTEGER, 1, 1, ONCE, 0x34, OPEN)             \
	X(DEST_TELEMATICS_ID, dest_telematics_id, 0x0008, INTEGER, 2, 2, ONCE, 0x34, OPEN)         \
	X(SOURCE_ADDR_SUBUNIT, source_addr_subunit, 0x000D, INTEGER, 1, 1, ONCE, 0x34, OPEN)       \
	X(SOURCE_NETWORK_TYPE, source_network_type, 0x000E, INTEGER, 1, 1, ONCE, 0x34, OPEN)       \
	X(SOURCE_BEARER_TYPE, source_bearer_type, 0x000F, INTEGER, 1, 1, ONCE, 0x34, OPEN)         \
	X(SOURCE_TELEMATICS_ID, source_telematics_id, 0x0010, INTEGER, 1, 2, ONCE, 0x34, OPEN)     \
	X(QOS_TIME_TO_LIVE, qos_time_to_live, 0x0017, INTEGER, 4, 4, ONCE, 0x34, OPEN)             \
	X(PAYLOAD_TYPE, payload_type, 0x0019, INTEGER, 1, 1, ONCE, 0x34, OPEN)                     \
	X(ADDITIONAL_STATUS_INFO_TEXT, additional_status_info_text, 0x001D, STRING, 1, 256, ONCE,  \
		0x34, OPEN)                                                                        \
	X(RECEIPTED_MESSAGE_ID, receipted_message_id, 0x001E, STRING, 1, 65, ONCE, 0x34, OPEN)     \
	X(MS_MSG_WAIT_FACILITIES, ms_msg_wait_facilities, 0x0030, INTEGER, 1, 1, ONCE, 0x34, OPEN) \
	X(PRIVACY_INDICATOR, privacy_indicator, 0x0201, INTEGER, 1, 1, ONCE, 0x34, OPEN)           \
	X(SOURCE_SUBADDRESS, source_subaddress, 0x0202, OCTETS, 2, 23, ONCE, 0x34, ADDRESS)        \
	X(DEST_SUBADDRESS, dest_subaddress, 0x0203, OCTETS, 2, 23, ONCE, 0x34, ADDRESS)            \
	X(USER_MESSAGE_REFERENCE, user_message_reference, 0x0204, INTEGER, 2, 2, ONCE, 0x34, OPEN) \
	X(USER_RESPONSE_CODE, user_response_code, 0x0205, INTEGER, 1, 1, ONCE, 0x34, OPEN)         \
	X(SOURCE_PORT, source_port, 0x020A, INTEGER, 2, 2, ONCE, 0x34, OPEN)                       \
	X(DESTINATION_PORT, destination_port, 0x020B, INTEGER, 2, 2, ONCE, 0x34, OPEN)             \
	X(SAR_MSG_REF_NUM, sar_msg_ref_num, 0x020C, INTEGER, 2, 2, ONCE, 0x34, OPEN)               \
	X(LANGUAGE_INDICATOR, language_indicator, 0x020D, INTEGER, 1, 1, ONCE, 0x34, OPEN)         \
	X(SAR_TOTAL_SEGMENTS, sar_total_segments, 0x020E, INTEGER, 1, 1, ONCE, 0x34, OPEN)         \
	X(SAR_SEGMENT_SEQNUM, sar_segment_seqnum, 0x020F, INTEGER, 1, 1, ONCE, 0x34, OPEN)         \
	X(SC_INTERFACE_VERSION, sc_interface_version, 0x0210, INTEGER, 1, 1, ONCE, 0x34, OPEN)     \
	X(CALLBACK_NUM_PRES_IND, callback_num_pres_ind, 0x0302, INTEGER, 1, 1, REPEATS, 0x34,      \
		OPEN)                                                                              \
	X(CALLBACK_NUM_ATAG, callback_num_atag, 0x0303, OCTETS, 0, 65, REPEATS, 0x34, ADDRESS)     \
	X(NUMBER_OF_MESSAGES, number_of_messages, 0x0304, INTEGER, 1, 1, ONCE, 0x34, OPEN)         \
	X(CALLBACK_NUM, callback_num, 0x0381, OCTETS, 4, 19, REPEATS, 0x34, ADDRESS)               \
	X(DPF_RESULT, dpf_result, 0x0420, INTEGER, 1, 1, ONCE, 0x34, OPEN)                         \
	X(SET_DPF, set_dpf, 0x0421, INTEGER, 1, 1, ONCE, 0x34, OPEN)                               \
	X(MS_AVAILABILITY_STATUS, ms_availability_status, 0x0422, INTEGER, 1, 1, ONCE, 0x34, OPEN) \
	X(NETWORK_ERROR_CODE, network_error_code, 0x0423, OCTETS, 3, 3, ONCE, 0x34, OPEN)          \
	X(MESSAGE_PAYLOAD, message_payload, 0x0424, OCTETS, 0, 65535, ONCE, 0x34, SECRET)          \
	X(DELIVERY_FAILURE_REASON, delivery_failure_reason, 0x0425, INTEGER, 1, 1, ONCE, 0x34,     \
		OPEN)                                                                              \
	X(MORE_MESSAGES_TO_SEND, more_messages_to_send, 0x0426, INTEGER, 1, 1, ONCE, 0x34, OPEN)   \
	X(MESSAGE_STATE, message_state, 0x0427, INTEGER, 1, 1, ONCE, 0x34, OPEN)                   \
	X(CONGESTION_STATE, congestion_state, 0x0428, INTEGER, 1, 1, ONCE, 0x50, OPEN)             \
	X(USSD_SERVICE_OP, ussd_service_op, 0x0501, INTEGER, 1, 1, ONCE, 0x34, OPEN)               \
	X(BROADCAST_CHANNEL_INDICATOR, broadcast_channel_indicator, 0x0600, INTEGER, 1, 1, ONCE,   \
		0x50, OPEN)                                                                        \
	X(BROADCAST_CONTENT_TYPE, broadcast_content_type, 0x0601, OCTETS, 3, 3, ONCE, 0x50, OPEN)  \
	X(BROADCAST_CONTENT_TYPE_INFO, broadcast_content_type_info, 0x0602, OCTETS, 1, 255, ONCE,  \
		0x50, OPEN)                                                                        \
	X(BROADCAST_MESSAGE_CLASS, broadcast_message_class, 0x0603, INTEGER, 1, 1, ONCE, 0x50,     \
		OPEN)                                                                              \
	X(BROADCAST_REP_NUM, broadcast_rep_num, 0x0604, INTEGER, 2, 2, ONCE, 0x50, OPEN)           \
	X(BROADCAST_FREQUENCY_INTERVAL, broadcast_frequency_interval, 0x0605, OCTETS, 3, 3, ONCE,  \
		0x50, OPEN)                                                                        \
	X(BROADCAST_AREA_IDENTIFIER, broadcast_area_identifier, 0x0606, OCTETS, 0, 65535, REPEATS, \
		0x50, OPEN)                                                                        \
	X(BROADCAST_ERROR_STATUS, broadcast_error_status, 0x0607, INTEGER, 4, 4, REPEATS, 0x50,    \
		OPEN)                                                                              \
	X(BROADCAST_AREA_SUCCESS, broadcast_area_success, 0x0608, INTEGER, 1, 1, REPEATS, 0x50,    \
		OPEN)                                                                              \
	X(BROADCAST_END_TIME, broadcast_end_time, 0x0609, STRING, 16, 17, ONCE, 0x50, OPEN)        \
	X(BROADCAST_SERVICE_GROUP, broadcast_service_group, 0x060A, OCTETS, 1, 255, ONCE, 0x50,    \
		OPEN)                                                                              \
	X(BILLING_IDENTIFICATION, billing_identification, 0x060B, OCTETS, 1, 1024, ONCE, 0x50,     \
		SECRET)                                                                            \
	X(SOURCE_NETWORK_ID, source_network_id, 0x060D, STRING, 7, 65, ONCE, 0x50, OPEN)           \
	X(DEST_NETWORK_ID, dest_network_id, 0x060E, STRING, 7, 65, ONCE, 0x50, OPEN)               \
	X(SOURCE_NODE_ID, source_node_id, 0x060F, OCTETS, 6, 6, ONCE, 0x50, OPEN)                  \
	X(DEST_NODE_ID, dest_node_id, 0x0610, OCTETS, 6, 6, ONCE, 0x50, OPEN)                      \
	X(DEST_ADDR_NP_RESOLUTION, dest_addr_np_resolution, 0x0611, INTEGER, 1, 1, ONCE, 0x50,     \
		OPEN)                                                                              \
	X(DEST_ADDR_NP_INFORMATION, dest_addr_np_information, 0x0612, OCTETS, 10, 10, ONCE, 0x50,  \
		ADDRESS)                                                                           \
	X(DEST_ADDR_NP_COUNTRY, dest_addr_np_country, 0x0613, OCTETS, 1, 5, ONCE, 0x50, OPEN)      \
	X(DISPLAY_TIME, display_time, 0x1201, INTEGER, 1, 1, ONCE, 0x34, OPEN)                     \
	X(SMS_SIGNAL, sms_signal, 0x1203, INTEGER, 2, 2, ONCE, 0x34, OPEN)                         \
	X(MS_VALIDITY, ms_validity, 0x1204, INTEGER, 1, 4, ONCE, 0x34, OPEN)                       \
	X(ALERT_ON_MESSAGE_DELIVERY, alert_on_message_delivery, 0x130C, INTEGER, 0, 1, ONCE, 0x34, \
		OPEN)                                                                              \
	X(ITS_REPLY_TYPE, its_reply_type, 0x1380, INTEGER, 1, 1, ONCE, 0x34, OPEN)                 \
	X(ITS_SESSION_INFO, its_session_info, 0x1383, INTEGER, 2, 2, ONCE, 0x34, OPEN)

#endif
