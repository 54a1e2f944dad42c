/* The HTTP side of a server: one POST. */
#ifndef SB_CWMP_FRONT_INTERNAL_H
#define SB_CWMP_FRONT_INTERNAL_H

#include "core/session.h"
#include "protocols/cwmp/exchange_internal.h"
#include "protocols/cwmp/server_internal.h"

#define CWMP_COOKIE_NAME "session"

/* The state of an exchange. */
struct cwmp_front {
	struct cwmp_decoder *decoder; /* from the first octet that is no blank on */
	struct sb_address session;    /* null: not known */
	char *username;               /* NULL: not asked for */
	uint64_t hash_id;             /* of struct http_auth_claim */
	size_t size, held;            /* octets of the envelope; that count (held.c) */
	uint64_t ref;                 /* of the call to the session */
	bool is_authenticated, is_empty, is_inform;
	bool is_waiting;  /* for the session's reply */
	bool is_answered; /* by the session */
};

static inline struct cwmp_server *
cwmp_front_server(const struct http_exchange *x)
{
	return ((struct cwmp_connection *)http_connection_state(x))->server;
}

static inline unsigned
cwmp_front_shard(const struct http_exchange *x)
{
	return sb_session_shard(http_session(x));
}

static inline void
cwmp_front_count(const struct http_exchange *x, struct sb_counter *counter)
{
	sb_counter_add(counter, cwmp_front_shard(x), 1);
}

/* front.c: asks the session; its reply answers the exchange. A given payload is taken. */
void cwmp_front_ask(struct http_exchange *x, uint32_t type, struct sb_payload payload);

/* front_inform.c: takes the envelope of an Inform. */
void cwmp_begin_session(struct http_exchange *x, struct cwmp_envelope *envelope);

/* ---- front_identify.c ---- */

/* Whose session the head is of, by cookie or connection; false: nobody's. It may be over. */
bool cwmp_identify(struct http_exchange *x, struct sb_address *session);
void cwmp_set_cookie(struct http_exchange *x, struct sb_address session);

/* ---- front_refuse.c ---- */

/* A status without a body. */
void cwmp_respond(struct http_exchange *x, unsigned status);
void cwmp_respond_busy(struct http_exchange *x, uint32_t retry_after_s);
void cwmp_redirect_to(struct http_exchange *x, const struct cwmp_reply *reply);
void cwmp_refuse_overload(struct http_exchange *x, const char *why);
void cwmp_refuse_unidentified(struct http_exchange *x, bool is_empty);
/* Why no session may begin now; NULL: one may. */
const char *cwmp_overload(const struct cwmp_server *server);
/* Whether the request may go on; else it has been answered. */
bool cwmp_authenticate(struct http_exchange *x);

#endif
