#include "protocols/smpp/answer.h"
#include "core/error.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/receipt.h"
#include "tests/bench/smpp_load/smpp_load.h"

#include <stdio.h>
#include <string.h>

static void
count_status(struct counters *counters, uint32_t status)
{
	if (status == SMPP_ROK)
		counters->accepted++;
	if (status < LOAD_STATUSES)
		counters->statuses[status]++;
	else
		counters->other_statuses++;
}

static void
flush_batch(struct load *load, uint64_t now_ns)
{
	uint64_t sent_ns = load->batch_sent_ns;

	if (load->batch_size)
		sb_distribution_add_times(
			&load->second, now_ns > sent_ns ? now_ns - sent_ns : 0, load->batch_size);
	load->batch_size = 0;
}

static void
count_latency(struct load *load, uint64_t sent_ns, uint64_t now_ns)
{
	if (sent_ns != load->batch_sent_ns) {
		flush_batch(load, now_ns);
		load->batch_sent_ns = sent_ns;
	}
	load->batch_size++;
}

/* The message id of a response in place; its NUL may be missing. */
static struct sb_bytes
message_id_of(struct sb_bytes pdu)
{
	struct sb_bytes id = {pdu.data + SMPP_HEADER_SIZE, pdu.size - SMPP_HEADER_SIZE};

	return sb_bytes(id.data, strnlen((const char *)id.data, id.size));
}

static uint32_t
index_of(const struct load *load, const struct session *s)
{
	return (uint32_t)(s - load->sessions);
}

static uint64_t
number_of(const struct load *load, const struct session *s, uint32_t sequence)
{
	return journal_number(&load->journal, index_of(load, s), sequence);
}

/* The answer to a submit_sm: a submit_sm_resp, or the generic_nack of its number. */
static void
submit_answered(struct load *load, struct session *s, struct smpp_header header,
	struct sb_bytes pdu, uint64_t now_ns)
{
	struct slot *slot = &s->slots[header.sequence & load->slot_mask];

	if (slot->sequence != header.sequence || header.sequence == 0) {
		load->counters.anomalies.unknown_sequence++;
		return;
	}
	journal_answered(&load->journal, index_of(load, s), number_of(load, s, header.sequence),
		message_id_of(pdu), header.status);
	slot->sequence = 0;
	s->in_flight--;
	load->run.done++;
	count_status(&load->counters, header.status);
	count_latency(load, slot->sent_ns, now_ns);
	if (header.status != SMPP_ROK || !load->options.message.registered_delivery)
		return;
	load->run.awaited++;
	if (load->options.match_receipts)
		receipts_saw(&load->receipts, RECEIPTS_RESPONSE, message_id_of(pdu));
}

static int
bind_answered(struct load *load, struct session *s, struct smpp_header header)
{
	if (header.status != SMPP_ROK) {
		fprintf(stderr, "smpp-load: bind refused: %s (0x%08X)\n",
			smpp_status_name(header.status), header.status);
		return SB_EACCES;
	}
	s->state = SESSION_BOUND;
	load->opening--;
	load->opened++;
	return 0;
}

/* The answer to the bind or unbind under way, by its number. */
static int
other_answered(struct load *load, struct session *s, struct smpp_header header)
{
	bool nack = header.command == SMPP_GENERIC_NACK;
	uint32_t bind_resp = load->options.bind_command | SMPP_RESPONSE_BIT;

	s->other_sequence = 0;
	if (s->state == SESSION_BINDING && (nack || header.command == bind_resp))
		return bind_answered(load, s, header);
	if (s->state == SESSION_UNBINDING && (nack || header.command == SMPP_UNBIND_RESP))
		return SB_ECANCELED;
	load->counters.anomalies.wrong_response++;
	return 0;
}

static int
response(struct load *load, struct session *s, struct smpp_header header, struct sb_bytes pdu,
	uint64_t now_ns)
{
	struct slot *slot = &s->slots[header.sequence & load->slot_mask];

	if (header.sequence && header.sequence == s->other_sequence)
		return other_answered(load, s, header);
	if (header.command == SMPP_GENERIC_NACK || header.command == SMPP_SUBMIT_SM_RESP)
		submit_answered(load, s, header, pdu, now_ns);
	else if (header.sequence && slot->sequence == header.sequence)
		load->counters.anomalies.wrong_response++;
	else
		load->counters.anomalies.unknown_sequence++;
	return 0;
}

