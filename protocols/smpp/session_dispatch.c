/*
 * What comes of one frame: to whom it goes, or what is wrong with it. The order
 * of the tests is the order of their cost and of their meaning: responses, the
 * session's own affairs, the state, and only then the body, so that a PDU that is
 * not legal now is refused without being read.
 */
#include "protocols/smpp/session_internal.h"

#include <string.h>

static void
malformed(struct sb_session *s, struct smpp_session *p, const struct smpp_unparsed *unparsed)
{
	sb_counter_add(p->service->metrics.malformed, p->shard, 1);
	SB_LOG_LIMITED(s, INFO, "smpp.malformed", "command",
		SB_STR(smpp_command_name(unparsed->header.command)), "command_id",
		SB_UINT(unparsed->header.command), "sequence", SB_UINT(unparsed->header.sequence),
		"field", SB_STR(unparsed->error.field), "status",
		SB_STR(smpp_status_name(unparsed->error.status)));
	if (smpp_app(p)->unparsed)
		smpp_app(p)->unparsed(s, unparsed);
}

/* Tells the application, then answers in the request's own way. */
static void
refuse_malformed(struct sb_session *s, struct smpp_session *p, const struct smpp_unparsed *unparsed)
{
	uint32_t command = unparsed->header.command;

	malformed(s, p, unparsed);
	if (unparsed->error.answer)
		(void)smpp_write_header(s, p, unparsed->error.answer, unparsed->error.status,
			unparsed->header.sequence);
	/* After its answer: the last allowed attempt closes the session. */
	if (smpp_is_bind_command(command))
		smpp_bind_failed(s, p, unparsed->error.status);
}

void
smpp_refuse_length(struct sb_session *s, struct smpp_session *p, struct sb_bytes octets)
{
	struct smpp_unparsed unparsed = {
		.error = {SMPP_FAULT_LENGTH, SMPP_RINVCMDLEN, SMPP_GENERIC_NACK, ""},
		.octets = octets,
	};

	/* With fewer than 16 octets there is no number to echo: 0 it is. */
	if (!smpp_peek_header(octets, &unparsed.header))
		unparsed.header = (struct smpp_header){0};
	malformed(s, p, &unparsed);
	/* Framing is lost, and the session with it: nothing can be answered later. */
	p->phase = SMPP_PHASE_CLOSED;
	smpp_answer_rest(s, p);
	/* Last of all, and then `received` returns SB_EPROTO: the core flushes and closes. */
	(void)smpp_write_header(s, p, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN, unparsed.header.sequence);
}

/* Why this request is not served now; ROK when it is. */
static uint32_t
refusal(const struct smpp_session *p, uint32_t command)
{
	/* By 5.0 whatever the peer bound with: what it can say is what it may. */
	uint32_t status = smpp_state_status(p->state, smpp_peer_side(p), SMPP_VERSION_50, command);

	if (status != SMPP_ROK)
		return status;
	switch ((enum smpp_phase)p->phase) {
	case SMPP_PHASE_OPEN:
	case SMPP_PHASE_ASKING:
	case SMPP_PHASE_BINDING:
	case SMPP_PHASE_BOUND:
		return SMPP_ROK;
	case SMPP_PHASE_LEAVING: /* it has said itself that no more would come */
		return SMPP_RINVBNDSTS;
	case SMPP_PHASE_DRAINING: /* it could not know: let it send this again elsewhere */
	case SMPP_PHASE_UNBINDING:
	case SMPP_PHASE_FINISHING:
	case SMPP_PHASE_CLOSED:
	case SMPP_PHASE_AWAY:
		break;
	}
	return SMPP_RSYSERR;
}

/* In the request's own response where it has one (RINVBNDSTS, RALYBND: 3.4, 5.1.3); the session
 * goes on. */
