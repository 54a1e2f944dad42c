/*
 * The message centre under every kind of weather. Two clients, alice and bob, send
 * each other messages with receipts while connections are torn, stall, answer late,
 * refuse for a while, or end half-way. Whatever the seed: a message whose
 * submit_sm_resp the client saw is delivered, its receipt comes, and it is
 * delivered twice only where an answer to its first deliver_sm was lost or said no.
 */
#include "core/config.h"
#include "core/config_core.h"
#include "core/node.h"
#include "daemons/smpp-mc/config_file.h"
#include "daemons/smpp-mc/front.h"
#include "daemons/smpp-mc/mc_session.h"
#include "daemons/smpp-mc/service.h"
#include "protocols/smpp/answer.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/receipt.h"
#include "seeds.h"
#include "simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGES 12 /* each client's */
#define MAX_PDU  70000
#define RECEIPTS 200
#define ID_SIZE  68

struct sent {
	char id[ID_SIZE];    /* from submit_sm_resp; empty: not acknowledged */
	unsigned deliveries; /* at the other side */
	unsigned excused;    /* deliveries whose answer was lost, late or negative */
};

struct esme {
	struct world *world;
	struct esme *other;
	const char *name, *password, *number;
	struct sim_peer *peer;
	uint32_t next_sequence;
	unsigned next_message;
	uint32_t sequence_of[MESSAGES];
	struct sent sent[MESSAGES];
	int unanswered[MESSAGES]; /* of the other's: 1: delivered here on this connection, answered
				   */
	bool is_bound;
	char receipts[RECEIPTS][ID_SIZE]; /* they may come before the submit_sm_resp */
	unsigned receipt_count;
};

struct world {
	struct simulation *sim;
	struct sb_log *log;
	struct sb_node *node;
	struct sb_config *file;
	struct sb_config_errors errors; /* of `file` */
	struct mc_config *config;
	struct sb_store *store;
	struct mc_service *service;
	struct smpp_service *smpp;
	struct sb_listener_options listener;
	struct mc_front front;
	struct esme esmes[2];
	bool is_calm;
};

/* ---- the message centre ---- */

static void
release_config(void *config)
{
	mc_config_free(config);
}

/* `errors` lives as long as the configuration, which reports to it later, too. */
static struct sb_config *
read_file(struct sb_config_errors *errors)
{
	static const char *const overrides[] = {
		"listener.smpp.address=127.0.0.1:2775",
		"log.level=error",
	};
	char path[4096];
	const char *source = getenv("SB_SOURCE_DIR");
	struct sb_config_source from = {.path = path,
		.options = mc_config_options,
		.rules = mc_config_rules,
		.overrides = overrides,
		.override_count = 2};
	struct sb_config *file;

	snprintf(path, sizeof(path), "%s/daemons/smpp-mc/smpp-mc.conf", source ? source : ".");
	CHECK(sb_config_load(&from, errors, &file) == 0);
	return file;
}

static void
mc_start(struct world *w)
{
	struct sb_node_options options = {.threads = 1 + (unsigned)sim_random(w->sim, 3),
		.env = sim_env(w->sim),
		.log = w->log,
		.message_budget = 1 + (uint32_t)sim_random(w->sim, 50)};
	struct sb_store_options store = {
		.path = "mem:", .delay_ns = sim_random(w->sim, 3) * 1000000u};
	/* Short times, so that a run of simulated minutes sees retries and dead links. */
	struct smpp_session_options session = {.response_ms = 3000, .enquire_link_ms = 5000};
	cfg_t *section;

	w->errors = sb_config_errors_to_stderr();
	w->file = read_file(&w->errors);
	section = cfg_getnsec(sb_config_root(w->file), "listener", 0);
	CHECK(mc_config_new(w->file, &w->config) == 0);
	CHECK(sb_config_listener(w->file, section, &w->listener) == 0);
	CHECK(sb_node_new(&w->node, &options) == 0);
	sim_attach(w->sim, w->node);
	CHECK(sb_store_open(&w->store, w->node, &store, mc_kinds, MC_KIND_COUNT) == 0);
	CHECK(mc_service_new(&w->service, w->node, w->store, w->config, 0) == 0);
	CHECK(smpp_service_new(&w->smpp, w->node, &mc_application, &session, NULL) == 0);
	CHECK(sb_node_set_config(w->node, w->config, release_config) == 0);
	w->front = (struct mc_front){.service = w->service,
		.smpp = w->smpp,
		.listeners = &w->listener,
		.listener_count = 1};
	CHECK(mc_front_start(&w->front) == 0);
	sim_run_for(w->sim, 500000000);
	CHECK(!w->front.has_failed);
}

