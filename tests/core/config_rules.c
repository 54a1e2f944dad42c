/* What rules refuse, with the line of the value; --set over the file; secrets. */
#include "config_fixture.h"

static const char *const modes[] = {"off", "v1", "v2", NULL};

static void
check_listener(const struct sb_config *config, cfg_t *section)
{
	if (cfg_getstr(section, "password") && !cfg_getstr(section, "address"))
		sb_config_error(config, section, "password", "a password needs an address");
}

static const struct sb_config_rule rules[] = {
	SB_RULE_TEXT("name", 1, 8),
	SB_RULE_INTEGER("node.threads", 0, 64),
	SB_RULE_DURATION("node.stop", 100, 3600000),
	SB_RULE_SIZE("node.buffer", 4096, 1 << 20),
	SB_RULE_COUNT_OR_UNLIMITED("node.sessions", 1, 1000),
	SB_RULE_ADDRESS("listener.address"),
	SB_RULE_PORT("listener.port"),
	SB_RULE_INTEGER("listener.codes", 1, 9),
	SB_RULE_NETWORK("listener.networks"),
	SB_RULE_WORD("listener.mode", modes),
	SB_RULE_FILE("listener.tls.certificate"),
	SB_RULE_SECTION("listener", check_listener),
	SB_RULE_END,
};

static int
set_up_with_rules(void **state)
{
	int failed = set_up(state);
	struct fixture *f = *state;

	f->rules[0] = rules;
	return failed;
}

static void
set(struct fixture *f, const char *override)
{
	f->overrides[f->override_count++] = override;
}

/* Only this --set, and exactly what is said of it. */
static void
assert_set_refused(struct fixture *f, const char *override, const char *reports)
{
	f->override_count = 0;
	set(f, override);
	assert_refused(f, "listener a.b { port = 1 }", reports);
}

static void
test_defaults_and_good_values_pass(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "");
	assert_loads(f, "name = 12345678 node { threads = 64 stop = 100ms buffer = 1MiB\n"
			"sessions = 1 }\nlistener a { address = \"[::]:0\" port = 65535\n"
			"networks = { 10.0.0.0/8, \"::1\" } mode = v2 codes = { 1, 9 }\n"
			"tls { certificate = t.conf } }");
}

static void
test_numbers_out_of_range(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "node {\n threads = 65\n}", "t.conf:2: threads 65: must be 0 to 64\n");
	assert_refused(f, "node { threads = -1 }", "t.conf:1: threads -1: must be 0 to 64\n");
	assert_refused(
		f, "listener a {\n port = 65536 }", "t.conf:2: port 65536: must be 0 to 65535\n");
	assert_refused(f, "listener a { codes = { 1,\n 10, 9,\n 0 } }",
		"t.conf:2: codes 10: must be 1 to 9\n"
		"t.conf:3: codes 0: must be 1 to 9\n");
}

static void
test_amounts_out_of_range(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "node {\n stop = 99ms }",
		"t.conf:2: stop \"99ms\": must be 100 to 3600000 ms\n");
	assert_refused(
		f, "node { stop = 2h }", "t.conf:1: stop \"2h\": must be 100 to 3600000 ms\n");
	assert_refused(f, "node { stop = unlimited }",
		"t.conf:1: stop \"unlimited\": cannot be unlimited\n");
	assert_refused(f, "node { stop = 30 }",
		"t.conf:1: stop \"30\": must be a duration like 500ms, 30s, 5m, 2h or 7d\n");
	assert_refused(f, "node { buffer = 2MiB }",
		"t.conf:1: buffer \"2MiB\": must be 4096 to 1048576 octets\n");
	assert_refused(f, "node { buffer = lots }",
		"t.conf:1: buffer \"lots\": must be a size like 4096, 64KiB, 2MiB or 1GiB\n");
	assert_refused(f, "node { sessions = 0 }",
		"t.conf:1: sessions \"0\": must be 1 to 1000, or unlimited\n");
	assert_refused(f, "node { sessions = many }",
		"t.conf:1: sessions \"many\": must be a whole number\n");
}

