/* TLS sessions on the simulated machine, with OpenSSL alone at the far end. */
#include "core/error.h"
#include "core/network.h"
#include "tests/core/tls_far.h"
#include "tests/core/tls_pair.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FAR_PORT 9999

static struct certificates certificates;
static struct sb_tls *plain_server, *mutual_server, *client;

static int
setup_all(void **state)
{
	(void)state;
	if (certificates_open(&certificates))
		return -1;
	plain_server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_NONE, NULL);
	mutual_server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_REQUIRED, "ca");
	client = tls_client_of(&certificates, "client", SB_TLS_VERIFY_REQUIRED, "ca");
	return 0;
}

static int
teardown_all(void **state)
{
	(void)state;
	sb_tls_free(plain_server);
	sb_tls_free(mutual_server);
	sb_tls_free(client);
	certificates_close(&certificates);
	return 0;
}

/* ---- what probes do ---- */

struct identity {
	bool is_verified;
	char common_name[64], server_name[64], version[16];
};

static void
copy_name(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s", name ? name : "(none)");
}

static int
note_identity(struct sb_session *s, struct probe *p)
{
	const struct sb_tls_identity *tls = sb_session_peer(s)->tls;
	struct identity *identity = p->context;

	assert_non_null(tls);
	identity->is_verified = tls->verified;
	copy_name(identity->common_name, sizeof(identity->common_name), tls->common_name);
	copy_name(identity->server_name, sizeof(identity->server_name), tls->server_name);
	copy_name(identity->version, sizeof(identity->version), tls->version);
	return 0;
}

static ssize_t
echo(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	assert_int_equal(sb_write(s, in.data, in.size), 0);
	return (ssize_t)in.size;
}

/* Lets the probe's session do what `act` says, in a turn of its own. */
static void
let(struct fixture *f, struct probe *probe,
	void (*act)(struct sb_session *s, struct probe *p, struct sb_message *m))
{
	probe->on_message = act;
	assert_int_equal(sb_node_post(f->node, probe->self, 1, 0, (struct sb_payload){0}), 0);
	run_ms(f, 1);
}

static void
resume(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sb_resume(s);
}

static void
say_late(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	assert_int_equal(sb_write(s, "late", 4), 0);
}

static void
say_goodbye(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	say_late(s, p, m);
	sb_close(s, SB_END_PEER);
}

static uint16_t
listen_tls(struct fixture *f, struct sb_tls *tls, const struct sb_module *module,
	struct probe *probe, const struct sb_limits *limits)
{
	struct sb_listener_options options = {.name = "tls",
		.address = "127.0.0.1:0",
		.module = module,
		.args = probe,
		.limits = limits,
		.tls = tls};
	struct sb_listener *listener;

	assert_int_equal(sb_listen(f->node, &options, &listener), 0);
	run_ms(f, 1);
	return sb_listener_port(listener);
}

/* ---- octets ---- */

static void
test_octets_come_back_however_they_are_split(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 7, 100};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct identity identity;
		struct probe probe = {
			.on_received = echo, .on_connected = note_identity, .context = &identity};
		struct fixture f;
		struct tls_far far;

		fixture_init(&f, 1, &probe_module, NULL, NULL);
		tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
			&certificates, NULL, "localhost");
		far.send_max = sizes[i];
		tls_far_run(&far);
		assert_true(tls_far_is_open(&far));
		assert_int_equal(probe.connected, 1);
		assert_false(identity.is_verified);
		assert_string_equal(identity.common_name, "(none)");
		assert_string_equal(identity.server_name, "localhost");
		assert_string_equal(identity.version, "TLSv1.3");
		tls_far_write(&far, "hello", 5);
		assert_int_equal(far.text_size, 5);
		assert_memory_equal(far.text, "hello", 5);
		fixture_fini(&f);
		tls_far_close(&far);
	}
}

static void
test_a_large_transfer_passes_both_ways(void **state)
{
	static char sent[60000];
	struct probe probe = {.on_received = echo};
	struct fixture f;
	struct tls_far far;

	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 131 >> 4);
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	tls_far_write(&far, sent, sizeof(sent));
	assert_int_equal(far.text_size, sizeof(sent));
	assert_memory_equal(far.text, sent, sizeof(sent));
	fixture_fini(&f);
	tls_far_close(&far);
}

static ssize_t
hold_at_first(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	if (p->received_calls > 1)
		return (ssize_t)in.size;
	sb_hold(s, "test");
	return 1;
}

