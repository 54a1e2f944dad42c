/*
 * The one table of SMPP 3.4 and 5.0: every command, and every body field by
 * field in wire order. Structs, decoder, encoder, printer and names are made
 * from it; a field that is not here does not exist. Pure macros.
 *
 * A body is a list of F(body, KIND, field, size, STATUS, PRIVACY):
 *
 *   KIND          C type            on the wire
 *   U8            uint8_t           1 octet; `size` is the greatest legal value
 *   STRING        struct sb_bytes   text and a NUL, at most `size` octets with it
 *   PASSWORD      struct sb_bytes   the same; `size` is only the default bound
 *   TIME          struct sb_bytes   empty or 16 characters, and a NUL
 *   MESSAGE       struct sb_bytes   length octet and as many octets, no NUL
 *   DESTINATIONS  struct smpp_list  count octet and as many destinations (multi.h)
 *   FAILURES      struct smpp_list  count octet and as many failed ones (multi.h)
 *
 * STATUS is answered (as SMPP_STATUS) when the field is out of its bound.
 * PRIVACY says what a masked trace hides: OPEN nothing, ADDRESS the last
 * digits, SECRET all but the length.
 */
#ifndef SB_SMPP_PDU_MAP_H
#define SB_SMPP_PDU_MAP_H

/* C types of the kinds. */
#define SMPP_TYPE_U8           uint8_t
#define SMPP_TYPE_STRING       struct sb_bytes
#define SMPP_TYPE_PASSWORD     struct sb_bytes
#define SMPP_TYPE_TIME         struct sb_bytes
#define SMPP_TYPE_MESSAGE      struct sb_bytes
#define SMPP_TYPE_DESTINATIONS struct smpp_list
#define SMPP_TYPE_FAILURES     struct smpp_list

/* Addresses: type of number, numbering plan, digits or name. */
#define SMPP_FIELDS_SOURCE(F, body, size)                   \
	F(body, U8, source_addr_ton, 255, RINVSRCTON, OPEN) \
	F(body, U8, source_addr_npi, 255, RINVSRCNPI, OPEN) \
	F(body, STRING, source_addr, size, RINVSRCADR, ADDRESS)

#define SMPP_FIELDS_DESTINATION(F, body, size)            \
	F(body, U8, dest_addr_ton, 255, RINVDSTTON, OPEN) \
	F(body, U8, dest_addr_npi, 255, RINVDSTNPI, OPEN) \
	F(body, STRING, destination_addr, size, RINVDSTADR, ADDRESS)

/* What submit_sm, deliver_sm and submit_multi share behind their addresses. */
#define SMPP_FIELDS_MESSAGE(F, body)                               \
	F(body, U8, esm_class, 255, RINVESMCLASS, OPEN)            \
	F(body, U8, protocol_id, 255, RUNKNOWNERR, OPEN)           \
	F(body, U8, priority_flag, 4, RINVPRTFLG, OPEN)            \
	F(body, TIME, schedule_delivery_time, 17, RINVSCHED, OPEN) \
	F(body, TIME, validity_period, 17, RINVEXPIRY, OPEN)       \
	F(body, U8, registered_delivery, 31, RINVREGDLVFLG, OPEN)  \
	F(body, U8, replace_if_present_flag, 1, RINVREPFLAG, OPEN) \
	F(body, U8, data_coding, 255, RINVDCS, OPEN)               \
	F(body, U8, sm_default_msg_id, 254, RINVDFTMSGID, OPEN)    \
	F(body, MESSAGE, short_message, 255, RINVMSGLEN, SECRET)

/* Bodies. */
#define SMPP_FIELDS_none(F, body)

#define SMPP_FIELDS_bind(F, body)                            \
	F(body, STRING, system_id, 16, RINVSYSID, OPEN)      \
	F(body, PASSWORD, password, 9, RINVPASWD, SECRET)    \
	F(body, STRING, system_type, 13, RINVSYSTYP, OPEN)   \
	F(body, U8, interface_version, 255, RBINDFAIL, OPEN) \
	F(body, U8, addr_ton, 255, RINVSRCTON, OPEN)         \
	F(body, U8, addr_npi, 255, RINVSRCNPI, OPEN)         \
	F(body, STRING, address_range, 41, RINVSRCADR, OPEN)

#define SMPP_FIELDS_bind_resp(F, body) F(body, STRING, system_id, 16, RINVSYSID, OPEN)

#define SMPP_FIELDS_outbind(F, body)                    \
	F(body, STRING, system_id, 16, RINVSYSID, OPEN) \
	F(body, PASSWORD, password, 9, RINVPASWD, SECRET)

#define SMPP_FIELDS_submit_sm(F, body)                     \
	F(body, STRING, service_type, 6, RINVSERTYP, OPEN) \
	SMPP_FIELDS_SOURCE(F, body, 21)                    \
	SMPP_FIELDS_DESTINATION(F, body, 21)               \
	SMPP_FIELDS_MESSAGE(F, body)

