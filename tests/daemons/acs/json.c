/* Bodies of requests: what is read, what is refused, and what is said of it. */
#include "daemons/acs/json.h"

#include "daemons/acs/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct acs_problem problem;

static json_t *
read_text(const char *text)
{
	problem = (struct acs_problem){0};
	return acs_json_read(sb_bytes_text(text), &problem);
}

static void
expect_refused(const char *text)
{
	assert_null(read_text(text));
	assert_int_equal(problem.code, ACS_PROBLEM_BAD_JSON);
}

static void
test_any_value_is_read(void **state)
{
	static const char *const texts[] = {"{}", "[]", "1", "\"x\"", "null", " {\"a\": [1, 2]} "};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *value = read_text(texts[i]);

		assert_non_null(value);
		json_decref(value);
	}
}

static void
test_what_is_no_json_is_refused_with_its_place(void **state)
{
	(void)state;
	expect_refused("");
	expect_refused("{\"a\": 1} {}");
	expect_refused("{\"a\": \"\\u0000\"}");
	expect_refused("{\"a\": \"\xff\"}");
	expect_refused("[1e999]");
	expect_refused("{\n\"a\": }");
	assert_non_null(strstr(problem.detail, "line 2"));
}

static void
test_a_key_that_is_there_twice_is_refused(void **state)
{
	(void)state;
	expect_refused("{\"a\": 1, \"a\": 2}");
}

static void
test_depth_is_bounded(void **state)
{
	char text[2 * ACS_JSON_DEPTH + 3];
	json_t *value;

	(void)state;
	memset(text, '[', ACS_JSON_DEPTH);
	memset(text + ACS_JSON_DEPTH, ']', ACS_JSON_DEPTH);
	text[2 * ACS_JSON_DEPTH] = '\0';
	value = read_text(text);
	assert_non_null(value);
	json_decref(value);
	memset(text, '[', ACS_JSON_DEPTH + 1);
	memset(text + ACS_JSON_DEPTH + 1, ']', ACS_JSON_DEPTH + 1);
	text[2 * ACS_JSON_DEPTH + 2] = '\0';
	expect_refused(text);
	assert_non_null(strstr(problem.detail, "16 deep"));
}

static void
test_brackets_in_texts_are_not_deep(void **state)
{
	json_t *value = read_text("\"[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[[[[[\"");

	(void)state;
	assert_non_null(value);
	json_decref(value);
}

static const char *const words[] = {"once", "always", NULL};

static const struct acs_json_field fields[] = {
	{"text", ACS_JSON_TEXT, true, 1, 4, NULL},
	{"number", ACS_JSON_INTEGER, false, -1, 10, NULL},
	{"flag", ACS_JSON_BOOLEAN, false, 0, 0, NULL},
	{"object", ACS_JSON_OBJECT, false, 0, 2, NULL},
	{"array", ACS_JSON_ARRAY, false, 1, 0, NULL},
	{"texts", ACS_JSON_TEXTS, false, 0, 2, NULL},
	{"word", ACS_JSON_WORD, false, 0, 0, words},
	{"any", ACS_JSON_ANY, false, 0, 0, NULL},
};

static int
check(const char *text, bool takes_others)
{
	json_t *value = read_text(text);
	int err;

	assert_non_null(value);
	err = acs_json_check(
		value, fields, sizeof(fields) / sizeof(fields[0]), takes_others, &problem);
	json_decref(value);
	return err;
}

static void
test_an_object_that_fits_is_taken(void **state)
{
	(void)state;
	assert_int_equal(check("{\"text\": \"a\"}", false), 0);
	assert_int_equal(check("{\"text\": \"abcd\", \"number\": 10, \"flag\": true,"
			       "\"object\": {\"a\": 1, \"b\": 2}, \"array\": [1],"
			       "\"texts\": [\"a\", \"b\"], \"word\": \"once\", \"any\": null}",
				 false),
		0);
	assert_int_equal(check("{\"text\": \"a\", \"other\": 1}", true), 0);
}

static void
test_what_does_not_fit_is_named(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"[]", "must be an object"},
		{"{}", "text: is missing"},
		{"{\"text\": 1}", "text: must be a text"},
		{"{\"text\": \"\"}", "text: must be 1 to 4 octets"},
		{"{\"text\": \"abcde\"}", "text: must be 1 to 4 octets"},
		{"{\"text\": \"a\", \"number\": 11}", "number: must be -1 to 10"},
		{"{\"text\": \"a\", \"number\": 1.5}", "number: must be an integer"},
		{"{\"text\": \"a\", \"flag\": 1}", "flag: must be true or false"},
		{"{\"text\": \"a\", \"object\": []}", "object: must be an object"},
		{"{\"text\": \"a\", \"object\": {\"a\":1,\"b\":1,\"c\":1}}",
			"object: must be 0 to 2 members"},
		{"{\"text\": \"a\", \"array\": []}", "array: must be at least 1 members"},
		{"{\"text\": \"a\", \"array\": {}}", "array: must be an array"},
		{"{\"text\": \"a\", \"texts\": [1]}", "texts: must be an array of texts"},
		{"{\"text\": \"a\", \"texts\": [\"a\",\"b\",\"c\"]}",
			"texts: must be 0 to 2 texts"},
		{"{\"text\": \"a\", \"texts\": \"a\"}", "texts: must be an array of texts"},
		{"{\"text\": \"a\", \"word\": \"twice\"}", "word: is none of the words"},
		{"{\"text\": \"a\", \"word\": 1}", "word: is none of the words"},
		{"{\"text\": \"a\", \"other\": 1}", "other: is no field of this"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(check(cases[i].text, false), -1);
		assert_int_equal(problem.code, ACS_PROBLEM_BAD_BODY);
		if (!strstr(problem.detail, cases[i].says))
			fail_msg("%s: %s", cases[i].text, problem.detail);
	}
}

