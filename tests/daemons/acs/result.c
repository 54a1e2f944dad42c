/* Results of tasks: JSON, packed, left out; and read again. */
#include "daemons/acs/result.h"

#include "core/error.h"
#include "daemons/acs/rpc_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MANY 100

static char names[MANY][64];
static struct cwmp_parameter_value values[MANY];
static struct cwmp_parameter_info infos[MANY];

/* Not in order, with one that comes twice. */
static void
fill(void)
{
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "Device.Object.%u.Name", i * 7 % 99);
		values[i] = (struct cwmp_parameter_value){
			names[i], {CWMP_TYPE_STRING, i % 2 ? "a \"b\"\n" : ""}};
		infos[i] = (struct cwmp_parameter_info){names[i], i % 3 == 0};
	}
}

static struct cwmp_envelope
values_envelope(size_t count)
{
	struct cwmp_envelope envelope = {.bytes = 1000,
		.message = {.kind = CWMP_RESPONSE, .method = CWMP_GET_PARAMETER_VALUES}};

	fill();
	envelope.message.body.get_parameter_values_response.parameter_list.each = values;
	envelope.message.body.get_parameter_values_response.parameter_list.count = count;
	return envelope;
}

static json_t *
json_of(const struct acs_result *result)
{
	struct acs_octets text;
	struct acs_text t = {0};
	json_t *json;

	if (result->text)
		return json_loads(result->text, 0, NULL);
	assert_int_equal(
		acs_result_unpack(sb_bytes(result->packed.data, result->packed.size), &t), 0);
	assert_int_equal(acs_text_end(&t, &text), 0);
	json = json_loads((const char *)text.data, 0, NULL);
	acs_octets_free(&text);
	return json;
}

/* It reads as the JSON of the whole message would. */
static void
expect_same(const struct cwmp_envelope *envelope, bool is_packed)
{
	const struct cwmp_message *m = &envelope->message;
	json_t *expected = acs_rpc_write(m->kind, m->method, &m->body), *is;
	struct acs_result result;

	assert_int_equal(acs_result_make(&result, envelope, 1 << 20), 0);
	assert_int_equal(result.packed.size != 0, is_packed);
	is = json_of(&result);
	assert_true(json_equal(is, expected));
	json_decref(is);
	json_decref(expected);
	acs_result_fini(&result);
}

static void
test_many_values_are_packed_and_read_as_they_came(void **state)
{
	struct cwmp_envelope envelope = values_envelope(MANY);

	(void)state;
	expect_same(&envelope, true);
	values[1].value = (struct cwmp_value){CWMP_TYPE_OTHER, "x"};
	values[2].value = (struct cwmp_value){CWMP_TYPE_DATE_TIME, NULL};
	values[3].value = (struct cwmp_value){CWMP_TYPE_OTHER, NULL};
	expect_same(&envelope, true);
}

static void
test_many_names_are_packed_and_read_as_they_came(void **state)
{
	struct cwmp_envelope envelope = {.bytes = 1000,
		.message = {.kind = CWMP_RESPONSE, .method = CWMP_GET_PARAMETER_NAMES}};

	(void)state;
	fill();
	envelope.message.body.get_parameter_names_response.parameter_list =
		(struct cwmp_parameter_infos){infos, MANY};
	expect_same(&envelope, true);
}

static void
test_few_values_are_json(void **state)
{
	struct cwmp_envelope envelope = values_envelope(3);

	(void)state;
	expect_same(&envelope, false);
}

static void
test_names_that_no_document_has_are_json(void **state)
{
	static char longest[ACS_PARAMETER_NAME_MAX + 2];
	struct cwmp_envelope envelope = values_envelope(MANY);

	(void)state;
	values[50].name = NULL;
	expect_same(&envelope, false);
	memset(longest, 'x', sizeof(longest) - 1);
	values[50].name = longest;
	expect_same(&envelope, false);
	longest[ACS_PARAMETER_NAME_MAX] = '\0';
	expect_same(&envelope, true);
}

static void
test_what_is_too_long_is_left_out(void **state)
{
	struct cwmp_envelope envelope = values_envelope(MANY);
	struct acs_result result;

	(void)state;
	assert_int_equal(acs_result_make(&result, &envelope, 2000), 0);
	assert_string_equal(result.text, "{\"leftOut\":\"1000 octets of XML\"}");
	acs_result_fini(&result);
}

static void
test_damaged_octets_are_said_to_be(void **state)
{
	struct cwmp_envelope envelope = values_envelope(MANY);
	struct acs_result result;

	(void)state;
	assert_int_equal(acs_result_make(&result, &envelope, 1 << 20), 0);
	for (size_t size = 1; size < result.packed.size; size++) {
		struct acs_text t = {0};

		assert_int_equal(
			acs_result_unpack(sb_bytes(result.packed.data, size), &t), SB_ECORRUPT);
		acs_text_fini(&t);
	}
	acs_result_fini(&result);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_values_are_packed_and_read_as_they_came),
		cmocka_unit_test(test_many_names_are_packed_and_read_as_they_came),
		cmocka_unit_test(test_few_values_are_json),
		cmocka_unit_test(test_names_that_no_document_has_are_json),
		cmocka_unit_test(test_what_is_too_long_is_left_out),
		cmocka_unit_test(test_damaged_octets_are_said_to_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
