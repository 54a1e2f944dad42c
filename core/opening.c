/*
 * What comes before a connection is open: the PROXY header, the TLS handshake.
 * The module knows nothing of it, and all of it has one deadline (handshake_ms).
 */
#include "core/connection_internal.h"
#include "core/proxy.h"
#include "core/session_internal.h"
#include "core/tls_internal.h"

#define SIGNATURE 12u /* of PROXY v2; a v1 line has more than that, too */
#define FIXED_V2  16u

/* PROXY and TLS are over: the module gets the connection. */
static void
opened(struct sb_connection *c)
{
	struct sb_session *s = c->session;

	(void)sb_connection_opened(c);
	if (s->connection != c || c->phase != SB_CONNECTION_OPEN)
		return;
	if (c->transport->pending(c))
		sb_connection_enqueue_again(c);
	sb_connection_update(c);
}

static void
handshake_failed(struct sb_connection *c, int error)
{
	SB_LOG_LIMITED(
		c->session, WARNING, "connection.tls_failed", "reason", SB_STR(sb_tls_reason(c)));
	if (error == SB_ETLS)
		sb_connection_linger(c, SB_END_TLS); /* the alert that says why is on its way */
	else
		sb_connection_destroy(c, SB_END_TLS, false);
}

void
sb_opening_handshake(struct sb_connection *c)
{
	int err;

	c->blocked_on = 0;
	err = c->transport->handshake(c);
	if (err == SB_AGAIN) {
		sb_connection_update(c);
		return;
	}
	if (err) {
		handshake_failed(c, err);
		return;
	}
	opened(c);
}

static void
proxy_failed(struct sb_connection *c, int error)
{
	SB_LOG_LIMITED(c->session, WARNING, "connection.proxy_failed", "error", SB_ERR(error));
	sb_connection_destroy(c, SB_END_PROTOCOL, true);
}

/* Octets that the header has for certain beyond those read: what follows it belongs to TLS or to
 * the module, so nothing past it may be taken from the socket. */
static size_t
proxy_wants(struct sb_bytes in)
{
	if (in.size < SIGNATURE)
		return SIGNATURE - in.size;
	/* Version 1, a line of unknown length: its end is CR LF, so two more octets are safe, or
	 * one behind a CR. */
	if (in.data[0] != '\r')
		return in.data[in.size - 1] == '\r' ? 1 : 2;
	if (in.size < FIXED_V2)
		return FIXED_V2 - in.size;
	return FIXED_V2 + ((size_t)in.data[14] << 8 | in.data[15]) - in.size;
}

/* One read of the header: octets that the parser used, 0 (more can be read), SB_AGAIN or an error.
 */
static ssize_t
proxy_read(struct sb_connection *c, struct sb_proxy_header *header)
{
	const struct sb_env *env = c->session->shard->env;
	size_t want = proxy_wants(sb_bytes(c->input.data, c->input.size));
	ssize_t n;

	if (sb_input_reserve(c, c->input.size + want))
		return SB_ENOMEM;
	n = env->socket_read(env->context, c->io.fd, c->input.data + c->input.size, want);
	if (n == 0)
		return SB_ECONNRESET;
	if (n < 0)
		return n;
	c->input.size += (uint32_t)n;
	return sb_proxy_parse(
		sb_bytes(c->input.data, c->input.size), sb_listener_proxy(c->listener), header);
}

void
sb_opening_proxy(struct sb_connection *c)
{
	struct sb_proxy_header header;
	ssize_t used;
	int err;

	do {
		used = proxy_read(c, &header);
	} while (used == 0);
	if (used == SB_AGAIN)
		return;
	if (used < 0) {
		proxy_failed(c, (int)used);
		return;
	}
	sb_input_drop(c);
	/* Who the balancer speaks for counts from here on, in logs and bounds. */
	if (header.has_addresses)
		c->peer.address = header.source;
	err = sb_listener_count_source(c);
	if (err) {
		proxy_failed(c, err);
		return;
	}
	/* Its first octets make the socket readable, or have: the poller says so. */
	if (c->tls) {
		c->phase = SB_CONNECTION_HANDSHAKE;
		return;
	}
	opened(c);
}
