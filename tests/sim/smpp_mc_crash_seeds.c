/*
 * The message centre, cut at any instant. Two clients, alice and bob, send each
 * other messages, scheduled ones too, cancel some and want receipts, while the
 * centre ends without a word in the middle of it, again and again, and starts on the
 * same store: with other numbers of shards and partitions, also in the middle of a
 * start, or with an allocation that fails in it, and with a disk that is full for a
 * while, or for one commit. Whatever the seed: what was acknowledged is delivered, in
 * order and not before its time, or stays cancelled; its receipt comes and query_sm
 * knows it; and it is delivered again only where the answer to the first delivery was
 * lost, said no, or came right before a cut or while the disk was full, and no later
 * message was acknowledged on that connection.
 */
#include "core/config.h"
#include "core/config_core.h"
#include "core/error.h"
#include "core/node.h"
#include "core/store.h"
#include "daemons/smpp-mc/centre.h"
#include "daemons/smpp-mc/config_file.h"
#include "protocols/smpp/answer.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/receipt.h"
#include "seeds.h"
#include "simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGES 24 /* each client's */
#define LIVES    4
#define MAX_PDU  70000
#define RECEIPTS 800
#define ID_SIZE  68
#define PORT     2775

/* What was answered so long before a cut is in the store, if that was well for so long. */
#define SETTLED_NS UINT64_C(2000000000)

struct sent {
	char id[ID_SIZE];     /* from submit_sm_resp; empty: not acknowledged */
	uint64_t due_ns;      /* schedule_delivery_time; 0: none */
	unsigned deliveries;  /* at the other side */
	unsigned excused;     /* those after which another one may come */
	bool is_open;         /* delivered on this connection and answered, perhaps not for good */
	uint64_t answered_ns; /* the last delivery */
	uint32_t answered_before; /* a request of who got it with this sequence */
	uint32_t cancel;          /* sequence of the cancel_sm */
	bool is_cancelled;        /* and that was confirmed */
	uint32_t query;
	uint8_t state; /* what query_sm said */
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
	unsigned last_of_other; /* 1 + the highest number delivered here for the first time */
	bool is_bound;
	char receipts[RECEIPTS][ID_SIZE]; /* they may come before the submit_sm_resp */
	unsigned receipt_count;
};

struct world {
	struct simulation *sim;
	struct sb_log *log;
	struct sb_store_memory *memory;
	struct sb_node *node; /* NULL: between two lives */
	struct sb_config *file;
	struct sb_config_errors errors; /* of `file` */
	struct mc_centre *centre;
	struct esme esmes[2];
	bool is_calm;
	bool is_full;        /* the disk */
	uint64_t well_since; /* its last change */
};

static uint64_t
pick(struct world *w, uint64_t below)
{
	return sim_random(w->sim, below);
}

/* ---- lives of the message centre ---- */

static void
read_file(struct world *w)
{
	char path[4096], partitions[64], cache[64];
	const char *overrides[] = {"listener.smpp.address=127.0.0.1:2775", "log.level=error",
		"store.path=mem:", "smpp.response_timeout=3s", "smpp.enquire_link_interval=5s",
		partitions, cache};
	const char *source = getenv("SB_SOURCE_DIR");
	struct sb_config_source from = {.path = path,
		.options = mc_config_options,
		.rules = mc_config_rules,
		.overrides = overrides,
		.override_count = sizeof(overrides) / sizeof(overrides[0])};

	snprintf(path, sizeof(path), "%s/daemons/smpp-mc/smpp-mc.conf", source ? source : ".");
	snprintf(partitions, sizeof(partitions), "delivery.partitions_per_shard=%u",
		1 + (unsigned)pick(w, 4));
	snprintf(cache, sizeof(cache), "delivery.cache_limit=%u", (unsigned)pick(w, 2) * 4096);
	w->errors = sb_config_errors_to_stderr();
	CHECK(sb_config_load(&from, &w->errors, &w->file) == 0);
}

static void
centre_cut(struct world *w)
{
	sb_store_memory_cut(w->memory);
	sb_node_free(w->node);
	mc_centre_free(w->centre);
	sb_config_free(w->file);
	w->node = NULL;
	w->centre = NULL;
	w->file = NULL;
	w->is_full = false; /* when it is opened again */
	CHECK(sim_open_sockets(w->sim) == 0);
}