static void
test_members_have_stand_ins(void **state)
{
	json_t *value = read_text("{\"a\": \"x\", \"b\": 2, \"c\": true}");

	(void)state;
	assert_string_equal(acs_json_text(value, "a", "y"), "x");
	assert_string_equal(acs_json_text(value, "b", "y"), "y");
	assert_int_equal(acs_json_integer(value, "b", 7), 2);
	assert_int_equal(acs_json_integer(value, "z", 7), 7);
	assert_true(acs_json_boolean(value, "c", false));
	assert_true(acs_json_boolean(value, "z", true));
	json_decref(value);
	assert_string_equal(acs_json_text(NULL, "a", "y"), "y");
}

static void
test_the_first_problem_stays_and_becomes_an_object(void **state)
{
	json_t *object;

	(void)state;
	problem = (struct acs_problem){0};
	assert_int_equal(acs_problem_set(&problem, ACS_PROBLEM_TOO_SOON, "%d", 1), -1);
	assert_int_equal(acs_problem_set(&problem, ACS_PROBLEM_INTERNAL, "%d", 2), -1);
	object = acs_problem_object(&problem);
	assert_string_equal(acs_json_text(object, "code", ""), "too_soon");
	assert_int_equal(acs_json_integer(object, "status", 0), 429);
	assert_string_equal(acs_json_text(object, "detail", ""), "1");
	json_decref(object);
}

static int
script(const char *name, const char *text)
{
	json_t *value = read_text(text);
	int err = acs_validate_script(name, value, &problem);

	json_decref(value);
	return err;
}

static void
test_scripts_are_checked(void **state)
{
	(void)state;
	assert_int_equal(script("a", "{\"source\": \"return\"}"), 0);
	assert_int_equal(script("a", "{\"name\": \"a\", \"source\": \"x\", \"position\": -3,"
				     "\"filter\": {\"oui\": \"*\", \"events\": [\"1 BOOT\"]}}"),
		0);
	assert_int_equal(script("a", "{\"name\": \"b\", \"source\": \"x\"}"), -1);
	assert_int_equal(script("a/b", "{\"source\": \"x\"}"), -1);
	assert_int_equal(script("", "{\"source\": \"x\"}"), -1);
	assert_int_equal(script("a", "{}"), -1);
	assert_int_equal(script("a", "{\"source\": \"x\", \"filter\": {\"tag\": \"x\"}}"), -1);
}

static int
login(const char *device, const char *text)
{
	json_t *value = read_text(text);
	int err = acs_validate_login(device, value, &problem);

	json_decref(value);
	return err;
}

static void
test_a_name_that_cannot_be_shown_is_refused_also_the_devices_own(void **state)
{
	(void)state;
	assert_int_equal(login("d", "{\"password\": \"a:b\"}"), 0);
	assert_int_equal(login("d:1", "{\"password\": \"p\", \"username\": \"u\"}"), 0);
	assert_int_equal(login("d", "{\"password\": \"p\", \"username\": \"u:v\"}"), -1);
	assert_int_equal(login("d", "{\"password\": \"p\\u0001\"}"), -1);
	problem = (struct acs_problem){0};
	assert_int_equal(login("d:1", "{\"password\": \"p\"}"), -1);
	assert_non_null(strstr(problem.detail, "username: must be given"));
	assert_int_equal(login("d\n", "{\"password\": \"p\"}"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_value_is_read),
		cmocka_unit_test(test_what_is_no_json_is_refused_with_its_place),
		cmocka_unit_test(test_a_key_that_is_there_twice_is_refused),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_brackets_in_texts_are_not_deep),
		cmocka_unit_test(test_an_object_that_fits_is_taken),
		cmocka_unit_test(test_what_does_not_fit_is_named),
		cmocka_unit_test(test_members_have_stand_ins),
		cmocka_unit_test(test_the_first_problem_stays_and_becomes_an_object),
		cmocka_unit_test(test_scripts_are_checked),
		cmocka_unit_test(test_a_name_that_cannot_be_shown_is_refused_also_the_devices_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
