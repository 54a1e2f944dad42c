/* TLS as a transport: OpenSSL's answers in the terms of the core. */
#include "core/connection_internal.h"
#include "core/error.h"
#include "core/session_internal.h"
#include "core/tls_internal.h"

#include <openssl/err.h>

const struct sb_env *
sb_tls_env(const struct sb_connection *c)
{
	return c->session->shard->env;
}

const char *
sb_tls_reason(const struct sb_connection *c)
{
	const struct sb_tls_stream *stream = c->tls;

	return stream && stream->reason ? stream->reason : "";
}

bool
sb_tls_is_truncated(const struct sb_connection *c)
{
	const struct sb_tls_stream *stream = c->tls;

	return stream && stream->is_truncated;
}

/* The cause in OpenSSL's queue, as text; of a refused certificate, what is wrong with it. */
static const char *
queued_reason(const SSL *ssl)
{
	unsigned long error = ERR_peek_error();
	const char *text = ERR_reason_error_string(error);

	if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
		ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
		return X509_verify_cert_error_string(SSL_get_verify_result(ssl));
	return text ? text : "TLS failed";
}

/* The stream is of no use any more. The queue is the thread's: what stayed in it would be taken
 * for the next connection's error. */
static int
fail(struct sb_tls_stream *stream)
{
	int err = stream->socket_error;

	if (err) {
		stream->reason = sb_error_text(err);
	} else if (!ERR_peek_error()) {
		stream->reason = "the peer closed during the handshake";
		err = SB_ECONNRESET;
	} else {
		stream->reason = queued_reason(stream->ssl);
		err = SB_ETLS;
	}
	ERR_clear_error();
	return err;
}

/* Why a call did nothing. `obvious` is the direction that the poller is asked for anyway; the
 * other one is noted, and never taken back here: it may be the other call's. */
