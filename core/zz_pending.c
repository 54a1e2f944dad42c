/* Bridges to parts that are being written; each part deletes its lines here when it lands. */
#include "core/envelope_internal.h"
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

struct pending_child {
	struct sb_child_spec spec;
};

static void
pending_start(struct sb_shard *shard, struct sb_session *nobody, struct sb_envelope *e)
{
	static const struct sb_parent parent = {.kind = SB_PARENT_SHARD};
	const struct sb_child_spec *spec = e->message.data;
	struct sb_session *s;

	(void)nobody;
	if (!sb_session_new(shard, spec->module, spec->limits, true, &parent, &s))
		(void)sb_session_begin(s, spec->args);
}

int
sb_node_start_child(struct sb_node *node, const struct sb_child_spec *spec)
{
	return sb_shard_control(node, NULL, spec->shard > 0 ? (unsigned)spec->shard : 0,
		pending_start, SB_COPY(spec, sizeof(*spec)));
}
