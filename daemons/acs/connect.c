#include "daemons/acs/connect.h"

#include "core/error.h"
#include "daemons/acs/json.h"
#include "daemons/acs/json_memory.h"
#include "protocols/cwmp/connection_request.h"
#include "protocols/cwmp/udp_request.h"

#include <jansson.h>
#include <string.h>

#define BOTH(name) \
	"\"Device.ManagementServer." name "\", \"InternetGatewayDevice.ManagementServer." name "\""

const char acs_connect_question[] = "{\"names\": [" BOTH("ConnectionRequestUsername") ", " BOTH(
	"ConnectionRequestPassword") ", " BOTH("UDPConnectionRequestAddress") "]}";

void
acs_target_set(char *out, size_t size, const char *value)
{
	if (strlen(value) < size)
		memcpy(out, value, strlen(value) + 1);
}

static void
take_parameter(struct acs_target *target, const char *name, const char *value)
{
	const char *last = strrchr(name, '.');

	if (!last)
		return;
	if (strcmp(last, ".ConnectionRequestURL") == 0)
		acs_target_set(target->url, sizeof(target->url), value);
	else if (strcmp(last, ".ConnectionRequestUsername") == 0)
		acs_target_set(target->username, sizeof(target->username), value);
	else if (strcmp(last, ".ConnectionRequestPassword") == 0)
		acs_target_set(target->password, sizeof(target->password), value);
	else if (strcmp(last, ".UDPConnectionRequestAddress") == 0)
		acs_target_set(target->udp, sizeof(target->udp), value);
}

void
acs_target_of_device(struct acs_target *target, const struct sb_message *m)
{
	json_t *answer, *value;
	const json_t *inform;
	const char *name;

	(void)acs_json_load(&answer, sb_bytes(m->data, m->size), 0, NULL);
	inform = json_object_get(answer, "inform");
	acs_target_set(target->from, sizeof(target->from), acs_json_text(inform, "address", ""));
	json_object_foreach(json_object_get(inform, "parameters"), name, value)
		take_parameter(target, name, json_is_string(value) ? json_string_value(value) : "");
	json_decref(answer);
}

/* Devices read their password back as empty; it is known when it was set from here. */
void
acs_target_of_parameters(struct acs_target *target, const struct sb_message *m,
	const struct acs_connection_requests *options)
{
	json_t *answer = NULL, *each;
	size_t i;

	if (!m->status)
		(void)acs_json_load(&answer, sb_bytes(m->data, m->size), 0, NULL);
	json_array_foreach(json_object_get(answer, "parameters"), i, each) take_parameter(
		target, acs_json_text(each, "name", ""), acs_json_text(each, "value", ""));
	json_decref(answer);
	if (*target->password || !options->shared.username)
		return;
	acs_target_set(target->username, sizeof(target->username), options->shared.username);
	acs_target_set(target->password, sizeof(target->password), options->shared.password);
}

int
acs_connect(
	struct sb_session *s, const char *device, const struct acs_target *target, uint64_t *ref)
{
	const struct cwmp_connection_request request = {
		.device = device,
		.url = target->url,
		.username = target->username,
		.password = target->password,
		.from = target->from,
	};

	return cwmp_request_connection(s, &request, ref);
}

int
acs_connect_udp(struct sb_session *s, const char *device, const struct acs_target *target,
	const struct acs_connection_requests *options, uint64_t *ref)
{
	const struct cwmp_udp_request request = {
		.device = device,
		.address = target->udp,
		.username = target->username,
		.password = target->password,
		.from = target->from,
	};

	return options->stun && *target->udp ? cwmp_request_udp(s, &request, ref) : SB_ENOENT;
}

/* ---- start ---- */

/* Devices whose own password we do not have at hand are not believed what they claim, and answered
 * nevertheless. */
static int
password(void *context, const char *username, char *out, size_t size)
{
	const struct acs_credential *shared = context;

	if (!shared->username || strcmp(shared->username, username) != 0 ||
		strlen(shared->password) >= size)
		return SB_ENOENT;
	memcpy(out, shared->password, strlen(shared->password) + 1);
	return 0;
}

int
acs_connects_start(struct sb_node *node, const struct acs_connection_requests *options)
{
	const struct cwmp_udp_options udp = {
		.address = options->stun,
		.public_address = options->stun_public,
		.device_interval_ms = options->options.device_interval_ms,
		.reach = options->options.reach,
		.password = password,
		.context = (void *)(uintptr_t)&options->shared,
	};
	int err = cwmp_requesters_start(node, &options->options);

	return err || !options->stun ? err : cwmp_udp_start(node, &udp);
}