static void
answer(struct load *load, uint32_t command, uint32_t status, uint32_t sequence)
{
	struct sb_writer w = sb_writer_of(
		load->answers + load->answers_size, sizeof(load->answers) - load->answers_size);

	if (command == SMPP_DELIVER_SM_RESP || command == SMPP_DATA_SM_RESP)
		smpp_put_message_id_resp(&w, command, status, sequence, sb_bytes(NULL, 0));
	else
		smpp_put_header(&w, command, status, sequence);
	load->answers_size += sb_writer_size(&w);
}

static void
count_message(struct load *load, const struct session *s, const struct smpp_pdu *pdu)
{
	struct smpp_receipt receipt;

	if (smpp_receipt_read(pdu, &receipt) < 0) {
		load->counters.delivered++;
		/* A data_sm has its text elsewhere, and nobody numbers those. */
		if (pdu->header.command == SMPP_DELIVER_SM)
			journal_delivered(&load->journal, index_of(load, s),
				pdu->deliver_sm.short_message, pdu->deliver_sm.destination_addr);
		return;
	}
	journal_receipt(&load->journal, index_of(load, s), &receipt);
	load->counters.receipts++;
	load->run.awaited--;
	if (load->options.match_receipts)
		receipts_saw(&load->receipts, RECEIPTS_RECEIPT, receipt.message_id);
}

/* Its response is the last thing that we say. */
static int
answer_unbind(struct load *load, const struct session *s)
{
	answer(load, SMPP_UNBIND_RESP, SMPP_ROK, s->peers_sequence);
	return SB_ECANCELED;
}

/* What is under way is answered first, or it would be lost: the peer reads us until then. */
static int
unbind_asked(struct load *load, struct session *s, uint32_t sequence)
{
	s->peers_sequence = sequence;
	if (s->state != SESSION_BOUND)
		return answer_unbind(load, s);
	s->state = SESSION_LEAVING;
	return 0;
}

/* A request of the peer. SB_ECANCELED: it has unbound. */
static int
request(struct load *load, struct session *s, struct sb_bytes octets)
{
	struct smpp_decode_error error;
	struct smpp_pdu pdu;

	if (smpp_decode(octets, NULL, &pdu, &error) < 0) {
		load->counters.anomalies.malformed += error.fault != SMPP_FAULT_COMMAND;
		load->counters.anomalies.unknown_request += error.fault == SMPP_FAULT_COMMAND;
		if (error.answer)
			answer(load, error.answer, error.status, pdu.header.sequence);
		return 0;
	}
	switch (pdu.header.command) {
	case SMPP_DELIVER_SM:
	case SMPP_DATA_SM:
		count_message(load, s, &pdu);
		break;
	case SMPP_UNBIND:
		return unbind_asked(load, s, pdu.header.sequence);
	case SMPP_ENQUIRE_LINK:
	case SMPP_ALERT_NOTIFICATION:
		break;
	default:
		load->counters.anomalies.unknown_request++;
		error.status = SMPP_RINVCMDID;
	}
	if (error.answer)
		answer(load, error.answer, error.status, pdu.header.sequence);
	return 0;
}

ssize_t
session_answers(struct load *load, struct session *s, size_t size, uint64_t now_ns)
{
	struct sb_bytes left = sb_bytes(load->buffer, size);
	struct smpp_header header;
	ssize_t frame = 0;
	int err = 0;

	while (!err && (frame = smpp_frame(left, LOAD_PDU_MAX, NULL)) > 0) {
		struct sb_bytes pdu = sb_bytes(left.data, (size_t)frame);

		smpp_peek_header(pdu, &header);
		err = smpp_is_response(header.command) ? response(load, s, header, pdu, now_ns)
						       : request(load, s, pdu);
		if (!err && s->state == SESSION_LEAVING && !s->in_flight)
			err = answer_unbind(load, s);
		left = sb_bytes(left.data + frame, left.size - (size_t)frame);
	}
	flush_batch(load, now_ns);
	if (frame < 0)
		load->counters.anomalies.malformed++;
	if (err || frame < 0)
		return err ? err : frame;
	return (ssize_t)(size - left.size);
}