#define SMPP_FIELDS_submit_sm_resp(F, body) F(body, STRING, message_id, 65, RINVMSGID, OPEN)

#define SMPP_FIELDS_submit_multi(F, body)                               \
	F(body, STRING, service_type, 6, RINVSERTYP, OPEN)              \
	SMPP_FIELDS_SOURCE(F, body, 21)                                 \
	F(body, DESTINATIONS, dest_address, 255, RINVNUMDESTS, ADDRESS) \
	SMPP_FIELDS_MESSAGE(F, body)

#define SMPP_FIELDS_submit_multi_resp(F, body)           \
	F(body, STRING, message_id, 65, RINVMSGID, OPEN) \
	F(body, FAILURES, unsuccess_sme, 255, RINVNUMDESTS, ADDRESS)

#define SMPP_FIELDS_data_sm(F, body)                              \
	F(body, STRING, service_type, 6, RINVSERTYP, OPEN)        \
	SMPP_FIELDS_SOURCE(F, body, 65)                           \
	SMPP_FIELDS_DESTINATION(F, body, 65)                      \
	F(body, U8, esm_class, 255, RINVESMCLASS, OPEN)           \
	F(body, U8, registered_delivery, 31, RINVREGDLVFLG, OPEN) \
	F(body, U8, data_coding, 255, RINVDCS, OPEN)

#define SMPP_FIELDS_query_sm(F, body)                    \
	F(body, STRING, message_id, 65, RINVMSGID, OPEN) \
	SMPP_FIELDS_SOURCE(F, body, 21)

#define SMPP_FIELDS_query_sm_resp(F, body)                \
	F(body, STRING, message_id, 65, RINVMSGID, OPEN)  \
	F(body, TIME, final_date, 17, RINVEXPIRY, OPEN)   \
	F(body, U8, message_state, 255, RQUERYFAIL, OPEN) \
	F(body, U8, error_code, 255, RQUERYFAIL, OPEN)

#define SMPP_FIELDS_cancel_sm(F, body)                     \
	F(body, STRING, service_type, 6, RINVSERTYP, OPEN) \
	F(body, STRING, message_id, 65, RINVMSGID, OPEN)   \
	SMPP_FIELDS_SOURCE(F, body, 21)                    \
	SMPP_FIELDS_DESTINATION(F, body, 21)

#define SMPP_FIELDS_replace_sm(F, body)                            \
	F(body, STRING, message_id, 65, RINVMSGID, OPEN)           \
	SMPP_FIELDS_SOURCE(F, body, 21)                            \
	F(body, TIME, schedule_delivery_time, 17, RINVSCHED, OPEN) \
	F(body, TIME, validity_period, 17, RINVEXPIRY, OPEN)       \
	F(body, U8, registered_delivery, 31, RINVREGDLVFLG, OPEN)  \
	F(body, U8, sm_default_msg_id, 254, RINVDFTMSGID, OPEN)    \
	F(body, MESSAGE, short_message, 255, RINVMSGLEN, SECRET)

#define SMPP_FIELDS_alert_notification(F, body)           \
	SMPP_FIELDS_SOURCE(F, body, 65)                   \
	F(body, U8, esme_addr_ton, 255, RINVDSTTON, OPEN) \
	F(body, U8, esme_addr_npi, 255, RINVDSTNPI, OPEN) \
	F(body, STRING, esme_addr, 65, RINVDSTADR, ADDRESS)

#define SMPP_FIELDS_broadcast_sm(F, body)                          \
	F(body, STRING, service_type, 6, RINVSERTYP, OPEN)         \
	SMPP_FIELDS_SOURCE(F, body, 21)                            \
	F(body, STRING, message_id, 65, RINVMSGID, OPEN)           \
	F(body, U8, priority_flag, 4, RINVPRTFLG, OPEN)            \
	F(body, TIME, schedule_delivery_time, 17, RINVSCHED, OPEN) \
	F(body, TIME, validity_period, 17, RINVEXPIRY, OPEN)       \
	F(body, U8, replace_if_present_flag, 1, RINVREPFLAG, OPEN) \
	F(body, U8, data_coding, 255, RINVDCS, OPEN)               \
	F(body, U8, sm_default_msg_id, 254, RINVDFTMSGID, OPEN)

#define SMPP_FIELDS_cancel_broadcast_sm(F, body)           \
	F(body, STRING, service_type, 6, RINVSERTYP, OPEN) \
	F(body, STRING, message_id, 65, RINVMSGID, OPEN)   \
	SMPP_FIELDS_SOURCE(F, body, 21)

/* Each different body, once: X(body). `none` is not among them. The largest comes first, so that an
 * initialiser that names no body clears all of the union in struct smpp_pdu. */
