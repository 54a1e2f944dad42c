/* The sections of every daemon: what they become, and what they refuse. */
#include "core/config_core.h"

#include "config_fixture.h"
#include "tests/support/certificates.h"

static cfg_opt_t core_options[] = {
	SB_CONFIG_NODE,
	SB_CONFIG_LOG,
	SB_CONFIG_LISTENER,
	CFG_END(),
};

static int
set_up_core(void **state)
{
	int failed = set_up(state);
	struct fixture *f = *state;

	f->options = core_options;
	f->rules[0] = sb_config_core_rules;
	return failed;
}

static struct sb_listener_options
listener_of(struct fixture *f, const char *title)
{
	struct sb_listener_options out;

	assert_int_equal(sb_config_listener(f->config, listener(f, title), &out), 0);
	return out;
}

static void
test_an_empty_file_gives_the_defaults_of_the_core(void **state)
{
	struct fixture *f = *state;
	struct sb_node_options n;
	struct sb_log_options l;

	assert_loads(f, "");
	n = sb_config_node(f->config);
	assert_int_equal(n.id, 0);
	assert_int_equal(n.threads, 0);
	assert_true(n.signals);
	assert_int_equal(n.stop_ms, 30000);
	assert_int_equal(n.message_budget, 4096);
	assert_int_equal(n.receive_buffer, 256 << 10);
	l = sb_config_log(f->config);
	assert_int_equal(l.level, SB_LOG_INFO);
	assert_int_equal(l.format, SB_LOG_LOGFMT);
	assert_int_equal(l.fd, STDERR_FILENO);
	assert_int_equal(l.buffer_bytes, 256 << 10);
	assert_int_equal(l.limit_burst, 10);
	assert_int_equal(l.limit_interval_ns, 1000000000);
}

static void
test_node_and_log_are_read(void **state)
{
	struct fixture *f = *state;
	struct sb_node_options n;
	struct sb_log_options l;

	assert_loads(f, "node { id = 7 threads = 3 stop_timeout = 1m message_budget = 10\n"
			"receive_buffer = 64KiB }\n"
			"log { level = warning format = json buffer = 1MiB limit_burst = 5\n"
			"limit_interval = 250ms }");
	n = sb_config_node(f->config);
	assert_int_equal(n.id, 7);
	assert_int_equal(n.threads, 3);
	assert_int_equal(n.stop_ms, 60000);
	assert_int_equal(n.message_budget, 10);
	assert_int_equal(n.receive_buffer, 65536);
	l = sb_config_log(f->config);
	assert_int_equal(l.level, SB_LOG_WARNING);
	assert_int_equal(l.format, SB_LOG_JSON);
	assert_int_equal(l.buffer_bytes, 1 << 20);
	assert_int_equal(l.limit_burst, 5);
	assert_int_equal(l.limit_interval_ns, 250000000);
}

static void
test_a_log_that_systemd_has_connected_to_its_journal_is_in_its_format(void **state)
{
	struct fixture *f = *state;
	char stream[64];
	struct stat about;

	assert_loads(f, "");
	assert_int_equal(fstat(STDERR_FILENO, &about), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)about.st_dev,
		(unsigned long long)about.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	assert_int_equal(sb_config_log(f->config).format, SB_LOG_JOURNAL);
	setenv("JOURNAL_STREAM", "1:1", 1);
	assert_int_equal(sb_config_log(f->config).format, SB_LOG_LOGFMT);
	unsetenv("JOURNAL_STREAM");
}

static void
test_a_listener_becomes_options_that_need_no_tree(void **state)
{
	struct fixture *f = *state;
	struct sb_listener_options l;
	char text[SB_NETWORK_TEXT_MAX];

	assert_loads(f, "listener \"smpp\" { address = \"127.0.0.1:2775\" backlog = 5\n"
			"proxy_protocol = v2 proxy_from = { 10.0.0.0/8, \"::1\" } }");
	l = listener_of(f, "smpp");
	sb_config_free(f->config);
	f->config = NULL;
	assert_string_equal(l.name, "smpp");
	assert_string_equal(l.address, "127.0.0.1:2775");
	assert_int_equal(l.backlog, 5);
	assert_int_equal(l.proxy, SB_PROXY_V2);
	assert_int_equal(l.proxy_network_count, 2);
	sb_network_format(&l.proxy_networks[1], text, sizeof(text));
	assert_string_equal(text, "::1/128");
	assert_null(l.tls);
	sb_config_listener_fini(&l);
	sb_config_listener_fini(&l);
}

static void
test_limits_that_are_not_set_are_the_cores(void **state)
{
	static const struct sb_limits none;
	struct fixture *f = *state;
	struct sb_listener_options l;

	assert_loads(f, "listener a { address = 127.0.0.1:0 }");
	l = listener_of(f, "a");
	assert_memory_equal(l.limits, &none, sizeof(none));
	assert_int_equal(l.proxy, SB_PROXY_OFF);
	assert_int_equal(l.backlog, 1024);
	sb_config_listener_fini(&l);
}

