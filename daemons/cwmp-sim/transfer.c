#include "daemons/cwmp-sim/transfer.h"
#include "core/error.h"
#include "core/session.h"
#include "daemons/cwmp-sim/client.h"
#include "daemons/cwmp-sim/device.h"
#include "protocols/cwmp/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_KEPT = 256 };

struct transfer {
	struct transfer_args args;
	struct client_settings settings;
	struct client client;
};

static void
tell(struct transfer *t, struct sb_session *s, const struct transfer_result *result)
{
	/* A device that is gone does not want to know. */
	(void)sb_post(
		s, t->args.device, SIM_TRANSFER_DONE, t->args.id, SB_COPY(result, sizeof(*result)));
	sb_close(s, SB_END_LOCAL);
}

static void
tell_fault(struct transfer *t, struct sb_session *s, uint32_t fault, const char *text)
{
	struct transfer_result result = {.fault = fault};

	snprintf(result.text, sizeof(result.text), "%s: %s", cwmp_fault_text(fault), text);
	tell(t, s, &result);
}

/* "version 2.0.1", as the first line of a firmware file for simulated devices. */
static void
read_version(const struct reply *reply, struct transfer_result *result)
{
	static const char mark[] = "version ";
	const char *body = (const char *)reply->body;

	if (body && strncmp(body, mark, sizeof(mark) - 1) == 0)
		snprintf(result->version, sizeof(result->version), "%.*s",
			(int)strcspn(body + sizeof(mark) - 1, "\r\n"), body + sizeof(mark) - 1);
}

static uint32_t
fault_of_status(const struct transfer *t, unsigned status)
{
	if (status == 401 || status == 403)
		return CWMP_FAULT_FILE_SERVER_AUTHENTICATION;
	if (t->args.upload)
		return CWMP_FAULT_UPLOAD_FAILURE;
	return status == 404 || status == 410 ? CWMP_FAULT_ACCESS_FILE
					      : CWMP_FAULT_FILE_TRANSFER_FAILURE;
}

static uint32_t
fault_of_error(const struct transfer *t, const struct reply *reply, int err)
{
	if (err == SB_ENOTSUP)
		return CWMP_FAULT_UNSUPPORTED_PROTOCOL;
	if (err == SB_ECONNREFUSED || err == SB_ETLS)
		return CWMP_FAULT_CONTACT_FILE_SERVER;
	if (t->args.upload)
		return CWMP_FAULT_UPLOAD_FAILURE;
	return reply && reply->total ? CWMP_FAULT_COMPLETE_DOWNLOAD
				     : CWMP_FAULT_FILE_TRANSFER_FAILURE;
}

static void
on_answered(struct sb_session *s, struct client *client, int err, struct reply *reply)
{
	struct transfer *t = sb_state(s);
	struct transfer_result result = {0};
	char text[32];

	if (err) {
		tell_fault(t, s, fault_of_error(t, client->reply, err), sb_error_text(err));
		return;
	}
	if (reply->status / 100 != 2) {
		snprintf(text, sizeof(text), "status %u", reply->status);
		tell_fault(t, s, fault_of_status(t, reply->status), text);
		return;
	}
	if (!t->args.upload && t->args.wanted_size && reply->total != t->args.wanted_size) {
		tell_fault(t, s, CWMP_FAULT_FILE_CORRUPTED, "its size is another one");
		return;
	}
	read_version(reply, &result);
	tell(t, s, &result);
}

static int
on_start(struct sb_session *s, const void *args)
{
	struct transfer *t = sb_state(s);
	struct client_request request = {.method = "GET"};
	int err;

	t->args = *(const struct transfer_args *)args;
	/* A file server is no ACS: what devices are told to do to theirs does not matter here. */
	t->settings = (struct client_settings){
		.tls = t->args.sim->client.tls, .patience_ms = t->args.sim->client.patience_ms};
	client_init(&t->client, &t->settings, on_answered);
	t->client.body_limit = BODY_KEPT;
	client_credentials(&t->client, t->args.username, t->args.password);
	err = url_parse(t->args.url, &t->client.url);
	if (err) {
		tell_fault(t, s, fault_of_error(t, NULL, err), sb_error_text(err));
		return 0;
	}
	if (t->args.upload)
		request = (struct client_request){.method = "PUT",
			.type = "application/octet-stream",
			.body = t->args.upload,
			.size = t->args.upload_size};
	client_send(&t->client, s, request);
	return 0;
}

static int
on_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct transfer *t = sb_state(s);

	(void)peer;
	client_connected(&t->client, s);
	return 0;
}

static ssize_t
on_received(struct sb_session *s, struct sb_bytes in)
{
	struct transfer *t = sb_state(s);

	return client_received(&t->client, s, in);
}

static void
on_input_ended(struct sb_session *s)
{
	struct transfer *t = sb_state(s);

	client_input_ended(&t->client, s);
}

static void
on_disconnected(struct sb_session *s, enum sb_end why)
{
	struct transfer *t = sb_state(s);

	client_disconnected(&t->client, s, why);
}

static void
on_closed(struct sb_session *s, enum sb_end why)
{
	struct transfer *t = sb_state(s);

	(void)why;
	client_fini(&t->client);
	free(t->args.url);
	free(t->args.username);
	free(t->args.password);
}

const struct sb_module transfer_module = {
	.abi = SB_MODULE_ABI,
	.name = "cwmp-sim.transfer",
	.state_size = sizeof(struct transfer),
	.start = on_start,
	.connected = on_connected,
	.received = on_received,
	.input_ended = on_input_ended,
	.disconnected = on_disconnected,
	.closed = on_closed,
};
