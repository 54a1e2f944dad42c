/* Reading a configuration: what the language takes, and the line and reason of what it does not. */
#include "config_fixture.h"

static void
test_an_empty_file_has_the_defaults(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "");
	assert_string_equal(cfg_getstr(root(f), "name"), "nobody");
	assert_int_equal(cfg_getint(node(f), "threads"), 4);
	assert_int_equal(cfg_size(root(f), "listener"), 0);
	assert_loads(f, "# nothing but a comment");
	assert_loads(f, "#\n//\n/**/\n\n");
}

static void
test_values_of_every_type_are_read(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "name = somebody\n"
			"node { threads = -3 signals = no\n ratio = 1.5e-1 }\n"
			"listener \"a.b\" { address = '127.0.0.1:1'\n port = 0x1F }\n"
			"listener c { codes = {7,\n8,} networks = { x, \"y z\" } tls { } }\n");
	assert_string_equal(cfg_getstr(root(f), "name"), "somebody");
	assert_int_equal(cfg_getint(node(f), "threads"), -3);
	assert_int_equal(cfg_getbool(node(f), "signals"), cfg_false);
	assert_true(cfg_getfloat(node(f), "ratio") == 0.15);
	assert_string_equal(cfg_getstr(listener(f, "a.b"), "address"), "127.0.0.1:1");
	assert_int_equal(cfg_getint(listener(f, "a.b"), "port"), 31);
	assert_int_equal(cfg_size(listener(f, "a.b"), "codes"), 2);
	assert_int_equal(cfg_getnint(listener(f, "c"), "codes", 1), 8);
	assert_string_equal(cfg_getnstr(listener(f, "c"), "networks", 1), "y z");
}

static void
test_comments_may_stand_anywhere_and_do_not_shift_lines(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "node { // one\n threads = 5 # two\n}\n/* three\n * lines\n */\n"
			"listener a /* why */ { networks = { x, # home\n y /* office */ } }\n");
	assert_int_equal(cfg_getint(node(f), "threads"), 5);
	assert_int_equal(cfg_size(listener(f, "a"), "networks"), 2);
	assert_refused(f, "/* one */ /* two */\n/* three */ nonsense = 1\n",
		"t.conf:2: no such option 'nonsense'\n");
	assert_loads(f, "name = http://host/path//x # comment\n");
	assert_string_equal(cfg_getstr(root(f), "name"), "http://host/path//x");
	assert_loads(f, "name = a#b\n");
	assert_string_equal(cfg_getstr(root(f), "name"), "a");
}

static void
test_line_ends_of_other_systems_are_taken(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "node {\r\n threads = 5\r\n}\r\n");
	assert_int_equal(cfg_getint(node(f), "threads"), 5);
	assert_refused(f, "node {\r\n wrong = 5\r\n}\r\n", "t.conf:2: no such option 'wrong'\n");
}

static void
test_escapes_in_double_quotes(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "name = \"\\\\ \\\" \\' \\$ \\n \\r \\t \\x41\\xc3\\xbc\"");
	assert_string_equal(cfg_getstr(root(f), "name"), "\\ \" ' $ \n \r \t A\xc3\xbc");
	assert_loads(f, "name = 'a\\'b\\\\c\\n # { $'");
	assert_string_equal(cfg_getstr(root(f), "name"), "a'b\\c\\n # { $");
	assert_refused(f, "\nname = \"\\q\"", "t.conf:2: unknown escape \\q\n");
	assert_refused(f, "name = \"\\101\"", "t.conf:1: unknown escape \\1\n");
	assert_refused(f, "name = \"\\x00\"", "t.conf:1: unknown escape \\x\n");
	assert_refused(f, "name = \"\\x4\"", "t.conf:1: unknown escape \\x\n");
	assert_refused(f, "name = \"\\", "t.conf:1: unknown escape \\\n");
}