static void
test_every_limit_is_read(void **state)
{
	static const struct sb_limits expected = {
		.max_connections = 1,
		.max_connections_per_source = 2,
		.accept_rate = 3,
		.handshake_ms = 4,
		.first_octet_ms = 5,
		.frame_ms = 6,
		.idle_ms = 7,
		.linger_ms = 8,
		.stop_ms = 9,
		.max_frame = 10,
		.output_low = 11,
		.output_high = 12,
		.output_hard = 13,
		.linger_bytes = 14,
		.read_budget = 15,
		.frame_budget = 16,
		.mailbox_messages = 17,
		.mailbox_bytes = 18,
		.max_calls = 19,
	};
	struct fixture *f = *state;
	struct sb_listener_options l;

	assert_loads(f, "listener a { address = 127.0.0.1:0 max_connections = 1\n"
			"max_connections_per_source = 2 accept_rate = 3 handshake_timeout = 4ms\n"
			"first_octet_timeout = 5ms frame_timeout = 6ms idle_timeout = 7ms\n"
			"linger_timeout = 8ms stop_timeout = 9ms input_limit = 10\n"
			"output_low = 11 output_high = 12 output_hard = 13 linger_limit = 14\n"
			"read_budget = 15 frame_budget = 16 mailbox = 17 mailbox_size = 18\n"
			"max_calls = 19 }");
	l = listener_of(f, "a");
	assert_memory_equal(l.limits, &expected, sizeof(expected));
	sb_config_listener_fini(&l);
}

static void
test_limits_may_be_switched_off_where_that_makes_sense(void **state)
{
	struct fixture *f = *state;
	struct sb_listener_options l;

	assert_loads(f, "listener a { address = 127.0.0.1:0 max_connections = unlimited\n"
			"idle_timeout = unlimited }");
	l = listener_of(f, "a");
	assert_int_equal(l.limits->max_connections, SB_UNLIMITED);
	assert_int_equal(l.limits->idle_ms, SB_UNLIMITED);
	sb_config_listener_fini(&l);
	assert_refused(f, "listener a { address = 127.0.0.1:0\n handshake_timeout = unlimited }",
		"t.conf:2: handshake_timeout \"unlimited\": cannot be unlimited\n");
	assert_refused(f, "listener a { address = 127.0.0.1:0\n mailbox = 0 }",
		"t.conf:2: mailbox \"0\": must be 1 to 1000000\n");
}

static void
test_output_marks_are_in_order(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "listener a { address = 127.0.0.1:0\n output_high = 1KiB }",
		"t.conf:2: output_low (65536 octets) is over output_high (1024)\n");
	assert_refused(f, "listener a { address = 127.0.0.1:0\n output_low = 1MiB }",
		"t.conf:2: output_low (1048576 octets) is over output_high (262144)\n");
	assert_refused(f, "listener a { address = 127.0.0.1:0\n output_high = 8MiB }",
		"t.conf:2: output_high (8388608 octets) is over output_hard (4194304)\n");
	assert_refused(f, "listener a { address = 127.0.0.1:0\n output_hard = 128KiB }",
		"t.conf:2: output_high (262144 octets) is over output_hard (131072)\n");
}

static void
test_listeners_that_cannot_be_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "\nlistener a { }", "t.conf:2: address must be set\n");
	assert_refused(f, "listener a {\n address = localhost:1 }",
		"t.conf:2: address \"localhost:1\": must be IP:PORT or [IPv6]:PORT\n");
	assert_refused(f, "listener '' { address = 127.0.0.1:0 }",
		"t.conf:1: the name of a listener must have 1 to 64 octets\n");
	assert_refused(f, "listener a { address = 127.0.0.1:0\n proxy_protocol = any }",
		"t.conf:2: proxy_protocol needs proxy_from, the networks that may send it\n");
	assert_refused(f, "listener a { address = 127.0.0.1:0\n proxy_from = { ::1 } }",
		"t.conf:2: proxy_from needs proxy_protocol\n");
	assert_refused(f,
		"listener a { address = 127.0.0.1:0 proxy_protocol = on\n"
		"proxy_from = { ::1 } }",
		"t.conf:1: proxy_protocol \"on\": must be off, v1, v2 or any\n");
}

static void
test_two_listeners_of_one_address_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_refused(f,
		"listener a { address = 127.0.0.1:9 }\nlistener b {\n"
		" address = 127.0.0.1:9\n}",
		"t.conf:3: address \"127.0.0.1:9\": listener a has it already\n");
	assert_refused(f,
		"listener a { address = \"[::1]:9\" }\n"
		"listener b { address = \"[0:0::1]:9\" }",
		"t.conf:2: address \"[0:0::1]:9\": listener a has it already\n");
	assert_loads(f,
		"listener a { address = 127.0.0.1:0 }\nlistener b { address = 127.0.0.1:0 }\n"
		"listener c { address = 127.0.0.1:9 }\nlistener d { address = 127.0.0.2:9 }");
}

