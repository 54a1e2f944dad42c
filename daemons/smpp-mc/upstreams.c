/*
 * Each upstream is one service of the ESME side, or two where it wants transmitters
 * and receivers apart; each bind one permanent child of that. A child connects again
 * for ever: an upstream that is away costs its messages time and nobody else
 * anything.
 */
#include "daemons/smpp-mc/upstreams.h"

#include "core/config_core.h"
#include "core/error.h"
#include "core/tls.h"
#include "daemons/smpp-mc/upstream_session.h"
#include "protocols/smpp/esme.h"

#include <stdlib.h>

/* What partitions may send to one bind, and its receipts and messages on their way to them. */
#define BIND_CALLS         16384u
#define BIND_MAILBOX       65535u
#define BIND_MAILBOX_BYTES (16u << 20)

/* The longest way out: what is unanswered, then unbind, then its response. */
#define SHUTDOWN_STEPS 3u

struct upstream {
	struct sb_tls *tls;
	struct mc_upstream_args args;
	struct smpp_service *services[2];
	uint32_t binds;
};

struct mc_upstreams {
	struct upstream *all;
	size_t count;
};

static const struct sb_limits bind_limits = {
	.mailbox_messages = BIND_MAILBOX,
	.mailbox_bytes = BIND_MAILBOX_BYTES,
	.max_calls = BIND_CALLS,
};

int
mc_upstreams_new(
	struct mc_upstreams **out, const struct sb_config *file, const struct mc_config *config)
{
	struct mc_upstreams *made = calloc(1, sizeof(*made));
	cfg_t *root = sb_config_root(file);
	int err = 0;

	if (!made)
		return SB_ENOMEM;
	made->all = calloc(config->upstream_count + 1, sizeof(*made->all));
	if (!made->all)
		err = SB_ENOMEM;
	/* In the order of the file, as those of the snapshot. */
	for (size_t i = 0; i < config->upstream_count && !err; i++) {
		made->count++;
		made->all[i].binds = config->upstreams[i].binds;
		made->all[i].args.number = config->upstreams[i].party.number;
		err = sb_config_tls_client(
			file, cfg_getnsec(root, "upstream", (unsigned)i), &made->all[i].tls);
	}
	if (err) {
		mc_upstreams_free(made);
		return err;
	}
	*out = made;
	return 0;
}

static uint32_t
command_of(const struct mc_upstream *upstream, size_t service)
{
	switch (upstream->bind) {
	case MC_BIND_TRANSCEIVER:
		return SMPP_BIND_TRANSCEIVER;
	case MC_BIND_TRANSMITTER:
		return SMPP_BIND_TRANSMITTER;
	case MC_BIND_PAIR:
		return service == 0 ? SMPP_BIND_TRANSMITTER : SMPP_BIND_RECEIVER;
	}
	return SMPP_BIND_TRANSCEIVER;
}

static int
service_make(struct upstream *made, const struct mc_upstream *upstream, struct sb_node *node,
	size_t service)
{
	struct smpp_esme_options options = {
		.host = upstream->host,
		.port = upstream->port,
		.tls = made->tls,
		.connect_ms = upstream->connect_ms,
		.limits = &bind_limits,
		.bind = command_of(upstream, service),
		.system_id = upstream->system_id,
		.password = upstream->password,
		.system_type = upstream->system_type,
		.addr_ton = upstream->addr_ton,
		.addr_npi = upstream->addr_npi,
		.address_range = upstream->address_range,
		.restart = SB_PERMANENT,
		.backoff_min_ms = upstream->backoff_min_ms,
		.backoff_max_ms = upstream->backoff_max_ms,
		.shutdown_ms = SHUTDOWN_STEPS * upstream->unbind_ms,
		.shard = SB_SHARD_SPREAD,
		.session =
			{
				.session_init_ms = upstream->session_init_ms,
				.enquire_link_ms = upstream->enquire_link_ms,
				.enquire_link_resp_ms = upstream->enquire_link_resp_ms,
				.response_ms = upstream->response_ms,
				.unbind_ms = upstream->unbind_ms,
				.window_in = upstream->party.window,
				.window_out = upstream->party.deliver_window,
				.version = upstream->version,
			},
	};

	return smpp_esme_new(
		&made->services[service], node, &mc_upstream_application, &options, &made->args);
}

int
mc_upstreams_open(
	struct mc_upstreams *upstreams, struct sb_node *node, const struct mc_config *config)
{
	int err = 0;

	for (size_t i = 0; i < upstreams->count && !err; i++) {
		const struct mc_upstream *upstream = &config->upstreams[i];

		err = service_make(&upstreams->all[i], upstream, node, 0);
		if (!err && upstream->bind == MC_BIND_PAIR)
			err = service_make(&upstreams->all[i], upstream, node, 1);
	}
	return err;
}

/* Without a name: when the node stops, all unbind at the same time. */
static int
binds_start(
	const struct upstream *upstream, const struct smpp_service *service, struct sb_node *node)
{
	struct sb_child_spec child;
	int err = 0;

	if (!service)
		return 0;
	child = smpp_esme_child(service, NULL);
	for (uint32_t i = 0; i < upstream->binds && !err; i++)
		err = sb_node_start_child(node, &child);
	return err;
}

int
mc_upstreams_start(const struct mc_upstreams *upstreams, struct sb_node *node)
{
	int err = 0;

	for (size_t i = 0; upstreams && i < upstreams->count && !err; i++) {
		const struct upstream *upstream = &upstreams->all[i];

		err = binds_start(upstream, upstream->services[0], node);
		if (!err)
			err = binds_start(upstream, upstream->services[1], node);
	}
	return err;
}

void
mc_upstreams_free(struct mc_upstreams *upstreams)
{
	if (!upstreams)
		return;
	for (size_t i = 0; i < upstreams->count; i++) {
		smpp_service_free(upstreams->all[i].services[0]);
		smpp_service_free(upstreams->all[i].services[1]);
		sb_tls_free(upstreams->all[i].tls);
	}
	free(upstreams->all);
	free(upstreams);
}