static int
outcome(struct sb_connection *c, int result, int obvious)
{
	struct sb_tls_stream *stream = c->tls;
	int direction;

	switch (SSL_get_error(stream->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		direction = SB_READABLE;
		break;
	case SSL_ERROR_WANT_WRITE:
		direction = SB_WRITABLE;
		break;
	default:
		return fail(stream);
	}
	if (direction != obvious)
		c->blocked_on |= (uint8_t)direction;
	return SB_AGAIN;
}

/* After a failure the alert that says why is on its way to the peer, and only a connection that is
 * read to its end keeps it from being overtaken by a reset: octets to be discarded. */
static ssize_t
read_failed(struct sb_connection *c, void *buf, size_t size)
{
	const struct sb_env *env = sb_tls_env(c);

	if (c->phase != SB_CONNECTION_LINGERING)
		return SB_ETLS;
	return env->socket_read(env->context, c->io.fd, buf, size);
}

/* OpenSSL gives its buffers back by itself, except those it takes for what follows a handshake,
 * like a ticket: they would stay for as long as a connection is idle. */
static void
release_buffers(SSL *ssl)
{
	if (!SSL_has_pending(ssl))
		(void)SSL_free_buffers(ssl); /* which keeps what is to be written */
}

static ssize_t
tls_read(struct sb_connection *c, void *buf, size_t size)
{
	struct sb_tls_stream *stream = c->tls;
	size_t got;
	int err;

	if (stream->reason)
		return read_failed(c, buf, size);
	/* SSL_get_error looks at the thread's queue as well: it must be empty before each call. */
	ERR_clear_error();
	stream->is_drained = false;
	if (SSL_read_ex(stream->ssl, buf, size, &got) == 1) {
		release_buffers(stream->ssl);
		return (ssize_t)got;
	}
	if (SSL_get_error(stream->ssl, 0) == SSL_ERROR_ZERO_RETURN) {
		stream->is_truncated = stream->has_socket_ended;
		stream->is_drained = true;
		return 0;
	}
	stream->is_drained = SSL_want_read(stream->ssl);
	err = outcome(c, 0, SB_READABLE);
	if (err == SB_AGAIN)
		release_buffers(stream->ssl);
	return err;
}

/* Partial writes are allowed: a large output goes record by record, as the socket takes it. */
static ssize_t
tls_write(struct sb_connection *c, const void *data, size_t size)
{
	struct sb_tls_stream *stream = c->tls;
	size_t put;

	if (stream->reason)
		return SB_ETLS;
	ERR_clear_error();
	if (SSL_write_ex(stream->ssl, data, size, &put) == 1)
		return (ssize_t)put;
	return outcome(c, 0, SB_WRITABLE);
}

/* The identity is taken once, here: nobody else asks OpenSSL who the peer is. */
static int
tls_handshake(struct sb_connection *c)
{
	struct sb_tls_stream *stream = c->tls;
	int result;

	if (stream->reason)
		return SB_ETLS;
	ERR_clear_error();
	result = SSL_do_handshake(stream->ssl);
	if (result != 1)
		return outcome(c, result, 0);
	stream->identity = sb_tls_identity_new(
		sb_tls_env(c), stream->ssl, stream->tls->verify != SB_TLS_VERIFY_NONE);
	ERR_clear_error(); /* a certificate's odd fields are no error of anybody's */
	if (!stream->identity) {
		stream->reason = sb_error_text(SB_ENOMEM);
		return SB_ENOMEM;
	}
	c->peer.tls = stream->identity;
	release_buffers(stream->ssl);
	return 0;
}

static int
tls_finish(struct sb_connection *c)
{
	struct sb_tls_stream *stream = c->tls;
	const struct sb_env *env = sb_tls_env(c);
	int result;

	/* After a failure OpenSSL has said all that it will (the alert), and before the handshake's
	 * end there is nothing to close. */
	if (!stream->reason && SSL_is_init_finished(stream->ssl)) {
		ERR_clear_error();
		result = SSL_shutdown(stream->ssl);
		/* Any other failure is no reason to keep the FIN back, too. */
		if (result < 0 && outcome(c, result, 0) == SB_AGAIN)
			return SB_AGAIN;
	}
	return env->socket_finish(env->context, c->io.fd);
}

/* With read-ahead OpenSSL may hold records it has not looked at. A part of one is held, too, which
 * only the poller can complete: then the last read has found the socket empty. */
static bool
tls_pending(const struct sb_connection *c)
{
	const struct sb_tls_stream *stream = c->tls;

	return !stream->reason && !stream->is_drained && SSL_has_pending(stream->ssl);
}

static void
tls_fini(struct sb_connection *c)
{
	const struct sb_env *env = sb_tls_env(c);
	struct sb_tls_stream *stream = c->tls;

	if (!stream)
		return;
	c->peer.tls = NULL;
	c->tls = NULL;
	SSL_free(stream->ssl);
	sb_tls_free(stream->tls);
	if (stream->identity)
		env->release(env->context, stream->identity);
	env->release(env->context, stream);
}

const struct sb_transport sb_transport_tls = {
	.read = tls_read,
	.write = tls_write,
	.handshake = tls_handshake,
	.finish = tls_finish,
	.pending = tls_pending,
	.fini = tls_fini,
};

/* The environment's time decides which certificates are valid, as it decides all else. */
static int
prepare(struct sb_connection *c, SSL *ssl, const struct sb_tls *tls, const char *server_name)
{
	const struct sb_env *env = sb_tls_env(c);
	BIO *bio = sb_tls_bio_new(tls->bio_method, c);

	if (!bio)
		return SB_ENOMEM;
	SSL_set_bio(ssl, bio, bio);
	X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), (time_t)(env->wall(env->context) / 1000));
	if (tls->is_server) {
		SSL_set_accept_state(ssl);
		return 0;
	}
	SSL_set_connect_state(ssl);
	return sb_tls_expect_name(ssl, server_name, tls->verify != SB_TLS_VERIFY_NONE);
}

/* All or nothing: a connection without memory for TLS is as plain as before, and is ended by the
 * caller. */
int
sb_tls_attach(struct sb_connection *c, struct sb_tls *tls, const char *server_name)
{
	const struct sb_env *env = sb_tls_env(c);
	struct sb_tls_stream *stream = env->allocate(env->context, sizeof(*stream));
	SSL *ssl = stream ? SSL_new(tls->names[0].context) : NULL;
	int err = ssl ? prepare(c, ssl, tls, server_name) : SB_ENOMEM;

	ERR_clear_error();
	if (err) {
		SSL_free(ssl);
		if (stream)
			env->release(env->context, stream);
		return err;
	}
	*stream = (struct sb_tls_stream){.tls = sb_tls_hold(tls), .ssl = ssl};
	c->tls = stream;
	c->transport = &sb_transport_tls;
	return 0;
}
