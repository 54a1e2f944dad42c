/* The asker's side, and the start of the session. */
#include "protocols/cwmp/udp_request.h"

#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/supervisor.h"
#include "core/text.h"
#include "protocols/cwmp/udp_internal.h"

#include <string.h>

static struct cwmp_udp_asked *
keep(const struct sb_session *s, const struct cwmp_udp_request *request, size_t *size)
{
	struct cwmp_udp_asked *kept;
	char *at;

	*size = sizeof(*kept) + sb_text_size(request->device) + sb_text_size(request->address) +
		sb_text_size(request->username) + sb_text_size(request->password) +
		sb_text_size(request->from);
	kept = sb_payload_new(s, *size);
	if (!kept)
		return NULL;
	at = kept->texts;
	kept->request.device = sb_text_keep(&at, request->device);
	kept->request.address = sb_text_keep(&at, request->address);
	kept->request.username = sb_text_keep(&at, request->username);
	kept->request.password = sb_text_keep(&at, request->password);
	kept->request.from = sb_text_keep(&at, request->from);
	return kept;
}

int
cwmp_request_udp(struct sb_session *s, const struct cwmp_udp_request *request, uint64_t *ref)
{
	struct sb_address to;
	struct cwmp_udp_asked *kept;
	size_t size;
	int err;

	if (sb_lookup(s, CWMP_UDP_NAME, &to))
		return SB_GONE;
	if (strlen(request->address) > CWMP_UDP_FIELD_MAX ||
		strlen(request->username) > CWMP_UDP_FIELD_MAX ||
		strlen(request->password) > CWMP_UDP_FIELD_MAX)
		return SB_EINVAL;
	kept = keep(s, request, &size);
	if (!kept)
		return SB_ENOMEM;
	err = sb_call(s, to, CWMP_UDP_ASK, SB_GIVE(kept, size, sb_payload_free), 0, ref);
	if (err)
		sb_payload_free(kept);
	return err;
}
static uint32_t
or_default(uint32_t value, uint32_t when_zero)
{
	return value ? value : when_zero;
}

int
cwmp_udp_start(struct sb_node *node, const struct cwmp_udp_options *given)
{
	struct cwmp_udp_options options = *given;
	const struct sb_child_spec spec = {.id = CWMP_UDP_NAME,
		.module = &cwmp_udp_module,
		.args = &options,
		.args_size = sizeof(options),
		.restart = SB_PERMANENT,
		.shard = 0};
	union sb_socket_address address;

	options.answer_rate = or_default(options.answer_rate, 10000);
	options.device_burst = or_default(options.device_burst, 1);
	options.device_interval_ms = or_default(options.device_interval_ms, 10000);
	options.copy_interval_ms = or_default(options.copy_interval_ms, 500);
	if (!options.address || sb_sockaddr_parse(options.address, &address) ||
		options.device_interval_ms < 1000 ||
		(options.public_address && sb_sockaddr_parse(options.public_address, &address)))
		return SB_EINVAL;
	return sb_node_start_child(node, &spec);
}