static void
test_variables_of_the_environment_are_expanded(void **state)
{
	struct fixture *f = *state;

	setenv("SB_TEST_NAME", "a \"b\" # {c}", 1);
	setenv("SB_TEST_THREADS", "9", 1);
	unsetenv("SB_TEST_UNSET");
	assert_loads(f, "name = \"<${SB_TEST_NAME}>\" node { threads = ${SB_TEST_THREADS} }");
	assert_string_equal(cfg_getstr(root(f), "name"), "<a \"b\" # {c}>");
	assert_int_equal(cfg_getint(node(f), "threads"), 9);
	assert_loads(f, "name = \"${SB_TEST_UNSET:-some default}\"");
	assert_string_equal(cfg_getstr(root(f), "name"), "some default");
	assert_loads(f, "name = ${SB_TEST_UNSET:-}");
	assert_string_equal(cfg_getstr(root(f), "name"), "");
	assert_loads(f, "name = '${SB_TEST_UNSET}'");
	assert_string_equal(cfg_getstr(root(f), "name"), "${SB_TEST_UNSET}");
	assert_loads(f, "name = \"\\${SB_TEST_UNSET}\"");
	assert_string_equal(cfg_getstr(root(f), "name"), "${SB_TEST_UNSET}");
	assert_loads(f, "listener ${SB_TEST_THREADS} { port = 1 }");
	assert_non_null(listener(f, "9"));
}

static void
test_variables_that_are_unset_or_misspelt_are_errors(void **state)
{
	struct fixture *f = *state;

	unsetenv("SB_TEST_UNSET");
	assert_refused(f, "\nname = \"x${SB_TEST_UNSET}\"",
		"t.conf:2: the environment has no SB_TEST_UNSET, "
		"and ${SB_TEST_UNSET:-...} gives no default\n");
	assert_refused(f, "name = ${SB_TEST_UNSET}",
		"t.conf:1: the environment has no SB_TEST_UNSET, "
		"and ${SB_TEST_UNSET:-...} gives no default\n");
	assert_refused(f, "name = \"${}\"", "t.conf:1: not ${NAME} or ${NAME:-text}\n");
	assert_refused(f, "name = \"${A:x}\"", "t.conf:1: not ${NAME} or ${NAME:-text}\n");
	assert_refused(f, "name = \"${A-x}\"", "t.conf:1: not ${NAME} or ${NAME:-text}\n");
	assert_refused(f, "name = \"${HOME\n}\"", "t.conf:1: ${ without its }\n");
	assert_refused(f, "name = ${", "t.conf:1: ${ without its }\n");
	assert_refused(f, "name = a${HOME}", "t.conf:1: a text with ${...} in it must be quoted\n");
	assert_refused(f, "name = ${HOME}b", "t.conf:1: a text with ${...} in it must be quoted\n");
}

static void
test_an_unknown_option_is_an_error_with_its_line(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "node {\n threads = 1\n\n\tthread = 2\n}",
		"t.conf:4: no such option 'thread'\n");
	assert_refused(
		f, "listener a {\n tls {\n key = x\n }\n}", "t.conf:3: no such option 'key'\n");
	assert_refused(f, "\nlistner a { }", "t.conf:2: no such option 'listner'\n");
}

static void
test_a_key_set_twice_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "node {\n threads = 1\n threads = 1\n}",
		"t.conf:3: threads is set twice, first on line 2\n");
	assert_refused(f, "name = a\nnode { }\nname = b",
		"t.conf:3: name is set twice, first on line 1\n");
	assert_refused(f, "listener a {\n networks = { x }\n networks = { y }\n}",
		"t.conf:3: networks is set twice, first on line 2\n");
	assert_refused(f, "listener a {\n networks = { }\n\n networks = { y }\n}",
		"t.conf:4: networks is set twice, first on line 2\n");
}

static void
test_the_same_key_in_several_sections_is_none(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "listener a { port = 1 tls { certificate = x } }\n"
			"listener b { port = 2 tls { certificate = y } }\n"
			"node { threads = 1 }\n");
	assert_refused(f,
		"listener a { port = 1 }\nlistener b {\n tls { certificate = x }\n port = 2\n"
		"port = 3\n}",
		"t.conf:5: port is set twice, first on line 4\n");
}

