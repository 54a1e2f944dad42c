#include "tests/protocols/smpp/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct bed_state {
	struct bed *bed;
};

static struct bed *
bed_of(const struct sb_session *s)
{
	return ((struct bed_state *)smpp_state(s))->bed;
}

/* ---- the application ---- */

static int
app_start(struct sb_session *s, const void *args)
{
	struct bed *bed = (struct bed *)(uintptr_t)args;

	((struct bed_state *)smpp_state(s))->bed = bed;
	bed->session = s;
	bed->address = sb_self(s);
	return bed->start_result;
}

static int
app_connected(struct sb_session *s, const struct sb_peer *peer, const void *args)
{
	struct bed *bed = (struct bed *)(uintptr_t)args;

	((struct bed_state *)smpp_state(s))->bed = bed;
	assert_non_null(peer);
	bed->session = s;
	bed->address = sb_self(s);
	if (bed->in_connected)
		bed->in_connected(bed, s);
	return bed->connected_result;
}

static void
keep(struct bed *bed, struct smpp_request request)
{
	assert_true(bed->kept_count < sizeof(bed->kept) / sizeof(bed->kept[0]));
	bed->kept[bed->kept_count++] = request;
}

/* Its last request; a bind's response has the name of the options. */
static void
answer(struct bed *bed, struct sb_session *s, uint32_t status)
{
	bool is_bind = smpp_session_state(s) == SMPP_OPEN;
	int err = smpp_respond(s, bed->last, status, sb_bytes_text(is_bind ? "" : "id"));

	assert_true(err == 0 || bed->lacks_memory);
}

static void
app_bind(struct sb_session *s, struct smpp_request request, const struct smpp_binding *binding)
{
	struct bed *bed = bed_of(s);

	bed->last = request;
	stand_tell(bed->trace, "bind %.*s %.*s %s %x try %u", (int)binding->fields->system_id.size,
		(const char *)binding->fields->system_id.data, (int)binding->fields->password.size,
		(const char *)binding->fields->password.data, smpp_state_name(binding->mode),
		binding->version, binding->attempt);
	assert_non_null(binding->peer);
	if (bed->binds_later)
		keep(bed, request);
	else
		answer(bed, s, bed->bind_status);
}

static void
app_bound(struct sb_session *s, const struct smpp_pdu *response)
{
	stand_tell(bed_of(s)->trace, "%s %x by %.*s", smpp_state_name(smpp_session_state(s)),
		smpp_session_version(s), (int)response->bind_resp.system_id.size,
		(const char *)response->bind_resp.system_id.data);
	if (bed_of(s)->in_bound)
		bed_of(s)->in_bound(bed_of(s), s);
	else
		assert_true(smpp_window_room(s) > 0);
}

static void
app_bind_refused(struct sb_session *s, const struct smpp_pdu *response)
{
	struct bed *bed = bed_of(s);
	struct smpp_pdu again = {.header = {.command = SMPP_BIND_RECEIVER}};

	stand_tell(bed->trace, "refused %s", smpp_status_name(response->header.status));
	again.bind.system_id = sb_bytes_text("again");
	if (bed->binds_again)
		assert_int_equal(smpp_send(s, &again, 7), 0);
	bed->binds_again = false;
}

static void
app_disconnected(struct sb_session *s, enum sb_end why, uint32_t retry_ms)
{
	stand_tell(bed_of(s)->trace, "disconnected %s%s", sb_end_name(why),
		retry_ms ? " for a while" : "");
	assert_int_equal(bed_submit_sm(s, 99), SB_GONE);
	assert_int_equal(smpp_window_used(s), 0);
}

static bool
app_outbind(struct sb_session *s, const struct smpp_outbind *outbind)
{
	stand_tell(bed_of(s)->trace, "outbind %.*s %.*s", (int)outbind->system_id.size,
		(const char *)outbind->system_id.data, (int)outbind->password.size,
		(const char *)outbind->password.data);
	return bed_of(s)->lets_in;
}

static void
app_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	struct bed *bed = bed_of(s);

	bed->last = request;
	assert_int_equal(pdu->header.command, request.command);
	stand_tell(bed->trace, "%s %u", smpp_command_name(request.command), request.sequence);
	if (smpp_answer_of(request.command) == 0)
		return;
	assert_true(smpp_is_unanswered(s, request));
	if (bed->answers_later)
		keep(bed, request);
	else
		answer(bed, s, bed->request_status);
}

static void
app_unparsed(struct sb_session *s, const struct smpp_unparsed *unparsed)
{
	stand_tell(bed_of(s)->trace, "unparsed %s %s", smpp_command_name(unparsed->header.command),
		smpp_status_name(unparsed->error.status));
}

