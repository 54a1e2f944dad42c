/* The asker's side, and the start of requesters. */
#include "protocols/cwmp/connection_request.h"

#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "core/text.h"
#include "protocols/cwmp/requester_internal.h"

#include <stdio.h>

const char *
cwmp_request_outcome_name(enum cwmp_request_outcome outcome)
{
	switch (outcome) {
#define X(name, word) \
	case name:    \
		return word;
		CWMP_REQUEST_OUTCOME_MAP(X)
#undef X
	}
	return "";
}

void
cwmp_requester_name(char name[CWMP_REQUESTER_NAME_MAX], unsigned shard)
{
	snprintf(name, CWMP_REQUESTER_NAME_MAX, "cwmp.requester/%u", shard);
}

/* FNV-1a: it spreads devices, and keeps no secret. */
uint64_t
cwmp_device_hash(const char *device)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *device; device++)
		hash = (hash ^ (uint8_t)*device) * 0x100000001b3u;
	return hash;
}

static int
find_requester(struct sb_session *s, const char *device, struct sb_address *requester)
{
	unsigned shards = sb_node_shards(sb_session_node(s));
	char name[CWMP_REQUESTER_NAME_MAX];

	cwmp_requester_name(name, (unsigned)(cwmp_device_hash(device) % shards));
	return sb_lookup(s, name, requester) ? SB_GONE : 0;
}

static struct cwmp_requested *
keep(const struct sb_session *s, const struct cwmp_connection_request *request, size_t *size)
{
	struct cwmp_requested *kept;
	char *at;

	*size = sizeof(*kept) + sb_text_size(request->device) + sb_text_size(request->url) +
		sb_text_size(request->username) + sb_text_size(request->password) +
		sb_text_size(request->from);
	kept = sb_payload_new(s, *size);
	if (!kept)
		return NULL;
	at = kept->texts;
	kept->request.device = sb_text_keep(&at, request->device);
	kept->request.url = sb_text_keep(&at, request->url);
	kept->request.username = sb_text_keep(&at, request->username);
	kept->request.password = sb_text_keep(&at, request->password);
	kept->request.from = sb_text_keep(&at, request->from);
	return kept;
}

int
cwmp_request_connection(
	struct sb_session *s, const struct cwmp_connection_request *request, uint64_t *ref)
{
	struct cwmp_requested *kept;
	struct sb_address requester;
	size_t size;
	int err = find_requester(s, request->device, &requester);

	if (err)
		return err;
	if (strlen(request->url) > CWMP_URL_MAX)
		return SB_EINVAL;
	kept = keep(s, request, &size);
	if (!kept)
		return SB_ENOMEM;
	err = sb_call(
		s, requester, CWMP_REQUESTER_ASK, SB_GIVE(kept, size, sb_payload_free), 0, ref);
	if (err)
		sb_payload_free(kept);
	return err;
}

struct cwmp_connection_request_result
cwmp_connection_request_result(const struct sb_message *m)
{
	struct cwmp_connection_request_result result = {.outcome = CWMP_REQUEST_UNAVAILABLE};

	if (m->status == 0 && m->size == sizeof(result))
		memcpy(&result, m->data, sizeof(result));
	else if (m->status == SB_FULL)
		result.outcome = CWMP_REQUEST_LIMITED;
	else if (m->status == SB_TIMEOUT)
		result.outcome = CWMP_REQUEST_TIMEOUT;
	return result;
}

static uint32_t
or_default(uint32_t value, uint32_t when_zero)
{
	return value ? value : when_zero;
}

/* Calls of sb_call end after a minute: requests do before. */
#define TIMEOUT_MAX_MS  50000
#define INTERVAL_MIN_MS 1000

int
cwmp_requesters_start(struct sb_node *node, const struct cwmp_requester_options *given)
{
	struct cwmp_requester_options options = *given;
	struct sb_limits limits = {0};
	int err = 0;

	options.timeout_ms = or_default(options.timeout_ms, 20000);
	options.connect_ms = or_default(options.connect_ms, 5000);
	options.at_once = or_default(options.at_once, 64);
	options.waiting = or_default(options.waiting, 1024);
	options.device_burst = or_default(options.device_burst, 3);
	options.device_interval_ms = or_default(options.device_interval_ms, 10000);
	if (options.timeout_ms > TIMEOUT_MAX_MS || options.device_interval_ms < INTERVAL_MIN_MS ||
		options.at_once > 65536 || (options.reach.network_count && !options.reach.networks))
		return SB_EINVAL;
	limits.max_calls = options.at_once;
	for (unsigned shard = 0; shard < sb_node_shards(node) && !err; shard++) {
		char name[CWMP_REQUESTER_NAME_MAX];
		const struct sb_child_spec spec = {.id = name,
			.module = &cwmp_requester_module,
			.args = &options,
			.args_size = sizeof(options),
			.restart = SB_PERMANENT,
			.shard = (int)shard,
			.limits = &limits};

		cwmp_requester_name(name, shard);
		err = sb_node_start_child(node, &spec);
	}
	return err;
}
