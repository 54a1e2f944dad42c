/* Both clients over TLS, against a service of ours on real sockets: who is let in, and who is
 * believed. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/node.h"
#include "core/tls.h"
#include "protocols/erps/blocking.h"
#include "protocols/erps/daemon.h"
#include "tests/support/certificates.h"

#include <cmocka.h>

#define DEADLINE 30 /* seconds: a bound of the test, not a wait */

static struct certificates certificates;
static struct sb_tls *server_tls;
static struct sb_log *quiet;
static struct sb_node *node;
static struct erps_daemon *daemon_here;
static pthread_t node_thread;

/* ---- the service: it says whom it takes its peer for ---- */

static void
handle_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	struct erps_term term;

	if (erps_match(request, "{:echo, term}", &term))
		erps_reply(s, from, term);
	else
		erps_reply_with(s, from, "name::text", sb_session_peer(s)->tls->common_name);
}

static const struct erps_service service = {.name = "test", .handle_call = handle_call};

/* `name` of the certificate that is shown, `ca` of the authority that is believed; NULL: none. */
static struct sb_tls *
tls_of(const char *name, const char *ca, bool is_server)
{
	char certificate[CERTIFICATES_PATH], key[CERTIFICATES_PATH], signers[CERTIFICATES_PATH];
	const struct sb_tls_certificate shown = {.certificate = certificate, .key = key};
	const struct sb_tls_options options = {
		.certificates = &shown,
		.certificate_count = name ? 1 : 0,
		.ca = signers,
		.verify = SB_TLS_VERIFY_REQUIRED,
	};
	char reason[256] = "";
	struct sb_tls *tls;

	snprintf(certificate, sizeof(certificate), "%s/%s.pem", certificates.folder,
		name ? name : "");
	snprintf(key, sizeof(key), "%s/%s.key", certificates.folder, name ? name : "");
	snprintf(signers, sizeof(signers), "%s/%s.pem", certificates.folder, ca);
	assert_int_equal((is_server ? sb_tls_server_new : sb_tls_client_new)(
				 &tls, &options, reason, sizeof(reason)),
		0);
	return tls;
}

static void *
run(void *of)
{
	assert_int_equal(sb_node_run(of), 0);
	return NULL;
}

static void
join(pthread_t thread)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE;
	assert_int_equal(pthread_timedjoin_np(thread, NULL, &until), 0);
}

static int
start_service(void **state)
{
	static const struct sb_log_options silent = {.level = SB_LOG_FATAL, .fd = 2};
	struct sb_node_options node_options = {.threads = 2};
	struct erps_daemon_options options = {.port = 0};

	(void)state;
	assert_int_equal(certificates_open(&certificates), 0);
	server_tls = tls_of("server", "ca", true);
	quiet = sb_log_new(&silent);
	node_options.log = quiet;
	options.tls = server_tls;
	assert_int_equal(sb_node_new(&node, &node_options), 0);
	assert_int_equal(erps_daemon_start(&daemon_here, node, &service, NULL, &options), 0);
	return pthread_create(&node_thread, NULL, run, node);
}

static int
stop_service(void **state)
{
	(void)state;
	sb_node_stop(node);
	join(node_thread);
	sb_node_free(node);
	erps_daemon_free(daemon_here);
	sb_tls_free(server_tls);
	sb_log_free(quiet);
	certificates_close(&certificates);
	return 0;
}

/* The probe waits for an answer: in TLS 1.3 a client is connected before the server has looked at
 * its certificate. */
static struct erps_client_options
options_with(struct sb_tls *tls, const char *server_name)
{
	return (struct erps_client_options){
		.host = "127.0.0.1",
		.port = erps_daemon_port(daemon_here),
		.tls = tls,
		.server_name = server_name,
		.probe = ":whoami",
		.restart = SB_TEMPORARY,
	};
}

/* ---- the blocking client ---- */

/* What opening says; a client that is there calls once. */
static int
call_once(const char *certificate, const char *ca, const char *server_name)
{
	struct sb_tls *tls = tls_of(certificate, ca, false);
	const struct erps_blocking_options options = {.client = options_with(tls, server_name)};
	struct erps_answer answer;
	struct erps_blocking *b;
	int err = erps_blocking_open(&b, &options);

	if (!err) {
		assert_int_equal(erps_blocking_call_with(b, 0, &answer, ":whoami"), 0);
		assert_int_equal(answer.outcome, ERPS_REPLIED);
		assert_true(erps_match(answer.term, "\"client\""));
		erps_blocking_close(b);
	}
	sb_tls_free(tls);
	return err;
}

static void
test_both_sides_show_who_they_are(void **state)
{
	(void)state;
	assert_int_equal(call_once("client", "ca", NULL), 0);
	assert_int_equal(call_once("client", "ca", "localhost"), 0);
}