static void
app_response(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu)
{
	stand_tell(bed_of(s)->trace, "response %lu %s %u", (unsigned long)context,
		smpp_command_name(pdu->header.command), pdu->header.status);
}

static void
app_response_timeout(struct sb_session *s, uint64_t context, uint32_t command)
{
	stand_tell(bed_of(s)->trace, "timeout %lu %s", (unsigned long)context,
		smpp_command_name(command));
}

static void
app_response_lost(struct sb_session *s, uint64_t context, uint32_t command)
{
	stand_tell(bed_of(s)->trace, "lost %lu %s", (unsigned long)context,
		smpp_command_name(command));
	assert_int_equal(bed_deliver(s, 99), SB_GONE);
}

static void
app_window_open(struct sb_session *s)
{
	assert_true(smpp_window_room(s) > 0);
	stand_tell(bed_of(s)->trace, "window_open");
}

static void
app_sent(struct sb_session *s, const struct smpp_header *header)
{
	struct bed *bed = bed_of(s);

	if (bed->tells_sent)
		stand_tell(bed->trace, "sent %s %u %u", smpp_command_name(header->command),
			header->sequence, header->length);
}

static void
app_unbinding(struct sb_session *s)
{
	stand_tell(bed_of(s)->trace, "unbinding");
}

static void
app_message(struct sb_session *s, struct sb_message *m)
{
	void (*act)(struct bed * bed, struct sb_session * session);

	if (m->type == SB_MSG_REPLY) {
		stand_tell(bed_of(s)->trace, "reply %d", m->status);
		return;
	}
	assert_int_equal(m->size, sizeof(act));
	memcpy(&act, m->data, sizeof(act));
	act(bed_of(s), s);
}

static void
app_closed(struct sb_session *s, enum sb_end why)
{
	struct bed *bed = bed_of(s);

	stand_tell(bed->trace, "closed %s", sb_end_name(why));
	if (bed->session == s)
		bed->session = NULL;
}

static void
app_describe(const struct sb_session *s, struct sb_fields *fields)
{
	sb_fields_add(fields, "kept", SB_UINT(bed_of(s)->kept_count));
}

static const struct smpp_application application = {
	.name = "smpp.bed",
	.side = SMPP_MC,
	.state_size = sizeof(struct bed_state),
	.connected = app_connected,
	.bind = app_bind,
	.request = app_request,
	.unparsed = app_unparsed,
	.response = app_response,
	.response_timeout = app_response_timeout,
	.response_lost = app_response_lost,
	.window_open = app_window_open,
	.sent = app_sent,
	.unbinding = app_unbinding,
	.message = app_message,
	.closed = app_closed,
	.describe = app_describe,
};

static const struct smpp_application esme_application = {
	.name = "smpp.bed.esme",
	.side = SMPP_ESME,
	.state_size = sizeof(struct bed_state),
	.connected = app_connected,
	.start = app_start,
	.outbind = app_outbind,
	.bound = app_bound,
	.bind_refused = app_bind_refused,
	.disconnected = app_disconnected,
	.request = app_request,
	.unparsed = app_unparsed,
	.response = app_response,
	.response_timeout = app_response_timeout,
	.response_lost = app_response_lost,
	.window_open = app_window_open,
	.sent = app_sent,
	.unbinding = app_unbinding,
	.message = app_message,
	.closed = app_closed,
	.describe = app_describe,
};

/* ---- the bed ---- */

/* A calm machine needs no time, another one has to be given what its delays take. */
void
bed_turn(struct bed *bed)
{
	sim_run_for(bed->sim, bed->settle_ns);
}

void
bed_pass(struct bed *bed, uint64_t ms)
{
	sim_run_for(bed->sim, ms * 1000000);
}

void
bed_connect(struct bed *bed)
{
	bed->peer = sim_connect(bed->sim, 2775);
	bed_turn(bed);
}

static void
open_node(struct bed *bed, const struct sim_options *sim)
{
	static const struct sim_options calm = {.is_calm = true};

	memset(bed, 0, sizeof(*bed));
	bed->sim = sim_new(sim ? sim : &calm);
	bed->settle_ns = sim && !sim->is_calm ? 1000000000 : 1000;
	bed->log = stand_log(&bed->log_fd);
	bed->node = stand_node(bed->sim, bed->log);
}

void
bed_open_with(struct bed *bed, const struct smpp_session_options *options,
	const struct sb_limits *limits, const struct sim_options *sim)
{
	struct sb_listener_options listener = {
		.name = "smpp", .address = "127.0.0.1:2775", .limits = limits};

	open_node(bed, sim);
	assert_int_equal(smpp_service_new(&bed->service, bed->node, &application, options, bed), 0);
	assert_int_equal(smpp_listen(bed->service, &listener, NULL), 0);
	bed_connect(bed);
}

