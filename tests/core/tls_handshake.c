/* Who is let in and who is believed: certificates good, expired, misnamed, foreign and missing. */
#include "core/error.h"
#include "tests/core/tls_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define YEAR_MS (365 * 86400 * INT64_C(1000))

static struct certificates certificates;
static struct tls_pair pair;

static int
setup_certificates(void **state)
{
	(void)state;
	return certificates_open(&certificates);
}

static int
teardown_certificates(void **state)
{
	(void)state;
	certificates_close(&certificates);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tls_pair_close(&pair);
	return 0;
}

/* A server showing `name` to a client that verifies it by `ca`. */
static int
connect_to(const char *name, const char *server_name)
{
	struct sb_tls *server = tls_server_of(&certificates, name, SB_TLS_VERIFY_NONE, NULL);
	struct sb_tls *client = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_REQUIRED, "ca");

	tls_pair_open(&pair, server, client, server_name);
	/* The connections keep what they need. */
	sb_tls_free(server);
	sb_tls_free(client);
	return tls_pair_handshake(&pair);
}

/* A client showing `name` to a server that wants `verify` by ca. */
static int
show(const char *name, enum sb_tls_verify verify)
{
	struct sb_tls *server = tls_server_of(&certificates, "server", verify, "ca");
	struct sb_tls *client = tls_client_of(&certificates, name, SB_TLS_VERIFY_REQUIRED, "ca");

	tls_pair_open(&pair, server, client, "localhost");
	sb_tls_free(server);
	sb_tls_free(client);
	return tls_pair_handshake(&pair);
}

static const char *
reason_of(const struct tls_end *end)
{
	return sb_tls_reason(end->connection);
}

static void
test_both_ends_learn_who_is_there(void **state)
{
	const struct sb_tls_identity *of_client, *of_server;

	(void)state;
	assert_int_equal(show("client", SB_TLS_VERIFY_REQUIRED), 0);
	of_client = pair.server.connection->peer.tls;
	assert_true(of_client->verified);
	assert_string_equal(of_client->version, "TLSv1.3");
	assert_string_equal(of_client->cipher, "TLS_AES_256_GCM_SHA384");
	assert_string_equal(of_client->server_name, "localhost");
	assert_string_equal(of_client->subject, "CN=client,O=Switchboard");
	assert_string_equal(of_client->common_name, "client");
	assert_null(of_client->alt_names);
	of_server = pair.client.connection->peer.tls;
	assert_true(of_server->verified);
	assert_string_equal(of_server->server_name, "localhost");
	assert_string_equal(of_server->common_name, "server");
	assert_string_equal(of_server->alt_names, "DNS:localhost,IP:127.0.0.1,IP:::1");
	assert_string_equal(reason_of(&pair.server), "");
	assert_tls_says(&pair.client, &pair.server, "hello");
	assert_tls_says(&pair.server, &pair.client, "and good day");
}

static void
test_an_end_with_no_certificate_is_known_by_nothing(void **state)
{
	const struct sb_tls_identity *of_client;

	(void)state;
	assert_int_equal(connect_to("server", "127.0.0.1"), 0);
	of_client = pair.server.connection->peer.tls;
	assert_false(of_client->verified);
	assert_null(of_client->subject);
	assert_null(of_client->common_name);
	/* An address is checked, but not sent as a name. */
	assert_null(of_client->server_name);
}

static void
assert_refused_by_client(const char *name, const char *server_name, const char *reason)
{
	assert_int_equal(connect_to(name, server_name), SB_ETLS);
	assert_int_equal(pair.client.handshake, SB_ETLS);
	assert_string_equal(reason_of(&pair.client), reason);
	assert_null(pair.client.connection->peer.tls);
	/* The server is told why, too. */
	assert_int_equal(pair.server.handshake, SB_ETLS);
	assert_non_null(strstr(reason_of(&pair.server), "alert"));
}

