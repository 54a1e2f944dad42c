/* TLS sessions that we begin, and both ends ours in any weather. */
#include "tests/core/tls_session_fixture.h"

#include <openssl/err.h>
#include <string.h>
#include <unistd.h>

#define FAR_PORT 9999

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
		cmocka_unit_test(test_an_outbound_session_knows_its_server),
		cmocka_unit_test(test_an_outbound_session_refuses_a_wrong_server),
		cmocka_unit_test(test_octets_and_ends_survive_any_weather),
		cmocka_unit_test(test_any_failed_allocation_ends_in_order),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
