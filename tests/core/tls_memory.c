/*
 * What a TLS connection costs while nothing happens on it, by OpenSSL's own
 * allocations: exact, and the same under any sanitizer.
 */
#include "core/error.h"
#include "tests/core/tls_pair.h"

#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT       16384 /* octets of an idle connection */
#define CERTIFICATE 6144  /* that OpenSSL keeps of a peer who has shown a small one */
#define OVERHEAD    16    /* of malloc, for each piece: more than it is */
#define CONNECTIONS 50

static size_t live;    /* octets that OpenSSL has now */
static size_t fail_at; /* 1: its next allocation fails; 0: none */
static struct certificates certificates;

struct piece {
	size_t size;
	_Alignas(16) unsigned char data[];
};

static void *
counted_malloc(size_t size, const char *file, int line)
{
	struct piece *piece;

	(void)file;
	(void)line;
	if (fail_at && --fail_at == 0)
		return NULL;
	piece = malloc(sizeof(*piece) + size);
	if (!piece)
		return NULL;
	piece->size = size + OVERHEAD;
	live += piece->size;
	return piece->data;
}

static struct piece *
piece_of(void *data)
{
	return (struct piece *)((unsigned char *)data - offsetof(struct piece, data));
}

static void
counted_free(void *data, const char *file, int line)
{
	(void)file;
	(void)line;
	if (!data)
		return;
	live -= piece_of(data)->size;
	free(piece_of(data));
}

static void *
counted_realloc(void *data, size_t size, const char *file, int line)
{
	void *moved = counted_malloc(size, file, line);
	size_t old;

	if (!data || !moved)
		return moved;
	old = piece_of(data)->size - OVERHEAD;
	memcpy(moved, data, old < size ? old : size);
	counted_free(data, file, line);
	return moved;
}

static int
setup_all(void **state)
{
	(void)state;
	return certificates_open(&certificates);
}

static int
teardown_all(void **state)
{
	(void)state;
	certificates_close(&certificates);
	return 0;
}

/* What one idle end costs, beside the connection of the core: by the last of some. */
static size_t
cost_of(bool is_server, const char *client_certificate, int version, bool has_spoken)
{
	static struct tls_pair pairs[CONNECTIONS];
	struct sb_tls *server = tls_server_of(&certificates, "server",
		client_certificate ? SB_TLS_VERIFY_REQUIRED : SB_TLS_VERIFY_NONE, "ca");
	struct sb_tls *client =
		tls_client_of(&certificates, client_certificate, SB_TLS_VERIFY_REQUIRED, "ca");
	size_t before = 0, cost;

	for (int i = 0; i < CONNECTIONS; i++) {
		before = i == CONNECTIONS / 2 ? live : before;
		tls_pair_open(&pairs[i], server, client, "localhost");
		SSL_set_max_proto_version(tls_stream(&pairs[i].client)->ssl, version);
		assert_int_equal(tls_pair_handshake(&pairs[i]), 0);
		if (has_spoken) {
			assert_tls_says(&pairs[i].client, &pairs[i].server, "some octets");
			assert_tls_says(&pairs[i].server, &pairs[i].client, "and others");
		}
		tls_end_close(is_server ? &pairs[i].client : &pairs[i].server);
	}
	cost = (live - before) / (CONNECTIONS - CONNECTIONS / 2);
	for (int i = 0; i < CONNECTIONS; i++)
		tls_pair_close(&pairs[i]);
	sb_tls_free(server);
	sb_tls_free(client);
	return cost + sizeof(struct sb_tls_stream) + sizeof(struct sb_tls_identity) + 256;
}

static void
test_an_idle_connection_keeps_within_its_bound(void **state)
{
	static const struct {
		bool is_server;
		const char *client_certificate;
		int version;
		size_t limit;
		const char *what;
	} cases[] = {
		{true, NULL, TLS1_3_VERSION, LIMIT, "server 1.3"},
		{true, NULL, TLS1_2_VERSION, LIMIT, "server 1.2"},
		{true, "client", TLS1_3_VERSION, LIMIT + CERTIFICATE, "server 1.3, mutual"},
		{true, "client", TLS1_2_VERSION, LIMIT + CERTIFICATE, "server 1.2, mutual"},
		{false, NULL, TLS1_3_VERSION, LIMIT + CERTIFICATE, "client 1.3"},
		{false, NULL, TLS1_2_VERSION, LIMIT + CERTIFICATE, "client 1.2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int has_spoken = 0; has_spoken < 2; has_spoken++) {
			size_t cost = cost_of(cases[i].is_server, cases[i].client_certificate,
				cases[i].version, has_spoken);

			printf("%-20s %s %zu octets\n", cases[i].what,
				has_spoken ? "has spoken" : "is fresh  ", cost);
			assert_in_range(cost, 1000, cases[i].limit - sizeof(struct sb_connection));
		}
	}
}

static void
test_connections_that_have_ended_leave_nothing(void **state)
{
	struct sb_tls *server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_NONE, NULL);
	struct sb_tls *client = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_NONE, NULL);
	size_t before = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct tls_pair pair;

		/* What OpenSSL makes once, it has made by now. */
		before = i == 20 ? live : before;
		tls_pair_open(&pair, server, client, "localhost");
		assert_int_equal(tls_pair_handshake(&pair), 0);
		assert_tls_says(&pair.server, &pair.client, "a ticket and more");
		assert_int_equal(tls_end_finish(&pair.client), 0);
		assert_int_equal(tls_end_finish(&pair.server), 0);
		tls_pair_close(&pair);
	}
	assert_int_equal(live, before);
	sb_tls_free(server);
	sb_tls_free(client);
}

/* Without memory OpenSSL makes no stream, and what it had begun to make is gone. */
static void
test_any_allocation_of_openssl_may_fail(void **state)
{
	struct sb_tls *tls = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_REQUIRED, "ca");
	size_t failures = 0, before;
	struct tls_end end;
	int err;

	(void)state;
	tls_end_open(&end, -1, false);
	before = live;
	do {
		fail_at = failures + 1;
		err = sb_tls_attach(end.connection, tls, "localhost");
		if (err)
			assert_int_equal(err, SB_ENOMEM);
		failures++;
	} while (err);
	fail_at = 0;
	assert_true(failures > 10);
	sb_transport_tls.fini(end.connection);
	end.connection->transport = &sb_transport_plain;
	assert_in_range(live, before, before + 1024); /* the thread's error queue */
	tls_end_close(&end);
	sb_tls_free(tls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_idle_connection_keeps_within_its_bound),
		cmocka_unit_test(test_connections_that_have_ended_leave_nothing),
		cmocka_unit_test(test_any_allocation_of_openssl_may_fail),
	};

	if (!CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free))
		return 1;
	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