/* False: there was no memory. */
static bool
centre_start(struct world *w)
{
	struct sb_node_options options = {.threads = 1 + (unsigned)pick(w, 3),
		.env = sim_env(w->sim),
		.log = w->log,
		.message_budget = 1 + (uint32_t)pick(w, 50)};
	int err;

	read_file(w);
	CHECK(mc_centre_new(&w->centre, w->file) == 0);
	mc_centre_set_memory(w->centre, w->memory);
	mc_centre_set_delay(w->centre, pick(w, 3) * 1000000);
	err = sb_node_new(&w->node, &options);
	if (!err) {
		sim_attach(w->sim, w->node);
		err = mc_centre_start(w->centre, w->node);
	} else {
		w->node = NULL;
	}
	CHECK(!err || err == SB_ENOMEM);
	return !err;
}

/* Some starts are cut, too, or find too little memory: then it is started again. */
static void
centre_begin(struct world *w)
{
	for (;;) {
		uint64_t fate = pick(w, 6);
		bool is_there;

		if (fate == 0)
			sim_fail_allocation(w->sim, 1 + pick(w, 400));
		is_there = centre_start(w);
		if (is_there && fate == 1)
			for (uint64_t turns = pick(w, 60); turns--;)
				sim_step(w->sim);
		else if (is_there)
			sim_run_for(w->sim, 500000000);
		sim_fail_allocation(w->sim, 0);
		if (is_there && fate > 1) {
			CHECK(!mc_centre_has_failed(w->centre));
			return;
		}
		centre_cut(w);
	}
}

static void
disk_is(struct world *w, bool is_full)
{
	sb_store_memory_fail(w->memory, is_full ? SB_ENOSPC : 0);
	w->is_full = is_full;
	w->well_since = sim_now(w->sim);
}

/* So many, but never so long that an answer of a client would be too late. */
static void
few_turns(struct world *w, uint64_t turns)
{
	uint64_t begun = sim_now(w->sim);

	while (turns-- && sim_now(w->sim) < begun + 300000000)
		sim_step(w->sim);
}

/* At the brink a commit finds no room, and the next one, which is on its way already, does. */
static void
disk_turns(struct world *w)
{
	switch (pick(w, 10)) {
	case 0:
		disk_is(w, !w->is_full);
		break;
	case 1:
	case 2:
		disk_is(w, true);
		few_turns(w, pick(w, 30));
		disk_is(w, false);
		break;
	default:
		break;
	}
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

	e->peer = sim_connect(e->world->sim, PORT);
	e->is_bound = false;
	e->next_sequence = 2;
	memset(e->sequence_of, 0, sizeof(e->sequence_of));
	for (int i = 0; i < MESSAGES; i++)
		e->sent[i].cancel = e->sent[i].query = 0;
	pdu.bind.system_id = sb_bytes_text(e->name);
	pdu.bind.password = sb_bytes_text(e->password);
	pdu.bind.interface_version = 0x34;
	send_pdu(e, &pdu);
}

/* What was delivered on a connection that was torn may come again, unless the answer had long been
 * there. */
static void
client_gone(struct esme *e)
{
	const struct world *w = e->world;
	uint64_t now = sim_now(w->sim);

	for (int i = 0; i < MESSAGES; i++) {
		struct sent *sent = &e->other->sent[i];
		uint64_t since =
			sent->answered_ns > w->well_since ? sent->answered_ns : w->well_since;

		if (sent->is_open && (w->is_full || now - since < SETTLED_NS))
			sent->excused++;
		sent->is_open = false;
	}
}

static void
client_lose(struct esme *e)
{
	client_gone(e);
	sim_reset(e->peer);
	client_connect(e);
}

static void
submit_next(struct esme *e)
{
	struct smpp_pdu pdu = {
		.header = {.command = SMPP_SUBMIT_SM, .sequence = e->next_sequence++}};
	struct sent *sent = &e->sent[e->next_message];
	char text[16];

	if (!e->is_bound || e->next_message == MESSAGES)
		return;
	snprintf(text, sizeof(text), "message %u", e->next_message);
	pdu.submit_sm.source_addr = sb_bytes_text(e->number);
	pdu.submit_sm.destination_addr = sb_bytes_text(e->other->number);
	pdu.submit_sm.registered_delivery = 1;
	pdu.submit_sm.short_message = sb_bytes_text(text);
	if (pick(e->world, 6) == 0) {
		pdu.submit_sm.schedule_delivery_time = sb_bytes_text("000000000020000R");
		/* The centre reads its clock when it has arrived. */
		sent->due_ns = sim_now(e->world->sim) + UINT64_C(20000000000);
	}
	e->sequence_of[e->next_message++] = pdu.header.sequence;
	send_pdu(e, &pdu);
}

