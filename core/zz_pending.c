/* Bridges to parts that are being written; each part deletes its lines here when it lands. */
#include "core/node_internal.h"
#include "core/registry_internal.h"
#include "core/session_internal.h"
#include "core/supervisor_internal.h"
#include "core/tls_internal.h"

/* tls */
const char *
sb_tls_reason(const struct sb_connection *c)
{
	(void)c;
	return "no TLS";
}

int
sb_tls_attach(struct sb_connection *c, struct sb_tls *tls, const char *server_name)
{
	(void)c;
	(void)tls;
	(void)server_name;
	return SB_ENOTSUP;
}

/* supervisor */
const struct sb_module sb_supervisor_module = {.abi = SB_MODULE_ABI, .name = "sb.supervisor"};

void
sb_supervisor_child_ended(struct sb_session *child)
{
	(void)child;
}

/* registry */
struct sb_registry *
sb_registry_new(struct sb_node *node)
{
	return (struct sb_registry *)node;
}

void
sb_registry_free(struct sb_registry *registry)
{
	(void)registry;
}

void
sb_registry_release(struct sb_session *s)
{
	(void)s;
}
