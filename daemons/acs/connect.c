#include "daemons/acs/connect.h"

#include "daemons/acs/json.h"
#include "protocols/cwmp/connection_request.h"

#include <string.h>

#define BOTH(name) "\"Device." name "\", \"InternetGatewayDevice." name "\""

const char acs_connect_question[] = "{\"names\": [" BOTH(
	"ManagementServer.ConnectionRequestURL") ", " BOTH("Manag"
							   "ement"
							   "Serve"
							   "r."
							   "Conne"
							   "ction"
							   "Reque"
							   "stUse"
							   "rnam"
							   "e") ", " BOTH("ManagementServer."
									  "ConnectionRequestPasswor"
									  "d") ", " BOTH("Managemen"
											 "tServer."
											 "UDPConnec"
											 "tionReque"
											 "stAddres"
											 "s") "]}";

static void
take(char *out, size_t size, const char *value)
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
		take(target->url, sizeof(target->url), value);
	else if (strcmp(last, ".ConnectionRequestUsername") == 0)
		take(target->username, sizeof(target->username), value);
	else if (strcmp(last, ".ConnectionRequestPassword") == 0)
		take(target->password, sizeof(target->password), value);
	else if (strcmp(last, ".UDPConnectionRequestAddress") == 0)
		take(target->udp, sizeof(target->udp), value);
}

/* Devices read their password back as empty; it is known when it was set from here. */
void
acs_target_read(struct acs_target *target, const json_t *answer,
	const struct acs_connection_requests *options)
{
	const json_t *parameters = json_object_get(answer, "parameters");

	*target = (struct acs_target){0};
	for (size_t i = 0; i < json_array_size(parameters); i++) {
		const json_t *parameter = json_array_get(parameters, i);

		take_parameter(target, acs_json_text(parameter, "name", ""),
			acs_json_text(parameter, "value", ""));
	}
	if (*target->password || !options->shared.username)
		return;
	take(target->username, sizeof(target->username), options->shared.username);
	take(target->password, sizeof(target->password), options->shared.password);
}

bool
acs_target_of(struct acs_target *target, const struct sb_message *m,
	const struct acs_connection_requests *options)
{
	json_t *answer = json_loadb(m->data, m->size, 0, NULL);

	acs_target_read(target, answer, options);
	json_decref(answer);
	return *target->url != '\0';
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
	};

	return cwmp_request_connection(s, &request, ref);
}
