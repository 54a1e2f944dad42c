/*
 * Binds: checked against the account, counted, named for the partitions. A
 * refusal goes by the doorkeeper, whose delay the client spends unanswered:
 * meanwhile its input is held, so that it can try no other password on this
 * connection.
 */
#include "daemons/smpp-mc/mc_session_internal.h"

#include "core/registry.h"
#include "daemons/smpp-mc/doorkeeper.h"
#include "daemons/smpp-mc/topic.h"

#include <stdlib.h>

/* A bind that failed and waits for its answer. */
struct mc_refusal {
	struct smpp_request request;
	struct sb_timer timer;
	uint64_t ref; /* of the call to the doorkeeper; 0: it has spoken */
	uint32_t status;
};

static void
refuse(struct sb_session *s)
{
	struct mc_session *session = mc_session_of(s);
	struct mc_refusal refusal = *session->refusal;

	sb_release(s, session->refusal);
	session->refusal = NULL;
	smpp_respond(s, refusal.request, refusal.status, sb_bytes(NULL, 0));
}

static void
refusal_due(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	refuse(s);
}

/* Who guesses passwords from one address is answered later and later: the doorkeeper counts. */
static void
bind_refuse(struct sb_session *s, struct smpp_request request, const struct sb_peer *peer,
	uint32_t status)
{
	struct mc_session *session = mc_session_of(s);
	struct mc_strike strike;
	struct sb_address doorkeeper;

	session->refusal = sb_allocate(s, sizeof(*session->refusal));
	if (!session->refusal) {
		smpp_respond(s, request, status, sb_bytes(NULL, 0));
		return;
	}
	*session->refusal = (struct mc_refusal){.request = request, .status = status};
	/* The address alone: who tries from another port is the same. */
	sb_sockaddr_host(&peer->address.any, strike.host);
	if (sb_lookup(s, MC_DOORKEEPER, &doorkeeper) ||
		sb_call(s, doorkeeper, MC_STRIKE, SB_COPY(&strike, sizeof(strike)), 0,
			&session->refusal->ref))
		refuse(s);
}

/* A refusal has at most one call under way, and nothing else does. */
bool
mc_bind_is_ref(const struct mc_session *session, uint64_t ref)
{
	return session->refusal && session->refusal->ref == ref;
}

void
mc_bind_judged(struct sb_session *s, const struct sb_message *m)
{
	struct mc_session *session = mc_session_of(s);
	const struct mc_penalty *penalty = m->data;

	session->refusal->ref = 0;
	if (m->status || m->size != sizeof(*penalty) || !penalty->delay_ms) {
		refuse(s);
		return;
	}
	sb_timer_start(s, &session->refusal->timer, penalty->delay_ms, refusal_due);
}

/* By the node's log, since the session's own lines would name the account as if it were its. */
static void
log_refused(struct sb_session *s, const struct smpp_binding *binding, uint32_t status,
	const char *reason)
{
	SB_LOG_LIMITED_TO(sb_node_log(sb_session_node(s)), WARNING, "mc.bind_refused", "peer",
		SB_PEER(&binding->peer->address.any), "system_id",
		SB_BYTES(binding->fields->system_id), "status", SB_STR(smpp_status_name(status)),
		"reason", SB_STR(reason));
}

static void
bind_accept(struct sb_session *s, struct smpp_request request, const struct smpp_binding *binding)
{
	struct mc_session *session = mc_session_of(s);
	const struct mc_account *account = mc_session_account(s);
	char topic[MC_TOPIC_MAX];

	smpp_set_windows(s, account->window, account->deliver_window);
	sb_set_identity(s, account->system_id);
	/* Answered first: from the moment that the topic has it, partitions send, and the client
	 * must know by then that it is bound. */
	if (smpp_respond(s, request, SMPP_ROK, sb_bytes(NULL, 0)))
		return;
	/* A transmitter receives nothing (3.4, 2.2); its receipts wait for another bind of the
	 * account. */
	if (binding->mode == SMPP_BOUND_TX)
		return;
	mc_topic_of(account, topic);
	session->is_joined = sb_join(s, topic) == 0;
	if (!session->is_joined)
		SB_LOG(s, ERROR, "mc.receiver_unnamed", "topic", SB_STR(topic));
}

/* The reason is for the log; the client gets the status. */
void
mc_bind(struct sb_session *s, struct smpp_request request, const struct smpp_binding *binding)
{
	struct mc_session *session = mc_session_of(s);
	const struct mc_account *account =
		mc_config_account(mc_config_of(s), binding->fields->system_id);
	const char *reason = "system_id";
	uint32_t status = SMPP_RINVSYSID;

	if (account)
		status = mc_account_bind(
			account, binding->mode, binding->fields->password, binding->peer, &reason);
	if (status != SMPP_ROK) {
		if (account)
			sb_counter_add(account->state->bind_failures, sb_session_shard(s), 1);
		log_refused(s, binding, status, reason);
		bind_refuse(s, request, binding->peer, status);
		return;
	}
	/* By number: the snapshot that the account is in holds for this callback only. */
	session->account = account->number;
	session->is_accepted = session->is_counted = true;
	bind_accept(s, request, binding);
}

void
mc_bind_leave(struct sb_session *s)
{
	struct mc_session *session = mc_session_of(s);
	char topic[MC_TOPIC_MAX];

	if (!session->is_joined)
		return;
	mc_topic_of(mc_session_account(s), topic);
	sb_leave(s, topic);
	session->is_joined = false;
}

/* Once, at the first of unbind and end. */
void
mc_bind_release(struct sb_session *s)
{
	struct mc_session *session = mc_session_of(s);

	if (session->is_counted)
		mc_account_unbind(mc_session_account(s));
	session->is_counted = false;
}

void
mc_bind_fini(struct sb_session *s)
{
	struct mc_session *session = mc_session_of(s);

	mc_bind_release(s);
	sb_release(s, session->refusal);
	session->refusal = NULL;
}
