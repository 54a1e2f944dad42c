/* TLS sessions that begin, or do not: peers that say nothing or nonsense, storms, who is let in. */
#include "core/network.h"
#include "tests/core/tls_session_fixture.h"

#include <openssl/err.h>
#include <string.h>

/* ---- handshakes that come to nothing ---- */

static void
test_a_mute_peer_is_cut_at_the_deadline_and_others_are_served(void **state)
{
	enum { MUTE = 50 };
	struct sb_limits limits = {.handshake_ms = 500};
	struct probe mute = {0}, probe = {.on_received = echo};
	struct sim_peer *peers[MUTE];
	struct fixture f;
	struct tls_far far;
	uint16_t port, other;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	port = listen_tls(&f, plain_server, &probe_plain_module, &mute, &limits);
	other = listen_tls(&f, plain_server, &probe_plain_module, &probe, &limits);
	for (int i = 0; i < MUTE; i++)
		peers[i] = sim_connect(f.sim, port);
	tls_far_connect(&far, &f, other, &certificates, NULL, NULL);
	tls_far_run(&far);
	tls_far_write(&far, "served", 6);
	assert_int_equal(far.text_size, 6);
	assert_int_equal(mute.started, MUTE);
	run_ms(&f, 400);
	assert_int_equal(mute.closed, 0);
	run_ms(&f, 200);
	assert_int_equal(mute.closed, MUTE);
	assert_int_equal(mute.end, SB_END_DEADLINE);
	assert_int_equal(mute.connected, 0);
	for (int i = 0; i < MUTE; i++)
		assert_true(sim_is_closed(peers[i]));
	assert_int_equal(probe.closed, 0);
	fixture_fini(&f);
	tls_far_close(&far);
}

static void
test_a_peer_that_trickles_its_handshake_is_cut_all_the_same(void **state)
{
	struct sb_limits limits = {.handshake_ms = 500};
	struct probe probe = {0};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	peer = sim_connect(
		f.sim, listen_tls(&f, plain_server, &probe_plain_module, &probe, &limits));
	sim_send(peer, "\x16\x03\x01\x01\x00\x01", 6);
	for (int i = 0; i < 12; i++) {
		run_ms(&f, 50);
		sim_send(peer, "", 1);
	}
	assert_int_equal(probe.closed, 1);
	assert_int_equal(probe.end, SB_END_DEADLINE);
	fixture_fini(&f);
}

static void
test_garbage_is_answered_by_an_alert_and_ends_the_session(void **state)
{
	struct probe probe = {0};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	peer = sim_connect(f.sim, listen_tls(&f, plain_server, &probe_plain_module, &probe, NULL));
	sim_send(peer, "\x16\x03\x01\xff\xff no TLS at all", 20);
	run_ms(&f, 1);
	assert_int_equal(sim_received(peer).size, 7);
	assert_int_equal(sim_received(peer).data[0], 21); /* an alert */
	assert_true(sim_has_ended(peer));
	assert_false(sim_was_reset(peer)); /* which would have overtaken it */
	sim_finish(peer);
	run_ms(&f, 1);
	assert_int_equal(probe.closed, 1);
	assert_int_equal(probe.end, SB_END_TLS);
	assert_int_equal(probe.connected, 0);
	fixture_fini(&f);
}

static void
test_a_cut_at_any_octet_of_the_handshake_ends_the_session_once(void **state)
{
	uint8_t hello[1024];
	size_t size;
	struct tls_far far;

	(void)state;
	{
		struct fixture f;

		fixture_init(&f, 1, &probe_module, NULL, NULL);
		tls_far_connect(&far, &f, f.port, &certificates, NULL, "localhost");
		SSL_do_handshake(far.ssl);
		size = (size_t)BIO_read(far.out, hello, sizeof(hello));
		tls_far_close(&far);
		fixture_fini(&f);
	}
	assert_in_range(size, 100, sizeof(hello) - 1);
	for (size_t cut = 0; cut <= size; cut += cut < 16 || cut > size - 3 ? 1 : 13) {
		for (int is_reset = 0; is_reset < 2; is_reset++) {
			struct probe probe = {0};
			struct fixture f;
			struct sim_peer *peer;

			fixture_init(&f, 1, &probe_module, NULL, NULL);
			peer = sim_connect(f.sim,
				listen_tls(&f, plain_server, &probe_plain_module, &probe, NULL));
			sim_send(peer, hello, cut);
			run_ms(&f, 1);
			(is_reset ? sim_reset : sim_finish)(peer);
			run_ms(&f, 1);
			assert_int_equal(probe.started, 1);
			assert_int_equal(probe.closed, 1);
			assert_int_equal(probe.connected, 0);
			fixture_fini(&f);
		}
	}
}

static void
test_many_handshakes_at_once_are_spread_over_turns(void **state)
{
	enum { COUNT = 40 };
	static struct tls_far far[COUNT];
	struct probe probe = {0};
	struct fixture f;
	uint16_t port;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	port = listen_tls(&f, plain_server, &probe_module, &probe, NULL);
	for (int i = 0; i < COUNT; i++) {
		char octets[2048];
		int size;

		tls_far_connect(&far[i], &f, port, &certificates, NULL, NULL);
		SSL_do_handshake(far[i].ssl);
		size = BIO_read(far[i].out, octets, sizeof(octets));
		sim_send(far[i].peer, octets, (size_t)size);
	}
	for (int i = 0; i < COUNT; i++)
		tls_far_run(&far[i]);
	assert_int_equal(probe.connected, COUNT);
	fixture_fini(&f);
	for (int i = 0; i < COUNT; i++)
		tls_far_close(&far[i]);
}

