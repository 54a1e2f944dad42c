/*
 * A test bed for the message centre: a whole one, from a configuration, on the
 * simulated machine, and clients made by hand. Time passes as tests say.
 */
#ifndef SB_TESTS_SMPP_MC_BED_H
#define SB_TESTS_SMPP_MC_BED_H

#include "core/config.h"
#include "core/node.h"
#include "core/store.h"
#include "daemons/smpp-mc/centre.h"
#include "daemons/smpp-mc/id.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/state.h"
#include "tests/sim/simulation.h"

#define BED_PDU_MAX 70000

struct bed {
	struct simulation *sim;
	struct sb_store_memory *memory; /* outlives the node */
	unsigned threads;
	uint64_t store_delay_ns; /* from the next bed_start on */
	struct sb_log *log;
	int log_fd;
	uint64_t settle_ns; /* how long a bed_settle is */
	struct sb_config *file;
	struct mc_centre *centre;
	struct sb_node *node;
};

/* alice, bob (deliver_window 2) and carol (no receiving binds), a sink "handset", the routes of the
 * configuration that is shipped. */
#define BED_BASE                                                              \
	"listener \"smpp\" { address = \"127.0.0.1:2775\" }\n"                \
	"account \"alice\" { password = \"secret1\" }\n"                      \
	"account \"bob\" { password = \"secret2\" deliver_window = 2 }\n"     \
	"account \"carol\" { password = \"x\" bind_types = {transmitter} }\n" \
	"route \"1\" { account = \"alice\" }\n"                               \
	"route \"2\" { account = \"bob\" }\n"
#define BED_SINK                                     \
	"route \"default\" { sink = \"handset\" }\n" \
	"sink \"handset\" { }\n"

/* A calm machine with one shard; `config` NULL: BED_BASE BED_SINK. */
void bed_open(struct bed *bed, const char *config);
void bed_open_with(
	struct bed *bed, const char *config, unsigned threads, const struct sim_options *options);
/* The process ends at this instant; then another one starts with the same store, and `config`
 * (NULL: that of bed_open). Clients have to connect again. */
void bed_crash(struct bed *bed);
void bed_start(struct bed *bed, const char *config);
void bed_restart(struct bed *bed, const char *config);
/* Stops the node and looks for what was left behind. */
void bed_close(struct bed *bed);

/* Lets everything that is under way arrive; and so many milliseconds pass. */
void bed_settle(struct bed *bed);
void bed_pass(struct bed *bed, uint64_t ms);

/* The value of a series ("smpp_mc_accepted_total{account=\"alice\"}"); 0 where there is none. */
uint64_t bed_counter(struct bed *bed, const char *series);

/* ---- clients ---- */

struct client {
	struct bed *bed;
	struct sim_peer *peer;
	uint32_t sequence; /* of its last request */
	uint8_t received[BED_PDU_MAX];
};

struct message_id {
	char text[MC_ID_TEXT];
};

/* Connects and binds; the status of the answer. `command` is SMPP_BIND_*. */
uint32_t client_try(struct client *client, struct bed *bed, uint32_t command, const char *system_id,
	const char *password);
/* As one of the accounts of BED_BASE; it must go well. */
void client_bind(struct client *client, struct bed *bed, uint32_t command, const char *system_id);
/* unbind, its response, the end. */
void client_unbind(struct client *client);

/* A sign of life that gets no answer. */
void client_ping(struct client *client);

/* Sends a request with the next sequence number, which is returned. */
uint32_t client_send(struct client *client, struct smpp_pdu *pdu);
/* Answers a request. */
void client_respond(struct client *client, const struct smpp_pdu *request, uint32_t status);

/* The next PDU that has arrived, valid until the next call; false: none. Pings are answered on the
 * way. */
bool client_take(struct client *client, struct smpp_pdu *pdu);
/* It must be this one. */
struct smpp_pdu
client_expect_at(struct client *client, uint32_t command, const char *file, int line);
void client_expect_nothing_at(struct client *client, const char *file, int line);
#define client_expect(client, command) client_expect_at(client, command, __FILE__, __LINE__)
#define client_expect_nothing(client)  client_expect_nothing_at(client, __FILE__, __LINE__)

/* Sends a request and takes its response, which must be the next PDU. */
struct smpp_pdu client_ask(struct client *client, struct smpp_pdu *pdu);

/* A submit_sm from `source` to `destination` that says `text`. */
struct smpp_pdu submit_of(const char *source, const char *destination, const char *text);
/* Submits it, expects ROK, gives the id. */
struct message_id client_submit(struct client *client, struct smpp_pdu *pdu);

/* Takes a deliver_sm that says exactly `text`, and answers it. */
void client_gets_at(
	struct client *client, const char *text, uint32_t status, const char *file, int line);
#define client_gets(client, text) client_gets_at(client, text, SMPP_ROK, __FILE__, __LINE__)
#define client_gets_and(client, text, status) \
	client_gets_at(client, text, status, __FILE__, __LINE__)

/* Takes a receipt of that message with that stat: text, and answers it. */
void client_gets_receipt_at(
	struct client *client, struct message_id id, const char *stat, const char *file, int line);
#define client_gets_receipt(client, id, stat) \
	client_gets_receipt_at(client, id, stat, __FILE__, __LINE__)

/* query_sm: the state, or 256 + the status when it was refused. */
unsigned client_query(struct client *client, struct message_id id, const char *source);
uint32_t client_cancel(struct client *client, struct message_id id, const char *source);

#endif