/* Octets that OpenSSL has decrypted are no news to the poller: they must come by themselves. */
static void
test_what_was_decrypted_comes_after_a_hold(void **state)
{
	struct probe probe = {.on_received = hold_at_first};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	SSL_write(far.ssl, "abc", 3);
	SSL_write(far.ssl, "def", 3);
	SSL_write(far.ssl, "ghi", 3);
	tls_far_run(&far);
	assert_int_equal(probe.received_calls, 1);
	let(&f, &probe, resume);
	assert_int_equal(probe.text_size, 9);
	assert_memory_equal(probe.text, "abcdefghi", 9);
	fixture_fini(&f);
	tls_far_close(&far);
}

/* ---- ends ---- */

static ssize_t
close_after_answer(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	static char large[50000];

	(void)p;
	memset(large, 'x', sizeof(large));
	sb_write(s, large, sizeof(large));
	sb_close(s, SB_END_LOCAL);
	return (ssize_t)in.size;
}

static void
test_a_close_flushes_and_says_goodbye(void **state)
{
	struct probe probe = {.on_received = close_after_answer};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	sim_stall(far.peer, true);
	SSL_write(far.ssl, "bye", 3);
	tls_far_run(&far);
	assert_false(far.has_ended);
	sim_stall(far.peer, false);
	tls_far_run(&far);
	assert_int_equal(far.text_size, 50000);
	assert_true(far.has_ended);
	assert_true(sim_has_ended(far.peer));
	assert_false(sim_was_reset(far.peer));
	assert_int_equal(probe.closed, 0); /* it waits for our end */
	tls_far_finish(&far);
	assert_int_equal(probe.closed, 1);
	assert_int_equal(probe.end, SB_END_LOCAL);
	fixture_fini(&f);
	tls_far_close(&far);
}

/* Four records that fill the socket to the octet: there is no room for close_notify. */
static ssize_t
fill_and_close(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	static char large[3 * 16384 + 16296];

	(void)p;
	sb_write(s, large, sizeof(large));
	sb_close(s, SB_END_LOCAL);
	return (ssize_t)in.size;
}

static void
test_a_goodbye_that_does_not_fit_is_said_as_soon_as_it_does(void **state)
{
	struct probe probe = {.on_received = fill_and_close};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	sim_stall(far.peer, true);
	SSL_write(far.ssl, "bye", 3);
	tls_far_run(&far);
	sim_stall(far.peer, false);
	tls_far_run(&far);
	assert_int_equal(far.text_size, 65448);
	assert_true(far.has_ended);
	assert_true(sim_has_ended(far.peer));
	tls_far_finish(&far);
	assert_int_equal(probe.closed, 1);
	fixture_fini(&f);
	tls_far_close(&far);
}

static void
test_answers_follow_the_peers_end(void **state)
{
	struct probe probe = {0};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	tls_far_finish(&far);
	assert_int_equal(probe.input_ended, 1);
	let(&f, &probe, say_goodbye);
	tls_far_run(&far);
	assert_int_equal(far.text_size, 4);
	assert_true(far.has_ended);
	assert_int_equal(probe.closed, 1);
	fixture_fini(&f);
	tls_far_close(&far);
}

static void
test_an_end_without_close_notify_is_an_end_too(void **state)
{
	struct probe probe = {0};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	sim_finish(far.peer);
	tls_far_run(&far);
	assert_int_equal(probe.input_ended, 1);
	let(&f, &probe, say_late);
	tls_far_run(&far);
	assert_int_equal(far.text_size, 4);
	fixture_fini(&f);
	tls_far_close(&far);
}

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

/* ---- hand-over ---- */

static struct sb_address heir;

static ssize_t
answer_and_hand_over(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	(void)in;
	assert_int_equal(sb_write(s, "from the giver, ", 16), 0);
	assert_int_equal(sb_hand_over(s, heir, 1), 0);
	return 6; /* "giver:" */
}

static void
test_a_connection_moves_to_another_shard_with_all_it_has(void **state)
{
	struct identity identity = {0};
	struct probe giver = {.on_received = answer_and_hand_over};
	struct probe taker = {
		.on_received = echo, .on_connected = note_identity, .context = &identity};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &taker, 1);
	heir = taker.self;
	tls_far_connect(&far, &f, listen_tls(&f, mutual_server, &probe_plain_module, &giver, NULL),
		&certificates, "client", "localhost");
	tls_far_run(&far);
	assert_int_equal(giver.connected, 1);
	SSL_write(far.ssl, "giver:for the taker, ", 21);
	SSL_write(far.ssl, "in two records", 14);
	tls_far_run(&far);
	assert_int_equal(taker.connected, 1);
	assert_int_equal(giver.closed, 1);
	assert_int_equal(giver.end, SB_END_HANDED);
	assert_true(identity.is_verified);
	assert_string_equal(identity.common_name, "client");
	tls_far_write(&far, " and one more", 13);
	far.text[far.text_size] = '\0';
	assert_string_equal(far.text, "from the giver, for the taker, in two records and one more");
	let(&f, &taker, say_goodbye);
	tls_far_run(&far);
	assert_true(far.has_ended);
	fixture_fini(&f);
	tls_far_close(&far);
}

