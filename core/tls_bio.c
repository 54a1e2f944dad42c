/*
 * OpenSSL's octets through the environment's sockets: no SIGPIPE, and a network
 * in memory carries TLS as well. Which environment, the connection says at each
 * call, for it may have been handed to another session meanwhile.
 */
#include "core/connection_internal.h"
#include "core/error.h"
#include "core/tls_internal.h"

/* The socket's answer as OpenSSL understands it; errors that it does not know are kept aside. */
static int
answer(struct sb_tls_stream *stream, ssize_t n)
{
	if (n >= 0)
		return (int)n;
	if (n != SB_AGAIN)
		stream->socket_error = (int)n;
	return -1;
}

static int
bio_read(BIO *bio, char *buf, int size)
{
	struct sb_connection *c = BIO_get_data(bio);
	const struct sb_env *env = sb_tls_env(c);
	struct sb_tls_stream *stream = c->tls;
	ssize_t n = env->socket_read(env->context, c->io.fd, buf, (size_t)size);

	BIO_clear_retry_flags(bio);
	if (n == SB_AGAIN)
		BIO_set_retry_read(bio);
	/* A FIN, which is not yet the end of TLS: that is close_notify. */
	if (n == 0)
		stream->has_socket_ended = true;
	return answer(stream, n);
}

static int
bio_write(BIO *bio, const char *data, int size)
{
	struct sb_connection *c = BIO_get_data(bio);
	const struct sb_env *env = sb_tls_env(c);
	ssize_t n = env->socket_write(env->context, c->io.fd, data, (size_t)size);

	BIO_clear_retry_flags(bio);
	if (n == SB_AGAIN)
		BIO_set_retry_write(bio);
	return answer(c->tls, n);
}

static long
bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	const struct sb_connection *c = BIO_get_data(bio);
	const struct sb_tls_stream *stream = c->tls;

	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1; /* nothing is kept back */
	case BIO_CTRL_EOF:
		return stream->has_socket_ended;
	default:
		return 0;
	}
}

/* Nothing to make: the connection is told afterwards. */
static int
bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

BIO_METHOD *
sb_tls_bio_method_new(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "switchboard socket");

	if (!method)
		return NULL;
	BIO_meth_set_create(method, bio_create);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_ctrl(method, bio_ctrl);
	return method;
}

/* The connection is not held: SSL object and BIO go before it. */
BIO *
sb_tls_bio_new(const BIO_METHOD *method, struct sb_connection *c)
{
	BIO *bio = BIO_new(method);

	if (bio)
		BIO_set_data(bio, c);
	return bio;
}