void
bed_open_esme_alone(
	struct bed *bed, const struct smpp_esme_options *options, const struct sim_options *sim)
{
	static const struct smpp_esme_options alice = {
		.system_id = "alice", .password = "secret1", .restart = SB_PERMANENT};

	open_node(bed, sim);
	if (!options)
		options = &alice;
	assert_int_equal(smpp_esme_start(bed->node, options->host ? options->host : "127.0.0.1",
				 2775, &esme_application, bed, options, &bed->service),
		0);
}

void
bed_open_esme(struct bed *bed, const struct smpp_esme_options *options)
{
	bed_open_esme_alone(bed, options, NULL);
	sim_listen(bed->sim, 2775);
	bed_turn(bed);
	assert_true(bed_accept(bed));
}

void
bed_open_outbind(struct bed *bed, const struct smpp_esme_options *options)
{
	struct sb_listener_options listener = {.name = "outbind", .address = "127.0.0.1:2775"};

	open_node(bed, NULL);
	bed->lets_in = true;
	assert_int_equal(
		smpp_esme_new(&bed->service, bed->node, &esme_application, options, bed), 0);
	assert_int_equal(smpp_listen(bed->service, &listener, NULL), 0);
	bed_connect(bed);
}

bool
bed_accept(struct bed *bed)
{
	struct sim_peer *peer = sim_accept(bed->sim, 2775);

	if (peer)
		bed->peer = peer;
	return peer != NULL;
}

void
bed_accept_bind(struct bed *bed)
{
	struct smpp_pdu pdu;
	uint8_t tlv[] = {0x02, 0x10, 0, 1, 0x34};

	assert_true(bed_accept(bed) || bed->peer);
	assert_true(bed_take(bed, &pdu));
	assert_true(pdu.header.command == SMPP_BIND_TRANSCEIVER);
	assert_int_equal(pdu.header.sequence, 1);
	pdu = (struct smpp_pdu){.header = {.command = SMPP_BIND_TRANSCEIVER_RESP, .sequence = 1}};
	pdu.bind_resp.system_id = sb_bytes_text("mc");
	pdu.tlvs = sb_bytes(tlv, sizeof(tlv));
	bed_send(bed, &pdu);
	bed_expect_trace(bed, "bound_trx 34 by mc;");
}

void
bed_open(struct bed *bed, const struct smpp_session_options *options)
{
	bed_open_with(bed, options, NULL, NULL);
	assert_non_null(bed->session);
}

void
bed_close(struct bed *bed)
{
	sb_node_stop(bed->node);
	bed_turn(bed);
	sb_node_stop(bed->node);
	bed_pass(bed, 60000);
	assert_true(sb_node_is_stopped(bed->node));
	assert_null(bed->session);
	sb_node_free(bed->node);
	smpp_service_free(bed->service);
	smpp_service_free(bed->other);
	stand_log_free(bed->log, bed->log_fd);
	assert_int_equal(sim_open_sockets(bed->sim), 0);
	sim_free(bed->sim);
}

/* ---- the peer ---- */

void
bed_send_octets(struct bed *bed, struct sb_bytes octets)
{
	sim_send(bed->peer, octets.data, octets.size);
	bed_turn(bed);
}

void
bed_send(struct bed *bed, const struct smpp_pdu *pdu)
{
	static uint8_t octets[70000];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	assert_int_equal(smpp_encode(pdu, &w), 0);
	bed_send_octets(bed, sb_bytes(octets, sb_writer_size(&w)));
}

void
bed_send_header(struct bed *bed, uint32_t command, uint32_t status, uint32_t sequence)
{
	const uint32_t words[4] = {__builtin_bswap32(16), __builtin_bswap32(command),
		__builtin_bswap32(status), __builtin_bswap32(sequence)};

	bed_send_octets(bed, sb_bytes(words, sizeof(words)));
}

struct smpp_pdu
bed_submit(uint32_t sequence)
{
	struct smpp_pdu pdu = {.header = {.command = SMPP_SUBMIT_SM, .sequence = sequence}};

	pdu.submit_sm.source_addr = sb_bytes_text("447700900000");
	pdu.submit_sm.destination_addr = sb_bytes_text("491511234567");
	pdu.submit_sm.short_message = sb_bytes_text("hello");
	return pdu;
}

void
bed_send_submit(struct bed *bed, uint32_t sequence)
{
	struct smpp_pdu pdu = bed_submit(sequence);

	bed_send(bed, &pdu);
}

void
bed_send_bind(struct bed *bed, uint32_t command, uint8_t version, uint32_t sequence)
{
	struct smpp_pdu pdu = {.header = {.command = command, .sequence = sequence}};

	pdu.bind.system_id = sb_bytes_text("alice");
	pdu.bind.password = sb_bytes_text("secret1");
	pdu.bind.interface_version = version;
	bed_send(bed, &pdu);
}