static ssize_t
echo_plain(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	(void)sb_write(s, in.data, in.size);
	return (ssize_t)in.size;
}

static void
test_a_storm_of_handshakes_keeps_no_open_connection_waiting(void **state)
{
	enum { COUNT = 40 };
	static struct tls_far far[COUNT];
	struct probe open = {.on_received = echo_plain}, probe = {0};
	struct sim_peer *peer;
	struct fixture f;
	uint16_t port;

	(void)state;
	fixture_init(&f, 1, &probe_module, &open, NULL);
	port = listen_tls(&f, plain_server, &probe_module, &probe, NULL);
	for (int i = 0; i < COUNT; i++)
		tls_far_connect(&far[i], &f, port, &certificates, NULL, NULL);
	run_ms(&f, 1);
	/* The last one that the poller tells of. */
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &open.connected, 1);
	run_ms(&f, 1);
	for (int i = 0; i < COUNT; i++) {
		char octets[2048];
		int size;

		SSL_do_handshake(far[i].ssl);
		size = BIO_read(far[i].out, octets, sizeof(octets));
		sim_send(far[i].peer, octets, (size_t)size);
	}
	sim_send(peer, "x", 1);
	/* A handshake takes longer than input may. */
	sim_slow_looks(f.sim, 1000000);
	sim_take(f.sim, 1000000);
	turn(&f, 0);
	assert_int_equal(open.received_calls, 1);
	for (int i = 0; i < COUNT; i++)
		tls_far_run(&far[i]);
	assert_int_equal(probe.connected, COUNT);
	fixture_fini(&f);
	for (int i = 0; i < COUNT; i++)
		tls_far_close(&far[i]);
}

/* ---- who is let in ---- */

static void
test_a_client_with_its_certificate_is_known_to_the_session(void **state)
{
	struct identity identity;
	struct probe probe = {.on_connected = note_identity, .context = &identity};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, mutual_server, &probe_module, &probe, NULL),
		&certificates, "client", "localhost");
	tls_far_run(&far);
	assert_int_equal(probe.connected, 1);
	assert_true(identity.is_verified);
	assert_string_equal(identity.common_name, "client");
	fixture_fini(&f);
	tls_far_close(&far);
}

/* It has sent octets before it was judged: the alert must reach it before any reset. */
static void
test_a_client_without_its_certificate_is_told_why(void **state)
{
	static const struct {
		const char *certificate;
		int reason;
	} cases[] = {
		{NULL, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED},
		{"other-client", SSL_R_TLSV1_ALERT_UNKNOWN_CA},
		{"expired-client", SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct probe probe = {.on_received = echo};
		struct fixture f;
		struct tls_far far;

		fixture_init(&f, 1, &probe_module, NULL, NULL);
		tls_far_connect(&far, &f,
			listen_tls(&f, mutual_server, &probe_plain_module, &probe, NULL),
			&certificates, cases[i].certificate, NULL);
		far.greeting_size = 50000; /* more than one read takes */
		tls_far_run(&far);
		assert_int_equal(far.error, cases[i].reason);
		assert_false(sim_was_reset(far.peer));
		sim_finish(far.peer);
		run_ms(&f, 1);
		assert_int_equal(probe.connected, 0);
		assert_int_equal(probe.received_calls, 0);
		assert_int_equal(probe.closed, 1);
		assert_int_equal(probe.end, SB_END_TLS);
		fixture_fini(&f);
		tls_far_close(&far);
	}
}

static void
test_the_proxy_header_comes_before_tls(void **state)
{
	static const char header[] = "PROXY TCP4 192.0.2.7 192.0.2.8 1234 2775\r\n";
	struct identity identity;
	struct probe probe = {
		.on_connected = note_identity, .on_received = echo, .context = &identity};
	struct sb_network anybody = {0};
	struct sb_listener_options options = {.name = "tls",
		.address = "127.0.0.1:0",
		.module = &probe_module,
		.args = &probe,
		.tls = mutual_server,
		.proxy = SB_PROXY_ANY,
		.proxy_networks = &anybody,
		.proxy_network_count = 1};
	struct sb_listener *listener;
	struct fixture f;
	struct tls_far far;

	(void)state;
	assert_int_equal(sb_network_parse("0.0.0.0/0", &anybody), 0);
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	assert_int_equal(sb_listen(f.node, &options, &listener), 0);
	run_ms(&f, 1);
	tls_far_connect(&far, &f, sb_listener_port(listener), &certificates, "client", "localhost");
	sim_send(far.peer, header, strlen(header));
	tls_far_run(&far);
	tls_far_write(&far, "hello", 5);
	assert_int_equal(far.text_size, 5);
	assert_string_equal(identity.common_name, "client");
	assert_int_equal(
		ntohl(sb_session_peer(probe.session)->address.v4.sin_addr.s_addr), 0xc0000207);
	fixture_fini(&f);
	tls_far_close(&far);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_mute_peer_is_cut_at_the_deadline_and_others_are_served),
		cmocka_unit_test(test_a_peer_that_trickles_its_handshake_is_cut_all_the_same),
		cmocka_unit_test(test_garbage_is_answered_by_an_alert_and_ends_the_session),
		cmocka_unit_test(test_a_cut_at_any_octet_of_the_handshake_ends_the_session_once),
		cmocka_unit_test(test_many_handshakes_at_once_are_spread_over_turns),
		cmocka_unit_test(test_a_storm_of_handshakes_keeps_no_open_connection_waiting),
		cmocka_unit_test(test_a_client_with_its_certificate_is_known_to_the_session),
		cmocka_unit_test(test_a_client_without_its_certificate_is_told_why),
		cmocka_unit_test(test_the_proxy_header_comes_before_tls),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
