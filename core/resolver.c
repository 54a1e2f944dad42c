/*
 * Names to addresses with getaddrinfo, which blocks and therefore runs on the
 * work pool. A request belongs to nobody while it is under way: it holds all it
 * needs and the gate of the node, so that a node may end meanwhile. A numeric
 * address takes the same way round, without the pool, since the connector must
 * not be called back inside its own call.
 */
#include "core/resolver_internal.h"

#include "core/envelope_internal.h"
#include "core/network.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/work_internal.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#define HOST_MAX 256

/* All that the pool's thread touches: nothing of the session, which may end meanwhile. */
struct request {
	struct sb_work work; /* first */
	const struct sb_env *env;
	struct sb_work_gate *gate;
	struct sb_address session;
	uint64_t attempt;
	void (*resolved)(
		struct sb_session *s, uint64_t attempt, const struct sb_resolution *resolution);
	struct sb_resolution resolution;
	uint16_t port;
	char host[HOST_MAX];
};

static void
lookup(struct sb_work *work)
{
	struct request *request = (struct request *)work;
	struct sb_resolution *out = &request->resolution;
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char port[8];

	hints.ai_flags = AI_ADDRCONFIG;
	snprintf(port, sizeof(port), "%u", (unsigned)request->port);
	if (getaddrinfo(request->host, port, &hints, &found)) {
		out->error = SB_ERESOLVE;
		return;
	}
	/* More than SB_RESOLVED_MAX nobody waits for. */
	for (struct addrinfo *at = found; at && out->count < SB_RESOLVED_MAX; at = at->ai_next)
		if (at->ai_addrlen <= sizeof(out->addresses[0]))
			memcpy(&out->addresses[out->count++], at->ai_addr, at->ai_addrlen);
	freeaddrinfo(found);
	if (!out->count)
		out->error = SB_ERESOLVE;
}

static void
arrive(struct sb_shard *shard, struct sb_session *s, struct sb_envelope *e)
{
	const struct request *request = e->message.data;

	(void)shard;
	/* By address: a session that has ended is not found, whatever its memory is used for
	 * now. */
	if (s)
		request->resolved(s, request->attempt, &request->resolution);
}

/* The payload's release function: wherever the message ends. */
static void
release(void *data)
{
	struct request *request = data;

	request->env->release(request->env->context, request);
}

static void
tell(struct sb_node *node, struct request *request)
{
	struct sb_envelope *e =
		sb_envelope_new(node->env, NULL, SB_GIVE(request, sizeof(*request), release));

	/* Without memory nobody hears of it: the connector's deadline does. */
	if (!e) {
		release(request);
		return;
	}
	e->target = request->session;
	e->handle = arrive;
	sb_envelope_send(node, NULL, e);
}

/* On a thread of the pool; the gate is held locked while the node is used, and then let go for
 * good. */
static void
done(struct sb_work *work)
{
	struct request *request = (struct request *)work;
	struct sb_work_gate *gate = request->gate;
	struct sb_node *node = sb_work_gate_enter(gate);

	if (node)
		tell(node, request);
	else
		release(request);
	sb_work_gate_leave(gate);
}

int
sb_resolve(struct sb_session *s, const char *host, uint16_t port, uint64_t attempt,
	void (*resolved)(
		struct sb_session *s, uint64_t attempt, const struct sb_resolution *resolution))
{
	struct sb_node *node = s->shard->node;
	struct request *request;
	int err;

	if (strlen(host) >= HOST_MAX)
		return SB_EINVAL;
	request = sb_shard_allocate(s->shard, sizeof(*request));
	if (!request)
		return SB_ENOMEM;
	memset(request, 0, sizeof(*request));
	request->work.run = lookup;
	request->work.done = done;
	request->env = node->env;
	request->session = s->self;
	request->attempt = attempt;
	request->resolved = resolved;
	request->port = port;
	snprintf(request->host, sizeof(request->host), "%s", host);
	if (!sb_sockaddr_parse_host(host, port, &request->resolution.addresses[0])) {
		request->resolution.count = 1;
		tell(node, request);
		return 0;
	}
	request->gate = sb_work_gate_use(node->work_gate);
	err = node->env->work_submit(node->env->context, &request->work);
	/* Only for the pool: what was told above has gone its way already. */
	if (err) {
		sb_work_gate_drop(node->work_gate);
		release(request);
	}
	return err;
}
