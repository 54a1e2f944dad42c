/* Octets over TLS: in every split, to both ends of the stream, and one connection's trouble only.
 */
#include "core/error.h"
#include "tests/core/tls_pair.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct certificates certificates;
static struct sb_tls *server, *client;
static struct tls_pair pair;

static int
setup_all(void **state)
{
	(void)state;
	if (certificates_open(&certificates))
		return -1;
	server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_NONE, NULL);
	client = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_REQUIRED, "ca");
	return 0;
}

static int
teardown_all(void **state)
{
	(void)state;
	sb_tls_free(server);
	sb_tls_free(client);
	certificates_close(&certificates);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	tls_pair_open(&pair, server, client, "localhost");
	return 0;
}

static int
setup_shaken(void **state)
{
	setup(state);
	return tls_pair_handshake(&pair);
}

static int
teardown(void **state)
{
	(void)state;
	tls_pair_close(&pair);
	return 0;
}

static void
send_raw(const struct tls_end *from, const void *data, size_t size)
{
	assert_int_equal(send(from->connection->io.fd, data, size, MSG_NOSIGNAL), size);
}

/* What `from` has sent, taken from the wire before the other end sees it. */
static size_t
take_raw(const struct tls_end *to, void *buf, size_t size)
{
	ssize_t got = recv(to->connection->io.fd, buf, size, MSG_DONTWAIT);

	assert_true(got > 0);
	return (size_t)got;
}

static void
test_octets_come_one_at_a_time(void **state)
{
	(void)state;
	pair.server.env.read_max = pair.server.env.write_max = 1;
	pair.client.env.read_max = pair.client.env.write_max = 1;
	assert_int_equal(tls_pair_handshake(&pair), 0);
	assert_tls_says(&pair.client, &pair.server, "there");
	assert_tls_says(&pair.server, &pair.client, "and back");
}

/* More than the socket holds: what is not taken is offered again, from another place. */
static void
test_a_large_transfer_passes_whole_from_moving_buffers(void **state)
{
	enum { SIZE = 1 << 20, CHUNK = 100000 };
	uint8_t *sent = malloc(SIZE), *got = malloc(SIZE);
	size_t out = 0, in = 0, blocked = 0;

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		sent[i] = (uint8_t)(i * 31 >> 3);
	while (in < SIZE) {
		size_t size = SIZE - out < CHUNK ? SIZE - out : CHUNK;
		uint8_t *moved = malloc(size + 1);
		ssize_t n;

		memcpy(moved, sent + out, size);
		n = size ? tls_end_write(&pair.client, moved, size) : 0;
		free(moved);
		if (n == SB_AGAIN) {
			blocked++;
			assert_int_equal(pair.client.connection->blocked_on, 0);
		} else {
			out += (size_t)n;
			if (out < SIZE)
				continue;
		}
		while ((n = tls_end_read(&pair.server, got + in, SIZE - in)) > 0)
			in += (size_t)n;
		assert_int_equal(n == SB_AGAIN || in == SIZE, 1);
	}
	assert_true(blocked > 0);
	assert_memory_equal(sent, got, SIZE);
	free(sent);
	free(got);
}

static void
test_a_side_that_has_ended_its_output_still_reads(void **state)
{
	char octets[16];

	(void)state;
	assert_int_equal(tls_end_finish(&pair.client), 0);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), 0);
	assert_false(sb_tls_is_truncated(pair.server.connection));
	/* The end stays an end. */
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), 0);
	assert_tls_says(&pair.server, &pair.client, "the answer after the end");
	assert_int_equal(tls_end_finish(&pair.server), 0);
	assert_int_equal(tls_end_read(&pair.client, octets, sizeof(octets)), 0);
	assert_false(sb_tls_is_truncated(pair.client.connection));
}

static void
test_an_end_without_close_notify_is_an_end_that_is_remembered(void **state)
{
	char octets[16];

	(void)state;
	shutdown(pair.client.connection->io.fd, SHUT_WR);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), 0);
	assert_true(sb_tls_is_truncated(pair.server.connection));
	assert_string_equal(sb_tls_reason(pair.server.connection), "");
	assert_tls_says(&pair.server, &pair.client, "our last answer");
}