static void
test_texts_that_are_not_what_they_should_be(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "listener a {\n address = 127.0.0.1\n}",
		"t.conf:2: address \"127.0.0.1\": must be IP:PORT or [IPv6]:PORT\n");
	assert_refused(f, "listener a { networks = { 10.0.0.0/8,\n10.0.0.1/8 } }",
		"t.conf:2: networks \"10.0.0.1/8\": must be an IP address or a network like "
		"10.0.0.0/8, with no bits set after the prefix\n");
	assert_refused(
		f, "listener a { mode = on }", "t.conf:1: mode \"on\": must be off, v1 or v2\n");
	assert_refused(f, "listener a { tls { certificate = no.pem } }",
		"t.conf:1: certificate \"no.pem\": No such file or directory\n");
	assert_refused(f, "listener a { tls { certificate = \"..\" } }",
		"t.conf:1: certificate \"..\": is a folder\n");
}

static void
test_the_text_that_a_length_is_wrong_of_is_not_shown(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "name = secret789", "t.conf:1: name: must have 1 to 8 octets\n");
	assert_refused(f, "name = ''", "t.conf:1: name: must have 1 to 8 octets\n");
}

static void
test_all_errors_of_a_file_are_reported(void **state)
{
	struct fixture *f = *state;

	assert_refused(f,
		"node {\n threads = 99\n stop = 1\n}\nlistener a {\n mode = x\n}\n"
		"listener b {\n port = 99999\n mode = y\n password = z\n}",
		"t.conf:2: threads 99: must be 0 to 64\n"
		"t.conf:3: stop \"1\": must be a duration like 500ms, 30s, 5m, 2h or 7d\n"
		"t.conf:9: port 99999: must be 0 to 65535\n"
		"t.conf:6: mode \"x\": must be off, v1 or v2\n"
		"t.conf:10: mode \"y\": must be off, v1 or v2\n"
		"t.conf:11: a password needs an address\n");
	assert_int_equal(f->errors.count, 6);
}

static void
test_what_must_be_set_is_missed_where_its_section_begins(void **state)
{
	static const struct sb_config_rule required[] = {
		SB_RULE_REQUIRED("listener"),
		SB_RULE_REQUIRED("listener.address"),
		SB_RULE_REQUIRED("listener.networks"),
		SB_RULE_REQUIRED("listener.tls.certificate"),
		SB_RULE_END,
	};
	struct fixture *f = *state;

	f->rules[0] = required;
	assert_refused(f, "", "t.conf: a section listener is needed\n");
	assert_refused(f, "\nlistener a {\n networks = { }\n tls {\n }\n}",
		"t.conf:2: address must be set\n"
		"t.conf:3: networks must be set\n"
		"t.conf:4: certificate must be set\n");
	assert_loads(f, "listener a { address = x networks = { y } tls { certificate = z } }");
}

static void
test_set_reaches_options_in_every_kind_of_section(void **state)
{
	struct fixture *f = *state;

	set(f, "name=some one");
	set(f, "node.threads=7");
	set(f, "node.signals=off");
	set(f, "listener.a.port=9");
	set(f, "listener.a.tls.certificate=t.conf");
	set(f, "listener.b.networks=10.0.0.0/8,::1");
	assert_loads(f, "name = x\nlistener a { port = 1 }\nlistener b { networks = { ::2 } }");
	assert_string_equal(cfg_getstr(root(f), "name"), "some one");
	assert_int_equal(cfg_getint(node(f), "threads"), 7);
	assert_int_equal(cfg_getbool(node(f), "signals"), cfg_false);
	assert_int_equal(cfg_getint(listener(f, "a"), "port"), 9);
	assert_string_equal(
		cfg_getstr(cfg_getsec(listener(f, "a"), "tls"), "certificate"), "t.conf");
	assert_int_equal(cfg_size(listener(f, "b"), "networks"), 2);
	assert_string_equal(cfg_getnstr(listener(f, "b"), "networks", 1), "::1");
	assert_true(sb_config_is_set(node(f), "threads"));
}

static void
test_set_takes_values_as_they_are(void **state)
{
	struct fixture *f = *state;

	f->rules[0] = NULL;
	setenv("SB_TEST_NAME", "expanded", 1);
	set(f, "name=a=b.c ${SB_TEST_NAME} \"#\"");
	assert_loads(f, "");
	assert_string_equal(cfg_getstr(root(f), "name"), "a=b.c ${SB_TEST_NAME} \"#\"");
}

static void
test_set_empties_a_list_with_nothing(void **state)
{
	struct fixture *f = *state;

	set(f, "listener.a.networks=");
	set(f, "listener.a.codes=");
	assert_loads(f, "listener a { networks = { ::1, ::2 } }");
	assert_int_equal(cfg_size(listener(f, "a"), "networks"), 0);
	assert_int_equal(cfg_size(listener(f, "a"), "codes"), 0);
}

