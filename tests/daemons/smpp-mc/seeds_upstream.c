/*
 * A message centre whose messages go to another one, in every kind of weather. The
 * upstream takes, refuses for a while, never answers, tears connections; it says
 * receipts before the response, late, twice, on any bind, in another spelling and
 * from another address, and goes on until each is answered well. Meanwhile our
 * centre is killed at any instant. Whatever the seed: who was told that a message is
 * accepted gets a receipt of it, which says what the upstream has said of one of its
 * takings, and in the end nothing is left.
 */
#include "core/metrics.h"
#include "core/node.h"
#include "core/store.h"
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

#define STEPS    300
#define MESSAGES 512
#define TAKINGS  4096
#define BINDS    3
#define PORT     2775
#define FAR_PORT 3000
#define LATE     64

#define CONFIG(DELIVERY)                                                                         \
	"listener \"smpp\" { address = \"127.0.0.1:2775\" }\n"                                   \
	"account \"alice\" { password = a window = 20 queue_percent = 100 }\n"                   \
	"route \"default\" { upstream = far }\n"                                                 \
	"upstream \"far\" { host = \"127.0.0.1\" port = 3000 password = p binds = 3 window = 4 " \
	"response_timeout = 2s message_ids = hex-decimal receipt_timeout = 7d "                  \
	"backoff_min = 50ms backoff_max = 200ms }\n"                                             \
	"retry \"temporary\" { first = 100ms max = 1s }\n"                                       \
	"retry \"throttled\" { first = 50ms max = 500ms }\n"                                     \
	"retry \"timeout\" { first = 100ms max = 1s }\n"                                         \
	"delivery { validity = 7d final_keep = 5s partitions_per_shard = 2 " DELIVERY " }\n"

/* A message of alice's: its number is its text. */
struct message {
	char id[MC_ID_TEXT]; /* "": not accepted (yet) */
};

/* It may come before the response. */
struct told {
	char id[MC_ID_DIGITS];
	uint8_t state;
};

/* A submit_sm that the upstream has taken: its id is its number and something. */
struct taking {
	unsigned message;
	bool is_told;     /* its receipt was answered well */
	bool is_underway; /* on a connection, unanswered */
	bool is_early;    /* may be told though its response has not been sent */
	bool is_good;     /* what it says: delivered, or not */
};

/* A response that comes later. */
struct late {
	uint32_t sequence;
	uint32_t status;
	unsigned taking;
};

struct far {
	struct sim_peer *peer;
	uint32_t sequence;
	bool is_bound;
	struct late late[LATE];
	unsigned late_count;
	unsigned told[TAKINGS]; /* by our sequence number: taking + 1 */
};

struct world {
	struct simulation *sim;
	struct sb_store_memory *memory;
	struct sb_node *node;
	struct sb_log *log;
	struct mc_centre *centre;
	uint64_t seed;
	bool is_good; /* the upstream; and alice */
	struct sim_peer *alice;
	uint32_t sequence;
	bool is_bound;
	unsigned message_of[MESSAGES * 8]; /* by alice's sequence number: message + 1 */
	struct message messages[MESSAGES];
	unsigned message_count;
	struct told told[TAKINGS];
	unsigned told_count;
	struct taking takings[TAKINGS];
	unsigned taking_count;
	struct far far[BINDS];
};

/* The same for all seeds: with bodies in memory, and with every body read again. */
static const char *const config_texts[] = {CONFIG(""), CONFIG("cache_limit = 0")};
static struct sb_config *configs[2];

static uint64_t
pick(struct world *w, uint64_t below)
{
	return sim_random(w->sim, below);
}

static void
send_pdu(struct sim_peer *peer, const struct smpp_pdu *pdu)
{
	uint8_t octets[1024];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	CHECK(smpp_encode(pdu, &w) == 0);
	sim_send(peer, octets, sb_writer_size(&w));
}

static void
respond(struct sim_peer *peer, const struct smpp_header *header, uint32_t status)
{
	struct smpp_pdu response = {.header = *header};

	response.header.command |= SMPP_RESPONSE_BIT;
	response.header.status = status;
	send_pdu(peer, &response);
}

/* The next PDU of a peer, in a buffer that holds one. */
static bool
take_pdu(struct sim_peer *peer, struct smpp_pdu *pdu)
{
	static uint8_t copy[2048];
	struct sb_bytes in = sim_received(peer);
	ssize_t size = smpp_frame(in, sizeof(copy), NULL);

	CHECK(size >= 0);
	if (size == 0)
		return false;
	memcpy(copy, in.data, (size_t)size);
	sim_consume(peer, (size_t)size);
	CHECK(smpp_decode(sb_bytes(copy, (size_t)size), NULL, pdu, NULL) == 0);
	return true;
}