static void
test_an_end_within_a_record_is_an_end_without_close_notify(void **state)
{
	uint8_t raw[256];
	size_t size;
	char octets[16];

	(void)state;
	assert_int_equal(tls_end_write(&pair.client, "secret", 6), 6);
	size = take_raw(&pair.server, raw, sizeof(raw));
	send_raw(&pair.client, raw, size - 1);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), SB_AGAIN);
	shutdown(pair.client.connection->io.fd, SHUT_WR);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), 0);
	assert_true(sb_tls_is_truncated(pair.server.connection));
}

static void
test_a_farewell_that_does_not_fit_is_said_later(void **state)
{
	char octets[16];

	(void)state;
	pair.server.env.is_write_blocked = true;
	assert_int_equal(tls_end_finish(&pair.server), SB_AGAIN);
	assert_int_equal(pair.server.connection->blocked_on, SB_WRITABLE);
	assert_int_equal(tls_end_finish(&pair.server), SB_AGAIN);
	assert_int_equal(tls_end_read(&pair.client, octets, sizeof(octets)), SB_AGAIN);
	pair.server.env.is_write_blocked = false;
	assert_int_equal(tls_end_finish(&pair.server), 0);
	assert_int_equal(tls_end_read(&pair.client, octets, sizeof(octets)), 0);
	assert_false(sb_tls_is_truncated(pair.client.connection));
}

static void
test_decrypted_octets_are_pending_and_a_part_of_a_record_is_not(void **state)
{
	uint8_t raw[256];
	size_t size;
	char octets[4];

	(void)state;
	assert_false(tls_end_pending(&pair.server));
	assert_int_equal(tls_end_write(&pair.client, "abcdef", 6), 6);
	assert_int_equal(tls_end_write(&pair.client, "ghij", 4), 4);
	size = take_raw(&pair.server, raw, sizeof(raw));
	send_raw(&pair.client, raw, size - 3); /* all but the end of the second record */
	assert_int_equal(tls_end_read(&pair.server, octets, 4), 4);
	assert_true(tls_end_pending(&pair.server));
	assert_int_equal(tls_end_read(&pair.server, octets, 4), 2);
	assert_int_equal(tls_end_read(&pair.server, octets, 4), SB_AGAIN);
	assert_false(tls_end_pending(&pair.server));
	send_raw(&pair.client, raw + size - 3, 3);
	assert_int_equal(tls_end_read(&pair.server, octets, 4), 4);
	assert_memory_equal(octets, "ghij", 4);
	assert_int_equal(tls_end_read(&pair.server, octets, 4), SB_AGAIN);
	assert_false(tls_end_pending(&pair.server));
}

/* Octets that came with the last of the handshake are told of: no poller knows of them. */
static void
test_octets_right_behind_the_handshake_are_pending(void **state)
{
	char octets[16];

	(void)state;
	while (pair.client.handshake == SB_AGAIN) {
		pair.client.handshake =
			pair.client.connection->transport->handshake(pair.client.connection);
		if (pair.client.handshake == SB_AGAIN)
			assert_int_equal(pair.server.connection->transport->handshake(
						 pair.server.connection),
				SB_AGAIN);
	}
	assert_int_equal(tls_end_write(&pair.client, "at once", 7), 7);
	assert_int_equal(pair.server.connection->transport->handshake(pair.server.connection), 0);
	assert_true(tls_end_pending(&pair.server));
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), 7);
}

static void
test_many_records_cost_few_reads(void **state)
{
	char octets[64];
	size_t before;

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(tls_end_write(&pair.client, "a small message", 15), 15);
	before = pair.server.env.reads;
	for (int i = 0; i < 20; i++)
		assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), 15);
	assert_true(pair.server.env.reads - before <= 2);
}

