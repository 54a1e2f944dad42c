/* What the handlers of the ACS's requests share. */
#ifndef SB_DAEMONS_CWMP_SIM_RPC_H
#define SB_DAEMONS_CWMP_SIM_RPC_H

#include "daemons/cwmp-sim/device.h"
#include "protocols/cwmp/fault.h"

/* A request being served. */
struct rpc {
	struct device *device;
	struct sb_session *session;
	const union cwmp_body *request;
	union cwmp_body *response; /* zeroed */
	struct sb_arena *arena;    /* what the response points at */
	struct cwmp_set_parameter_faults set_faults;
};

/* 0, or a code of fault.h. */
typedef uint32_t rpc_handler(struct rpc *r);

/* "" for NULL. */
static inline const char *
rpc_text(const char *text)
{
	return text ? text : "";
}

/* rpc_parameters.c */
rpc_handler rpc_get_parameter_values, rpc_get_parameter_names, rpc_set_parameter_values;
rpc_handler rpc_get_parameter_attributes, rpc_set_parameter_attributes;
/* rpc_objects.c */
rpc_handler rpc_add_object, rpc_delete_object;
/* rpc_transfers.c */
rpc_handler rpc_download, rpc_upload, rpc_schedule_download, rpc_cancel_transfer;
rpc_handler rpc_get_queued_transfers, rpc_get_all_queued_transfers;
/* rpc_units.c */
rpc_handler rpc_change_du_state;

/* Sets ParameterKey. */
void rpc_set_key(struct rpc *r, const char *key);

#endif
