/* Rows of tables. */
#include "core/error.h"
#include "daemons/cwmp-sim/rpc.h"

static uint32_t
fault_of(int err)
{
	return err == SB_ENOMEM   ? CWMP_FAULT_RESOURCES_EXCEEDED
	       : err == SB_EACCES ? CWMP_FAULT_REQUEST_DENIED
				  : CWMP_FAULT_INVALID_PARAMETER_NAME;
}

uint32_t
rpc_add_object(struct rpc *r)
{
	struct cwmp_add_object_response *response = &r->response->add_object_response;
	int err = model_add(&r->device->model, rpc_text(r->request->object.object_name),
		&response->instance_number);

	if (err)
		return fault_of(err);
	rpc_set_key(r, r->request->object.parameter_key);
	return 0;
}

uint32_t
rpc_delete_object(struct rpc *r)
{
	int err = model_delete(&r->device->model, rpc_text(r->request->object.object_name));

	if (err)
		return fault_of(err);
	rpc_set_key(r, r->request->object.parameter_key);
	return 0;
}
