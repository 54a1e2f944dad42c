#include "tests/daemons/smpp-mc/bed.h"

#include "core/config_core.h"
#include "core/metrics.h"
#include "daemons/smpp-mc/config_file.h"
#include "protocols/smpp/receipt.h"
#include "tests/sim/stand.h"
#include "tests/support/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PORT 2775

/* ---- the centre ---- */

static void
load(struct bed *bed, const char *text)
{
	static struct sb_config_errors errors; /* conversions report there, too */
	const struct sb_config_source source = {
		.options = mc_config_options, .rules = mc_config_rules};

	errors = sb_config_errors_to_stderr();
	assert_int_equal(config_text_load(text, source, &errors, &bed->file), 0);
	assert_int_equal(mc_centre_new(&bed->centre, bed->file), 0);
}

void
bed_start(struct bed *bed, const char *config)
{
	struct sb_node_options options;

	load(bed, config ? config : BED_BASE BED_SINK);
	options = sb_config_node(bed->file);
	options.threads = bed->threads;
	options.signals = false;
	options.log = bed->log;
	options.env = sim_env(bed->sim);
	assert_int_equal(sb_node_new(&bed->node, &options), 0);
	sim_attach(bed->sim, bed->node);
	mc_centre_set_memory(bed->centre, bed->memory);
	mc_centre_set_delay(bed->centre, bed->store_delay_ns);
	assert_int_equal(mc_centre_start(bed->centre, bed->node), 0);
	bed_settle(bed);
}

void
bed_open_with(struct bed *bed, const char *config, unsigned threads, const struct sim_options *sim)
{
	memset(bed, 0, sizeof(*bed));
	bed->sim = sim_new(sim);
	bed->settle_ns = sim->is_calm ? 10000 : 1000000000;
	bed->threads = threads;
	bed->memory = sb_store_memory_new(sim_env(bed->sim));
	assert_non_null(bed->memory);
	bed->log = stand_log(&bed->log_fd);
	bed_start(bed, config);
}

void
bed_open(struct bed *bed, const char *config)
{
	bed_open_with(bed, config, 1, &(struct sim_options){.is_calm = true});
}

static void
node_free(struct bed *bed)
{
	sb_node_free(bed->node);
	mc_centre_free(bed->centre);
	sb_config_free(bed->file);
	assert_int_equal(sim_open_sockets(bed->sim), 0);
}

void
bed_crash(struct bed *bed)
{
	sb_store_memory_cut(bed->memory);
	node_free(bed);
}

void
bed_restart(struct bed *bed, const char *config)
{
	bed_crash(bed);
	bed_start(bed, config);
}

void
bed_close(struct bed *bed)
{
	sb_node_stop(bed->node);
	bed_pass(bed, 60000);
	assert_true(sb_node_is_stopped(bed->node));
	node_free(bed);
	sb_store_memory_free(bed->memory);
	stand_log_free(bed->log, bed->log_fd);
	sim_free(bed->sim);
}

void
bed_settle(struct bed *bed)
{
	sim_run_for(bed->sim, bed->settle_ns);
}

void
bed_pass(struct bed *bed, uint64_t ms)
{
	sim_run_for(bed->sim, ms * 1000000);
}

uint64_t
bed_counter(struct bed *bed, const char *series)
{
	uint64_t value = 0;
	size_t size;
	char *text;
	const char *at;

	assert_int_equal(sb_metrics_text(sb_node_metrics(bed->node), &text, &size), 0);
	at = strstr(text, series);
	while (at && at > text && at[-1] != '\n') /* in a line of help */
		at = strstr(at + 1, series);
	if (at)
		value = strtoull(at + strlen(series), NULL, 10);
	free(text);
	return value;
}

/* ---- clients ---- */

uint32_t
client_send(struct client *client, struct smpp_pdu *pdu)
{
	static uint8_t octets[BED_PDU_MAX];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	pdu->header.sequence = ++client->sequence;
	assert_int_equal(smpp_encode(pdu, &w), 0);
	sim_send(client->peer, octets, sb_writer_size(&w));
	bed_settle(client->bed);
	return client->sequence;
}

void
client_respond(struct client *client, const struct smpp_pdu *request, uint32_t status)
{
	struct smpp_pdu response = {.header = request->header};
	uint8_t octets[64];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	response.header.command |= SMPP_RESPONSE_BIT;
	response.header.status = status;
	assert_int_equal(smpp_encode(&response, &w), 0);
	sim_send(client->peer, octets, sb_writer_size(&w));
	bed_settle(client->bed);
}

static bool
take_any(struct client *client, struct smpp_pdu *pdu)
{
	struct sb_bytes in = sim_received(client->peer);
	ssize_t size = smpp_frame(in, BED_PDU_MAX, NULL);

	assert_true(size >= 0);
	if (size == 0)
		return false;
	memcpy(client->received, in.data, (size_t)size);
	sim_consume(client->peer, (size_t)size);
	assert_int_equal(smpp_decode(sb_bytes(client->received, (size_t)size), NULL, pdu, NULL), 0);
	return true;
}

bool
client_take(struct client *client, struct smpp_pdu *pdu)
{
	while (take_any(client, pdu)) {
		if (pdu->header.command != SMPP_ENQUIRE_LINK)
			return true;
		client_respond(client, pdu, SMPP_ROK);
	}
	return false;
}