static struct sent *
acknowledged(struct esme *e)
{
	struct sent *sent = &e->sent[pick(e->world, MESSAGES)];

	return sent->id[0] ? sent : NULL;
}

static void
cancel_some(struct esme *e)
{
	struct smpp_pdu pdu = {
		.header = {.command = SMPP_CANCEL_SM, .sequence = e->next_sequence++}};
	struct sent *sent = acknowledged(e);

	if (!e->is_bound || !sent || sent->cancel)
		return;
	pdu.cancel_sm.message_id = sb_bytes_text(sent->id);
	pdu.cancel_sm.source_addr = sb_bytes_text(e->number);
	sent->cancel = pdu.header.sequence;
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
	CHECK(receipt.state == SMPP_STATE_DELIVERED || receipt.state == SMPP_STATE_DELETED);
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

/* For the first time in the order of the submits, and never after it was cancelled. */
static void
take_message(struct esme *e, const struct smpp_pdu *pdu, bool is_refused)
{
	char text[16] = {0};
	struct sent *sent;
	unsigned number;

	CHECK(pdu->deliver_sm.short_message.size < sizeof(text));
	memcpy(text, pdu->deliver_sm.short_message.data, pdu->deliver_sm.short_message.size);
	CHECK(sscanf(text, "message %u", &number) == 1 && number < MESSAGES);
	sent = &e->other->sent[number];
	CHECK(!sent->is_cancelled);
	CHECK(sent->deliveries <= sent->excused);
	if (sent->deliveries == 0 && !sent->due_ns) {
		CHECK(number >= e->last_of_other);
		e->last_of_other = number + 1;
	}
	CHECK(sim_now(e->world->sim) >= sent->due_ns);
	sent->deliveries++;
	sent->excused += is_refused;
	sent->is_open = !is_refused;
	sent->answered_ns = sim_now(e->world->sim);
	sent->answered_before = e->next_sequence;
}

static void
take_deliver(struct esme *e, const struct smpp_pdu *pdu)
{
	uint64_t dice = e->world->is_calm ? 10 : pick(e->world, 12);
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

/* What is acknowledged behind an answer says that this was heeded for good: between two addresses
 * everything is stored in order, whatever fails. */
static void
settle(struct esme *e, uint32_t sequence)
{
	for (int i = 0; i < MESSAGES; i++)
		if (e->other->sent[i].answered_before <= sequence)
			e->other->sent[i].is_open = false;
}

static void
take_submit_resp(struct esme *e, const struct smpp_pdu *pdu)
{
	struct sb_bytes id = pdu->submit_sm_resp.message_id;

	for (int i = 0; i < MESSAGES; i++) {
		if (e->sequence_of[i] != pdu->header.sequence || pdu->header.status != SMPP_ROK)
			continue;
		CHECK(id.size > 0 && id.size < sizeof(e->sent[i].id));
		memcpy(e->sent[i].id, id.data, id.size);
		e->sent[i].id[id.size] = '\0';
		settle(e, pdu->header.sequence);
	}
}

static void
take_answer(struct esme *e, const struct smpp_pdu *pdu)
{
	for (int i = 0; i < MESSAGES; i++) {
		struct sent *sent = &e->sent[i];

		if (sent->cancel && sent->cancel == pdu->header.sequence) {
			sent->cancel = 0;
			sent->is_cancelled |= pdu->header.status == SMPP_ROK;
		}
		if (sent->query && sent->query == pdu->header.sequence) {
			sent->query = 0;
			CHECK(pdu->header.status == SMPP_ROK);
			sent->state = pdu->query_sm_resp.message_state;
		}
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
	case SMPP_CANCEL_SM_RESP:
	case SMPP_QUERY_SM_RESP:
		take_answer(e, &pdu);
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

static bool
client_read(struct esme *e)
{
	ssize_t size;

	while ((size = smpp_frame(sim_received(e->peer), MAX_PDU, NULL)) > 0) {
		take(e, sb_bytes(sim_received(e->peer).data, (size_t)size));
		sim_consume(e->peer, (size_t)size);
	}
	CHECK(size == 0);
	return !sim_was_reset(e->peer) && !sim_has_ended(e->peer) && !sim_is_closed(e->peer);
}

static void
client_act(struct esme *e)
{
	if (!client_read(e)) {
		client_lose(e);
		return;
	}
	switch (pick(e->world, 12)) {
	case 0:
		if (pick(e->world, 8) == 0)
			client_lose(e);
		break;
	case 1:
		sim_stall(e->peer, true);
		break;
	case 2:
		cancel_some(e);
		break;
	default:
		sim_stall(e->peer, false);
		submit_next(e);
		break;
	}
}

/* ---- a run ---- */

/* Cut in the middle of whatever a few turns have begun. What has arrived by then was sent. */
static void
life(struct world *w)
{
	centre_begin(w);
	for (int i = 0; i < 2; i++)
		client_connect(&w->esmes[i]);
	for (uint64_t steps = 1 + pick(w, 15); steps--;) {
		for (int i = 0; i < 2; i++)
			client_act(&w->esmes[i]);
		disk_turns(w);
		sim_run_for(w->sim, 1000000 + pick(w, 400000000));
	}
	few_turns(w, pick(w, 300));
	for (int i = 0; i < 2; i++) {
		client_read(&w->esmes[i]);
		client_gone(&w->esmes[i]);
	}
	centre_cut(w);
}

/* Good weather: every retry and schedule has its turn. */
static void
calm(struct world *w, int seconds)
{
	for (int second = 0; second < seconds; second++) {
		for (int i = 0; i < 2; i++) {
			sim_stall(w->esmes[i].peer, false);
			if (!client_read(&w->esmes[i]))
				client_lose(&w->esmes[i]);
		}
		sim_run_for(w->sim, 1000000000);
	}
}

static void
query_all(struct esme *e)
{
	for (int i = 0; i < MESSAGES; i++) {
		struct smpp_pdu pdu = {
			.header = {.command = SMPP_QUERY_SM, .sequence = e->next_sequence++}};

		if (!e->sent[i].id[0])
			continue;
		e->sent[i].query = pdu.header.sequence;
		pdu.query_sm.message_id = sb_bytes_text(e->sent[i].id);
		pdu.query_sm.source_addr = sb_bytes_text(e->number);
		send_pdu(e, &pdu);
	}
}

static void
check(const struct esme *e)
{
	for (int i = 0; i < MESSAGES; i++) {
		const struct sent *sent = &e->sent[i];

		if (!sent->id[0])
			continue;
		/* A cancel whose answer was lost may have been done. */
		CHECK(sent->state == SMPP_STATE_DELIVERED || sent->state == SMPP_STATE_DELETED);
		CHECK(!sent->is_cancelled || sent->state == SMPP_STATE_DELETED);
		if (sent->state == SMPP_STATE_DELIVERED)
			CHECK(sent->deliveries >= 1);
		CHECK(has_receipt(e, sent->id));
	}
}

static void
end(struct world *w)
{
	w->is_calm = true;
	centre_begin(w);
	for (int i = 0; i < 2; i++)
		client_connect(&w->esmes[i]);
	calm(w, 300);
	/* Nothing of it is left for another life. */
	for (int i = 0; i < 2; i++)
		client_gone(&w->esmes[i]);
	centre_cut(w);
	centre_begin(w);
	for (int i = 0; i < 2; i++)
		client_connect(&w->esmes[i]);
	calm(w, 3);
	for (int i = 0; i < 2; i++)
		query_all(&w->esmes[i]);
	calm(w, 5);
	for (int i = 0; i < 2; i++)
		check(&w->esmes[i]);
	centre_cut(w);
}

static void
run(uint64_t seed)
{
	struct sim_options sim_options = {.seed = seed, .socket_buffer = 256u << seed % 8};
	struct sb_log_options log = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct world *w = calloc(1, sizeof(*w));

	w->sim = sim_new(&sim_options);
	w->log = sb_log_new(&log);
	w->memory = sb_store_memory_new(sim_env(w->sim));
	CHECK(w->memory);
	w->esmes[0] = (struct esme){.name = "alice", .password = "secret1", .number = "1000"};
	w->esmes[1] = (struct esme){.name = "bob", .password = "secret2", .number = "2000"};
	for (int i = 0; i < 2; i++) {
		w->esmes[i].world = w;
		w->esmes[i].other = &w->esmes[!i];
	}
	for (int i = 0; i < LIVES; i++)
		life(w);
	end(w);
	sb_store_memory_free(w->memory);
	sim_free(w->sim);
	sb_log_free(w->log);
	free(w);
}

int
main(int argc, char **argv)
{
	return seeds_main(argc, argv, 200, run);
}