static void
test_a_list_may_be_appended_to(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "listener a { networks = { x }\n networks += { y, z }\n networks += w }");
	assert_int_equal(cfg_size(listener(f, "a"), "networks"), 4);
	assert_loads(f, "listener a { codes += 3 }");
	assert_int_equal(cfg_size(listener(f, "a"), "codes"), 3);
	assert_refused(f, "name += x", "t.conf:1: attempt to append to non-list option 'name'\n");
}

static void
test_a_section_that_appears_twice_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "node { threads = 1 }\n\nnode { signals = no }",
		"t.conf:3: the section node appears twice\n");
	assert_refused(f, "listener a {\n tls { }\n tls { }\n}",
		"t.conf:3: the section tls appears twice\n");
}

static void
test_two_sections_of_one_title_are_an_error(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "listener a { }\nlistener b { }\nlistener \"a\"\n{ }",
		"t.conf:4: found duplicate title 'a'\n");
}

static void
test_numbers_that_libconfuse_would_guess_at_are_errors(void **state)
{
	static const char *const wrong[] = {"\"\"", "010", "1x", "\" 1\"", "+1", "1.5", "-",
		"99999999999999999999", "0x", "yes", "\"1 \""};
	struct fixture *f = *state;
	char text[128];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "node {\n threads = %s\n}", wrong[i]);
		assert_int_equal(load(f, text), SB_ECONFIG);
		assert_memory_equal(f->reports, "t.conf:2: ", 10);
		assert_int_equal(f->errors.count, 1);
	}
	assert_refused(
		f, "node { threads = x }", "t.conf:1: threads \"x\": must be a whole number\n");
	assert_refused(f, "node { ratio = nan }", "t.conf:1: ratio \"nan\": must be a number\n");
	assert_refused(f, "node { ratio = \"\" }", "t.conf:1: ratio \"\": must be a number\n");
	assert_refused(f, "node { signals = maybe }",
		"t.conf:1: invalid boolean value for option 'signals'\n");
	assert_refused(f, "listener a { codes = { 1,\n 2,\n x } }",
		"t.conf:3: codes \"x\": must be a whole number\n");
}

static void
test_what_libconfuse_would_skip_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "name = *:80", "t.conf:1: '*' outside of quotes\n");
	assert_refused(f, "name = a*b", "t.conf:1: a text with '*' in it must be quoted\n");
	assert_refused(f, "name = a+b", "t.conf:1: a text with '+' in it must be quoted\n");
	assert_refused(f, "name = (a)", "t.conf:1: '(' outside of quotes\n");
	assert_refused(f, "node|threads = 5",
		"t.conf:1: node|threads where the name of an option should be\n");
	assert_refused(
		f, "\"name\" = 5", "t.conf:1: \"name\" where the name of an option should be\n");
	assert_refused(f, "name = \x01x", "t.conf:1: control character 0x01\n");
	assert_refused(f, "name = \"a\x1b[2J\"", "t.conf:1: control character 0x1b in a text\n");
	assert_refused(f, "name = '\x7f'", "t.conf:1: control character 0x7f in a text\n");
	assert_refused(f, "\v", "t.conf:1: control character 0x0b\n");
}

static void
test_texts_comments_and_sections_without_end_say_where_they_began(void **state)
{
	struct fixture *f = *state;

	assert_refused(
		f, "name = \"abc\nnode { }\n\n", "t.conf:1: a text without its closing quote\n");
	assert_refused(f, "\nname = 'abc\n'", "t.conf:2: a text without its closing quote\n");
	assert_refused(f, "name = x\n/* abc\n\n", "t.conf:2: a comment without its */\n");
	assert_refused(
		f, "name = x\nnode {\n threads = 1\n\n", "t.conf:2: the section node has no }\n");
	assert_refused(f, "listener a {\n networks = { x,\n",
		"t.conf:3: the file ends where a value or } should be\n");
}

