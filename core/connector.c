/*
 * Outbound connections: resolve, try each address in turn, connect, and for a
 * session that reconnects wait and try again. One deadline (connect_ms) is over
 * all of an attempt, the resolver included. The connector outlives its
 * connections; the back-off grows with each loss and begins anew only after a
 * connection that held for stable_ms, so that a peer that accepts and closes at
 * once is not asked in a circle.
 */
#include "core/connector.h"

#include "core/connector_internal.h"
#include "core/network.h"
#include "core/resolver_internal.h"
#include "core/session_internal.h"

#include <string.h>

#define CONNECT_MS     5000
#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 60000
#define STABLE_MS      10000
#define NS_PER_MS      1000000ull

struct sb_connector {
	struct sb_io io; /* first: of the socket that is connecting */
	struct sb_session *session;
	struct sb_connector_options options;
	struct sb_limits limits;
	char *host, *server_name;
	union sb_socket_address source;
	struct sb_timer timer; /* of the attempt, or the wait before the next */
	struct sb_resolution found;
	size_t next_address;
	uint64_t attempt; /* answers to earlier ones, of whichever connector, are dropped */
	uint64_t opened_at;
	uint32_t backoff_ms;
	uint32_t delay_ms; /* before the next attempt; 0: not reckoned yet */
	int error;
	bool is_trying;
};

static void begin_attempt(struct sb_session *s);
static void try_next(struct sb_session *s);

/* A session that was asked to stop stays with the connection it has. */
bool
sb_connector_reconnects(const struct sb_session *s)
{
	return s->connector && s->connector->options.reconnect && !s->is_stopping;
}

/* Of an attempt: an established connection has taken the descriptor over. */
static void
socket_drop(struct sb_connector *connector)
{
	struct sb_shard *shard = connector->session->shard;

	if (connector->io.fd < 0)
		return;
	if (connector->io.events)
		shard->env->loop_watch(shard->loop, &connector->io, 0);
	shard->env->socket_close(shard->env->context, connector->io.fd);
	connector->io.fd = -1;
}

/* After this neither socket nor timer of the attempt can fire; an answer of the resolver finds
 * another number. */
static void
attempt_over(struct sb_connector *connector)
{
	socket_drop(connector);
	sb_timer_stop(connector->session, &connector->timer);
	connector->is_trying = false;
}

/* As if a connection had been lost: the module has one callback for both, and the retry one
 * place. */
static void
failed(struct sb_session *s, int error)
{
	struct sb_connector *connector = s->connector;

	attempt_over(connector);
	SB_LOG(s, WARNING, "connector.failed", "host", SB_STR(connector->host), "port",
		SB_UINT(connector->options.port), "error", SB_ERR(error));
	sb_session_lost_connection(s, SB_END_CONNECT);
}

static void
attempt_overdue(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	failed(s, SB_TIMEOUT);
}

/* Its own where it has them: the session's may be a listener's idea of peers. */
static const struct sb_limits *
limits_of(const struct sb_session *s)
{
	return s->connector->options.limits ? &s->connector->limits : s->limits;
}

static void
established(struct sb_session *s)
{
	struct sb_connector *connector = s->connector;
	union sb_socket_address peer = connector->found.addresses[connector->next_address - 1];
	struct sb_shard *shard = s->shard;
	struct sb_connection *c;
	int fd = connector->io.fd;

	/* The connection watches the descriptor itself: one socket, one watcher. */
	shard->env->loop_watch(shard->loop, &connector->io, 0);
	connector->io.fd = -1;
	attempt_over(connector);
	if (sb_connection_new(shard, s, fd, limits_of(s), &c)) {
		shard->env->socket_close(shard->env->context, fd);
		failed(s, SB_ENOMEM);
		return;
	}
	c->peer.address = peer;
	sb_connection_begin(c, SB_PROXY_OFF, connector->options.tls,
		connector->server_name ? connector->server_name : connector->host);
}