static void
mc_stop(struct world *w)
{
	sb_store_close(w->store);
	sb_node_free(w->node);
	smpp_service_free(w->smpp);
	mc_service_free(w->service);
	sb_config_listener_fini(&w->listener);
	sb_config_free(w->file);
}

/* ---- a client ---- */

static void
send_pdu(struct esme *e, const struct smpp_pdu *pdu)
{
	uint8_t octets[512];
	struct sb_writer out = sb_writer_of(octets, sizeof(octets));

	CHECK(smpp_encode(pdu, &out) == 0);
	sim_send(e->peer, octets, sb_writer_size(&out));
}

static void
client_connect(struct esme *e)
{
	struct smpp_pdu pdu = {.header = {.command = SMPP_BIND_TRANSCEIVER, .sequence = 1}};

	e->peer = sim_connect(e->world->sim, 2775);
	e->is_bound = false;
	e->next_sequence = 2;
	memset(e->sequence_of, 0, sizeof(e->sequence_of));
	memset(e->unanswered, 0, sizeof(e->unanswered));
	pdu.bind.system_id = sb_bytes_text(e->name);
	pdu.bind.password = sb_bytes_text(e->password);
	pdu.bind.interface_version = 0x34;
	send_pdu(e, &pdu);
}

/* What was delivered on a connection that was torn may come again. */
static void
client_lose(struct esme *e)
{
	for (int i = 0; i < MESSAGES; i++)
		e->other->sent[i].excused += e->unanswered[i] ? 1 : 0;
	sim_reset(e->peer);
	client_connect(e);
}

static void
submit_next(struct esme *e)
{
	struct smpp_pdu pdu = {
		.header = {.command = SMPP_SUBMIT_SM, .sequence = e->next_sequence++}};
	char text[16];

	if (!e->is_bound || e->next_message == MESSAGES)
		return;
	snprintf(text, sizeof(text), "message %u", e->next_message);
	pdu.submit_sm.source_addr = sb_bytes_text(e->number);
	pdu.submit_sm.destination_addr = sb_bytes_text(e->other->number);
	pdu.submit_sm.registered_delivery = 1;
	pdu.submit_sm.short_message = sb_bytes_text(text);
	e->sequence_of[e->next_message++] = pdu.header.sequence;
	send_pdu(e, &pdu);
}

static void
answer_deliver(struct esme *e, uint32_t sequence, uint32_t status)
{
	uint8_t octets[32];
	struct sb_writer out = sb_writer_of(octets, sizeof(octets));

	CHECK(smpp_put_deliver_sm_resp(&out, status, sequence) == 0);
	sim_send(e->peer, octets, sb_writer_size(&out));
}

static void
take_receipt(struct esme *e, const struct smpp_pdu *pdu)
{
	struct smpp_receipt receipt;

	CHECK(smpp_receipt_read(pdu, &receipt) == 0);
	CHECK(receipt.state == SMPP_STATE_DELIVERED);
	CHECK(receipt.message_id.size < ID_SIZE && e->receipt_count < RECEIPTS);
	memcpy(e->receipts[e->receipt_count++], receipt.message_id.data, receipt.message_id.size);
}

static bool
has_receipt(const struct esme *e, const char *id)
{
	for (unsigned i = 0; i < e->receipt_count; i++)
		if (strcmp(e->receipts[i], id) == 0)
			return true;
	return false;
}

static void
take_message(struct esme *e, const struct smpp_pdu *pdu, bool is_refused)
{
	char text[16] = {0};
	unsigned number;

	CHECK(pdu->deliver_sm.short_message.size < sizeof(text));
	memcpy(text, pdu->deliver_sm.short_message.data, pdu->deliver_sm.short_message.size);
	CHECK(sscanf(text, "message %u", &number) == 1 && number < MESSAGES);
	CHECK(sb_bytes_equal(pdu->deliver_sm.source_addr, sb_bytes_text(e->other->number)));
	e->other->sent[number].deliveries++;
	e->other->sent[number].excused += is_refused;
	e->unanswered[number] = !is_refused;
}

static void
take_deliver(struct esme *e, const struct smpp_pdu *pdu)
{
	uint64_t dice = e->world->is_calm ? 10 : sim_random(e->world->sim, 12);
	bool is_receipt = (pdu->deliver_sm.esm_class & 0x3c) == 0x04;

	if (is_receipt && dice > 1)
		take_receipt(e, pdu);
	if (!is_receipt)
		take_message(e, pdu, dice <= 1);
	if (dice == 0)
		answer_deliver(e, pdu->header.sequence, SMPP_RX_T_APPN);
	else if (dice > 1) /* 1: never answered */
		answer_deliver(e, pdu->header.sequence, SMPP_ROK);
}