static void
test_a_connection_that_nobody_takes_is_ended_in_order(void **state)
{
	struct probe giver = {.on_received = answer_and_hand_over}, taker = {0};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &taker, 1);
	heir = taker.self;
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &giver, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	SSL_write(far.ssl, "giver:", 6);
	tls_far_run(&far);
	assert_int_equal(taker.connected, 1);
	/* The heir has a connection now, and takes no second one. */
	{
		struct probe second = {.on_received = answer_and_hand_over};
		struct tls_far late;

		tls_far_connect(&late, &f,
			listen_tls(&f, plain_server, &probe_module, &second, NULL), &certificates,
			NULL, NULL);
		tls_far_run(&late);
		tls_far_write(&late, "giver:", 6);
		assert_int_equal(second.messages, 1);
		assert_int_equal(second.last_type, SB_MSG_HAND_OVER);
		assert_int_equal(second.last_status, SB_EEXIST);
		assert_true(late.has_ended);
		tls_far_close(&late);
		fixture_fini(&f);
	}
	tls_far_close(&far);
}

/* ---- outbound ---- */

static struct sb_connector_options far_options;

static int
connect_far(struct sb_session *s, struct probe *p)
{
	(void)p;
	return sb_connect(s, &far_options);
}

/* A session of ours connects to a server that shows `certificate`. */
static void
connect_out(struct fixture *f, struct tls_far *far, struct probe *probe, const char *certificate,
	const char *server_name)
{
	far_options = (struct sb_connector_options){
		.host = "127.0.0.1", .port = FAR_PORT, .tls = client, .server_name = server_name};
	probe->on_start = connect_far;
	fixture_init(f, 1, &probe_module, NULL, NULL);
	sim_listen(f->sim, FAR_PORT);
	start_probe(f, probe, 0);
	run_ms(f, 100);
	tls_far_accept(far, f, sim_accept(f->sim, FAR_PORT), &certificates, certificate);
	tls_far_run(far);
}

static void
test_an_outbound_session_knows_its_server(void **state)
{
	struct identity identity;
	struct probe probe = {
		.on_connected = note_identity, .on_received = echo, .context = &identity};
	struct fixture f;
	struct tls_far far;

	(void)state;
	connect_out(&f, &far, &probe, "server", NULL);
	assert_int_equal(probe.connected, 1);
	assert_true(identity.is_verified);
	assert_string_equal(identity.common_name, "server");
	assert_string_equal(identity.server_name, "(none)"); /* it is an address */
	tls_far_write(&far, "hello", 5);
	assert_int_equal(far.text_size, 5);
	fixture_fini(&f);
	tls_far_close(&far);
	probe = (struct probe){.on_connected = note_identity, .context = &identity};
	connect_out(&f, &far, &probe, "server", "localhost");
	assert_int_equal(probe.connected, 1);
	assert_string_equal(identity.server_name, "localhost");
	assert_string_equal(SSL_get_servername(far.ssl, TLSEXT_NAMETYPE_host_name), "localhost");
	fixture_fini(&f);
	tls_far_close(&far);
}

static void
test_an_outbound_session_refuses_a_wrong_server(void **state)
{
	static const struct {
		const char *certificate, *server_name;
		int alert;
	} cases[] = {
		{"expired", "localhost", SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED},
		{"wrong-name", "localhost", SSL_R_SSLV3_ALERT_BAD_CERTIFICATE},
		{"wrong-name", NULL, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE},
		{"other-server", "localhost", SSL_R_TLSV1_ALERT_UNKNOWN_CA},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct probe probe = {0};
		struct fixture f;
		struct tls_far far;

		connect_out(&f, &far, &probe, cases[i].certificate, cases[i].server_name);
		assert_int_equal(probe.connected, 0);
		assert_int_equal(far.error, cases[i].alert);
		sim_finish(far.peer);
		run_ms(&f, 1);
		assert_int_equal(probe.disconnected, 1);
		assert_int_equal(probe.disconnect_reason, SB_END_TLS);
		fixture_fini(&f);
		tls_far_close(&far);
	}
}

/* ---- both ends ours, in weather ---- */

static int
connect_home(struct sb_session *s, struct probe *p)
{
	far_options.port = *(uint16_t *)p->context;
	return sb_connect(s, &far_options);
}