static void
test_an_expired_server_is_refused(void **state)
{
	(void)state;
	assert_refused_by_client("expired", "localhost", "certificate has expired");
}

static void
test_a_server_before_its_time_is_refused(void **state)
{
	(void)state;
	assert_refused_by_client("not-yet", "localhost", "certificate is not yet valid");
}

static void
test_the_clock_of_the_environment_decides_what_has_expired(void **state)
{
	struct sb_tls *server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_NONE, NULL);
	struct sb_tls *client = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_REQUIRED, "ca");
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	tls_end_open(&pair.server, fds[0], true);
	tls_end_open(&pair.client, fds[1], false);
	pair.client.env.wall_ms += 11 * YEAR_MS;
	tls_end_attach(&pair.server, server, NULL);
	tls_end_attach(&pair.client, client, "localhost");
	sb_tls_free(server);
	sb_tls_free(client);
	assert_int_equal(tls_pair_handshake(&pair), SB_ETLS);
	assert_string_equal(reason_of(&pair.client), "certificate has expired");
}

static void
test_a_server_of_another_name_is_refused(void **state)
{
	(void)state;
	assert_refused_by_client("wrong-name", "localhost", "hostname mismatch");
}

static void
test_a_server_of_another_address_is_refused(void **state)
{
	(void)state;
	assert_refused_by_client("server", "127.0.0.2", "IP address mismatch");
}

static void
test_an_address_is_not_taken_for_a_name(void **state)
{
	(void)state;
	assert_refused_by_client("wrong-name", "192.0.2.1", "IP address mismatch");
}

static void
test_a_wildcard_is_one_label(void **state)
{
	(void)state;
	assert_int_equal(connect_to("wildcard", "a.mc.example"), 0);
	tls_pair_close(&pair);
	assert_refused_by_client("wildcard", "a.b.mc.example", "hostname mismatch");
}

static void
test_a_name_may_end_with_its_dot(void **state)
{
	(void)state;
	assert_int_equal(connect_to("server", "localhost."), 0);
	assert_string_equal(pair.server.connection->peer.tls->server_name, "localhost");
}

static void
test_a_server_of_an_unknown_authority_is_refused(void **state)
{
	(void)state;
	assert_refused_by_client(
		"other-server", "localhost", "unable to get local issuer certificate");
}

static void
test_a_client_that_does_not_verify_takes_any_server(void **state)
{
	struct sb_tls *server = tls_server_of(&certificates, "expired", SB_TLS_VERIFY_NONE, NULL);
	struct sb_tls *client = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_NONE, NULL);

	(void)state;
	tls_pair_open(&pair, server, client, "nowhere.example");
	sb_tls_free(server);
	sb_tls_free(client);
	assert_int_equal(tls_pair_handshake(&pair), 0);
	assert_false(pair.client.connection->peer.tls->verified);
	assert_string_equal(pair.client.connection->peer.tls->common_name, "expired");
	assert_string_equal(pair.server.connection->peer.tls->server_name, "nowhere.example");
}

static void
test_a_client_that_verifies_needs_a_name_to_check(void **state)
{
	struct sb_tls *client = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_REQUIRED, "ca");
	struct tls_end end;

	(void)state;
	tls_end_open(&end, -1, false);
	assert_int_equal(sb_tls_attach(end.connection, client, NULL), SB_EINVAL);
	assert_int_equal(sb_tls_attach(end.connection, client, ""), SB_EINVAL);
	assert_int_equal(sb_tls_attach(end.connection, client, "."), SB_EINVAL);
	assert_ptr_equal(end.connection->transport, &sb_transport_plain);
	assert_null(end.connection->tls);
	tls_end_close(&end);
	sb_tls_free(client);
}

/* The client's handshake is over before the server has judged it: it learns at its first read. */
static void
assert_refused_by_server(const char *reason, const char *alert)
{
	char octets[16];

	assert_int_equal(pair.server.handshake, SB_ETLS);
	assert_string_equal(reason_of(&pair.server), reason);
	assert_null(pair.server.connection->peer.tls);
	assert_int_equal(tls_end_read(&pair.client, octets, sizeof(octets)), SB_ETLS);
	assert_string_equal(reason_of(&pair.client), alert);
}