#define SMPP_BODY_MAP(X)      \
	X(submit_multi)       \
	X(bind)               \
	X(bind_resp)          \
	X(outbind)            \
	X(submit_sm)          \
	X(submit_sm_resp)     \
	X(submit_multi_resp)  \
	X(data_sm)            \
	X(query_sm)           \
	X(query_sm_resp)      \
	X(cancel_sm)          \
	X(replace_sm)         \
	X(alert_notification) \
	X(broadcast_sm)       \
	X(cancel_broadcast_sm)

/* Commands that borrow another's body, and the name their view in struct smpp_pdu has. */
#define SMPP_BODY_ALIAS_MAP(X)               \
	X(deliver_sm, submit_sm)             \
	X(deliver_sm_resp, submit_sm_resp)   \
	X(data_sm_resp, submit_sm_resp)      \
	X(broadcast_sm_resp, submit_sm_resp) \
	X(query_broadcast_sm, query_sm)      \
	X(query_broadcast_sm_resp, submit_sm_resp)

/* Every command: X(CONSTANT, name, command_id, body, version it came with). Sorted by id. */
#define SMPP_COMMAND_MAP(X)                                                                   \
	X(BIND_RECEIVER, bind_receiver, 0x00000001, bind, 0x33)                               \
	X(BIND_TRANSMITTER, bind_transmitter, 0x00000002, bind, 0x33)                         \
	X(QUERY_SM, query_sm, 0x00000003, query_sm, 0x33)                                     \
	X(SUBMIT_SM, submit_sm, 0x00000004, submit_sm, 0x33)                                  \
	X(DELIVER_SM, deliver_sm, 0x00000005, submit_sm, 0x33)                                \
	X(UNBIND, unbind, 0x00000006, none, 0x33)                                             \
	X(REPLACE_SM, replace_sm, 0x00000007, replace_sm, 0x33)                               \
	X(CANCEL_SM, cancel_sm, 0x00000008, cancel_sm, 0x33)                                  \
	X(BIND_TRANSCEIVER, bind_transceiver, 0x00000009, bind, 0x34)                         \
	X(OUTBIND, outbind, 0x0000000B, outbind, 0x34)                                        \
	X(ENQUIRE_LINK, enquire_link, 0x00000015, none, 0x33)                                 \
	X(SUBMIT_MULTI, submit_multi, 0x00000021, submit_multi, 0x33)                         \
	X(ALERT_NOTIFICATION, alert_notification, 0x00000102, alert_notification, 0x34)       \
	X(DATA_SM, data_sm, 0x00000103, data_sm, 0x34)                                        \
	X(BROADCAST_SM, broadcast_sm, 0x00000111, broadcast_sm, 0x50)                         \
	X(QUERY_BROADCAST_SM, query_broadcast_sm, 0x00000112, query_sm, 0x50)                 \
	X(CANCEL_BROADCAST_SM, cancel_broadcast_sm, 0x00000113, cancel_broadcast_sm, 0x50)    \
	X(GENERIC_NACK, generic_nack, 0x80000000, none, 0x33)                                 \
	X(BIND_RECEIVER_RESP, bind_receiver_resp, 0x80000001, bind_resp, 0x33)                \
	X(BIND_TRANSMITTER_RESP, bind_transmitter_resp, 0x80000002, bind_resp, 0x33)          \
	X(QUERY_SM_RESP, query_sm_resp, 0x80000003, query_sm_resp, 0x33)                      \
	X(SUBMIT_SM_RESP, submit_sm_resp, 0x80000004, submit_sm_resp, 0x33)                   \
	X(DELIVER_SM_RESP, deliver_sm_resp, 0x80000005, submit_sm_resp, 0x33)                 \
	X(UNBIND_RESP, unbind_resp, 0x80000006, none, 0x33)                                   \
	X(REPLACE_SM_RESP, replace_sm_resp, 0x80000007, none, 0x33)                           \
	X(CANCEL_SM_RESP, cancel_sm_resp, 0x80000008, none, 0x33)                             \
	X(BIND_TRANSCEIVER_RESP, bind_transceiver_resp, 0x80000009, bind_resp, 0x34)          \
	X(ENQUIRE_LINK_RESP, enquire_link_resp, 0x80000015, none, 0x33)                       \
	X(SUBMIT_MULTI_RESP, submit_multi_resp, 0x80000021, submit_multi_resp, 0x33)          \
	X(DATA_SM_RESP, data_sm_resp, 0x80000103, submit_sm_resp, 0x34)                       \
	X(BROADCAST_SM_RESP, broadcast_sm_resp, 0x80000111, submit_sm_resp, 0x50)             \
	X(QUERY_BROADCAST_SM_RESP, query_broadcast_sm_resp, 0x80000112, submit_sm_resp, 0x50) \
	X(CANCEL_BROADCAST_SM_RESP, cancel_broadcast_sm_resp, 0x80000113, none, 0x50)

#endif