static int
speak(struct sb_session *s, struct probe *p)
{
	static char large[20000];

	(void)p;
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (char)('a' + i % 23);
	return sb_write(s, large, sizeof(large));
}

static ssize_t
close_when_all_is_back(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	for (size_t i = 0; i < in.size; i++)
		assert_int_equal(in.data[i], 'a' + (p->text_size + i) % 23);
	if (p->text_size + in.size == 20000)
		sb_close(s, SB_END_LOCAL);
	return (ssize_t)in.size;
}

static void
run_weather(uint64_t seed)
{
	struct sim_options sim_options = {.seed = seed, .socket_buffer = 3000};
	struct sb_log_options log_options = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct sb_node_options options = {.threads = 2};
	struct probe near = {.on_received = echo};
	struct probe far = {.on_start = connect_home,
		.on_connected = speak,
		.on_received = close_when_all_is_back};
	struct fixture f = {0};
	uint16_t port;

	f.sim = sim_new(&sim_options);
	if (seed % 3 == 0)
		sim_slow_looks(f.sim, 50000);
	f.log = sb_log_new(&log_options);
	options.env = sim_env(f.sim);
	options.log = f.log;
	assert_int_equal(sb_node_new(&f.node, &options), 0);
	sim_attach(f.sim, f.node);
	far_options = (struct sb_connector_options){
		.host = "127.0.0.1", .tls = client, .server_name = "localhost"};
	port = listen_tls(&f, mutual_server, &probe_plain_module, &near, NULL);
	far.context = &port;
	start_probe(&f, &far, 1);
	wait_count(&f, &far.closed, 1);
	wait_count(&f, &near.closed, 1);
	assert_int_equal(far.end, SB_END_LOCAL);
	assert_int_equal(near.end, SB_END_PEER);
	assert_int_equal(far.text_size, 20000);
	fixture_fini(&f);
}

static void
test_octets_and_ends_survive_any_weather(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++)
		run_weather(seed);
}

/* Whatever allocation fails, what has begun ends, and nothing is left. */
static void
test_any_failed_allocation_ends_in_order(void **state)
{
	(void)state;
	for (uint64_t nth = 1; nth <= 12; nth++) {
		struct probe probe = {.on_received = echo};
		struct fixture f;
		struct tls_far far;
		uint16_t port;

		fixture_init(&f, 1, &probe_module, NULL, NULL);
		port = listen_tls(&f, plain_server, &probe_plain_module, &probe, NULL);
		sim_fail_allocation(f.sim, nth);
		tls_far_connect(&far, &f, port, &certificates, NULL, NULL);
		tls_far_run(&far);
		sim_finish(far.peer);
		run_ms(&f, 3000);
		sim_fail_allocation(f.sim, 0);
		fixture_fini(&f);
		assert_int_equal(probe.closed, probe.started);
		tls_far_close(&far);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octets_come_back_however_they_are_split),
		cmocka_unit_test(test_a_large_transfer_passes_both_ways),
		cmocka_unit_test(test_what_was_decrypted_comes_after_a_hold),
		cmocka_unit_test(test_a_close_flushes_and_says_goodbye),
		cmocka_unit_test(test_a_goodbye_that_does_not_fit_is_said_as_soon_as_it_does),
		cmocka_unit_test(test_answers_follow_the_peers_end),
		cmocka_unit_test(test_an_end_without_close_notify_is_an_end_too),
		cmocka_unit_test(test_a_mute_peer_is_cut_at_the_deadline_and_others_are_served),
		cmocka_unit_test(test_a_peer_that_trickles_its_handshake_is_cut_all_the_same),
		cmocka_unit_test(test_garbage_is_answered_by_an_alert_and_ends_the_session),
		cmocka_unit_test(test_a_cut_at_any_octet_of_the_handshake_ends_the_session_once),
		cmocka_unit_test(test_many_handshakes_at_once_are_spread_over_turns),
		cmocka_unit_test(test_a_storm_of_handshakes_keeps_no_open_connection_waiting),
		cmocka_unit_test(test_a_client_with_its_certificate_is_known_to_the_session),
		cmocka_unit_test(test_a_client_without_its_certificate_is_told_why),
		cmocka_unit_test(test_the_proxy_header_comes_before_tls),
		cmocka_unit_test(test_a_connection_moves_to_another_shard_with_all_it_has),
		cmocka_unit_test(test_a_connection_that_nobody_takes_is_ended_in_order),
		cmocka_unit_test(test_an_outbound_session_knows_its_server),
		cmocka_unit_test(test_an_outbound_session_refuses_a_wrong_server),
		cmocka_unit_test(test_octets_and_ends_survive_any_weather),
		cmocka_unit_test(test_any_failed_allocation_ends_in_order),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
