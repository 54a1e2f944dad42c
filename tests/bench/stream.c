#include "tests/bench/stream.h"
#include "core/error.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Several records a read: a window of a hundred messages arrives as a few of them. */
enum { READ_AHEAD_BYTES = 64 * 1024 };

static SSL_CTX *
context_failed(SSL_CTX *context, const char *what)
{
	fprintf(stderr, "TLS: %s: %s\n", what, ERR_reason_error_string(ERR_peek_last_error()));
	SSL_CTX_free(context);
	return NULL;
}

static SSL_CTX *
context_new(const SSL_METHOD *method)
{
	SSL_CTX *context = SSL_CTX_new(method);

	if (!context)
		return context_failed(NULL, "context");
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_default_read_buffer_len(context, READ_AHEAD_BYTES);
	return context;
}

SSL_CTX *
stream_server_context(const char *certificate_file, const char *key_file)
{
	SSL_CTX *context = context_new(TLS_server_method());

	if (!context)
		return NULL;
	if (SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1)
		return context_failed(context, certificate_file);
	if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1)
		return context_failed(context, key_file);
	return context;
}

SSL_CTX *
stream_client_context(const char *ca_file)
{
	SSL_CTX *context = context_new(TLS_client_method());

	if (!context || !ca_file)
		return context;
	if (SSL_CTX_load_verify_file(context, ca_file) != 1)
		return context_failed(context, ca_file);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	return context;
}

int
stream_init(struct stream *s, int fd, SSL_CTX *context, const char *host)
{
	*s = (struct stream){.fd = fd};
	if (!context)
		return 0;
	s->tls = SSL_new(context);
	if (!s->tls || SSL_set_fd(s->tls, fd) != 1 || (host && SSL_set1_host(s->tls, host) != 1)) {
		SSL_free(s->tls);
		*s = (struct stream){.fd = -1};
		return SB_ENOMEM;
	}
	if (SSL_is_server(s->tls))
		SSL_set_accept_state(s->tls);
	else
		SSL_set_connect_state(s->tls);
	return 0;
}

void
stream_fini(struct stream *s)
{
	SSL_free(s->tls);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct stream){.fd = -1};
}

static ssize_t
tls_result(SSL *tls, int result)
{
	int reason = SSL_get_error(tls, result);

	ERR_clear_error();
	if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE)
		return SB_AGAIN;
	return reason == SSL_ERROR_ZERO_RETURN ? 0 : SB_ETLS;
}

int
stream_handshake(struct stream *s)
{
	int result;

	if (!s->tls)
		return 0;
	result = SSL_do_handshake(s->tls);
	if (result == 1)
		return 0;
	return tls_result(s->tls, result) == SB_AGAIN ? SB_AGAIN : SB_ETLS;
}

static int
int_size(size_t size)
{
	return size < INT_MAX ? (int)size : INT_MAX;
}

static ssize_t
tls_read(SSL *tls, uint8_t *buf, size_t size)
{
	size_t total = 0;

	while (total < size) {
		int count = SSL_read(tls, buf + total, int_size(size - total));

		if (count <= 0)
			return total ? (ssize_t)total : tls_result(tls, count);
		total += (size_t)count;
		if (!SSL_has_pending(tls))
			break;
	}
	return (ssize_t)total;
}

static ssize_t
tls_write(SSL *tls, const uint8_t *data, size_t size)
{
	size_t total = 0;

	while (total < size) {
		int count = SSL_write(tls, data + total, int_size(size - total));

		if (count <= 0)
			return total ? (ssize_t)total : tls_result(tls, count);
		total += (size_t)count;
	}
	return (ssize_t)total;
}

ssize_t
stream_read(struct stream *s, void *buf, size_t size)
{
	ssize_t count;

	if (s->tls)
		return tls_read(s->tls, buf, size);
	count = read(s->fd, buf, size);
	return count >= 0 ? count : sb_error_from_errno(errno);
}

ssize_t
stream_write(struct stream *s, const void *data, size_t size)
{
	ssize_t count;

	if (s->tls)
		return tls_write(s->tls, data, size);
	count = send(s->fd, data, size, MSG_NOSIGNAL);
	return count >= 0 ? count : sb_error_from_errno(errno);
}