static void
test_set_finds_titles_with_dots_the_longest_first(void **state)
{
	struct fixture *f = *state;

	set(f, "listener.a.port=1");
	set(f, "listener.a.b.port=2");
	set(f, "listener.a.b.tls.min_version=1.3");
	set(f, "listener.x=y.port=3");
	assert_loads(f, "listener a { }\nlistener a.b { }\nlistener \"x=y\" { }");
	assert_int_equal(cfg_getint(listener(f, "a"), "port"), 1);
	assert_int_equal(cfg_getint(listener(f, "a.b"), "port"), 2);
	assert_int_equal(cfg_getint(listener(f, "x=y"), "port"), 3);
}

static void
test_the_last_set_of_an_option_wins(void **state)
{
	struct fixture *f = *state;

	set(f, "node.threads=99");
	set(f, "node.threads=8");
	assert_loads(f, "node { threads = 100 }");
	assert_int_equal(cfg_getint(node(f), "threads"), 8);
}

static void
test_errors_in_set_name_the_option_as_typed(void **state)
{
	struct fixture *f = *state;

	assert_set_refused(f, "node.threads", "--set node.threads: must be section.key=value\n");
	assert_set_refused(
		f, "nodes.threads=1", "--set nodes.threads=1: no such option \"nodes\"\n");
	assert_set_refused(f, "node.thread=1", "--set node.thread=1: no such option \"thread\"\n");
	assert_set_refused(f, "=1", "--set =1: no such option \"\"\n");
	assert_set_refused(f, "node=1", "--set node=1: node is a section: name an option in it\n");
	assert_set_refused(
		f, "listener=1", "--set listener=1: listener is a section: name an option in it\n");
	assert_set_refused(
		f, "listener.c.port=1", "--set listener.c.port=1: no listener has that title\n");
	assert_set_refused(
		f, "listener.a.port=1", "--set listener.a.port=1: no listener has that title\n");
	assert_set_refused(f, "name.x=1", "--set name.x=1: name is no section\n");
	assert_set_refused(f, "listener.a.b.port=x",
		"--set listener.a.b.port=x: port \"x\": must be a whole number\n");
	assert_set_refused(f, "node.signals=x",
		"--set node.signals=x: invalid boolean value for option 'signals'\n");
	assert_set_refused(f, "listener.a.b.codes=1,x",
		"--set listener.a.b.codes=1,x: codes \"x\": must be a whole number\n");
}

static void
test_rules_name_the_set_that_broke_them(void **state)
{
	struct fixture *f = *state;

	assert_set_refused(
		f, "node.threads=65", "--set node.threads=65: threads 65: must be 0 to 64\n");
	assert_set_refused(f, "listener.a.b.networks=::1,x",
		"--set listener.a.b.networks=::1,x: networks \"x\": must be an IP address or a "
		"network like 10.0.0.0/8, with no bits set after the prefix\n");
	assert_set_refused(f, "listener.a.b.password=z",
		"--set listener.a.b.password=z: a password needs an address\n");
}

static void
test_set_mends_what_is_wrong_in_the_file(void **state)
{
	struct fixture *f = *state;

	set(f, "node.threads=1");
	assert_loads(f, "node { threads = 65 }");
}

/* What sb_config_secret gives for listener a. */
static int
secret(struct fixture *f, char *out, size_t capacity)
{
	return sb_config_secret(f->config, listener(f, "a"), "password", out, capacity);
}

static void
test_a_secret_stands_in_the_file_or_in_one_of_its_own(void **state)
{
	struct fixture *f = *state;
	char out[9];

	f->rules[0] = NULL;
	assert_loads(f, "listener a { password = secret1 }");
	assert_int_equal(secret(f, out, sizeof(out)), 0);
	assert_string_equal(out, "secret1");

	put_file(f, "secret", "secret2\n", 8, 0600);
	assert_loads(f, "listener a { password_file = secret }");
	assert_int_equal(secret(f, out, sizeof(out)), 0);
	assert_string_equal(out, "secret2");

	put_file(f, "secret", "8octets8", 8, 0600);
	assert_int_equal(secret(f, out, sizeof(out)), 0);
	assert_string_equal(out, "8octets8");
	put_file(f, "secret", "8octets8\n", 9, 0600);
	assert_int_equal(secret(f, out, sizeof(out)), 0);
	assert_string_equal(out, "8octets8");
	put_file(f, "secret", "two\n\n", 5, 0600);
	assert_int_equal(secret(f, out, sizeof(out)), 0);
	assert_string_equal(out, "two\n");
	sb_config_forget(out, sizeof(out));
	assert_memory_equal(out, "\0\0\0\0\0\0\0\0", 9);
}