static void
take_submit_resp(struct esme *e, const struct smpp_pdu *pdu)
{
	for (int i = 0; i < MESSAGES; i++) {
		struct sb_bytes id = pdu->submit_sm_resp.message_id;

		if (e->sequence_of[i] != pdu->header.sequence || pdu->header.status != SMPP_ROK)
			continue;
		CHECK(id.size > 0 && id.size < sizeof(e->sent[i].id));
		memcpy(e->sent[i].id, id.data, id.size);
		e->sent[i].id[id.size] = '\0';
	}
}

static void
take(struct esme *e, struct sb_bytes octets)
{
	struct smpp_decode_error error;
	struct smpp_pdu pdu;
	uint8_t answer[16];
	struct sb_writer out = sb_writer_of(answer, sizeof(answer));

	CHECK(smpp_decode(octets, NULL, &pdu, &error) == 0);
	switch (pdu.header.command) {
	case SMPP_BIND_TRANSCEIVER_RESP:
		e->is_bound = pdu.header.status == SMPP_ROK;
		break;
	case SMPP_SUBMIT_SM_RESP:
		take_submit_resp(e, &pdu);
		break;
	case SMPP_DELIVER_SM:
		take_deliver(e, &pdu);
		break;
	case SMPP_ENQUIRE_LINK:
		CHECK(smpp_put_enquire_link_resp(&out, pdu.header.sequence) == 0);
		sim_send(e->peer, answer, sb_writer_size(&out));
		break;
	default:
		break;
	}
}

static void
client_read(struct esme *e)
{
	ssize_t size;

	while ((size = smpp_frame(sim_received(e->peer), MAX_PDU, NULL)) > 0) {
		take(e, sb_bytes(sim_received(e->peer).data, (size_t)size));
		sim_consume(e->peer, (size_t)size);
	}
	CHECK(size == 0);
	if (sim_was_reset(e->peer) || sim_has_ended(e->peer) || sim_is_closed(e->peer))
		client_lose(e);
}

static void
client_act(struct esme *e)
{
	struct simulation *sim = e->world->sim;

	client_read(e);
	switch (sim_random(sim, 10)) {
	case 0:
		if (sim_random(sim, 4) == 0)
			client_lose(e);
		break;
	case 1:
		sim_stall(e->peer, true);
		break;
	default:
		sim_stall(e->peer, false);
		submit_next(e);
		break;
	}
}

/* ---- a run ---- */

static void
weather(struct world *w)
{
	for (int step = 0; step < 60; step++) {
		for (int i = 0; i < 2; i++)
			client_act(&w->esmes[i]);
		sim_run_for(w->sim, 1000000 + sim_random(w->sim, 400000000));
	}
}

/* Good weather for ten minutes: every retry has its turn. */
static void
calm(struct world *w)
{
	w->is_calm = true;
	for (int second = 0; second < 600; second++) {
		for (int i = 0; i < 2; i++) {
			sim_stall(w->esmes[i].peer, false);
			client_read(&w->esmes[i]);
		}
		sim_run_for(w->sim, 1000000000);
	}
}

static void
check(const struct esme *e)
{
	for (int i = 0; i < MESSAGES; i++) {
		const struct sent *sent = &e->sent[i];

		CHECK(sent->deliveries <= 1 + sent->excused);
		if (!sent->id[0])
			continue;
		CHECK(sent->deliveries >= 1);
		CHECK(has_receipt(e, sent->id));
	}
}

static void
run(uint64_t seed)
{
	struct sim_options sim_options = {.seed = seed, .socket_buffer = 256u << seed % 8};
	struct sb_log_options log = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct world *w = calloc(1, sizeof(*w));

	w->sim = sim_new(&sim_options);
	w->log = sb_log_new(&log);
	mc_start(w);
	w->esmes[0] = (struct esme){.name = "alice", .password = "secret1", .number = "1000"};
	w->esmes[1] = (struct esme){.name = "bob", .password = "secret2", .number = "2000"};
	for (int i = 0; i < 2; i++) {
		w->esmes[i].world = w;
		w->esmes[i].other = &w->esmes[!i];
		client_connect(&w->esmes[i]);
	}
	weather(w);
	calm(w);
	for (int i = 0; i < 2; i++)
		check(&w->esmes[i]);
	mc_stop(w);
	CHECK(sim_open_sockets(w->sim) == 0);
	sim_free(w->sim);
	sb_log_free(w->log);
	free(w);
}

int
main(int argc, char **argv)
{
	return seeds_main(argc, argv, 500, run);
}