void
bed_bind(struct bed *bed, uint32_t command)
{
	bed_send_bind(bed, command, SMPP_VERSION_34, 1);
	bed_expect(bed, command | SMPP_RESPONSE_BIT, SMPP_ROK, 1);
	bed->trace[0] = '\0';
}

/* ---- what came of it ---- */

bool
bed_take(struct bed *bed, struct smpp_pdu *pdu)
{
	struct sb_bytes octets = sim_received(bed->peer);
	ssize_t size = smpp_frame(octets, sizeof(bed->received), NULL);

	assert_true(size >= 0);
	if (size == 0) {
		assert_int_equal(octets.size, 0);
		return false;
	}
	memcpy(bed->received, octets.data, (size_t)size);
	sim_consume(bed->peer, (size_t)size);
	assert_int_equal(smpp_decode(sb_bytes(bed->received, (size_t)size), NULL, pdu, NULL), 0);
	return true;
}

struct smpp_pdu
bed_expect_at(struct bed *bed, uint32_t command, uint32_t status, uint32_t sequence,
	const char *file, int line)
{
	struct smpp_pdu pdu;
	char wanted[128], got[128];

	if (!bed_take(bed, &pdu))
		_fail(file, line);
	snprintf(wanted, sizeof(wanted), "%s %s %x", smpp_command_name(command),
		smpp_status_name(status), sequence);
	snprintf(got, sizeof(got), "%s %s %x", smpp_command_name(pdu.header.command),
		smpp_status_name(pdu.header.status), pdu.header.sequence);
	_assert_string_equal(got, wanted, file, line);
	return pdu;
}

void
bed_expect_nothing_at(struct bed *bed, const char *file, int line)
{
	_assert_int_equal(sim_received(bed->peer).size, 0, file, line);
}

void
bed_expect_closed_at(struct bed *bed, enum sb_end why, const char *file, int line)
{
	char closed[64];
	const char *told;

	bed_expect_nothing_at(bed, file, line);
	_assert_true(sim_has_ended(bed->peer), "our FIN", file, line);
	/* The peer ends its side, too, or the session lingers. */
	sim_finish(bed->peer);
	bed_turn(bed);
	told = strstr(bed->trace, "closed");
	_assert_true(told != NULL, "closed", file, line);
	snprintf(closed, sizeof(closed), "closed %s;", sb_end_name(why));
	_assert_string_equal(told, closed, file, line);
}

void
bed_expect_trace_at(struct bed *bed, const char *trace, const char *file, int line)
{
	_assert_string_equal(bed->trace, trace, file, line);
	bed->trace[0] = '\0';
}

/* ---- acting as the application ---- */

void
bed_act(struct bed *bed, void (*act)(struct bed *bed, struct sb_session *s))
{
	int err = sb_node_post(bed->node, bed->address, 1, 0, SB_COPY(&act, sizeof(act)));

	assert_true(err == 0 || bed->lacks_memory);
	bed_turn(bed);
}

int
bed_deliver(struct sb_session *s, uint64_t context)
{
	struct smpp_pdu pdu = bed_submit(0);

	pdu.header.command = SMPP_DELIVER_SM;
	return smpp_send(s, &pdu, context);
}

static uint64_t deliver_context;
static int act_result;

static void
act_deliver(struct bed *bed, struct sb_session *s)
{
	(void)bed;
	act_result = bed_deliver(s, deliver_context);
}

int
bed_send_deliver(struct bed *bed, uint64_t context)
{
	deliver_context = context;
	bed_act(bed, act_deliver);
	return act_result;
}

int
bed_submit_sm(struct sb_session *s, uint64_t context)
{
	struct smpp_pdu pdu = bed_submit(0);

	return smpp_send(s, &pdu, context);
}

static void
act_submit(struct bed *bed, struct sb_session *s)
{
	(void)bed;
	act_result = bed_submit_sm(s, deliver_context);
}

int
bed_send_submit_sm(struct bed *bed, uint64_t context)
{
	deliver_context = context;
	bed_act(bed, act_submit);
	return act_result;
}

static size_t answer_index;
static uint32_t answer_status;

static void
act_answer(struct bed *bed, struct sb_session *s)
{
	act_result = smpp_respond(s, bed->kept[answer_index], answer_status, sb_bytes_text("id"));
}

int
bed_answer(struct bed *bed, size_t n, uint32_t status)
{
	answer_index = n;
	answer_status = status;
	bed_act(bed, act_answer);
	return act_result;
}

uint64_t
bed_counter(struct bed *bed, const char *name)
{
	return stand_counter(bed->node, name);
}
