#include "tests/core/tls_far.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
show_certificate(SSL_CTX *context, const struct certificates *certificates, const char *name)
{
	char file[64], path[CERTIFICATES_PATH];

	snprintf(file, sizeof(file), "%s.pem", name);
	assert_int_equal(SSL_CTX_use_certificate_chain_file(
				 context, certificates_path(certificates, file, path)),
		1);
	snprintf(file, sizeof(file), "%s.key", name);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(context,
				 certificates_path(certificates, file, path), SSL_FILETYPE_PEM),
		1);
}

static void
far_init(struct tls_far *far, struct fixture *fixture, struct sim_peer *peer,
	const SSL_METHOD *method, const struct certificates *certificates, const char *certificate)
{
	*far = (struct tls_far){.fixture = fixture, .peer = peer};
	far->context = SSL_CTX_new(method);
	if (certificate)
		show_certificate(far->context, certificates, certificate);
	far->ssl = SSL_new(far->context);
	far->in = BIO_new(BIO_s_mem());
	far->out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(far->in, -1);
	SSL_set_bio(far->ssl, far->in, far->out);
}

void
tls_far_connect(struct tls_far *far, struct fixture *fixture, uint16_t port,
	const struct certificates *certificates, const char *certificate, const char *server_name)
{
	far_init(far, fixture, sim_connect(fixture->sim, port), TLS_client_method(), certificates,
		certificate);
	SSL_set_connect_state(far->ssl);
	if (server_name)
		SSL_set_tlsext_host_name(far->ssl, server_name);
}

void
tls_far_accept(struct tls_far *far, struct fixture *fixture, struct sim_peer *peer,
	const struct certificates *certificates, const char *certificate)
{
	far_init(far, fixture, peer, TLS_server_method(), certificates, certificate);
	SSL_set_accept_state(far->ssl);
}

static void
note_error(struct tls_far *far)
{
	if (!far->error && ERR_peek_error())
		far->error = (unsigned)ERR_GET_REASON(ERR_peek_error());
	ERR_clear_error();
}

static bool
take_input(struct tls_far *far)
{
	struct sb_bytes came = sim_received(far->peer);

	if (!came.size)
		return false;
	BIO_write(far->in, came.data, (int)came.size);
	sim_consume(far->peer, came.size);
	return true;
}

static bool
send_output(struct tls_far *far)
{
	char octets[16384];
	size_t max = far->send_max ? far->send_max : sizeof(octets);
	int size;
	bool has_sent = false;

	while ((size = BIO_read(far->out, octets, (int)max)) > 0) {
		sim_send(far->peer, octets, (size_t)size);
		run_ms(far->fixture, 0);
		has_sent = true;
	}
	return has_sent;
}

static void
step(struct tls_far *far)
{
	static const char zeros[65536];
	int size;

	ERR_clear_error();
	if (!SSL_is_init_finished(far->ssl)) {
		if (SSL_do_handshake(far->ssl) == 1 && far->greeting_size)
			SSL_write(far->ssl, zeros, (int)far->greeting_size);
		note_error(far);
	}
	if (far->error || !SSL_is_init_finished(far->ssl))
		return;
	while ((size = SSL_read(far->ssl, far->text + far->text_size,
			(int)(sizeof(far->text) - far->text_size))) > 0)
		far->text_size += (size_t)size;
	far->has_ended = SSL_get_error(far->ssl, size) == SSL_ERROR_ZERO_RETURN;
	note_error(far);
}

void
tls_far_run(struct tls_far *far)
{
	bool has_moved;

	do {
		step(far);
		has_moved = send_output(far);
		run_ms(far->fixture, 1);
		has_moved = take_input(far) || has_moved;
	} while (has_moved);
}

void
tls_far_write(struct tls_far *far, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		int piece = size > 16384 ? 16384 : (int)size;

		assert_int_equal(SSL_write(far->ssl, at, piece), piece);
		at += piece;
		size -= (size_t)piece;
		tls_far_run(far);
	}
}

void
tls_far_finish(struct tls_far *far)
{
	SSL_shutdown(far->ssl);
	send_output(far);
	sim_finish(far->peer);
	tls_far_run(far);
}

bool
tls_far_is_open(const struct tls_far *far)
{
	return SSL_is_init_finished(far->ssl) && !far->error;
}

void
tls_far_close(struct tls_far *far)
{
	SSL_free(far->ssl);
	SSL_CTX_free(far->context);
}