static void
test_a_client_without_the_certificate_asked_for_is_refused(void **state)
{
	(void)state;
	assert_int_equal(show(NULL, SB_TLS_VERIFY_REQUIRED), SB_ETLS);
	assert_refused_by_server(
		"peer did not return a certificate", "tlsv13 alert certificate required");
}

static void
test_a_client_of_an_unknown_authority_is_refused(void **state)
{
	(void)state;
	assert_int_equal(show("other-client", SB_TLS_VERIFY_REQUIRED), SB_ETLS);
	assert_refused_by_server(
		"unable to get local issuer certificate", "tlsv1 alert unknown ca");
}

static void
test_an_expired_client_is_refused(void **state)
{
	(void)state;
	assert_int_equal(show("expired-client", SB_TLS_VERIFY_REQUIRED), SB_ETLS);
	assert_refused_by_server("certificate has expired", "sslv3 alert certificate expired");
}

static void
test_an_optional_certificate_may_be_missing_but_not_wrong(void **state)
{
	(void)state;
	assert_int_equal(show(NULL, SB_TLS_VERIFY_OPTIONAL), 0);
	assert_false(pair.server.connection->peer.tls->verified);
	tls_pair_close(&pair);
	assert_int_equal(show("client", SB_TLS_VERIFY_OPTIONAL), 0);
	assert_true(pair.server.connection->peer.tls->verified);
	tls_pair_close(&pair);
	assert_int_equal(show("other-client", SB_TLS_VERIFY_OPTIONAL), SB_ETLS);
	assert_refused_by_server(
		"unable to get local issuer certificate", "tlsv1 alert unknown ca");
}

static void
test_tls_1_2_is_spoken_with_who_has_no_better(void **state)
{
	struct sb_tls *server =
		tls_server_of(&certificates, "server", SB_TLS_VERIFY_REQUIRED, "ca");
	struct sb_tls *client =
		tls_client_of(&certificates, "client", SB_TLS_VERIFY_REQUIRED, "ca");

	(void)state;
	tls_pair_open(&pair, server, client, "localhost");
	sb_tls_free(server);
	sb_tls_free(client);
	SSL_set_max_proto_version(tls_stream(&pair.client)->ssl, TLS1_2_VERSION);
	assert_int_equal(tls_pair_handshake(&pair), 0);
	assert_string_equal(pair.server.connection->peer.tls->version, "TLSv1.2");
	assert_string_equal(pair.server.connection->peer.tls->common_name, "client");
	assert_tls_says(&pair.client, &pair.server, "hello");
	assert_tls_says(&pair.server, &pair.client, "hello");
}

static void
test_older_versions_are_refused(void **state)
{
	struct sb_tls *server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_NONE, NULL);
	struct sb_tls *client = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_NONE, NULL);
	SSL *ssl;

	(void)state;
	tls_pair_open(&pair, server, client, "localhost");
	sb_tls_free(server);
	sb_tls_free(client);
	ssl = tls_stream(&pair.client)->ssl;
	SSL_set_security_level(ssl, 0);
	SSL_set_min_proto_version(ssl, TLS1_VERSION);
	SSL_set_max_proto_version(ssl, TLS1_1_VERSION);
	SSL_set_cipher_list(ssl, "ALL:@SECLEVEL=0");
	assert_int_equal(tls_pair_handshake(&pair), SB_ETLS);
	assert_string_equal(reason_of(&pair.server), "unsupported protocol");
}