static void
test_syntax_errors_say_what_should_be_there(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "name\n\n", "t.conf:3: the file ends where = or { should be\n");
	assert_refused(f, "name =\n}", "t.conf:2: } where a value should be\n");
	assert_refused(f, "name = a b", "t.conf:1: the file ends where = or { should be\n");
	assert_refused(f, "node { }\n}", "t.conf:2: } without its {\n");
	assert_refused(f, "listener a b { }", "t.conf:1: b where { should be\n");
	assert_refused(
		f, "listener a {\n networks = { x y } }", "t.conf:2: y where , or } should be\n");
	assert_refused(f, "listener a {\n networks = { , } }",
		"t.conf:2: , where a value or } should be\n");
	assert_refused(f, "= 3", "t.conf:1: = where the name of an option should be\n");
	assert_refused(f, "listener { }", "t.conf:1: missing title for section 'listener'\n");
	assert_refused(f, "node x { }", "t.conf:1: missing opening brace for section 'node'\n");
	assert_refused(f, "name = { a }", "t.conf:1: unexpected token '{'\n");
	assert_refused(f, "node = 3", "t.conf:1: missing opening brace for section 'node'\n");
}

static void
test_a_nul_in_the_file_is_an_error(void **state)
{
	struct fixture *f = *state;

	put_file(f, "t.conf", "name = a\n\0b", 11, 0600);
	assert_int_equal(load_again(f), SB_ECONFIG);
	assert_string_equal(f->reports, "t.conf:2: control character 0x00\n");
}

static void
test_a_file_that_cannot_be_read_says_why(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load_again(f), SB_ECONFIG);
	assert_string_equal(f->reports, "t.conf: No such file or directory\n");
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(load_again(f), SB_ECONFIG);
	assert_string_equal(f->reports, "t.conf: Is a directory\n");
}

static void
test_a_large_file_is_read_in_time_and_a_huge_one_refused(void **state)
{
	struct fixture *f = *state;
	size_t size = 0, capacity = 17 << 20;
	char *text = malloc(capacity);

	for (int i = 0; i < 3000; i++)
		size += (size_t)sprintf(text + size, "listener l%d { port = %d }\n", i, i);
	assert_loads(f, text);
	assert_int_equal(cfg_getint(listener(f, "l2999"), "port"), 2999);
	memset(text, ' ', capacity);
	put_file(f, "t.conf", text, capacity, 0600);
	assert_int_equal(load_again(f), SB_ECONFIG);
	assert_string_equal(f->reports, "t.conf: the file is larger than 16 MiB\n");
	free(text);
}

static void
test_loading_again_after_an_error_starts_afresh(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "name = \"abc", "t.conf:1: a text without its closing quote\n");
	assert_refused(f, "node { threads = x", "t.conf:1: the section node has no }\n");
	assert_refused(
		f, "node { threads = x }", "t.conf:1: threads \"x\": must be a whole number\n");
	assert_loads(f, "node { threads = 3 }");
	assert_int_equal(cfg_getint(node(f), "threads"), 3);
}

static void
test_what_a_file_says_is_shown_without_control_characters(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "node { threads = \"\\x1b[2J\\n\" }",
		"t.conf:1: threads \"\\u001b[2J\\n\": must be a whole number\n");
}

static void
test_set_and_default_are_told_apart(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "node { threads = 4 } listener a { networks = {} }");
	assert_true(sb_config_is_set(node(f), "threads"));
	assert_false(sb_config_is_set(node(f), "signals"));
	assert_true(sb_config_is_set(listener(f, "a"), "networks"));
	assert_false(sb_config_is_set(listener(f, "a"), "codes"));
	assert_false(sb_config_is_set(node(f), "nothing"));
}