static void
test_no_secret_is_nothing_to_report(void **state)
{
	struct fixture *f = *state;
	char out[9];

	f->rules[0] = NULL;
	assert_loads(f, "listener a { }");
	assert_int_equal(secret(f, out, sizeof(out)), SB_ENOENT);
	assert_string_equal(f->reports, "");
}

static void
assert_no_secret(struct fixture *f, const char *text, const char *report)
{
	char out[9];

	assert_loads(f, text);
	assert_int_equal(secret(f, out, sizeof(out)), SB_ECONFIG);
	assert_string_equal(f->reports, report);
}

static void
test_a_secret_that_is_none_is_reported_without_being_shown(void **state)
{
	struct fixture *f = *state;

	f->rules[0] = NULL;
	assert_no_secret(f, "listener a {\n password = x\n password_file = y\n}",
		"t.conf:3: password and password_file exclude each other\n");
	assert_no_secret(f, "listener a {\n password = ninechars\n}",
		"t.conf:2: password: must have 1 to 8 octets\n");
	assert_no_secret(
		f, "listener a { password = '' }", "t.conf:1: password: must have 1 to 8 octets\n");
	assert_no_secret(f, "listener a {\n password_file = none\n}",
		"t.conf:2: password_file \"none\": No such file or directory\n");
	assert_no_secret(f, "listener a { password_file = '..' }",
		"t.conf:1: password_file \"..\": Is a directory\n");
	put_file(f, "secret", "\n", 1, 0600);
	assert_no_secret(f, "listener a { password_file = secret }",
		"t.conf:1: password_file \"secret\": must hold 1 to 8 octets without NUL\n");
	put_file(f, "secret", "ninechars", 9, 0600);
	assert_no_secret(f, "listener a { password_file = secret }",
		"t.conf:1: password_file \"secret\": must hold 1 to 8 octets without NUL\n");
	put_file(f, "secret", "a\0b", 3, 0600);
	assert_no_secret(f, "listener a { password_file = secret }",
		"t.conf:1: password_file \"secret\": must hold 1 to 8 octets without NUL\n");
}

static void
test_a_secret_that_everybody_may_read_is_warned_of(void **state)
{
	struct fixture *f = *state;
	char out[9];

	f->rules[0] = NULL;
	put_file(f, "secret", "secret3", 7, 0644);
	assert_loads(f, "listener a {\n password_file = secret\n}");
	assert_int_equal(secret(f, out, sizeof(out)), 0);
	assert_string_equal(out, "secret3");
	assert_string_equal(f->reports,
		"t.conf:2: warning: password_file \"secret\": everybody may read or write it\n");
	assert_int_equal(f->errors.count, 0);
	assert_int_equal(f->errors.warnings, 1);
}

#define rules_test(name) cmocka_unit_test_setup_teardown(name, set_up_with_rules, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		rules_test(test_defaults_and_good_values_pass),
		rules_test(test_numbers_out_of_range),
		rules_test(test_amounts_out_of_range),
		rules_test(test_texts_that_are_not_what_they_should_be),
		rules_test(test_the_text_that_a_length_is_wrong_of_is_not_shown),
		rules_test(test_all_errors_of_a_file_are_reported),
		rules_test(test_what_must_be_set_is_missed_where_its_section_begins),
		rules_test(test_set_reaches_options_in_every_kind_of_section),
		rules_test(test_set_takes_values_as_they_are),
		rules_test(test_set_empties_a_list_with_nothing),
		rules_test(test_set_finds_titles_with_dots_the_longest_first),
		rules_test(test_the_last_set_of_an_option_wins),
		rules_test(test_errors_in_set_name_the_option_as_typed),
		rules_test(test_rules_name_the_set_that_broke_them),
		rules_test(test_set_mends_what_is_wrong_in_the_file),
		rules_test(test_a_secret_stands_in_the_file_or_in_one_of_its_own),
		rules_test(test_no_secret_is_nothing_to_report),
		rules_test(test_a_secret_that_is_none_is_reported_without_being_shown),
		rules_test(test_a_secret_that_everybody_may_read_is_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