static void
test_a_reset_is_a_reset(void **state)
{
	char octets[16];

	(void)state;
	pair.server.env.read_error = SB_ECONNRESET;
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), SB_ECONNRESET);
	assert_int_equal(ERR_peek_error(), 0);
	pair.client.env.write_error = SB_ECONNRESET;
	assert_int_equal(tls_end_write(&pair.client, "x", 1), SB_ECONNRESET);
	assert_false(tls_end_pending(&pair.client));
}

static void
test_a_cut_within_the_handshake_is_a_reset(void **state)
{
	(void)state;
	pair.client.handshake =
		pair.client.connection->transport->handshake(pair.client.connection);
	shutdown(pair.client.connection->io.fd, SHUT_WR);
	while (pair.server.handshake == SB_AGAIN)
		pair.server.handshake =
			pair.server.connection->transport->handshake(pair.server.connection);
	assert_int_equal(pair.server.handshake, SB_ECONNRESET);
	assert_string_equal(
		sb_tls_reason(pair.server.connection), "the peer closed during the handshake");
}

static void
test_what_is_no_tls_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *octets, *reason;
	} cases[] = {
		{"GET / HTTP/1.1\r\n\r\n", "http request"},
		{"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "wrong version number"},
		{"\x16\x03\x01\xff\xff and so on", "packet length too long"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tls_pair_close(&pair);
		tls_pair_open(&pair, server, client, "localhost");
		send_raw(&pair.client, cases[i].octets, strlen(cases[i].octets));
		assert_int_equal(
			pair.server.connection->transport->handshake(pair.server.connection),
			SB_ETLS);
		assert_string_equal(sb_tls_reason(pair.server.connection), cases[i].reason);
		assert_int_equal(ERR_peek_error(), 0);
		/* It stays so. */
		assert_int_equal(
			pair.server.connection->transport->handshake(pair.server.connection),
			SB_ETLS);
	}
}

static void
test_a_damaged_record_ends_the_connection(void **state)
{
	uint8_t raw[256];
	size_t size;
	char octets[16];

	(void)state;
	assert_int_equal(tls_end_write(&pair.client, "secret", 6), 6);
	size = take_raw(&pair.server, raw, sizeof(raw));
	raw[size - 1] ^= 1;
	send_raw(&pair.client, raw, size);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), SB_ETLS);
	assert_string_equal(
		sb_tls_reason(pair.server.connection), "decryption failed or bad record mac");
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), SB_ETLS);
	assert_int_equal(tls_end_write(&pair.server, "x", 1), SB_ETLS);
	assert_false(tls_end_pending(&pair.server));
	/* The peer is told by an alert, and FIN follows. */
	assert_int_equal(tls_end_finish(&pair.server), 0);
	assert_int_equal(tls_end_read(&pair.client, octets, sizeof(octets)), SB_ETLS);
	assert_string_equal(sb_tls_reason(pair.client.connection), "sslv3 alert bad record mac");
}

/* A failed stream is read to its end before it is closed, but nobody is given its octets. */
static void
test_what_follows_a_failure_is_only_discarded(void **state)
{
	char octets[64];

	(void)state;
	tls_pair_close(&pair);
	setup(NULL);
	send_raw(&pair.client, "GET / HTTP/1.1\r\n", 16);
	assert_int_equal(
		pair.server.connection->transport->handshake(pair.server.connection), SB_ETLS);
	send_raw(&pair.client, "more", 4);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), SB_ETLS);
	pair.server.connection->phase = SB_CONNECTION_LINGERING;
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), 4);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), SB_AGAIN);
	shutdown(pair.client.connection->io.fd, SHUT_WR);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), 0);
}

static void
test_one_connections_error_is_not_anothers(void **state)
{
	struct tls_pair other;
	char octets[16];

	(void)state;
	tls_pair_open(&other, server, client, "localhost");
	send_raw(&other.client, "no TLS at all", 13);
	assert_int_equal(
		other.server.connection->transport->handshake(other.server.connection), SB_ETLS);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), SB_AGAIN);
	assert_tls_says(&pair.client, &pair.server, "undisturbed");
	tls_pair_close(&other);
}

