/*
 * The message centre under every kind of weather. Clients come, submit, answer
 * deliveries well, badly or never, ask, cancel, and go with or without a word, on
 * a machine that splits, delays and reorders. Whatever the seed: who was told that
 * a message is accepted gets a final receipt of it, no receipt is of a message
 * that nobody sent, and in the end nothing is left.
 */
#include "core/metrics.h"
#include "core/node.h"
#include "daemons/smpp-mc/centre.h"
#include "daemons/smpp-mc/config_file.h"
#include "daemons/smpp-mc/id.h"
#include "daemons/smpp-mc/service.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/receipt.h"
#include "tests/sim/seeds.h"
#include "tests/sim/simulation.h"
#include "tests/support/config_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENTS  5
#define STEPS    250
#define MESSAGES 1024
#define RECEIPTS 4096
#define PORT     2775

#define CONFIG(DELIVERY)                                                                          \
	"listener \"smpp\" { address = \"127.0.0.1:2775\" }\n"                                    \
	"account \"alice\" { password = \"a\" window = 5 deliver_window = 3 }\n"                  \
	"account \"bob\" { password = \"b\" deliver_window = 1 }\n"                               \
	"route \"1\" { account = \"alice\" }\n"                                                   \
	"route \"2\" { account = \"bob\" }\n"                                                     \
	"route \"9\" { sink = \"moody\" }\n"                                                      \
	"route \"default\" { sink = \"quick\" }\n"                                                \
	"sink \"quick\" { }\n"                                                                    \
	"sink \"moody\" { delay = 200ms fail_percent = 20 retry_percent = 30 expire_percent = 5 " \
	"}\n"                                                                                     \
	"retry \"temporary\" { first = 100ms max = 1s }\n"                                        \
	"retry \"throttled\" { first = 50ms max = 500ms }\n"                                      \
	"retry \"timeout\" { first = 100ms max = 1s }\n"                                          \
	"smpp { response_timeout = 2s }\n"                                                        \
	"delivery { validity = 30s final_keep = 5s " DELIVERY " }\n"                              \
	"bind { free_failures = 1000 }\n"

struct sent {
	char id[MC_ID_TEXT]; /* "": not accepted (yet) */
};

struct client {
	struct sim_peer *peer;
	uint32_t sequence;
	bool is_good; /* answers everything well */
	bool is_bound;
	bool is_receiver;
	unsigned account;
	uint32_t first_of[MESSAGES * 2]; /* sequence -> message + 1 */
};

struct world {
	struct simulation *sim;
	struct sb_node *node;
	struct sb_log *log;
	struct mc_centre *centre;
	struct client clients[CLIENTS];
	struct sent sent[MESSAGES];
	unsigned sent_count;
	char receipts[RECEIPTS][MC_ID_DIGITS]; /* may come before the response */
	unsigned receipt_count;
};

static const char *const names[] = {"alice", "bob"};
static const char *const passwords[] = {"a", "b"};

/* The same for all seeds: with bodies in memory, and with every body read again. */
static const char *const config_texts[] = {CONFIG(""), CONFIG("cache_limit = 0")};
static struct sb_config *configs[2];

static uint64_t
pick(struct world *w, uint64_t below)
{
	return sim_random(w->sim, below);
}

static void
send_pdu(struct client *c, struct smpp_pdu *pdu)
{
	uint8_t octets[1024];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	CHECK(smpp_encode(pdu, &w) == 0);
	sim_send(c->peer, octets, sb_writer_size(&w));
}

static uint32_t
ask(struct client *c, struct smpp_pdu *pdu)
{
	pdu->header.sequence = ++c->sequence;
	send_pdu(c, pdu);
	return c->sequence;
}

/* ---- what clients do ---- */

static void
client_start(struct world *w, struct client *c, unsigned account, uint32_t command)
{
	struct smpp_pdu pdu = {.header.command = command};

	memset(c, 0, sizeof(*c));
	c->account = account;
	c->is_receiver = command != SMPP_BIND_TRANSMITTER;
	c->peer = sim_connect(w->sim, PORT);
	pdu.bind.system_id = sb_bytes_text(names[account]);
	pdu.bind.password = sb_bytes_text(passwords[account]);
	pdu.bind.interface_version = SMPP_VERSION_34;
	ask(c, &pdu);
}

static void
submit(struct world *w, struct client *c)
{
	static const char *const destinations[] = {"10", "11", "20", "21", "90", "70"};
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};
	const char *source = pick(w, 2) ? "5" : "6";

	if (w->sent_count == MESSAGES || c->sequence + 1 >= MESSAGES * 2)
		return;
	pdu.submit_sm.source_addr = sb_bytes_text(source);
	pdu.submit_sm.destination_addr = sb_bytes_text(destinations[pick(w, 6)]);
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	if (pick(w, 4) == 0)
		pdu.submit_sm.registered_delivery |= SMPP_WANT_INTERMEDIATE;
	pdu.submit_sm.priority_flag = (uint8_t)pick(w, 4);
	if (pick(w, 4) == 0)
		pdu.submit_sm.validity_period = sb_bytes_text("000000000001000R");
	if (pick(w, 8) == 0)
		pdu.submit_sm.schedule_delivery_time = sb_bytes_text("000000000000500R");
	if (pick(w, 10) == 0)
		pdu.submit_sm.esm_class = (uint8_t)pick(w, 4);
	pdu.submit_sm.short_message = sb_bytes_text("text");
	c->first_of[ask(c, &pdu)] = ++w->sent_count;
}

