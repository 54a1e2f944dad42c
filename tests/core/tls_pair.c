#include "tests/core/tls_pair.h"

#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

void
tls_end_open(struct tls_end *end, int fd, bool is_server)
{
	socket_env_init(&end->env);
	end->env.wall_ms = (int64_t)time(NULL) * 1000;
	end->shard = calloc(1, sizeof(*end->shard));
	end->session = calloc(1, sizeof(*end->session));
	end->connection = calloc(1, sizeof(*end->connection));
	end->shard->env = &end->env.env;
	end->session->shard = end->shard;
	end->connection->session = end->session;
	end->connection->io.fd = fd;
	end->connection->is_server = is_server;
	end->connection->transport = &sb_transport_plain;
	end->connection->phase = SB_CONNECTION_HANDSHAKE;
	end->handshake = SB_AGAIN;
}

void
tls_end_attach(struct tls_end *end, struct sb_tls *tls, const char *server_name)
{
	assert_int_equal(sb_tls_attach(end->connection, tls, server_name), 0);
	assert_ptr_equal(end->connection->transport, &sb_transport_tls);
}

void
tls_end_close(struct tls_end *end)
{
	if (!end->connection)
		return;
	end->connection->transport->fini(end->connection);
	assert_null(end->connection->peer.tls);
	close(end->connection->io.fd);
	assert_int_equal(end->env.live, 0);
	free(end->connection);
	free(end->session);
	free(end->shard);
	end->connection = NULL;
}

void
tls_pair_open(struct tls_pair *pair, struct sb_tls *server, struct sb_tls *client,
	const char *server_name)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	tls_end_open(&pair->server, fds[0], true);
	tls_end_open(&pair->client, fds[1], false);
	tls_end_attach(&pair->server, server, NULL);
	tls_end_attach(&pair->client, client, server_name);
}

static bool
step(struct tls_end *end)
{
	size_t before = end->env.reads + end->env.writes;

	if (end->handshake != SB_AGAIN)
		return false;
	end->connection->blocked_on = 0;
	end->handshake = end->connection->transport->handshake(end->connection);
	/* Blocked, an end says in which direction. */
	if (end->handshake == SB_AGAIN)
		assert_true(end->connection->blocked_on);
	else
		end->connection->phase = SB_CONNECTION_OPEN;
	return end->handshake != SB_AGAIN || end->env.reads + end->env.writes > before + 1;
}

int
tls_pair_handshake(struct tls_pair *pair)
{
	int idle = 0;

	/* A call that only finds nothing to read is idle; two rounds of them are the end. */
	while (idle < 2)
		idle = (int)step(&pair->client) | (int)step(&pair->server) ? 0 : idle + 1;
	return pair->client.handshake ? pair->client.handshake : pair->server.handshake;
}

void
tls_pair_close(struct tls_pair *pair)
{
	tls_end_close(&pair->server);
	tls_end_close(&pair->client);
}

struct sb_tls_stream *
tls_stream(const struct tls_end *end)
{
	return end->connection->tls;
}

ssize_t
tls_end_read(struct tls_end *end, void *buf, size_t size)
{
	end->connection->blocked_on = 0;
	return end->connection->transport->read(end->connection, buf, size);
}

ssize_t
tls_end_write(struct tls_end *end, const void *data, size_t size)
{
	return end->connection->transport->write(end->connection, data, size);
}

int
tls_end_finish(struct tls_end *end)
{
	return end->connection->transport->finish(end->connection);
}

bool
tls_end_pending(const struct tls_end *end)
{
	return end->connection->transport->pending(end->connection);
}

void
assert_tls_says(struct tls_end *from, struct tls_end *to, const char *text)
{
	size_t size = strlen(text), sent = 0, got = 0;
	char heard[256];

	assert_true(size < sizeof(heard));
	while (got < size) {
		ssize_t n = sent < size ? tls_end_write(from, text + sent, size - sent) : 0;

		if (n != SB_AGAIN) {
			assert_true(n >= 0);
			sent += (size_t)n;
		}
		n = tls_end_read(to, heard + got, sizeof(heard) - got);
		if (n != SB_AGAIN) {
			assert_true(n > 0);
			got += (size_t)n;
		}
	}
	assert_int_equal(got, size);
	assert_memory_equal(heard, text, size);
}

static struct sb_tls *
context_of(const struct certificates *certificates, const char *name, enum sb_tls_verify verify,
	const char *ca, bool is_server)
{
	char certificate[CERTIFICATES_PATH], key[CERTIFICATES_PATH], signers[CERTIFICATES_PATH];
	struct sb_tls_certificate shown = {.certificate = certificate, .key = key};
	struct sb_tls_options options = {
		.certificates = &shown,
		.certificate_count = name ? 1 : 0,
		.ca = ca ? signers : NULL,
		.verify = verify,
	};
	struct sb_tls *tls = NULL;
	char reason[256] = "";
	int err;

	snprintf(certificate, sizeof(certificate), "%s/%s.pem", certificates->folder,
		name ? name : "");
	snprintf(key, sizeof(key), "%s/%s.key", certificates->folder, name ? name : "");
	snprintf(signers, sizeof(signers), "%s/%s.pem", certificates->folder, ca ? ca : "");
	err = (is_server ? sb_tls_server_new : sb_tls_client_new)(
		&tls, &options, reason, sizeof(reason));
	assert_string_equal(reason, "");
	assert_int_equal(err, 0);
	return tls;
}

struct sb_tls *
tls_server_of(const struct certificates *certificates, const char *name, enum sb_tls_verify verify,
	const char *ca)
{
	return context_of(certificates, name, verify, ca, true);
}

struct sb_tls *
tls_client_of(const struct certificates *certificates, const char *name, enum sb_tls_verify verify,
	const char *ca)
{
	return context_of(certificates, name, verify, ca, false);
}