static void
test_errors_that_others_left_in_the_queue_are_not_ours(void **state)
{
	char octets[16];

	(void)state;
	ERR_raise(ERR_LIB_USER, 1);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), SB_AGAIN);
	ERR_raise(ERR_LIB_USER, 1);
	assert_int_equal(tls_end_write(&pair.client, "x", 1), 1);
	ERR_raise(ERR_LIB_USER, 1);
	assert_int_equal(tls_end_finish(&pair.client), 0);
	ERR_raise(ERR_LIB_USER, 1);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), 1);
	ERR_raise(ERR_LIB_USER, 1);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), 0);
}

/* A connection that was handed over reads through its new shard's environment. */
static void
test_the_environment_is_that_of_the_present_session(void **state)
{
	struct sb_session *old = pair.server.connection->session;
	struct tls_end elsewhere;
	size_t reads = pair.server.env.reads;
	char octets[16];

	(void)state;
	tls_end_open(&elsewhere, -1, true);
	pair.server.connection->session = elsewhere.session;
	assert_int_equal(tls_end_write(&pair.client, "moved", 5), 5);
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), 5);
	assert_int_equal(elsewhere.env.reads, 1);
	assert_int_equal(pair.server.env.reads, reads);
	pair.server.connection->session = old;
	tls_end_close(&elsewhere);
}

static void
test_renegotiation_is_refused(void **state)
{
	SSL *ssl;
	char octets[16];

	(void)state;
	tls_pair_close(&pair);
	setup(NULL);
	ssl = tls_stream(&pair.client)->ssl;
	SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
	SSL_clear_options(ssl, SSL_OP_NO_RENEGOTIATION);
	assert_int_equal(tls_pair_handshake(&pair), 0);
	assert_int_equal(SSL_renegotiate(ssl), 1);
	(void)SSL_do_handshake(ssl); /* writes its ClientHello */
	ERR_clear_error();
	assert_int_equal(tls_end_read(&pair.server, octets, sizeof(octets)), SB_AGAIN);
	assert_int_equal(SSL_num_renegotiations(tls_stream(&pair.server)->ssl), 0);
	/* The client that insisted gives up; it was its own doing. */
	assert_int_equal(tls_end_write(&pair.server, "as before", 9), 9);
	assert_int_equal(tls_end_read(&pair.client, octets, sizeof(octets)), SB_ETLS);
	assert_string_equal(sb_tls_reason(pair.client.connection), "no renegotiation");
}

#define TEST(name)   cmocka_unit_test_setup_teardown(name, setup, teardown)
#define SHAKEN(name) cmocka_unit_test_setup_teardown(name, setup_shaken, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_octets_come_one_at_a_time),
		SHAKEN(test_a_large_transfer_passes_whole_from_moving_buffers),
		SHAKEN(test_a_side_that_has_ended_its_output_still_reads),
		SHAKEN(test_an_end_without_close_notify_is_an_end_that_is_remembered),
		SHAKEN(test_an_end_within_a_record_is_an_end_without_close_notify),
		SHAKEN(test_a_farewell_that_does_not_fit_is_said_later),
		SHAKEN(test_decrypted_octets_are_pending_and_a_part_of_a_record_is_not),
		TEST(test_octets_right_behind_the_handshake_are_pending),
		SHAKEN(test_many_records_cost_few_reads),
		SHAKEN(test_a_reset_is_a_reset),
		TEST(test_a_cut_within_the_handshake_is_a_reset),
		TEST(test_what_is_no_tls_is_refused_with_a_reason),
		SHAKEN(test_a_damaged_record_ends_the_connection),
		TEST(test_what_follows_a_failure_is_only_discarded),
		SHAKEN(test_one_connections_error_is_not_anothers),
		SHAKEN(test_errors_that_others_left_in_the_queue_are_not_ours),
		SHAKEN(test_the_environment_is_that_of_the_present_session),
		TEST(test_renegotiation_is_refused),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