/* What a client keeps of one connection makes the next cheaper, and no less known. */
static void
test_a_ticket_resumes_a_session_with_its_identity(void **state)
{
	struct sb_tls *server =
		tls_server_of(&certificates, "server", SB_TLS_VERIFY_REQUIRED, "ca");
	struct sb_tls *client =
		tls_client_of(&certificates, "client", SB_TLS_VERIFY_REQUIRED, "ca");
	SSL_SESSION *kept;

	(void)state;
	tls_pair_open(&pair, server, client, "localhost");
	assert_int_equal(tls_pair_handshake(&pair), 0);
	assert_tls_says(&pair.server, &pair.client, "the ticket comes with this");
	kept = SSL_get1_session(tls_stream(&pair.client)->ssl);
	assert_true(SSL_SESSION_is_resumable(kept));
	assert_int_equal(
		tls_end_finish(&pair.client), 0); /* a session that was cut is not resumed */
	tls_pair_close(&pair);
	tls_pair_open(&pair, server, client, "localhost");
	assert_int_equal(SSL_set_session(tls_stream(&pair.client)->ssl, kept), 1);
	assert_int_equal(tls_pair_handshake(&pair), 0);
	assert_true(SSL_session_reused(tls_stream(&pair.server)->ssl));
	assert_true(pair.server.connection->peer.tls->verified);
	assert_string_equal(pair.server.connection->peer.tls->common_name, "client");
	SSL_SESSION_free(kept);
	/* Nothing is kept on our side. */
	assert_int_equal(SSL_CTX_sess_number(SSL_get_SSL_CTX(tls_stream(&pair.server)->ssl)), 0);
	sb_tls_free(server);
	sb_tls_free(client);
}

static void
test_without_memory_for_the_identity_the_handshake_fails(void **state)
{
	struct sb_tls *server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_NONE, NULL);
	struct sb_tls *client = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_REQUIRED, "ca");

	(void)state;
	tls_pair_open(&pair, server, client, "localhost");
	sb_tls_free(server);
	sb_tls_free(client);
	pair.server.env.allocations_left = 0;
	assert_int_equal(tls_pair_handshake(&pair), SB_ENOMEM);
	assert_string_equal(reason_of(&pair.server), "out of memory");
}

static void
test_without_memory_nothing_is_attached(void **state)
{
	struct sb_tls *server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_NONE, NULL);
	struct tls_end end;

	(void)state;
	tls_end_open(&end, -1, true);
	end.env.allocations_left = 0;
	assert_int_equal(sb_tls_attach(end.connection, server, NULL), SB_ENOMEM);
	assert_ptr_equal(end.connection->transport, &sb_transport_plain);
	tls_end_close(&end);
	sb_tls_free(server);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_ends_learn_who_is_there),
		TEST(test_an_end_with_no_certificate_is_known_by_nothing),
		TEST(test_an_expired_server_is_refused),
		TEST(test_a_server_before_its_time_is_refused),
		TEST(test_the_clock_of_the_environment_decides_what_has_expired),
		TEST(test_a_server_of_another_name_is_refused),
		TEST(test_a_server_of_another_address_is_refused),
		TEST(test_an_address_is_not_taken_for_a_name),
		TEST(test_a_wildcard_is_one_label),
		TEST(test_a_name_may_end_with_its_dot),
		TEST(test_a_server_of_an_unknown_authority_is_refused),
		TEST(test_a_client_that_does_not_verify_takes_any_server),
		TEST(test_a_client_that_verifies_needs_a_name_to_check),
		TEST(test_a_client_without_the_certificate_asked_for_is_refused),
		TEST(test_a_client_of_an_unknown_authority_is_refused),
		TEST(test_an_expired_client_is_refused),
		TEST(test_an_optional_certificate_may_be_missing_but_not_wrong),
		TEST(test_tls_1_2_is_spoken_with_who_has_no_better),
		TEST(test_older_versions_are_refused),
		TEST(test_a_ticket_resumes_a_session_with_its_identity),
		TEST(test_without_memory_for_the_identity_the_handshake_fails),
		TEST(test_without_memory_nothing_is_attached),
	};

	return cmocka_run_group_tests(tests, setup_certificates, teardown_certificates);
}
