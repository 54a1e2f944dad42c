/* What is answered without a session: no room, not who it should be, nobody's. */
#include "core/node.h"
#include "core/session.h"
#include "protocols/cwmp/front_internal.h"

#include <stdio.h>
#include <string.h>

void
cwmp_respond(struct http_exchange *x, unsigned status)
{
	(void)http_respond(x, status, NULL, sb_bytes(NULL, 0));
}

void
cwmp_respond_busy(struct http_exchange *x, uint32_t retry_after_s)
{
	char seconds[16];

	(void)snprintf(seconds, sizeof(seconds), "%u", retry_after_s);
	(void)http_set_field(x, "Retry-After", seconds);
	http_close_after(x);
	cwmp_respond(x, 503);
}

void
cwmp_refuse_overload(struct http_exchange *x, const char *why)
{
	struct cwmp_server *server = cwmp_front_server(x);

	cwmp_front_count(x, server->metrics.overloaded);
	SB_LOG_LIMITED(http_session(x), WARNING, "cwmp.overload", "why", SB_STR(why), "sessions",
		SB_UINT(cwmp_server_sessions(server)));
	cwmp_respond_busy(x, cwmp_retry_after(server, http_session(x)));
}

/* A place that no field can carry is none. */
void
cwmp_redirect_to(struct http_exchange *x, const struct cwmp_reply *reply)
{
	if (http_set_field(x, "Location", reply->octets))
		cwmp_respond_busy(x, cwmp_retry_after(cwmp_front_server(x), http_session(x)));
	else
		cwmp_respond(x, reply->status);
}

/* An empty POST of a session that is over ends it for the device, too. */
void
cwmp_refuse_unidentified(struct http_exchange *x, bool is_empty)
{
	cwmp_front_count(x, cwmp_front_server(x)->metrics.unidentified);
	SB_LOG_LIMITED(http_session(x), INFO, "cwmp.unidentified", "cookie",
		SB_STR(http_field(x, "Cookie")), "is_empty", SB_BOOL(is_empty));
	cwmp_respond(x, is_empty ? 204 : 400);
}

/* NULL: there is room. */
const char *
cwmp_overload(const struct cwmp_server *server)
{
	if (sb_node_is_stopping(server->node))
		return "the node stops";
	return cwmp_server_sessions(server) >= server->options.max_sessions ? "max_sessions" : NULL;
}

static const struct http_auth *
auth_of(const struct http_exchange *x)
{
	const struct cwmp_connection *connection = http_connection_state(x);

	return connection->auth ? connection->auth : &connection->server->options.auth;
}

static void
challenge(struct http_exchange *x, enum http_auth_result result)
{
	struct cwmp_server *server = cwmp_front_server(x);
	struct sb_session *s = http_session(x);
	char field[512];
	uint8_t salt[8];

	sb_random(s, salt, sizeof(salt));
	for (unsigned i = 0; http_auth_challenge(auth_of(x), i, result == HTTP_AUTH_STALE,
		     sb_wall_ms(s) / 1000, salt, field, sizeof(field));
		i++)
		(void)http_set_field(x, "WWW-Authenticate", field);
	cwmp_front_count(x, server->metrics.unauthorized);
	cwmp_respond(x, 401);
}

/* Who it is must be known where something depends on it: without memory it comes again. */
static bool
note_claim(struct http_exchange *x, const struct http_auth_claim *claim)
{
	struct cwmp_front *front = http_state(x);

	front->username = sb_allocate(http_session(x), strlen(claim->username) + 1);
	if (!front->username) {
		cwmp_respond_busy(x, cwmp_retry_after(cwmp_front_server(x), http_session(x)));
		return false;
	}
	strcpy(front->username, claim->username);
	front->hash_id = claim->id;
	front->is_authenticated = true;
	return true;
}

/* Whether the request may go on; else it has been answered. */
bool
cwmp_authenticate(struct http_exchange *x)
{
	struct cwmp_front *front = http_state(x);
	const struct http_auth *auth = auth_of(x);
	struct http_auth_claim claim;
	char target[2048];
	enum http_auth_result result;

	if (auth->scheme == HTTP_AUTH_NONE || front->is_authenticated)
		return true;
	(void)snprintf(target, sizeof(target), "%s%s%s", http_path(x), *http_query(x) ? "?" : "",
		http_query(x));
	result = http_auth_check(auth, http_field(x, "Authorization"), http_method_name(x), target,
		sb_wall_ms(http_session(x)) / 1000, &claim);
	if (result == HTTP_AUTH_OK)
		return note_claim(x, &claim);
	if (result == HTTP_AUTH_WRONG)
		SB_LOG_LIMITED(http_session(x), WARNING, "cwmp.unauthorized", "username",
			SB_STR(claim.username));
	challenge(x, result);
	return false;
}
