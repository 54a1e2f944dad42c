/*
 * CWMP messages as JSON, both ways, with the specification's own element names: generic over
 * protocols/cwmp/schema.h. What tasks and their results are written in.
 *
 *	{"method": "SetParameterValues", "ParameterKey": "7", "ParameterList": [
 *		{"Name": "Device.X", "Value": "5", "Type": "unsignedInt"}]}
 *
 * A Value without "Type" has the type of its JSON: true is a boolean, 5 an int, "5" a
 * string; "xsd:" in front of a Type may be there. Elements that are not given are empty, 0 or
 * false. An operation of ChangeDUState says its "Operation": Install, Update, Uninstall. Pure but
 * for memory; any thread.
 */
#ifndef ACS_RPC_JSON_H
#define ACS_RPC_JSON_H

#include "protocols/cwmp/message.h"

#include <jansson.h>
#include <stddef.h>

/* A request that was read; its texts lie in `memory`. */
struct acs_rpc {
	enum cwmp_method method;
	union cwmp_body body;
	void *memory;   /* a list of pieces */
	char fault[96]; /* what is wrong with it: "ParameterList[3].Name: not a text" */
};

/* Reads a request of an ACS from an object whose "method" is a method's name. Members in small
 * letters are others' (options of tasks) and passed over; an element that the method does not have
 * is wrong. 0, SB_EINVAL (then `fault` says what), SB_ENOMEM. To be freed whatever it says. */
int acs_rpc_read(struct acs_rpc *rpc, const json_t *object);
void acs_rpc_free(struct acs_rpc *rpc);

/* The elements of a body: {"Status": 0}, or of a fault: {"FaultCode": 9005, "FaultString": ...}.
 * What a device left out is left out. NULL: no memory, or a method that is not known. */
json_t *acs_rpc_write(enum cwmp_kind kind, enum cwmp_method method, const union cwmp_body *body);

#endif