static void
cancel(struct world *w, struct client *c)
{
	struct smpp_pdu pdu = {.header.command = SMPP_CANCEL_SM};
	const struct sent *sent;

	if (!w->sent_count)
		return;
	sent = &w->sent[pick(w, w->sent_count)];
	if (pick(w, 2) && sent->id[0])
		pdu.cancel_sm.message_id = sb_bytes_text(sent->id);
	pdu.cancel_sm.source_addr = sb_bytes_text("5");
	pdu.cancel_sm.destination_addr = sb_bytes_text("10");
	ask(c, &pdu);
}

static void
question(struct world *w, struct client *c)
{
	struct smpp_pdu pdu = {.header.command = SMPP_QUERY_SM};
	const struct sent *sent;

	if (!w->sent_count)
		return;
	sent = &w->sent[pick(w, w->sent_count)];
	pdu.query_sm.message_id = sb_bytes_text(sent->id);
	ask(c, &pdu);
}

static void
leave(struct world *w, struct client *c)
{
	struct smpp_pdu pdu = {.header.command = SMPP_UNBIND};

	switch (pick(w, 3)) {
	case 0:
		sim_reset(c->peer);
		c->peer = NULL;
		break;
	case 1:
		sim_finish(c->peer);
		break;
	case 2:
		ask(c, &pdu);
		break;
	}
}

/* ---- what clients hear ---- */

static void
note_accepted(struct world *w, struct client *c, const struct smpp_pdu *pdu)
{
	uint32_t message = c->first_of[pdu->header.sequence % (MESSAGES * 2)];
	struct sent *sent = &w->sent[message - 1];

	CHECK(message != 0);
	if (pdu->header.status != SMPP_ROK)
		return;
	CHECK(pdu->submit_sm_resp.message_id.size == MC_ID_DIGITS);
	memcpy(sent->id, pdu->submit_sm_resp.message_id.data, MC_ID_DIGITS);
}

static bool
is_receipted(const struct world *w, const char *id)
{
	for (unsigned i = 0; i < w->receipt_count; i++)
		if (memcmp(w->receipts[i], id, MC_ID_DIGITS) == 0)
			return true;
	return false;
}

static void
note_receipt(struct world *w, const struct smpp_receipt *receipt)
{
	CHECK(receipt->message_id.size == MC_ID_DIGITS);
	if (is_receipted(w, (const char *)receipt->message_id.data))
		return;
	CHECK(w->receipt_count < RECEIPTS);
	memcpy(w->receipts[w->receipt_count++], receipt->message_id.data, MC_ID_DIGITS);
}

static uint32_t
mood(struct world *w, const struct client *c)
{
	static const uint32_t moods[] = {SMPP_ROK, SMPP_ROK, SMPP_RX_T_APPN, SMPP_RTHROTTLED,
		SMPP_RX_P_APPN, SMPP_RX_R_APPN, SMPP_RMSGQFUL};

	return c->is_good ? SMPP_ROK : moods[pick(w, sizeof(moods) / sizeof(moods[0]))];
}

static void
hear_delivery(struct world *w, struct client *c, const struct smpp_pdu *pdu)
{
	struct smpp_pdu response = {.header = pdu->header};
	struct smpp_receipt receipt;
	bool is_receipt = smpp_receipt_read(pdu, &receipt) == 0;

	if (!c->is_good && pick(w, 10) == 0)
		return; /* never answered */
	response.header.command |= SMPP_RESPONSE_BIT;
	response.header.status = is_receipt ? SMPP_ROK : mood(w, c);
	send_pdu(c, &response);
	if (is_receipt && pdu->deliver_sm.esm_class == SMPP_ESM_RECEIPT)
		note_receipt(w, &receipt);
}

static void
hear(struct world *w, struct client *c, const struct smpp_pdu *pdu)
{
	struct smpp_pdu response = {.header = pdu->header};

	switch (pdu->header.command) {
	case SMPP_BIND_RECEIVER_RESP:
	case SMPP_BIND_TRANSMITTER_RESP:
	case SMPP_BIND_TRANSCEIVER_RESP:
		c->is_bound = pdu->header.status == SMPP_ROK;
		break;
	case SMPP_SUBMIT_SM_RESP:
		note_accepted(w, c, pdu);
		break;
	case SMPP_DELIVER_SM:
		hear_delivery(w, c, pdu);
		break;
	case SMPP_ENQUIRE_LINK:
	case SMPP_UNBIND:
		response.header.command |= SMPP_RESPONSE_BIT;
		send_pdu(c, &response);
		break;
	}
}

