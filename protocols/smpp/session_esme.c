/*
 * What a session does on the ESME side alone: it connects, binds, hears the answer,
 * and when the connection is gone forgets all of that and stays for the next one.
 * Whether it stays is asked in one place (smpp_esme_stays), by whoever ends a
 * connection and by whoever hears that it has ended.
 */
#include "protocols/smpp/esme_internal.h"
#include "protocols/smpp/session_internal.h"

static const struct smpp_esme_options *
esme_options(const struct smpp_session *p)
{
	return &p->service->esme->options;
}

/* The application last: what fails after it would have to be told to it. */
int
smpp_session_start_outbound(struct sb_session *s, const void *args)
{
	struct smpp_session *p = sb_state(s);
	const struct smpp_esme_options *o;
	int err;

	(void)smpp_session_start(s, args);
	o = esme_options(p);
	p->is_outbound = true;
	p->state = SMPP_CLOSED;
	err = sb_set_identity(s, o->system_id);
	if (!err)
		err = sb_connect(s, &(struct sb_connector_options){
					    .host = o->host,
					    .port = o->port,
					    .source = o->source,
					    .tls = o->tls,
					    .server_name = o->server_name,
					    .connect_ms = o->connect_ms,
					    .limits = o->limits,
					    .socket = o->socket,
					    .reconnect = o->restart != SB_TEMPORARY,
					    .backoff_min_ms = o->backoff_min_ms,
					    .backoff_max_ms = o->backoff_max_ms,
					    .stable_ms = o->stable_ms,
				    });
	if (!err && smpp_app(p)->start)
		err = smpp_app(p)->start(s, p->service->args);
	p->is_known = err >= 0;
	return err < 0 ? err : 0;
}

/* ---- the bind ---- */

void
smpp_bind_sent(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header)
{
	p->bind_sequence = header->sequence;
	p->mode = (uint8_t)smpp_bind_mode(header->command);
	p->phase = SMPP_PHASE_ASKING;
	if (p->attempts < UINT8_MAX)
		p->attempts++;
	/* The application may hold already, and the response must be heard. */
	smpp_update_hold(s, p);
}

/* In no table: the application has not sent it, and session_init_ms bounds the wait. If it cannot
 * be written the session is ending already. */
static void
send_bind(struct sb_session *s, struct smpp_session *p, uint32_t command)
{
	struct smpp_pdu pdu;

	smpp_esme_bind_pdu(esme_options(p), command, &pdu);
	pdu.header.sequence = smpp_next_sequence(p);
	if (smpp_write_pdu(s, p, &pdu) == 0)
		smpp_bind_sent(s, p, &pdu.header);
}

void
smpp_esme_connected(struct sb_session *s, struct smpp_session *p)
{
	const struct smpp_esme_options *o = esme_options(p);

	if (sb_is_closing(s) || p->phase != SMPP_PHASE_OPEN)
		return;
	SB_LOG(s, INFO, "esme.connected", "host", SB_STR(o->host), "port", SB_UINT(o->port));
	if (!o->is_bind_manual)
		send_bind(s, p, o->bind ? o->bind : SMPP_BIND_TRANSCEIVER);
}

/* What the centre can do, as far as it says so: without sc_interface_version it is one of 3.4 (3.4,
 * 5.3.2.25), unless we have asked for less. */
static enum smpp_version
agreed_version(const struct smpp_session *p, const struct smpp_pdu *response)
{
	enum smpp_version ours = smpp_options(p)->version;
	enum smpp_version theirs = SMPP_VERSION_34;
	uint32_t said;

	if (smpp_find_tlv_integer(response->tlvs, SMPP_TAG_SC_INTERFACE_VERSION, &said))
		theirs = smpp_version_of(said > UINT8_MAX ? UINT8_MAX : (uint8_t)said);
	return theirs < ours ? theirs : ours;
}

static void
bound(struct sb_session *s, struct smpp_session *p, const struct smpp_pdu *response)
{
	struct sb_bytes centre =
		response->header_only ? sb_bytes(NULL, 0) : response->bind_resp.system_id;

	p->version = (uint8_t)agreed_version(p, response);
	smpp_bind_done(s, p);
	SB_LOG(s, INFO, "esme.bound", "mode", SB_STR(smpp_state_name(p->mode)), "version",
		SB_STR(smpp_version_text(p)), "centre", SB_BYTES(centre));
	if (smpp_app(p)->bound)
		smpp_app(p)->bound(s, response);
	/* What the application holds, and could not while the bind was under way. */
	if (!sb_is_closing(s))
		smpp_update_hold(s, p);
}