/* Inside the poll, as accepting is. */
static void
writable(struct sb_io *io, int events)
{
	struct sb_connector *connector = (struct sb_connector *)io;
	struct sb_session *s = connector->session;
	const struct sb_env *env = s->shard->env;
	int error = env->socket_error(env->context, io->fd);

	(void)events;
	sb_shard_refresh(s->shard);
	if (!error) {
		established(s);
		return;
	}
	connector->error = error;
	socket_drop(connector);
	try_next(s);
}

/* An option that the system refuses is no reason to stay away from the peer. */
static void
tune(struct sb_connector *connector)
{
	const struct sb_env *env = connector->session->shard->env;
	int err = 0;

	if (env->socket_tune)
		err = env->socket_tune(env->context, connector->io.fd, &connector->options.socket);
	if (err)
		SB_LOG(connector->session, WARNING, "connector.option_refused", "error",
			SB_ERR(err));
}

static void
try_next(struct sb_session *s)
{
	struct sb_connector *connector = s->connector;
	struct sb_shard *shard = s->shard;
	const union sb_socket_address *from =
		connector->source.any.sa_family ? &connector->source : NULL;
	int err;

	/* In the resolver's order of preference, one after the other; a host with a dead first
	 * address costs its refusal, not the whole attempt, unless it is silent. */
	while (connector->next_address < connector->found.count) {
		const union sb_socket_address *to =
			&connector->found.addresses[connector->next_address++];

		err = shard->env->socket_connect(shard->env->context, to, from, &connector->io.fd);
		if (err == 0 || err == SB_AGAIN) {
			tune(connector);
			connector->io.ready = writable;
			shard->env->loop_watch(shard->loop, &connector->io, SB_WRITABLE);
			return;
		}
		connector->io.fd = -1;
		connector->error = err;
	}
	failed(s, connector->error);
}

/* On the session's thread, as a message: sb_resolve has called nobody back. */
static void
resolved(struct sb_session *s, uint64_t attempt, const struct sb_resolution *resolution)
{
	struct sb_connector *connector = s->connector;

	/* Of an attempt that is over: overdue, stopped, or of an earlier sb_connect. */
	if (!connector || !connector->is_trying || connector->attempt != attempt)
		return;
	if (resolution->error) {
		failed(s, resolution->error);
		return;
	}
	connector->found = *resolution;
	connector->next_address = 0;
	try_next(s);
}

static void
begin_overdue(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	begin_attempt(s);
}

static void
begin_attempt(struct sb_session *s)
{
	struct sb_connector *connector = s->connector;
	int err;

	connector->is_trying = true;
	connector->delay_ms = 0;
	/* Numbered by the shard, not by the connector: one that was freed and made anew must not
	 * know its predecessor's answers. */
	connector->attempt = ++s->shard->connects;
	connector->error = SB_EUNREACH;
	sb_timer_start(s, &connector->timer, connector->options.connect_ms, attempt_overdue);
	err = sb_resolve(s, connector->host, connector->options.port, connector->attempt, resolved);
	if (err) /* the pool is busy: the attempt's own deadline and the retry deal with it */
		SB_LOG(s, WARNING, "connector.resolver_busy", "error", SB_ERR(err));
}

/* Half of the delay is random, so that many who lost one peer do not come back at once. */
static uint32_t
jittered(struct sb_session *s, uint32_t ms)
{
	uint32_t random;

	sb_random(s, &random, sizeof(random));
	return ms / 2 + random % (ms / 2 + 1);
}

/* Once for each loss, when somebody wants to know. */
static uint32_t
delay_before_retry(struct sb_session *s)
{
	struct sb_connector *connector = s->connector;
	uint64_t held = s->shard->now - connector->opened_at;

	if (connector->delay_ms)
		return connector->delay_ms;
	if (connector->opened_at && held >= connector->options.stable_ms * NS_PER_MS)
		connector->backoff_ms = connector->options.backoff_min_ms;
	connector->opened_at = 0;
	connector->delay_ms = jittered(s, connector->backoff_ms);
	if (!connector->delay_ms)
		connector->delay_ms = 1;
	if (connector->backoff_ms < connector->options.backoff_max_ms / 2)
		connector->backoff_ms *= 2;
	else
		connector->backoff_ms = connector->options.backoff_max_ms;
	return connector->delay_ms;
}