static void
refuse_request(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	uint32_t status)
{
	uint32_t answer = smpp_answer_of(header->command);

	SB_LOG_LIMITED(s, INFO, "smpp.refused", "command",
		SB_STR(smpp_command_name(header->command)), "sequence", SB_UINT(header->sequence),
		"state", SB_STR(smpp_state_name(p->state)), "status",
		SB_STR(smpp_status_name(status)));
	if (answer)
		(void)smpp_write_header(s, p, answer, status, header->sequence);
	else
		sb_counter_add(p->service->metrics.unanswerable, p->shard, 1);
}

static void
serve(struct sb_session *s, struct smpp_session *p, const struct smpp_pdu *pdu)
{
	struct smpp_request request;

	if (smpp_is_bind_command(pdu->header.command)) {
		smpp_bind_asked(s, p, pdu);
		return;
	}
	if (pdu->header.command == SMPP_OUTBIND) {
		smpp_outbind_asked(s, p, pdu);
		return;
	}
	if (!smpp_request_begin(s, p, pdu->header.command, pdu->header.sequence, &request))
		return;
	if (smpp_app(p)->request)
		smpp_app(p)->request(s, request, pdu);
	else
		(void)smpp_nack(s, request, SMPP_RINVCMDID);
	/* Answered inside its callback, as most are: no deadline to arm, no window to look at. */
	if (smpp_pending_count(p->in))
		smpp_request_wait(s, p, request);
}

/* The options are put together for each PDU, for the version and the strictness are the session's
 * and may change with its bind. */
static void
decode(struct sb_session *s, struct smpp_session *p, struct sb_bytes frame)
{
	const struct smpp_decode_options options = {
		.version = p->version,
		.strict_values = smpp_options(p)->strict_values,
		.strict_tlvs = p->strict_tlvs,
		.password_max = smpp_options(p)->password_max,
		.dictionary = smpp_options(p)->dictionary,
	};
	struct smpp_unparsed unparsed;
	struct smpp_pdu pdu;

	if (smpp_decode(frame, &options, &pdu, &unparsed.error)) {
		unparsed.header = pdu.header;
		unparsed.octets = frame;
		refuse_malformed(s, p, &unparsed);
		return;
	}
	serve(s, p, &pdu);
}

/* Reserved and vendor ids: generic_nack with the number that came (3.4, 4.3), and the session goes
 * on. */
static void
unknown(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes frame)
{
	const struct smpp_unparsed unparsed = {
		.header = *header,
		.error = {SMPP_FAULT_COMMAND, SMPP_RINVCMDID, SMPP_GENERIC_NACK, ""},
		.octets = frame,
	};

	refuse_malformed(s, p, &unparsed);
}

static void
take_request(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes frame)
{
	uint32_t status;

	/* The turn's time: received() has just noted it for these very octets. */
	p->last_request = p->last_octet;
	p->requests_in++;
	/* Answered in every state and phase: a peer asks whether the link lives, not whether it is
	 * bound. Octets behind the header are nobody's business. */
	if (header->command == SMPP_ENQUIRE_LINK) {
		(void)smpp_write_header(s, p, SMPP_ENQUIRE_LINK_RESP, SMPP_ROK, header->sequence);
		return;
	}
	if (header->command == SMPP_UNBIND) {
		smpp_unbind_asked(s, p, header->sequence);
		return;
	}
	status = refusal(p, header->command);
	if (status == SMPP_ROK)
		decode(s, p, frame);
	else if (smpp_answer_of(header->command) == SMPP_GENERIC_NACK)
		unknown(s, p, header, frame);
	else
		refuse_request(s, p, header, status);
}

/* Counted before anything is judged, so that the counters say what came and not what was liked. */
void
smpp_dispatch(struct sb_session *s, struct smpp_session *p, struct sb_bytes frame)
{
	struct smpp_header header;

	(void)smpp_peek_header(frame, &header);
	smpp_metrics_pdu(&p->service->metrics, p->shard, SMPP_IN, header.command, header.status);
	if (smpp_is_response(header.command))
		smpp_response(s, p, &header, frame);
	else
		take_request(s, p, &header, frame);
}