static void
hear_all(struct world *w, struct client *c)
{
	while (c->peer) {
		uint8_t copy[2048];
		struct sb_bytes in = sim_received(c->peer);
		ssize_t size = smpp_frame(in, sizeof(copy), NULL);
		struct smpp_pdu pdu;

		CHECK(size >= 0);
		if (size == 0)
			break;
		memcpy(copy, in.data, (size_t)size);
		sim_consume(c->peer, (size_t)size);
		CHECK(smpp_decode(sb_bytes(copy, (size_t)size), NULL, &pdu, NULL) == 0);
		hear(w, c, &pdu);
	}
	if (c->peer && (sim_has_ended(c->peer) || sim_was_reset(c->peer))) {
		if (!sim_was_reset(c->peer))
			sim_finish(c->peer);
		c->peer = NULL;
		c->is_bound = false;
	}
}

static void
act(struct world *w, struct client *c)
{
	static const uint32_t commands[] = {
		SMPP_BIND_TRANSCEIVER, SMPP_BIND_RECEIVER, SMPP_BIND_TRANSMITTER};

	hear_all(w, c);
	if (!c->peer) {
		client_start(w, c, (unsigned)pick(w, 2), commands[pick(w, 3)]);
		return;
	}
	if (!c->is_bound)
		return;
	switch (pick(w, 20)) {
	case 0:
		leave(w, c);
		break;
	case 1:
		cancel(w, c);
		break;
	case 2:
		question(w, c);
		break;
	case 3:
		sim_stall(c->peer, pick(w, 3) == 0);
		break;
	default:
		submit(w, c);
	}
}

/* ---- the end ---- */

static bool
is_all_receipted(const struct world *w)
{
	for (unsigned i = 0; i < w->sent_count; i++)
		if (w->sent[i].id[0] && !is_receipted(w, w->sent[i].id))
			return false;
	return true;
}

static int64_t
messages_left(const struct world *w)
{
	const struct mc_config *made = sb_node_config(w->node);

	return sb_gauge_value(made->service->messages);
}

/* Clients without fault take what is left, for as long as it takes. */
static void
make_up(struct world *w)
{
	for (int i = 0; i < CLIENTS; i++)
		if (w->clients[i].peer)
			sim_reset(w->clients[i].peer);
	for (unsigned i = 0; i < 2; i++) {
		client_start(w, &w->clients[i], i, SMPP_BIND_TRANSCEIVER);
		w->clients[i].is_good = true;
	}
	for (int i = 0; i < 100000 && (messages_left(w) || !is_all_receipted(w)); i++) {
		sim_run_for(w->sim, i < 1000 ? 100000000 : UINT64_C(10000000000));
		for (int k = 0; k < 2; k++)
			hear_all(w, &w->clients[k]);
	}
	CHECK(messages_left(w) == 0);
	CHECK(is_all_receipted(w));
}

static void
stop(struct world *w)
{
	sb_node_stop(w->node);
	sim_run_for(w->sim, UINT64_C(60000000000));
	CHECK(sb_node_is_stopped(w->node));
	sb_node_free(w->node);
	mc_centre_free(w->centre);
	sb_log_free(w->log);
	CHECK(sim_open_sockets(w->sim) == 0);
	sim_free(w->sim);
}

static void
run(uint64_t seed)
{
	struct sim_options options = {.seed = seed, .is_calm = seed % 4 == 0};
	struct sb_log_options log = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct sb_node_options node = {.threads = 1 + seed % 2};
	static struct world world;
	struct world *w = &world;

	memset(w, 0, sizeof(*w));
	w->sim = sim_new(&options);
	w->log = sb_log_new(&log);
	node.log = w->log;
	node.env = sim_env(w->sim);
	CHECK(w->sim && w->log && mc_centre_new(&w->centre, configs[seed / 2 % 2]) == 0);
	CHECK(sb_node_new(&w->node, &node) == 0);
	sim_attach(w->sim, w->node);
	CHECK(mc_centre_start(w->centre, w->node) == 0);
	sim_run_for(w->sim, 1000000000);
	for (int i = 0; i < STEPS; i++) {
		act(w, &w->clients[pick(w, CLIENTS)]);
		sim_run_for(w->sim, pick(w, 30000000));
	}
	make_up(w);
	stop(w);
}

static struct sb_config *
load(const char *text)
{
	static struct sb_config_errors errors; /* conversions report there, too */
	const struct sb_config_source source = {
		.options = mc_config_options, .rules = mc_config_rules};
	struct sb_config *loaded;

	errors = sb_config_errors_to_stderr();
	return config_text_load(text, source, &errors, &loaded) == 0 ? loaded : NULL;
}

int
main(int argc, char **argv)
{
	int status;

	for (int i = 0; i < 2; i++) {
		configs[i] = load(config_texts[i]);
		if (!configs[i])
			return EXIT_FAILURE;
	}
	status = seeds_main(argc, argv, 150, run);
	sb_config_free(configs[0]);
	sb_config_free(configs[1]);
	return status;
}
