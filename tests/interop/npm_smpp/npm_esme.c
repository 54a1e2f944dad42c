/*
 * npm-esme PORT [CA]: an ESME for the interop test. It binds to 127.0.0.1 (over TLS with a CA, as
 * localhost), sends a message ten times a second while it is bound, and is permanent. Its log tells
 * the rest.
 */
#include "core/node.h"
#include "core/tls.h"
#include "protocols/smpp/esme.h"

#include <stdio.h>
#include <stdlib.h>

struct state {
	struct sb_timer timer;
	uint64_t answered, delivered;
};

static void
submit(struct sb_session *s, struct sb_timer *timer)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};

	pdu.submit_sm.source_addr = sb_bytes_text("1000");
	pdu.submit_sm.destination_addr = sb_bytes_text("2000");
	pdu.submit_sm.short_message = sb_bytes_text("hello npm");
	pdu.submit_sm.registered_delivery = 1;
	(void)smpp_send(s, &pdu, 0);
	sb_timer_start(s, timer, 100, submit);
}

static void
on_bound(struct sb_session *s, const struct smpp_pdu *response)
{
	(void)response;
	submit(s, &((struct state *)smpp_state(s))->timer);
}

static void
on_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	struct state *state = smpp_state(s);

	state->delivered += pdu->header.command == SMPP_DELIVER_SM;
	(void)smpp_respond(s, request, SMPP_ROK, sb_bytes(NULL, 0));
}

static void
on_response(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu)
{
	struct state *state = smpp_state(s);

	(void)context;
	state->answered += pdu->header.status == SMPP_ROK;
}

static void
on_closed(struct sb_session *s, enum sb_end why)
{
	struct state *state = smpp_state(s);

	printf("%s answered %llu delivered %llu\n", sb_end_name(why),
		(unsigned long long)state->answered, (unsigned long long)state->delivered);
}

static const struct smpp_application application = {
	.name = "npm.esme",
	.side = SMPP_ESME,
	.state_size = sizeof(struct state),
	.bound = on_bound,
	.request = on_request,
	.response = on_response,
	.closed = on_closed,
};

int
main(int argc, char **argv)
{
	struct sb_node_options node_options = {.threads = 1, .signals = true};
	struct sb_tls_options tls = {.verify = SB_TLS_VERIFY_REQUIRED};
	struct smpp_esme_options options = {.system_id = "alice",
		.password = "secret1",
		.restart = SB_PERMANENT,
		.backoff_min_ms = 100,
		.backoff_max_ms = 1000,
		.server_name = "localhost",
		.session.enquire_link_ms = 1000};
	struct smpp_service *service = NULL;
	struct sb_node *node = NULL;
	char reason[256] = "";
	int err = argc > 1 ? 0 : SB_EINVAL;

	if (!err && argc > 2) {
		tls.ca = argv[2];
		err = sb_tls_client_new(&options.tls, &tls, reason, sizeof(reason));
	}
	if (!err)
		err = sb_node_new(&node, &node_options);
	if (!err)
		err = smpp_esme_start(node, "127.0.0.1", (uint16_t)strtoul(argv[1], NULL, 10),
			&application, NULL, &options, &service);
	if (!err)
		err = sb_node_run(node);
	if (err)
		fprintf(stderr, "npm-esme: %s %s\n", sb_error_text(err), reason);
	sb_node_free(node);
	smpp_service_free(service);
	sb_tls_free(options.tls);
	return err ? 1 : 0;
}