static void
refused(struct sb_session *s, struct smpp_session *p, struct smpp_pdu *response)
{
	/* A generic_nack says no whatever its status is. */
	if (response->header.status == SMPP_ROK)
		response->header.status = SMPP_RBINDFAIL;
	p->phase = SMPP_PHASE_OPEN;
	sb_counter_add(p->service->metrics.binds_refused, p->shard, 1);
	SB_LOG(s, WARNING, "esme.bind_failed", "status",
		SB_STR(smpp_status_name(response->header.status)), "attempt", SB_UINT(p->attempts));
	if (smpp_app(p)->bind_refused)
		smpp_app(p)->bind_refused(s, response);
}

void
smpp_bind_response(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes frame)
{
	struct smpp_pdu response;

	if (smpp_decode(frame, NULL, &response, NULL)) {
		response = (struct smpp_pdu){.header = *header, .header_only = true};
		sb_counter_add(p->service->metrics.malformed, p->shard, 1);
	}
	if (header->status == SMPP_ROK && header->command != SMPP_GENERIC_NACK)
		bound(s, p, &response);
	else
		refused(s, p, &response);
}

void
smpp_bind_give_up(struct sb_session *s, struct smpp_session *p)
{
	if (p->phase == SMPP_PHASE_OPEN && !esme_options(p)->is_bind_manual && !sb_is_closing(s))
		smpp_finish(s, p, SB_END_PROTOCOL);
}

/* On a connection that the centre has made (3.4, 2.2.1); on one of ours it means nothing. Of a
 * refusal it hears by the end of the connection: outbind has no response. */
void
smpp_outbind_asked(struct sb_session *s, struct smpp_session *p, const struct smpp_pdu *pdu)
{
	const struct smpp_esme_options *o = esme_options(p);
	bool is_welcome = false;

	if (p->is_outbound) {
		sb_counter_add(p->service->metrics.unanswerable, p->shard, 1);
		return;
	}
	if (smpp_app(p)->outbind)
		is_welcome = smpp_app(p)->outbind(s, &pdu->outbind);
	SB_LOG_LIMITED(s, INFO, "esme.outbind", "centre", SB_BYTES(pdu->outbind.system_id),
		"accepted", SB_BOOL(is_welcome));
	if (sb_is_closing(s) || p->phase != SMPP_PHASE_OPEN)
		return;
	if (!is_welcome) {
		smpp_finish(s, p, SB_END_PROTOCOL);
		return;
	}
	p->state = SMPP_OUTBOUND;
	if (sb_set_identity(s, o->system_id)) {
		smpp_finish(s, p, SB_END_LIMIT);
		return;
	}
	if (!o->is_bind_manual)
		send_bind(s, p, o->bind ? o->bind : SMPP_BIND_RECEIVER);
}

/* ---- the end of a connection ---- */

bool
smpp_esme_stays(const struct smpp_session *p, enum sb_end why)
{
	if (!p->is_outbound || p->is_ending)
		return false;
	switch (esme_options(p)->restart) {
	case SB_TEMPORARY:
		return false;
	case SB_TRANSIENT:
		/* The kernel of a centre that has crashed ends the connection in order, too. */
		return p->is_cut || !sb_end_is_normal(why);
	case SB_PERMANENT:
		return true;
	}
	return false;
}

/* Handles to requests of the peer's go with the table: they would be answered on another
 * connection. What the application has set for itself (windows, strictness) stays. */
static void
forget(struct sb_session *s, struct smpp_session *p)
{
	smpp_bind_over(p);
	smpp_pending_free(s, &p->in);
	smpp_pending_free(s, &p->out);
	p->phase = SMPP_PHASE_AWAY;
	p->state = SMPP_CLOSED;
	p->version = (uint8_t)smpp_options(p)->version;
	p->hold_reason = NULL;
	p->is_held = false; /* the core has let go with the connection */
	p->is_cut = false;
	p->is_window_awaited = false;
	p->next_sequence = 1;
	p->ping_sequence = 0;
	p->ping_at = 0;
	p->attempts = 0;
	smpp_timer_arm(s, p);
}

void
smpp_esme_disconnected(struct sb_session *s, struct smpp_session *p, enum sb_end why)
{
	bool stays = smpp_esme_stays(p, why);
	bool was_connected = p->state != SMPP_CLOSED;
	uint32_t retry_ms;

	/* A login that failed is no success of the connection, however long it took. */
	if (!p->is_counted)
		sb_connect_unsuccessful(s);
	retry_ms = stays ? sb_connect_retry_ms(s) : 0;
	if (was_connected)
		SB_LOG(s, WARNING, "esme.lost", "why", SB_STR(sb_end_name(why)), "was_bound",
			SB_BOOL(p->is_counted), "retry_ms", SB_UINT(retry_ms));
	sb_counter_add(p->service->metrics.connections_lost, p->shard, 1);
	forget(s, p);
	if (p->is_known && !p->is_ending && smpp_app(p)->disconnected)
		smpp_app(p)->disconnected(s, why, retry_ms);
	if (!stays)
		sb_close(s, p->is_ending ? (enum sb_end)p->why : why);
}