static void
test_tls_that_lacks_something_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "listener a { address = 127.0.0.1:0\n tls { } }",
		"t.conf:2: tls needs a certificate\n");
	assert_refused(f, "listener a { address = 127.0.0.1:0\n tls {\n key = t.conf } }",
		"t.conf:3: key needs a certificate\n"
		"t.conf:2: tls needs a certificate\n");
	assert_refused(f,
		"listener a { address = 127.0.0.1:0\n tls { certificate = t.conf\n"
		" verify = required } }",
		"t.conf:3: verify needs ca, who signs the peers\n");
	assert_refused(f,
		"listener a { address = 127.0.0.1:0\n tls { certificate = no.pem\n"
		" min_version = 1.1 name x {\n } } }",
		"t.conf:2: certificate \"no.pem\": No such file or directory\n"
		"t.conf:3: min_version \"1.1\": must be 1.2 or 1.3\n"
		"t.conf:3: certificate must be set\n");
}

/* Every key of a table, and of the tables in it, stands in the text in backticks. */
static void
assert_documented(const char *text, const cfg_opt_t *table)
{
	char quoted[64];

	for (const cfg_opt_t *o = table; o->name; o++) {
		snprintf(quoted, sizeof(quoted), "| `%s` |", o->name);
		if (o->type != CFGT_SEC && !strstr(text, quoted))
			fail_msg("docs/configuration.md does not tell of %s", o->name);
		if (o->type == CFGT_SEC)
			assert_documented(text, o->subopts);
	}
}

static void
test_every_key_is_documented(void **state)
{
	const char *source = getenv("SB_SOURCE_DIR");
	static char text[32768];
	char path[512];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/docs/configuration.md", source ? source : "../..");
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_documented(text, core_options);
}

static void
put_certificates(struct fixture *f)
{
	struct certificates c;

	assert_int_equal(certificates_open_in(&c, f->folder), 0);
}

static void
test_tls_is_made_of_files_beside_the_configuration(void **state)
{
	struct fixture *f = *state;
	struct sb_listener_options l;

	put_certificates(f);
	assert_loads(f,
		"listener a { address = 127.0.0.1:0 tls { certificate = server.pem\n"
		"key = server.key ca = ca.pem verify = required min_version = 1.3\n"
		"name \"*.mc.example\" { certificate = wildcard.pem key = wildcard.key } } }");
	l = listener_of(f, "a");
	assert_non_null(l.tls);
	sb_config_listener_fini(&l);
}

static void
test_what_openssl_does_not_like_is_reported_at_the_tls_section(void **state)
{
	struct fixture *f = *state;
	struct sb_listener_options l;

	put_certificates(f);
	assert_loads(f, "listener a { address = 127.0.0.1:0\n tls {\n certificate = server.pem\n"
			"key = client.key } }");
	assert_int_equal(sb_config_listener(f->config, listener(f, "a"), &l), SB_ECONFIG);
	assert_memory_equal(f->reports, "t.conf:2: tls: ", 15);
	assert_int_equal(sb_config_error_count(f->config), 1);
	assert_null(l.name);
}

static void
test_a_client_speaks_tls_when_it_has_the_section(void **state)
{
	struct fixture *f = *state;
	struct sb_tls *tls;

	put_certificates(f);
	assert_loads(f, "listener a { address = 127.0.0.1:0 }");
	assert_int_equal(sb_config_tls_client(f->config, listener(f, "a"), &tls), 0);
	assert_null(tls);
	f->rules[0] = NULL;
	assert_loads(f, "listener a { tls { ca = ca.pem } } listener b { tls { } }");
	assert_int_equal(sb_config_tls_client(f->config, listener(f, "a"), &tls), 0);
	assert_non_null(tls);
	sb_tls_free(tls);
	assert_int_equal(sb_config_tls_client(f->config, listener(f, "b"), &tls), 0);
	assert_non_null(tls);
	sb_tls_free(tls);
}

#define core_test(name) cmocka_unit_test_setup_teardown(name, set_up_core, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		core_test(test_an_empty_file_gives_the_defaults_of_the_core),
		core_test(test_node_and_log_are_read),
		core_test(test_a_log_that_systemd_has_connected_to_its_journal_is_in_its_format),
		core_test(test_a_listener_becomes_options_that_need_no_tree),
		core_test(test_limits_that_are_not_set_are_the_cores),
		core_test(test_every_limit_is_read),
		core_test(test_limits_may_be_switched_off_where_that_makes_sense),
		core_test(test_output_marks_are_in_order),
		core_test(test_listeners_that_cannot_be_are_refused),
		core_test(test_two_listeners_of_one_address_are_refused),
		core_test(test_tls_that_lacks_something_is_refused),
		core_test(test_every_key_is_documented),
		core_test(test_tls_is_made_of_files_beside_the_configuration),
		core_test(test_what_openssl_does_not_like_is_reported_at_the_tls_section),
		core_test(test_a_client_speaks_tls_when_it_has_the_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
