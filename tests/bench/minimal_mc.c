/*
 * minimal-mc: a message centre on our session that only answers. Every PDU is
 * decoded and checked, every message gets an id of its own and is counted;
 * nothing is kept, routed or delivered.
 */
#include "core/metrics.h"
#include "protocols/smpp/session.h"
#include "tests/bench/core_server.h"

enum { ID_DIGITS = 24 };

struct mc {
	struct smpp_service *service;
	struct sb_counter *submitted;
	struct sb_counter *refused;
};

struct mc_session {
	const struct mc *mc;
	uint64_t messages;
};

static int
mc_connected(struct sb_session *s, const struct sb_peer *peer, const void *args)
{
	struct mc_session *session = smpp_state(s);

	(void)peer;
	session->mc = args;
	return 0;
}

static void
mc_bind(struct sb_session *s, struct smpp_request request, const struct smpp_binding *binding)
{
	bool is_named = binding->fields->system_id.size > 0;

	smpp_respond(s, request, is_named ? SMPP_ROK : SMPP_RINVSYSID, sb_bytes(NULL, 0));
}

/* Hexadecimal, unlike any other of this node: the shard, the session's generation and its count. */
static struct sb_bytes
next_id(struct sb_session *s, char text[ID_DIGITS])
{
	static const char digits[] = "0123456789abcdef";
	struct mc_session *session = smpp_state(s);
	struct sb_address self = sb_self(s);
	uint64_t halves[2] = {self.generation << 16 | self.shard, ++session->messages};

	for (size_t i = 0; i < ID_DIGITS; i++) {
		unsigned half = i < ID_DIGITS / 2;

		text[ID_DIGITS - 1 - i] = digits[halves[half] & 15];
		halves[half] >>= 4;
	}
	return sb_bytes(text, ID_DIGITS);
}

static uint32_t
judge(const struct smpp_submit_sm *message)
{
	if (message->destination_addr.size == 0)
		return SMPP_RINVDSTADR;
	return message->esm_class & SMPP_ESM_TYPE ? SMPP_RINVESMCLASS : SMPP_ROK;
}

static void
mc_submit(struct sb_session *s, struct smpp_request request, const struct smpp_submit_sm *message)
{
	const struct mc *mc = ((struct mc_session *)smpp_state(s))->mc;
	uint32_t status = judge(message);
	char text[ID_DIGITS];

	sb_counter_add(status ? mc->refused : mc->submitted, sb_session_shard(s), 1);
	smpp_respond(s, request, status, status ? sb_bytes(NULL, 0) : next_id(s, text));
}

static void
mc_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	if (request.command == SMPP_SUBMIT_SM)
		mc_submit(s, request, &pdu->submit_sm);
	else
		smpp_nack(s, request, SMPP_RINVCMDID);
}

static const struct smpp_application application = {
	.name = "minimal.mc",
	.side = SMPP_MC,
	.state_size = sizeof(struct mc_session),
	.connected = mc_connected,
	.bind = mc_bind,
	.request = mc_request,
};

static int
listen_for_smpp(struct sb_node *node, const struct sb_listener_options *options, void *context)
{
	struct smpp_session_options session = {
		.strict_tlvs = true, .strict_values = true, .system_id = "minimal"};
	struct mc *mc = context;
	int err;

	mc->submitted = sb_metrics_counter(
		sb_node_metrics(node), "mc_submitted", "Messages accepted", NULL);
	mc->refused =
		sb_metrics_counter(sb_node_metrics(node), "mc_refused", "Messages refused", NULL);
	err = smpp_service_new(&mc->service, node, &application, &session, mc);
	return err ? err : smpp_listen(mc->service, options, NULL);
}

int
main(int argc, char **argv)
{
	struct mc mc = {0};
	int status = core_server_main(argc, argv, "smpp", listen_for_smpp, &mc);

	smpp_service_free(mc.service);
	return status;
}
