/*
 * The peer's bind (3.4, 4.1): asked, answered now or later, tried again a few
 * times. While the application has it the input is held, so that nothing the peer
 * sent behind its bind is judged by a state that the answer will change.
 */
#include "protocols/smpp/session_internal.h"

#include <string.h>

bool
smpp_is_bind_command(uint32_t command)
{
	return command == SMPP_BIND_RECEIVER || command == SMPP_BIND_TRANSMITTER ||
	       command == SMPP_BIND_TRANSCEIVER;
}

/* What the bind at hand would make of us: the table of states says it, once. */
enum smpp_state
smpp_bind_mode(uint32_t command)
{
	return smpp_state_after(SMPP_OPEN, command | SMPP_RESPONSE_BIT, SMPP_ROK);
}

/* The lower of both: a peer that says more than we speak is served by ours (3.4, 5.2.4). */
static enum smpp_version
version_with(const struct smpp_session *p, uint8_t interface_version)
{
	enum smpp_version theirs = smpp_version_of(interface_version);
	enum smpp_version ours = smpp_options(p)->version;

	return theirs < ours ? theirs : ours;
}

/* As the session's identity from here on, since the answer may come later, and every log line until
 * then should name it. A system_id has at most 15 characters; the buffer cuts what a lenient
 * decoder let through. */
static int
keep_system_id(struct sb_session *s, struct sb_bytes system_id)
{
	char text[32];
	size_t size = system_id.size < sizeof(text) ? system_id.size : sizeof(text) - 1;

	if (size)
		memcpy(text, system_id.data, size);
	text[size] = '\0';
	return sb_set_identity(s, text);
}

/* The counter stays at its top: a peer with many attempts is not one with none. */
static void
count_attempt(struct smpp_session *p)
{
	if (p->attempts < UINT8_MAX)
		p->attempts++;
}

void
smpp_bind_asked(struct sb_session *s, struct smpp_session *p, const struct smpp_pdu *pdu)
{
	uint32_t command = pdu->header.command;
	struct smpp_request request;
	struct smpp_binding binding;

	count_attempt(p);
	if (!smpp_request_begin(s, p, command, pdu->header.sequence, &request))
		return;
	/* Set before the application is asked: it may look at what will be spoken, and may send as
	 * soon as it has answered. */
	p->version = (uint8_t)version_with(p, pdu->bind.interface_version);
	p->mode = (uint8_t)smpp_bind_mode(command);
	p->phase = SMPP_PHASE_BINDING;
	binding = (struct smpp_binding){
		.mode = p->mode,
		.version = p->version,
		.fields = &pdu->bind,
		.peer = sb_session_peer(s),
		.attempt = p->attempts,
	};
	if (keep_system_id(s, pdu->bind.system_id))
		(void)smpp_respond(s, request, SMPP_RSYSERR, sb_bytes(NULL, 0));
	else if (smpp_app(p)->bind)
		smpp_app(p)->bind(s, request, &binding);
	else
		(void)smpp_respond(s, request, SMPP_RBINDFAIL, sb_bytes(NULL, 0));
	smpp_request_wait(s, p, request);
}

/* sc_interface_version says what we can do, not what was agreed; smpp_write_pdu drops it for a peer
 * of 3.3, which knows no TLVs. */
int
smpp_bind_answer(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes system_id)
{
	uint8_t tlvs[SMPP_TLV_HEADER_SIZE + 1];
	struct sb_writer w = sb_writer_of(tlvs, sizeof(tlvs));
	struct smpp_pdu pdu = {.header = *header};

	if (header->status != SMPP_ROK)
		return smpp_write_header(s, p, header->command, header->status, header->sequence);
	(void)smpp_put_tlv_u8(&w, SMPP_TAG_SC_INTERFACE_VERSION, (uint8_t)smpp_options(p)->version);
	pdu.tlvs = sb_bytes(tlvs, sb_writer_size(&w));
	pdu.bind_resp.system_id =
		system_id.size ? system_id : sb_bytes_text(smpp_options(p)->system_id);
	return smpp_write_pdu(s, p, &pdu);
}

void
smpp_bind_done(struct sb_session *s, struct smpp_session *p)
{
	p->state = p->mode;
	p->phase_since = p->last_request = p->last_octet = sb_now(s);
	p->phase = SMPP_PHASE_BOUND;
	p->is_counted = true;
	sb_gauge_add(p->service->metrics.bound[p->mode - SMPP_BOUND_TX], p->shard, 1);
	/* Many sessions only listen from here on, and need no table for it. */
	if (smpp_pending_count(p->in) == 0)
		smpp_pending_free(s, &p->in);
	smpp_timer_arm(s, p);
}

/* Once, when the connection is gone or the session closed, whichever way it ends. `mode` outlives
 * the state, which an unbind has changed meanwhile. */
void
smpp_bind_over(struct smpp_session *p)
{
	if (p->is_counted)
		sb_gauge_add(p->service->metrics.bound[p->mode - SMPP_BOUND_TX], p->shard, -1);
	p->is_counted = false;
}

static void
bound(struct sb_session *s, struct smpp_session *p)
{
	smpp_bind_done(s, p);
	SB_LOG(s, INFO, "smpp.bound", "mode", SB_STR(smpp_state_name(p->mode)), "version",
		SB_STR(smpp_version_text(p)));
}

/* One more try within session_init_ms, which runs on from the connection: refusals do not renew it.
 * A refused bind leaves no trace, for the next one may ask for another mode, version and name. */
static void
refused(struct sb_session *s, struct smpp_session *p, uint32_t status)
{
	sb_counter_add(p->service->metrics.binds_refused, p->shard, 1);
	SB_LOG_LIMITED(s, WARNING, "smpp.bind_refused", "status", SB_STR(smpp_status_name(status)),
		"attempt", SB_UINT(p->attempts));
	/* The bind was answered because the session ends (smpp_finish, smpp_refuse_length): there
	 * is no next try. */
	if (p->phase == SMPP_PHASE_CLOSED)
		return;
	p->phase = SMPP_PHASE_OPEN;
	p->version = (uint8_t)smpp_options(p)->version;
	(void)sb_set_identity(s, "");
	if (p->attempts >= smpp_options(p)->bind_attempts)
		smpp_finish(s, p, SB_END_LIMIT);
	else
		smpp_timer_arm(s, p);
}

void
smpp_bind_settled(struct sb_session *s, struct smpp_session *p, uint32_t status)
{
	if (status == SMPP_ROK)
		bound(s, p);
	else
		refused(s, p, status);
}

/* A malformed bind counts as an attempt, or a peer could go on sending them for as long as it
 * likes. */
void
smpp_bind_failed(struct sb_session *s, struct smpp_session *p, uint32_t status)
{
	count_attempt(p);
	refused(s, p, status);
}