uint32_t
sb_connect_retry_ms(struct sb_session *s)
{
	if (!sb_session_is_open(s) || !sb_connector_reconnects(s))
		return 0;
	return delay_before_retry(s);
}

void
sb_connect_unsuccessful(struct sb_session *s)
{
	if (s->connector)
		s->connector->opened_at = 0;
}

void
sb_connector_retry(struct sb_session *s)
{
	struct sb_connector *connector = s->connector;
	uint32_t delay;

	/* `disconnected` may have called sb_connect itself. */
	if (connector->is_trying || sb_timer_is_started(&connector->timer))
		return;
	delay = delay_before_retry(s);
	SB_LOG(s, INFO, "connector.retry", "host", SB_STR(connector->host), "delay_ms",
		SB_UINT(delay));
	sb_timer_start(s, &connector->timer, delay, begin_overdue);
}

/* With TLS and all: a peer that accepts and then fails the handshake was never stable. */
void
sb_connector_opened(struct sb_session *s)
{
	if (s->connector)
		s->connector->opened_at = s->shard->now;
}

/* The session closes: no attempt goes on, no retry comes. The options stay until it is freed, for
 * its connection may still use the limits. */
void
sb_connector_stop(struct sb_session *s)
{
	if (s->connector)
		attempt_over(s->connector);
}

void
sb_connector_free(struct sb_session *s)
{
	struct sb_connector *connector = s->connector;

	if (!connector)
		return;
	attempt_over(connector);
	sb_release(s, connector->host);
	sb_release(s, connector->server_name);
	sb_release(s, connector);
	s->connector = NULL;
}

/* ---- options ---- */

static char *
copy_text(struct sb_session *s, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = sb_allocate(s, size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

static uint32_t
or_default(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static int
copy_options(struct sb_connector *connector, const struct sb_connector_options *options)
{
	struct sb_session *s = connector->session;
	struct sb_connector_options *own = &connector->options;

	*own = *options;
	own->connect_ms = or_default(own->connect_ms, CONNECT_MS);
	own->backoff_min_ms = or_default(own->backoff_min_ms, BACKOFF_MIN_MS);
	own->backoff_max_ms = or_default(own->backoff_max_ms, BACKOFF_MAX_MS);
	own->stable_ms = or_default(own->stable_ms, STABLE_MS);
	connector->backoff_ms = own->backoff_min_ms;
	if (options->limits)
		connector->limits = sb_limits_complete(options->limits, s->module->max_frame);
	if (options->source && sb_sockaddr_parse_host(options->source, 0, &connector->source))
		return SB_EINVAL;
	connector->host = copy_text(s, options->host);
	if (!connector->host)
		return SB_ENOMEM;
	if (options->server_name) {
		connector->server_name = copy_text(s, options->server_name);
		if (!connector->server_name)
			return SB_ENOMEM;
	}
	return 0;
}

/* A second connector only when the first has neither a connection nor an attempt: its address is
 * then a new one, its back-off begins anew. */
int
sb_connect(struct sb_session *s, const struct sb_connector_options *options)
{
	struct sb_connector *connector;
	int err;

	if (!sb_session_is_open(s))
		return SB_GONE;
	if (s->connection || (s->connector && s->connector->is_trying))
		return SB_EEXIST;
	if (!options->host)
		return SB_EINVAL;
	sb_connector_free(s);
	connector = sb_allocate(s, sizeof(*connector));
	if (!connector)
		return SB_ENOMEM;
	memset(connector, 0, sizeof(*connector));
	connector->io.fd = -1;
	connector->session = s;
	s->connector = connector;
	err = copy_options(connector, options);
	if (err) {
		sb_connector_free(s);
		return err;
	}
	begin_attempt(s);
	return 0;
}