static bool
has_gone(struct sim_peer *peer)
{
	if (sim_was_reset(peer))
		return true;
	if (!sim_has_ended(peer))
		return false;
	sim_finish(peer);
	return true;
}

/* ---- the upstream ---- */

/* Ids are hexadecimal in responses, and larger than any number that begins at nought. */
static uint64_t
carrier_id(unsigned taking)
{
	return UINT64_C(0xabc000) + taking;
}

static void
far_lost(struct world *w, struct far *far)
{
	far->peer = NULL;
	/* What it had not been told, it says again on another. */
	for (unsigned i = 0; i < TAKINGS; i++)
		if (far->told[i])
			w->takings[far->told[i] - 1].is_underway = false;
	memset(far, 0, sizeof(*far));
}

static void
far_answers(struct far *far, uint32_t sequence, uint32_t status, unsigned taking)
{
	struct smpp_pdu pdu = {
		.header = {.command = SMPP_SUBMIT_SM_RESP, .status = status, .sequence = sequence}};
	char id[24];

	snprintf(id, sizeof(id), "%08llX", (unsigned long long)carrier_id(taking));
	pdu.header_only = status != SMPP_ROK;
	pdu.submit_sm_resp.message_id = sb_bytes_text(id);
	send_pdu(far->peer, &pdu);
}

static unsigned
far_takes(struct world *w, const struct smpp_pdu *pdu)
{
	struct sb_bytes text = pdu->submit_sm.short_message;
	char number[8] = "";
	unsigned taking = w->taking_count++;

	CHECK(taking < TAKINGS && text.size && text.size < sizeof(number));
	memcpy(number, text.data, text.size);
	w->takings[taking].message = (unsigned)atoi(number);
	w->takings[taking].is_good = pick(w, 4) != 0;
	CHECK(w->takings[taking].message < w->message_count);
	CHECK(pdu->submit_sm.registered_delivery == SMPP_RECEIPT_ALWAYS);
	return taking;
}

static void
far_submit(struct world *w, struct far *far, const struct smpp_pdu *pdu)
{
	static const uint32_t no[] = {SMPP_RTHROTTLED, SMPP_RMSGQFUL, SMPP_RX_T_APPN, SMPP_RSYSERR};
	unsigned taking, mood = w->is_good ? 0 : (unsigned)pick(w, 12);

	if (mood == 11) {
		far_answers(far, pdu->header.sequence, no[pick(w, 4)], 0);
		return;
	}
	taking = far_takes(w, pdu);
	switch (mood) {
	case 10: /* taken, but never answered */
		w->takings[taking].is_early = true;
		break;
	case 8:
	case 9: /* answered later; a receipt may come before */
		if (far->late_count == LATE)
			break;
		w->takings[taking].is_early = mood == 8;
		far->late[far->late_count++] =
			(struct late){pdu->header.sequence, SMPP_ROK, taking};
		break;
	default:
		w->takings[taking].is_early = true;
		far_answers(far, pdu->header.sequence, SMPP_ROK, taking);
	}
}

static void
far_told(struct world *w, struct far *far, const struct smpp_header *header)
{
	unsigned number = far->told[header->sequence % TAKINGS];

	CHECK(number != 0);
	far->told[header->sequence % TAKINGS] = 0;
	CHECK(header->status == SMPP_ROK || header->status == SMPP_RX_T_APPN ||
		header->status == SMPP_RSYSERR);
	w->takings[number - 1].is_underway = false;
	if (header->status == SMPP_ROK)
		w->takings[number - 1].is_told = true;
}

static void
far_hears(struct world *w, struct far *far, const struct smpp_pdu *pdu)
{
	switch (pdu->header.command) {
	case SMPP_BIND_TRANSCEIVER:
		far->is_bound = w->is_good || pick(w, 10) != 0;
		respond(far->peer, &pdu->header, far->is_bound ? SMPP_ROK : SMPP_RBINDFAIL);
		break;
	case SMPP_SUBMIT_SM:
		far_submit(w, far, pdu);
		break;
	case SMPP_DELIVER_SM_RESP:
		far_told(w, far, &pdu->header);
		break;
	case SMPP_ENQUIRE_LINK:
	case SMPP_UNBIND:
		respond(far->peer, &pdu->header, SMPP_ROK);
		break;
	}
}