static void
test_a_server_of_another_authority_is_not_believed(void **state)
{
	(void)state;
	assert_int_equal(call_once("client", "other-ca", NULL), SB_ETLS);
}

static void
test_a_server_of_another_name_is_not_believed(void **state)
{
	(void)state;
	assert_int_equal(call_once("client", "ca", "elsewhere.example"), SB_ETLS);
}

static void
test_a_client_of_another_authority_or_of_none_is_not_let_in(void **state)
{
	(void)state;
	assert_int_not_equal(call_once("other-client", "ca", NULL), 0);
	assert_int_not_equal(call_once(NULL, "ca", NULL), 0);
}

static void
test_large_terms_pass_whole(void **state)
{
	struct sb_tls *tls = tls_of("client", "ca", false);
	const struct erps_blocking_options options = {.client = options_with(tls, NULL)};
	const size_t size = 300000;
	uint8_t *octets = malloc(size);
	struct erps_answer answer;
	struct erps_blocking *b;
	struct sb_bytes back;

	(void)state;
	memset(octets, 'x', size);
	assert_int_equal(erps_blocking_open(&b, &options), 0);
	assert_int_equal(erps_blocking_call_with(
				 b, 0, &answer, "{:echo, octets::binary}", sb_bytes(octets, size)),
		0);
	assert_true(erps_match(answer.term, "back::binary", &back));
	assert_true(sb_bytes_equal(back, sb_bytes(octets, size)));
	erps_blocking_close(b);
	free(octets);
	sb_tls_free(tls);
}

/* ---- the asynchronous client: a node of its own, which stops when the session ends ---- */

static struct {
	struct sb_node *node;
	bool is_connected, is_answered;
	enum sb_end why;
} client;

static void
on_connected(struct sb_session *s, const struct sb_peer *peer)
{
	assert_string_equal(peer->tls->common_name, "server");
	client.is_connected = true;
	assert_int_equal(erps_client_call_with(s, NULL, NULL, ":whoami"), 0);
}

static void
on_answered(struct sb_session *s, const struct erps_answer *answer)
{
	client.is_answered =
		answer->outcome == ERPS_REPLIED && erps_match(answer->term, "\"client\"");
	sb_close(s, SB_END_LOCAL);
}

static void
on_closed(struct sb_session *s, enum sb_end why)
{
	(void)s;
	client.why = why;
	sb_node_stop(client.node);
}

static const struct erps_client_application application = {
	.name = "test.client",
	.connected = on_connected,
	.answered = on_answered,
	.closed = on_closed,
};

static void
run_client(const char *certificate, const char *ca, const char *server_name)
{
	const struct sb_node_options node_options = {.threads = 1, .log = quiet};
	struct sb_tls *tls = tls_of(certificate, ca, false);
	const struct erps_client_options options = options_with(tls, server_name);
	struct erps_client *made;
	pthread_t thread;

	memset(&client, 0, sizeof(client));
	assert_int_equal(sb_node_new(&client.node, &node_options), 0);
	assert_int_equal(erps_client_start(client.node, options.host, options.port, &application,
				 NULL, &options, &made),
		0);
	assert_int_equal(pthread_create(&thread, NULL, run, client.node), 0);
	join(thread);
	sb_node_free(client.node);
	erps_client_free(made);
	sb_tls_free(tls);
}

static void
test_the_asynchronous_client_shows_who_it_is(void **state)
{
	(void)state;
	run_client("client", "ca", "localhost");
	assert_true(client.is_connected);
	assert_true(client.is_answered);
	assert_int_equal(client.why, SB_END_LOCAL);
}

static void
test_the_asynchronous_client_believes_no_other_server(void **state)
{
	(void)state;
	run_client("client", "other-ca", NULL);
	assert_false(client.is_connected);
	assert_int_equal(client.why, SB_END_TLS);
	run_client("client", "ca", "elsewhere.example");
	assert_false(client.is_connected);
	assert_int_equal(client.why, SB_END_TLS);
}

static void
test_the_asynchronous_client_is_not_let_in_without_a_certificate(void **state)
{
	(void)state;
	run_client(NULL, "ca", NULL);
	assert_false(client.is_connected);
	run_client("other-client", "ca", NULL);
	assert_false(client.is_connected);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_sides_show_who_they_are),
		cmocka_unit_test(test_a_server_of_another_authority_is_not_believed),
		cmocka_unit_test(test_a_server_of_another_name_is_not_believed),
		cmocka_unit_test(test_a_client_of_another_authority_or_of_none_is_not_let_in),
		cmocka_unit_test(test_large_terms_pass_whole),
		cmocka_unit_test(test_the_asynchronous_client_shows_who_it_is),
		cmocka_unit_test(test_the_asynchronous_client_believes_no_other_server),
		cmocka_unit_test(test_the_asynchronous_client_is_not_let_in_without_a_certificate),
	};

	return cmocka_run_group_tests(tests, start_service, stop_service);
}
