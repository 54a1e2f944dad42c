/*
 * Octets straight through the socket; what TLS has beyond that has nothing to do
 * here.
 */
#include "core/connection_internal.h"
#include "core/session_internal.h"

static const struct sb_env *
env_of(const struct sb_connection *c)
{
	return c->session->shard->env;
}

static ssize_t
plain_read(struct sb_connection *c, void *buf, size_t size)
{
	return env_of(c)->socket_read(env_of(c)->context, c->io.fd, buf, size);
}

static ssize_t
plain_write(struct sb_connection *c, const void *data, size_t size)
{
	return env_of(c)->socket_write(env_of(c)->context, c->io.fd, data, size);
}

static int
plain_handshake(struct sb_connection *c)
{
	(void)c;
	return 0;
}

static int
plain_finish(struct sb_connection *c)
{
	return env_of(c)->socket_finish(env_of(c)->context, c->io.fd);
}

/* What is there, the kernel knows, and so does the poller. */
static bool
plain_pending(const struct sb_connection *c)
{
	(void)c;
	return false;
}

static void
plain_fini(struct sb_connection *c)
{
	(void)c;
}

const struct sb_transport sb_transport_plain = {
	.read = plain_read,
	.write = plain_write,
	.handshake = plain_handshake,
	.finish = plain_finish,
	.pending = plain_pending,
	.fini = plain_fini,
};