static void
test_errors_of_the_conversion_find_their_line(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "name = x\nlistener a {\n\n port = 1\n}\n");
	sb_config_error(f->config, listener(f, "a"), "port", "port %d is mine", 1);
	sb_config_error(f->config, listener(f, "a"), "address", "no address");
	sb_config_error(f->config, listener(f, "a"), NULL, "the listener as a whole");
	sb_config_error(f->config, root(f), "name", "a poor name");
	sb_config_error(f->config, root(f), NULL, "no good");
	sb_config_error(f->config, node(f), "threads", "not in the file");
	sb_config_warning(f->config, root(f), "name", "old");
	assert_string_equal(f->reports, "t.conf:4: port 1 is mine\n"
					"t.conf:2: no address\n"
					"t.conf:2: the listener as a whole\n"
					"t.conf:1: a poor name\n"
					"t.conf: no good\n"
					"t.conf: not in the file\n"
					"t.conf:1: warning: old\n");
	assert_int_equal(sb_config_error_count(f->config), 6);
	assert_int_equal(f->errors.warnings, 1);
}

static void
test_amounts_come_as_numbers(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "node { stop = 5m buffer = 2MiB }");
	assert_int_equal(sb_config_duration(node(f), "stop", UINT32_MAX), 300000);
	assert_int_equal(sb_config_size(node(f), "buffer", UINT32_MAX), 2 << 20);
	assert_int_equal(sb_config_count(node(f), "sessions", UINT32_MAX), UINT32_MAX);
	assert_int_equal(sb_config_duration(node(f), "stop", 1000), 1000);
	assert_loads(f, "listener a { }");
	assert_int_equal(sb_config_duration(listener(f, "a"), "address", 1000), 0);
}

static void
test_files_are_found_from_the_folder_of_the_configuration(void **state)
{
	struct fixture *f = *state;
	char out[256], expected[128], tiny[8];

	assert_loads(f, "");
	assert_int_equal(sb_config_path(f->config, "x.pem", out, sizeof(out)), 0);
	snprintf(expected, sizeof(expected), "%s/x.pem", f->folder);
	assert_string_equal(out, expected);
	assert_int_equal(sb_config_path(f->config, "/etc/x.pem", out, sizeof(out)), 0);
	assert_string_equal(out, "/etc/x.pem");
	assert_int_equal(sb_config_path(f->config, "x.pem", tiny, sizeof(tiny)), SB_ELIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		config_test(test_an_empty_file_has_the_defaults),
		config_test(test_values_of_every_type_are_read),
		config_test(test_comments_may_stand_anywhere_and_do_not_shift_lines),
		config_test(test_line_ends_of_other_systems_are_taken),
		config_test(test_escapes_in_double_quotes),
		config_test(test_variables_of_the_environment_are_expanded),
		config_test(test_variables_that_are_unset_or_misspelt_are_errors),
		config_test(test_an_unknown_option_is_an_error_with_its_line),
		config_test(test_a_key_set_twice_is_an_error),
		config_test(test_the_same_key_in_several_sections_is_none),
		config_test(test_a_list_may_be_appended_to),
		config_test(test_a_section_that_appears_twice_is_an_error),
		config_test(test_two_sections_of_one_title_are_an_error),
		config_test(test_numbers_that_libconfuse_would_guess_at_are_errors),
		config_test(test_what_libconfuse_would_skip_is_an_error),
		config_test(test_texts_comments_and_sections_without_end_say_where_they_began),
		config_test(test_syntax_errors_say_what_should_be_there),
		config_test(test_a_nul_in_the_file_is_an_error),
		config_test(test_a_file_that_cannot_be_read_says_why),
		config_test(test_a_large_file_is_read_in_time_and_a_huge_one_refused),
		config_test(test_loading_again_after_an_error_starts_afresh),
		config_test(test_what_a_file_says_is_shown_without_control_characters),
		config_test(test_set_and_default_are_told_apart),
		config_test(test_errors_of_the_conversion_find_their_line),
		config_test(test_amounts_come_as_numbers),
		config_test(test_files_are_found_from_the_folder_of_the_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