/* Its receipt, with the id in decimal; sometimes it says first that it is on its way. */
static void
far_tells(struct world *w, struct far *far, unsigned number)
{
	struct taking *taking = &w->takings[number];
	struct smpp_pdu pdu = {.header = {.command = SMPP_DELIVER_SM}};
	char text[128], destination[16];

	snprintf(destination, sizeof(destination), "9%u", taking->message % 7);
	snprintf(text, sizeof(text), "id:%llu stat:%s err:000",
		(unsigned long long)carrier_id(number), taking->is_good ? "DELIVRD" : "UNDELIV");
	pdu.header.sequence = ++far->sequence;
	pdu.deliver_sm.esm_class = SMPP_ESM_RECEIPT;
	pdu.deliver_sm.source_addr = sb_bytes_text(pick(w, 8) ? destination : "0049");
	pdu.deliver_sm.destination_addr = sb_bytes_text("5");
	pdu.deliver_sm.short_message = sb_bytes_text(text);
	far->told[far->sequence % TAKINGS] = number + 1;
	taking->is_underway = true;
	send_pdu(far->peer, &pdu);
}

static void
far_acts(struct world *w, struct far *far)
{
	unsigned from = w->taking_count ? (unsigned)pick(w, w->taking_count) : 0;

	if (far->late_count && (w->is_good || pick(w, 2))) {
		const struct late *late = &far->late[--far->late_count];

		w->takings[late->taking].is_early = true;
		far_answers(far, late->sequence, late->status, late->taking);
	}
	/* Some that it has not told yet, from anywhere; one that it has told, now and then. */
	for (unsigned i = 0, told = 0; i < w->taking_count && told < 3; i++) {
		unsigned number = (from + i) % w->taking_count;
		const struct taking *taking = &w->takings[number];

		if (taking->is_underway || !taking->is_early || (taking->is_told && pick(w, 200)))
			continue;
		far_tells(w, far, number);
		told++;
	}
	if (!w->is_good && pick(w, 40) == 0) {
		sim_reset(far->peer);
		far_lost(w, far);
	}
}

static void
far_run(struct world *w)
{
	for (unsigned i = 0; i < BINDS; i++) {
		struct far *far = &w->far[i];
		struct smpp_pdu pdu;

		if (!far->peer)
			far->peer = sim_accept(w->sim, FAR_PORT);
		while (far->peer && take_pdu(far->peer, &pdu))
			far_hears(w, far, &pdu);
		if (far->peer && has_gone(far->peer))
			far_lost(w, far);
		if (far->peer && far->is_bound)
			far_acts(w, far);
	}
}

/* ---- alice ---- */

static void
alice_submits(struct world *w)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};
	char text[8], destination[16];

	if (w->message_count == MESSAGES || w->sequence + 1 >= MESSAGES * 8)
		return;
	snprintf(text, sizeof(text), "%u", w->message_count);
	snprintf(destination, sizeof(destination), "9%u", w->message_count % 7);
	pdu.submit_sm.source_addr = sb_bytes_text("5");
	pdu.submit_sm.destination_addr = sb_bytes_text(destination);
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	pdu.submit_sm.priority_flag = (uint8_t)pick(w, 3);
	pdu.submit_sm.short_message = sb_bytes_text(text);
	pdu.header.sequence = ++w->sequence;
	w->message_of[w->sequence] = ++w->message_count;
	send_pdu(w->alice, &pdu);
}

static void
alice_is_told(struct world *w, const struct smpp_pdu *pdu)
{
	struct smpp_receipt receipt;
	struct told *told = &w->told[w->told_count++];

	CHECK(w->told_count < TAKINGS);
	CHECK(smpp_receipt_read(pdu, &receipt) == 0);
	CHECK(receipt.message_id.size == MC_ID_DIGITS);
	memcpy(told->id, receipt.message_id.data, MC_ID_DIGITS);
	told->state = receipt.state;
	respond(w->alice, &pdu->header, SMPP_ROK);
}

static void
alice_hears(struct world *w, const struct smpp_pdu *pdu)
{
	unsigned message;

	switch (pdu->header.command) {
	case SMPP_BIND_TRANSCEIVER_RESP:
		w->is_bound = pdu->header.status == SMPP_ROK;
		break;
	case SMPP_SUBMIT_SM_RESP:
		message = w->message_of[pdu->header.sequence];
		CHECK(message != 0);
		if (pdu->header.status == SMPP_ROK)
			memcpy(w->messages[message - 1].id, pdu->submit_sm_resp.message_id.data,
				MC_ID_DIGITS);
		break;
	case SMPP_DELIVER_SM:
		alice_is_told(w, pdu);
		break;
	case SMPP_ENQUIRE_LINK:
	case SMPP_UNBIND:
		respond(w->alice, &pdu->header, SMPP_ROK);
		break;
	}
}

