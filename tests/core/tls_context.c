/* Making contexts: what is refused and why; and which certificate a server shows to whom. */
#include "core/error.h"
#include "tests/core/tls_pair.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct certificates certificates;

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

/* Paths live as long as the test: a few slots, used in turn. */
static const char *
path(const char *file)
{
	static char paths[8][CERTIFICATES_PATH];
	static unsigned next;

	return certificates_path(&certificates, file, paths[next++ % 8]);
}

static void
write_file(const char *name, const char *text)
{
	FILE *file = fopen(path(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
assert_refused(const struct sb_tls_options *options, int error, const char *reason)
{
	struct sb_tls *tls = NULL;
	char text[512] = "";

	assert_int_equal(sb_tls_server_new(&tls, options, text, sizeof(text)), error);
	assert_null(tls);
	if (!strstr(text, reason))
		fail_msg("\"%s\" does not say \"%s\"", text, reason);
	assert_int_equal(ERR_peek_error(), 0);
	/* Nobody has to be told. */
	assert_int_equal(sb_tls_server_new(&tls, options, NULL, 0), error);
}

static void
assert_pair_refused(const char *certificate, const char *key, int error, const char *reason)
{
	struct sb_tls_certificate shown = {.certificate = path(certificate), .key = path(key)};
	struct sb_tls_options options = {.certificates = &shown, .certificate_count = 1};

	assert_refused(&options, error, reason);
}

static void
test_files_that_do_not_serve_are_named(void **state)
{
	struct certificate_options locked = {
		.name = "locked", .issuer = "ca", .passphrase = "open sesame"};

	(void)state;
	assert_int_equal(certificates_add(&certificates, &locked), 0);
	write_file("garbage.pem", "no certificate\n");
	write_file("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	assert_pair_refused("none.pem", "server.key", SB_ENOENT, "none.pem: no such file");
	assert_pair_refused("server.pem", "none.key", SB_ENOENT, "none.key: no such file");
	assert_pair_refused("garbage.pem", "server.key", SB_ETLS, "garbage.pem: no start line");
	assert_pair_refused("broken.pem", "server.key", SB_ETLS, "broken.pem: ");
	assert_pair_refused("server.pem", "garbage.pem", SB_ETLS, "garbage.pem: ");
	assert_pair_refused("server.pem", "client.key", SB_ETLS, "client.key: key values mismatch");
	/* It would ask at the terminal, and wait. */
	assert_pair_refused("locked.pem", "locked.key", SB_ETLS, "locked.key: ");
}

static void
test_options_that_make_no_sense_are_refused(void **state)
{
	struct sb_tls_certificate shown[2] = {
		{.certificate = path("server.pem"), .key = path("server.key")},
		{.certificate = path("server.pem"), .key = path("server.key")}};
	struct sb_tls_options good = {.certificates = shown, .certificate_count = 1}, options;

	(void)state;
	options = (struct sb_tls_options){0};
	assert_refused(&options, SB_EINVAL, "certificate: a server needs one");
	options = good;
	options.verify = SB_TLS_VERIFY_REQUIRED;
	assert_refused(&options, SB_EINVAL, "ca: needed to verify clients");
	options.ca = path("none.pem");
	assert_refused(&options, SB_ENOENT, "none.pem: no such file");
	write_file("garbage.pem", "no certificate\n");
	options.ca = path("garbage.pem");
	assert_refused(&options, SB_ETLS, "garbage.pem: ");
	options = good;
	options.min_version = "1.1";
	assert_refused(&options, SB_EINVAL, "min_version: is 1.2 or 1.3");
	options = good;
	options.ciphers = "NO-SUCH-CIPHER";
	assert_refused(&options, SB_EINVAL, "ciphers: no cipher match");
	options = good;
	options.certificate_count = 2;
	assert_refused(&options, SB_EINVAL, "server_name: missing after the first");
	options = good;
	shown[0].key = NULL;
	assert_refused(&options, SB_EINVAL, "key: missing");
	shown[0].certificate = NULL;
	assert_refused(&options, SB_EINVAL, "certificate: missing");
}

static void
test_a_client_may_trust_the_systems_authorities(void **state)
{
	struct sb_tls_options options = {.verify = SB_TLS_VERIFY_REQUIRED};
	struct sb_tls *tls = NULL;

	(void)state;
	assert_int_equal(sb_tls_client_new(&tls, &options, NULL, 0), 0);
	sb_tls_free(tls);
	sb_tls_free(NULL);
}

static void
test_a_server_of_1_3_refuses_1_2(void **state)
{
	struct sb_tls_certificate shown = {
		.certificate = path("server.pem"), .key = path("server.key")};
	struct sb_tls_options options = {
		.certificates = &shown, .certificate_count = 1, .min_version = "1.3"};
	struct sb_tls *server, *client;
	struct tls_pair pair;

	(void)state;
	assert_int_equal(sb_tls_server_new(&server, &options, NULL, 0), 0);
	client = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_NONE, NULL);
	tls_pair_open(&pair, server, client, "localhost");
	SSL_set_max_proto_version(tls_stream(&pair.client)->ssl, TLS1_2_VERSION);
	assert_int_equal(tls_pair_handshake(&pair), SB_ETLS);
	assert_string_equal(sb_tls_reason(pair.server.connection), "unsupported protocol");
	tls_pair_close(&pair);
	sb_tls_free(server);
	sb_tls_free(client);
}

static void
test_the_cipher_of_1_2_can_be_chosen(void **state)
{
	struct sb_tls_certificate shown = {
		.certificate = path("server.pem"), .key = path("server.key")};
	struct sb_tls_options options = {.certificates = &shown,
		.certificate_count = 1,
		.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"};
	struct sb_tls *server, *client;
	struct tls_pair pair;

	(void)state;
	assert_int_equal(sb_tls_server_new(&server, &options, NULL, 0), 0);
	client = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_NONE, NULL);
	tls_pair_open(&pair, server, client, NULL);
	SSL_set_max_proto_version(tls_stream(&pair.client)->ssl, TLS1_2_VERSION);
	assert_int_equal(tls_pair_handshake(&pair), 0);
	assert_string_equal(
		pair.server.connection->peer.tls->cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
	tls_pair_close(&pair);
	sb_tls_free(server);
	sb_tls_free(client);
}

/* ---- names ---- */

static void
test_patterns_fit_names_by_whole_labels(void **state)
{
	(void)state;
	assert_true(sb_tls_name_matches("mc.example", "mc.example"));
	assert_true(sb_tls_name_matches("mc.example", "MC.Example"));
	assert_false(sb_tls_name_matches("mc.example", "mc.example.org"));
	assert_false(sb_tls_name_matches("mc.example", "a.mc.example"));
	assert_true(sb_tls_name_matches("*.example", "a.example"));
	assert_true(sb_tls_name_matches("*.Example", "A.eXample"));
	assert_false(sb_tls_name_matches("*.example", "example"));
	assert_false(sb_tls_name_matches("*.example", ".example"));
	assert_false(sb_tls_name_matches("*.example", "a.b.example"));
	assert_false(sb_tls_name_matches("*.example", "aexample"));
	assert_false(sb_tls_name_matches("*", "anything"));
	assert_false(sb_tls_name_matches("m*.example", "mc.example"));
	assert_false(sb_tls_name_matches("mc.example", ""));
}

static struct sb_tls *
server_of_many_names(void)
{
	static const char *const names[] = {"server", "wildcard", "wrong-name", "other-server"};
	static const char *const server_names[] = {
		NULL, "*.mc.example", "elsewhere.example", "exact.mc.example"};
	struct sb_tls_certificate shown[4];
	struct sb_tls_options options = {.certificates = shown, .certificate_count = 4};
	struct sb_tls *tls;
	char file[64];

	for (int i = 0; i < 4; i++) {
		shown[i].server_name = server_names[i];
		snprintf(file, sizeof(file), "%s.pem", names[i]);
		shown[i].certificate = path(file);
		snprintf(file, sizeof(file), "%s.key", names[i]);
		shown[i].key = path(file);
	}
	assert_int_equal(sb_tls_server_new(&tls, &options, NULL, 0), 0);
	return tls;
}

static void
test_the_certificate_is_chosen_by_the_name_asked_for(void **state)
{
	static const struct {
		const char *asked, *shown;
	} cases[] = {
		{"elsewhere.example", "wrong-name"},
		{"ELSEWHERE.example", "wrong-name"},
		{"a.mc.example", "wildcard"},
		{"exact.mc.example", "other-server"}, /* though the wildcard stands before it */
		{"a.b.mc.example", "server"},
		{"unknown.example", "server"},
		{NULL, "server"},
	};
	struct sb_tls *server = server_of_many_names();
	struct sb_tls *client = tls_client_of(&certificates, NULL, SB_TLS_VERIFY_NONE, NULL);

	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			const struct sb_tls_identity *shown, *asked;
			struct tls_pair pair;

			tls_pair_open(&pair, server, client, cases[i].asked);
			SSL_set_max_proto_version(tls_stream(&pair.client)->ssl, version);
			assert_int_equal(tls_pair_handshake(&pair), 0);
			shown = pair.client.connection->peer.tls;
			asked = pair.server.connection->peer.tls;
			assert_string_equal(shown->common_name, cases[i].shown);
			if (cases[i].asked)
				assert_string_equal(asked->server_name, cases[i].asked);
			else
				assert_null(asked->server_name);
			tls_pair_close(&pair);
		}
	}
	sb_tls_free(server);
	sb_tls_free(client);
}

/* The first certificate's context begins the handshake; the others ask for the same of clients. */
static void
test_every_name_asks_clients_for_their_certificate(void **state)
{
	struct sb_tls_certificate shown[2] = {
		{.certificate = path("server.pem"), .key = path("server.key")},
		{.server_name = "elsewhere.example",
			.certificate = path("wrong-name.pem"),
			.key = path("wrong-name.key")}};
	struct sb_tls_options options = {.certificates = shown,
		.certificate_count = 2,
		.ca = path("ca.pem"),
		.verify = SB_TLS_VERIFY_REQUIRED};
	static const char *const names[] = {"client", "other-client", NULL};
	static const int outcomes[] = {0, SB_ETLS, SB_ETLS};
	struct sb_tls *server, *client;
	struct tls_pair pair;

	(void)state;
	assert_int_equal(sb_tls_server_new(&server, &options, NULL, 0), 0);
	for (int i = 0; i < 3; i++) {
		client = tls_client_of(&certificates, names[i], SB_TLS_VERIFY_REQUIRED, "ca");
		tls_pair_open(&pair, server, client, "elsewhere.example");
		assert_int_equal(tls_pair_handshake(&pair), outcomes[i]);
		tls_pair_close(&pair);
		sb_tls_free(client);
	}
	sb_tls_free(server);
}

/* ---- what certificates say ---- */

/* The identity of a client that shows `made`; the caller closes the pair. */
static const struct sb_tls_identity *
identity_of(struct tls_pair *pair, struct certificate_options made)
{
	struct sb_tls *server, *client;

	made.name = "made";
	made.issuer = "ca";
	assert_int_equal(certificates_add(&certificates, &made), 0);
	server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_REQUIRED, "ca");
	client = tls_client_of(&certificates, "made", SB_TLS_VERIFY_NONE, NULL);
	tls_pair_open(pair, server, client, "localhost");
	sb_tls_free(server);
	sb_tls_free(client);
	assert_int_equal(tls_pair_handshake(pair), 0);
	assert_int_equal(ERR_peek_error(), 0);
	return pair->server.connection->peer.tls;
}

static void
test_a_name_with_an_octet_0_is_no_name(void **state)
{
	struct tls_pair pair;
	const struct sb_tls_identity *tls = identity_of(&pair,
		(struct certificate_options){.common_name = "good\0evil", .common_name_size = 9});

	(void)state;
	assert_null(tls->common_name);
	assert_string_equal(tls->subject, "CN=good\\00evil,O=Switchboard");
	tls_pair_close(&pair);
}

static void
test_names_beyond_ascii_and_with_commas_are_kept_apart(void **state)
{
	struct tls_pair pair;
	const struct sb_tls_identity *tls = identity_of(
		&pair, (struct certificate_options){.common_name = "Jos\xc3\xa9, CN=root"});

	(void)state;
	assert_string_equal(tls->common_name, "Jos\xc3\xa9, CN=root");
	assert_string_equal(tls->subject, "CN=Jos\xc3\xa9\\, CN=root,O=Switchboard");
	tls_pair_close(&pair);
}

static void
test_alt_names_of_each_kind_are_told_and_odd_ones_left_out(void **state)
{
	struct tls_pair pair;
	const struct sb_tls_identity *tls = identity_of(
		&pair, (struct certificate_options){
			       .alt_names = {"DNS:a.example", "DNS:b.example,DNS:root.example",
				       "DNS:c d", "IP:192.0.2.1", "IP:2001:db8::1",
				       "email:ops@example", "URI:spiffe://a/b"}});

	(void)state;
	assert_string_equal(tls->alt_names,
		"DNS:a.example,IP:192.0.2.1,IP:2001:db8::1,email:ops@example,URI:spiffe://a/b");
	tls_pair_close(&pair);
}

static void
test_names_that_are_too_long_are_left_out_whole(void **state)
{
	char long_name[1500];
	struct tls_pair pair;
	const struct sb_tls_identity *tls;

	(void)state;
	memset(long_name, 'a', sizeof(long_name));
	memcpy(long_name, "DNS:", 4);
	long_name[sizeof(long_name) - 1] = '\0';
	tls = identity_of(&pair,
		(struct certificate_options){.alt_names = {long_name, long_name, "DNS:b.example"}});
	assert_int_equal(strlen(tls->alt_names), strlen(long_name) + strlen(",DNS:b.example"));
	tls_pair_close(&pair);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_that_do_not_serve_are_named),
		cmocka_unit_test(test_options_that_make_no_sense_are_refused),
		cmocka_unit_test(test_a_client_may_trust_the_systems_authorities),
		cmocka_unit_test(test_a_server_of_1_3_refuses_1_2),
		cmocka_unit_test(test_the_cipher_of_1_2_can_be_chosen),
		cmocka_unit_test(test_patterns_fit_names_by_whole_labels),
		cmocka_unit_test(test_the_certificate_is_chosen_by_the_name_asked_for),
		cmocka_unit_test(test_every_name_asks_clients_for_their_certificate),
		cmocka_unit_test(test_a_name_with_an_octet_0_is_no_name),
		cmocka_unit_test(test_names_beyond_ascii_and_with_commas_are_kept_apart),
		cmocka_unit_test(test_alt_names_of_each_kind_are_told_and_odd_ones_left_out),
		cmocka_unit_test(test_names_that_are_too_long_are_left_out_whole),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
