/* The n-th allocation fails, ours or libxml2's: SB_ENOMEM or the whole message, and never a leak.
 */
#include "tests/protocols/cwmp/documents.h"

#include <stdio.h>

#include <libxml/xmlmemory.h>

#include "tests/protocols/cwmp/messages.h"
#include "tests/support/plain_env.h"

static struct plain_env plain;

/* An Inform of more parameters than an envelope's first room holds. */
static char *
long_inform(void)
{
	static const char member[] =
		"<ParameterValueStruct><Name>InternetGatewayDevice.DeviceInfo.X</Name>"
		"<Value i:type=\"s:string\">a value that is none too short</Value>"
		"</ParameterValueStruct>";
	char *document = malloc(sizeof(member) * 200 + 2048);
	size_t size;

	assert_non_null(document);
	size = (size_t)sprintf(document, "%s", BEGIN("<c:ID>1</c:ID>") PARAMETERS_BEGIN);
	for (int i = 0; i < 200; i++)
		size += (size_t)sprintf(document + size, "%s", member);
	sprintf(document + size, "%s", PARAMETERS_END END);
	return document;
}

static void
test_any_allocation_of_ours_may_fail(void **state)
{
	char *document = long_inform();
	size_t n = 0;
	int err;

	plain_env_init(&plain);
	do {
		struct cwmp_envelope *envelope = NULL;
		struct cwmp_decoder *decoder;

		plain.fail_at = ++n;
		decoder = cwmp_decoder_new(&plain.env, NULL);
		err = decoder ? cwmp_decode(decoder, sb_bytes_text(document), &envelope)
			      : SB_ENOMEM;
		assert_true(err == SB_ENOMEM || (err == 0 && plain.fail_at));
		assert_true((err == 0) == (envelope != NULL));
		if (err && decoder)
			assert_string_equal(cwmp_decoder_fault(decoder), "out of memory");
		plain.fail_at = 0;
		cwmp_envelope_free(envelope);
		cwmp_decoder_free(decoder);
		assert_int_equal(plain.live, 0);
	} while (err);
	assert_true(n > 4);
	free(document);
	(void)state;
}

static void
test_a_copy_is_one_allocation_and_may_fail(void **state)
{
	char *document = long_inform();
	struct cwmp_decoder *decoder = cwmp_decoder_new(sb_env_system(), NULL);
	struct cwmp_envelope *envelope = decode_text(decoder, document), *copy;

	plain_env_init(&plain);
	plain.fail_at = 1;
	assert_null(cwmp_envelope_copy(&plain.env, envelope));
	copy = cwmp_envelope_copy(&plain.env, envelope);
	assert_non_null(copy);
	assert_int_equal(plain.live, 1);
	assert_true(plain.octets < strlen(document) * 2 / 3);
	assert_null(message_difference(&envelope->message, &copy->message));
	assert_memory_equal(&envelope->dialect, &copy->dialect, sizeof(copy->dialect));
	cwmp_envelope_free(copy);
	assert_int_equal(plain.live, 0);
	cwmp_envelope_free(envelope);
	cwmp_decoder_free(decoder);
	free(document);
	(void)state;
}

static void
test_a_copy_of_what_was_no_document_says_its_own_size(void **state)
{
	const struct cwmp_envelope made = {.message = {.kind = CWMP_RESPONSE,
						   .method = CWMP_GET_PARAMETER_VALUES,
						   .name = "a name"}};
	struct cwmp_envelope *copy;

	plain_env_init(&plain);
	copy = cwmp_envelope_copy(&plain.env, &made);
	assert_non_null(copy);
	assert_int_equal(copy->bytes, plain.octets);
	cwmp_envelope_free(copy);
	(void)state;
}

/* ---- libxml2's own ---- */

static size_t xml_fail_at; /* 1: the next one; 0: none fails */
static bool xml_fails_on;  /* and all after it */

static bool
xml_fails(void)
{
	if (xml_fail_at == 0 || --xml_fail_at)
		return false;
	xml_fail_at = xml_fails_on;
	return true;
}

static void *
xml_allocate(size_t size)
{
	return xml_fails() ? NULL : malloc(size);
}

static void *
xml_reallocate(void *memory, size_t size)
{
	return xml_fails() ? NULL : realloc(memory, size);
}

static char *
xml_copy(const char *text)
{
	return xml_fails() ? NULL : strdup(text);
}

static bool
is_well(struct cwmp_decoder *decoder, const char *document, const struct cwmp_message *expected)
{
	struct cwmp_envelope *envelope;
	bool is_same;

	if (cwmp_decode(decoder, sb_bytes_text(document), &envelope))
		return false;
	is_same = message_difference(&envelope->message, expected) == NULL;
	cwmp_envelope_free(envelope);
	return is_same;
}

/* Whether libxml2 was out of memory; with the `n`-th allocation. */
static bool
try_with_failure(const char *document, const struct cwmp_message *expected, size_t n)
{
	struct cwmp_decoder *decoder = cwmp_decoder_new(sb_env_system(), NULL);
	struct cwmp_envelope *envelope;
	bool is_over;
	int err;

	xml_fail_at = n;
	err = cwmp_decode(decoder, sb_bytes_text(document), &envelope);
	is_over = !err && xml_fail_at > 1;
	xml_fail_at = 0;
	assert_true(err == 0 || err == SB_ENOMEM);
	if (!err)
		assert_null(message_difference(&envelope->message, expected));
	cwmp_envelope_free(envelope);
	assert_true(is_well(decoder, document, expected));
	cwmp_decoder_free(decoder);
	return !is_over;
}

static void
fail_at_each(const char *document)
{
	struct cwmp_decoder *decoder = cwmp_decoder_new(sb_env_system(), NULL);
	struct cwmp_envelope *expected = decode_text(decoder, document);
	size_t n;

	for (n = 1; try_with_failure(document, &expected->message, n); n++)
		;
	assert_true(n > 10);
	cwmp_envelope_free(expected);
	cwmp_decoder_free(decoder);
}

static void
test_any_allocation_of_libxml2_may_fail(void **state)
{
	static const char latin[] =
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" VALUE("\xe9&amp;&#1;&x;");
	char *document = long_inform();

	for (int on = 0; on < 2; on++) {
		xml_fails_on = on;
		fail_at_each(latin);
		fail_at_each(document);
	}
	free(document);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_allocation_of_ours_may_fail),
		cmocka_unit_test(test_a_copy_is_one_allocation_and_may_fail),
		cmocka_unit_test(test_a_copy_of_what_was_no_document_says_its_own_size),
		cmocka_unit_test(test_any_allocation_of_libxml2_may_fail),
	};

	xmlMemSetup(free, xml_allocate, xml_reallocate, xml_copy);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