static void
alice_binds(struct world *w)
{
	struct smpp_pdu pdu = {.header.command = SMPP_BIND_TRANSCEIVER};

	w->alice = sim_connect(w->sim, PORT);
	w->is_bound = false;
	pdu.header.sequence = ++w->sequence;
	pdu.bind.system_id = sb_bytes_text("alice");
	pdu.bind.password = sb_bytes_text("a");
	pdu.bind.interface_version = SMPP_VERSION_34;
	send_pdu(w->alice, &pdu);
}

static void
alice_run(struct world *w)
{
	struct smpp_pdu pdu;

	if (!w->alice)
		alice_binds(w);
	while (take_pdu(w->alice, &pdu))
		alice_hears(w, &pdu);
	if (has_gone(w->alice)) {
		w->alice = NULL;
		return;
	}
	if (!w->is_bound || w->is_good)
		return;
	if (pick(w, 60) == 0) {
		sim_reset(w->alice);
		w->alice = NULL;
		return;
	}
	alice_submits(w);
}

/* ---- our centre ---- */

static void
centre_start(struct world *w)
{
	struct sb_node_options node = {.threads = 1 + w->seed % 2};

	node.log = w->log;
	node.env = sim_env(w->sim);
	CHECK(mc_centre_new(&w->centre, configs[w->seed / 2 % 2]) == 0);
	mc_centre_set_memory(w->centre, w->memory);
	CHECK(sb_node_new(&w->node, &node) == 0);
	sim_attach(w->sim, w->node);
	CHECK(mc_centre_start(w->centre, w->node) == 0);
}

static void
centre_free(struct world *w)
{
	sb_node_free(w->node);
	mc_centre_free(w->centre);
	CHECK(sim_open_sockets(w->sim) == 0);
}

/* As by SIGKILL: connections are reset with it. */
static void
centre_killed(struct world *w)
{
	sb_store_memory_cut(w->memory);
	centre_free(w);
	w->alice = NULL;
	for (unsigned i = 0; i < BINDS; i++)
		if (w->far[i].peer)
			far_lost(w, &w->far[i]);
	centre_start(w);
}

static int64_t
messages_left(const struct world *w)
{
	const struct mc_config *made = sb_node_config(w->node);

	return sb_gauge_value(made->service->messages);
}

/* The upstream has said that of one of its takings of the message. */
static bool
was_said(const struct world *w, unsigned message, uint8_t state)
{
	for (unsigned i = 0; i < w->taking_count; i++)
		if (w->takings[i].message == message &&
			state == (w->takings[i].is_good ? SMPP_STATE_DELIVERED
							: SMPP_STATE_UNDELIVERABLE))
			return true;
	return false;
}

static bool
is_receipted(const struct world *w, unsigned message)
{
	bool is_told = false;

	for (unsigned i = 0; i < w->told_count; i++) {
		if (memcmp(w->told[i].id, w->messages[message].id, MC_ID_DIGITS) != 0)
			continue;
		CHECK(was_said(w, message, w->told[i].state));
		is_told = true;
	}
	return is_told;
}

static void
make_up(struct world *w)
{
	w->is_good = true;
	/* A centre that was killed just now knows nothing yet. */
	for (int i = 0; i < 20000 && (i < 100 || messages_left(w)); i++) {
		far_run(w);
		alice_run(w);
		sim_run_for(w->sim, 50000000);
	}
	CHECK(messages_left(w) == 0);
	for (unsigned i = 0; i < w->message_count; i++)
		CHECK(!w->messages[i].id[0] || is_receipted(w, i));
}

static void
stop(struct world *w)
{
	sb_node_stop(w->node);
	sim_run_for(w->sim, UINT64_C(60000000000));
	CHECK(sb_node_is_stopped(w->node));
	centre_free(w);
	sb_store_memory_free(w->memory);
	sb_log_free(w->log);
	sim_free(w->sim);
}

static void
run(uint64_t seed)
{
	struct sim_options options = {.seed = seed, .is_calm = seed % 4 == 0};
	struct sb_log_options log = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	static struct world world;
	struct world *w = &world;

	memset(w, 0, sizeof(*w));
	w->seed = seed;
	w->sim = sim_new(&options);
	w->log = sb_log_new(&log);
	CHECK(w->sim && w->log);
	w->memory = sb_store_memory_new(sim_env(w->sim));
	CHECK(w->memory);
	sim_listen(w->sim, FAR_PORT);
	centre_start(w);
	for (int i = 0; i < STEPS; i++) {
		far_run(w);
		alice_run(w);
		sim_run_for(w->sim, pick(w, 30000000));
		if (seed % 3 && pick(w, 100) == 0)
			centre_killed(w);
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
	status = seeds_main(argc, argv, 100, run);
	sb_config_free(configs[0]);
	sb_config_free(configs[1]);
	return status;
}