struct smpp_pdu
client_expect_at(struct client *client, uint32_t command, const char *file, int line)
{
	struct smpp_pdu pdu;

	if (!client_take(client, &pdu))
		_fail(file, line);
	if (pdu.header.command != command)
		print_error("got %s, status %x\n", smpp_command_name(pdu.header.command),
			pdu.header.status);
	_assert_int_equal(pdu.header.command, command, file, line);
	return pdu;
}

void
client_expect_nothing_at(struct client *client, const char *file, int line)
{
	struct smpp_pdu pdu;

	if (!client_take(client, &pdu))
		return;
	print_error("got %s\n", smpp_command_name(pdu.header.command));
	_fail(file, line);
}

struct smpp_pdu
client_ask(struct client *client, struct smpp_pdu *pdu)
{
	struct smpp_pdu response;
	uint32_t sequence = client_send(client, pdu);

	assert_true(client_take(client, &response));
	assert_int_equal(response.header.command, pdu->header.command | SMPP_RESPONSE_BIT);
	assert_int_equal(response.header.sequence, sequence);
	return response;
}

uint32_t
client_try(struct client *client, struct bed *bed, uint32_t command, const char *system_id,
	const char *password)
{
	struct smpp_pdu pdu = {.header.command = command};

	if (client->bed != bed || !client->peer) {
		client->bed = bed;
		client->sequence = 0;
		client->peer = sim_connect(bed->sim, PORT);
	}
	pdu.bind.system_id = sb_bytes_text(system_id);
	pdu.bind.password = sb_bytes_text(password);
	pdu.bind.interface_version = SMPP_VERSION_34;
	return client_ask(client, &pdu).header.status;
}

void
client_bind(struct client *client, struct bed *bed, uint32_t command, const char *system_id)
{
	const char *password = "x";

	if (strcmp(system_id, "alice") == 0)
		password = "secret1";
	if (strcmp(system_id, "bob") == 0)
		password = "secret2";
	client->peer = NULL;
	assert_int_equal(client_try(client, bed, command, system_id, password), SMPP_ROK);
}

void
client_unbind(struct client *client)
{
	struct smpp_pdu pdu = {.header.command = SMPP_UNBIND};

	client_ask(client, &pdu);
	sim_finish(client->peer);
	bed_settle(client->bed);
	client->peer = NULL;
}

void
client_ping(struct client *client)
{
	/* An unsolicited nack is an octet of life that nobody answers. */
	static const uint8_t nack[16] = {0, 0, 0, 16, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0, 0, 0};

	sim_send(client->peer, nack, sizeof(nack));
	bed_settle(client->bed);
}

struct smpp_pdu
submit_of(const char *source, const char *destination, const char *text)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};

	pdu.submit_sm.source_addr = sb_bytes_text(source);
	pdu.submit_sm.destination_addr = sb_bytes_text(destination);
	pdu.submit_sm.short_message = sb_bytes_text(text);
	return pdu;
}

struct message_id
client_submit(struct client *client, struct smpp_pdu *pdu)
{
	struct smpp_pdu response = client_ask(client, pdu);
	struct message_id id;

	assert_int_equal(response.header.status, SMPP_ROK);
	assert_int_equal(response.submit_sm_resp.message_id.size, MC_ID_DIGITS);
	memcpy(id.text, response.submit_sm_resp.message_id.data, MC_ID_DIGITS);
	id.text[MC_ID_DIGITS] = '\0';
	return id;
}

void
client_gets_at(struct client *client, const char *text, uint32_t status, const char *file, int line)
{
	struct smpp_pdu pdu = client_expect_at(client, SMPP_DELIVER_SM, file, line);
	struct sb_bytes got = pdu.deliver_sm.short_message;

	if (!sb_bytes_equal(got, sb_bytes_text(text))) {
		print_error("got \"%.*s\"\n", (int)got.size, (const char *)got.data);
		_fail(file, line);
	}
	client_respond(client, &pdu, status);
}

void
client_gets_receipt_at(
	struct client *client, struct message_id id, const char *stat, const char *file, int line)
{
	struct smpp_pdu pdu = client_expect_at(client, SMPP_DELIVER_SM, file, line);
	struct smpp_receipt receipt;

	_assert_int_equal(smpp_receipt_read(&pdu, &receipt), 0, file, line);
	_assert_true(
		sb_bytes_equal(receipt.message_id, sb_bytes_text(id.text)), id.text, file, line);
	_assert_string_equal(smpp_message_state_text(receipt.state), stat, file, line);
	client_respond(client, &pdu, SMPP_ROK);
}

unsigned
client_query(struct client *client, struct message_id id, const char *source)
{
	struct smpp_pdu pdu = {.header.command = SMPP_QUERY_SM};
	struct smpp_pdu response;

	pdu.query_sm.message_id = sb_bytes_text(id.text);
	pdu.query_sm.source_addr = sb_bytes_text(source);
	response = client_ask(client, &pdu);
	if (response.header.status != SMPP_ROK)
		return 256 + response.header.status;
	return response.query_sm_resp.message_state;
}

uint32_t
client_cancel(struct client *client, struct message_id id, const char *source)
{
	struct smpp_pdu pdu = {.header.command = SMPP_CANCEL_SM};

	pdu.cancel_sm.message_id = sb_bytes_text(id.text);
	pdu.cancel_sm.source_addr = sb_bytes_text(source);
	return client_ask(client, &pdu).header.status;
}
