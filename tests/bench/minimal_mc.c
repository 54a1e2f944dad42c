/*
 * minimal-mc: the least that an SMPP message centre of ours can be. It binds
 * everybody, decodes and checks each submit_sm, gives each message an id of its
 * own, and counts. The library does the rest.
 */
#include "core/switchboard.h"
#include "protocols/smpp/session.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct session {
	uint64_t accepted;
};

static void
mc_bind(struct sb_session *s, struct smpp_request request, const struct smpp_binding *binding)
{
	bool is_known = binding->fields->system_id.size > 0;

	smpp_respond(s, request, is_known ? SMPP_ROK : SMPP_RINVSYSID, sb_bytes_text("minimal"));
}

/* Hexadecimal, unlike any other of this node: the shard, the session's slot and count. */
static struct sb_bytes
message_id(struct sb_session *s, char (*text)[25])
{
	static const char digits[] = "0123456789abcdef";
	struct session *session = smpp_state(s);
	struct sb_address self = sb_self(s);
	uint64_t halves[2] = {self.generation << 16 | self.shard, ++session->accepted};

	for (size_t i = 0; i < 24; i++) {
		unsigned half = i < 12;

		(*text)[23 - i] = digits[halves[half] & 15];
		halves[half] >>= 4;
	}
	return sb_bytes(*text, 24);
}

static void
mc_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	char text[25];

	if (request.command != SMPP_SUBMIT_SM)
		smpp_nack(s, request, SMPP_RINVCMDID);
	else if (pdu->submit_sm.destination_addr.size == 0)
		smpp_respond(s, request, SMPP_RINVDSTADR, sb_bytes_text(""));
	else if (pdu->submit_sm.esm_class & SMPP_ESM_TYPE)
		smpp_respond(s, request, SMPP_RINVESMCLASS, sb_bytes_text(""));
	else
		smpp_respond(s, request, SMPP_ROK, message_id(s, &text));
}

static const struct smpp_application minimal = {
	.name = "smpp.minimal",
	.side = SMPP_MC,
	.state_size = sizeof(struct session),
	.bind = mc_bind,
	.request = mc_request,
};

struct arguments {
	const char *listen;
	unsigned threads;
	struct sb_tls_certificate certificate;
};

static int
parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{"listen", required_argument, NULL, 'l'},
		{"threads", required_argument, NULL, 't'},
		{"cert", required_argument, NULL, 'c'},
		{"key", required_argument, NULL, 'k'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			a->listen = optarg;
			break;
		case 't':
			a->threads = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			a->certificate.certificate = optarg;
			break;
		case 'k':
			a->certificate.key = optarg;
			break;
		default:
			return SB_EINVAL;
		}
	}
	return 0;
}

static int
serve(const struct arguments *a, struct sb_tls *tls)
{
	static const struct sb_limits limits = {.max_connections = 100000};
	const struct sb_node_options options = {.threads = a->threads, .signals = true};
	const struct sb_listener_options listener = {
		.name = "minimal-mc", .address = a->listen, .tls = tls, .limits = &limits};
	struct smpp_service *service = NULL;
	struct sb_node *node;
	int err = sb_node_new(&node, &options);

	if (err)
		return err;
	err = smpp_service_new(&service, node, &minimal, NULL, NULL);
	if (!err)
		err = smpp_listen(service, &listener, NULL);
	if (!err)
		err = sb_node_run(node);
	sb_node_free(node);
	smpp_service_free(service);
	return err;
}

int
main(int argc, char **argv)
{
	struct arguments a = {.listen = "127.0.0.1:0"};
	struct sb_tls_options tls_options = {
		.certificates = &a.certificate, .certificate_count = 1};
	struct sb_tls *tls = NULL;
	int err = parse(argc, argv, &a);

	if (!err && a.certificate.certificate)
		err = sb_tls_server_new(&tls, &tls_options, NULL, 0);
	if (!err)
		err = serve(&a, tls);
	sb_tls_free(tls);
	if (err)
		fprintf(stderr, "minimal-mc: %s\n", sb_error_text(err));
	return err ? 1 : 0;
}
