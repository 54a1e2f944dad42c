/* There and back with generated values, for every message of every method, in several dialects. */
#include "protocols/cwmp/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/env.h"
#include "core/error.h"
#include "protocols/cwmp/decode.h"
#include "tests/protocols/cwmp/messages.h"

#define ROUNDS 20
#define BYTES  65536

static char written[BYTES];

static struct cwmp_envelope *
decode(const char *document, size_t size)
{
	struct cwmp_decoder *decoder = cwmp_decoder_new(sb_env_system(), NULL);
	struct cwmp_envelope *envelope;
	int err = cwmp_decode(decoder, sb_bytes(document, size), &envelope);

	if (err)
		print_error("%s: %.*s\n", cwmp_decoder_fault(decoder), (int)size, document);
	assert_int_equal(err, 0);
	cwmp_decoder_free(decoder);
	return envelope;
}

static void
assert_same(const struct cwmp_message *expected, const struct cwmp_message *got)
{
	const char *difference = message_difference(expected, got);

	if (difference)
		print_error("%s of %s differs: %s\n", difference, expected->name, written);
	assert_null(difference);
}

static void
assert_dialect(const struct cwmp_dialect *expected, const struct cwmp_dialect *got)
{
	assert_string_equal(expected->uri, got->uri);
	assert_string_equal(expected->env, got->env);
	assert_string_equal(expected->enc, got->enc);
	assert_string_equal(expected->xsd, got->xsd);
	assert_string_equal(expected->xsi, got->xsi);
	assert_string_equal(expected->cwmp, got->cwmp);
}

static void
go_there_and_back(const struct cwmp_message *message, const struct cwmp_dialect *dialect)
{
	ssize_t size = cwmp_encode(message, dialect, written, BYTES);
	struct cwmp_envelope *envelope, *copy;

	assert_in_range(size, 1, BYTES - 1);
	written[size] = '\0';
	assert_int_equal(cwmp_encode(message, dialect, NULL, 0), size);
	envelope = decode(written, (size_t)size);
	assert_int_equal(envelope->repairs, 0);
	assert_int_equal(envelope->defects, 0);
	assert_int_equal(envelope->bytes, size);
	assert_same(message, &envelope->message);
	assert_dialect(dialect, &envelope->dialect);
	copy = cwmp_envelope_copy(sb_env_system(), envelope);
	cwmp_envelope_free(envelope);
	assert_same(message, &copy->message);
	cwmp_envelope_free(copy);
}

static void
try_messages(struct message_maker *maker, const struct cwmp_dialect *dialect)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct cwmp_message message;

		for (enum cwmp_method method = 0; method < CWMP_METHOD_COUNT; method++) {
			message = message_make(maker, CWMP_REQUEST, method);
			go_there_and_back(&message, dialect);
			message = message_make(maker, CWMP_RESPONSE, method);
			go_there_and_back(&message, dialect);
		}
		message = message_make(maker, CWMP_FAULT, CWMP_OTHER_METHOD);
		go_there_and_back(&message, dialect);
	}
}

static void
test_every_message_goes_there_and_back(void **state)
{
	struct message_maker maker;
	struct cwmp_dialect dialect;

	message_maker_init(&maker, 0x43574D50, MESSAGE_ANY);
	cwmp_dialect_init(&dialect, CWMP_1_2);
	try_messages(&maker, &dialect);
	message_maker_fini(&maker);
	(void)state;
}

static void
test_every_message_goes_there_and_back_in_another_dialect(void **state)
{
	struct message_maker maker;
	struct cwmp_dialect dialect = {
		.version = CWMP_1_4,
		.uri = "urn:dslforum-org:cwmp-1-4",
		.env = "soap_env",
		.enc = "soap_enc",
		.xsd = "s",
		.xsi = "i",
		.cwmp = "c-w.m_p",
		.xml_declaration = true,
		.boolean_words = true,
	};

	message_maker_init(&maker, 0x44494153, MESSAGE_ANY);
	maker.boolean_words = true;
	try_messages(&maker, &dialect);
	message_maker_fini(&maker);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_message_goes_there_and_back),
		cmocka_unit_test(test_every_message_goes_there_and_back_in_another_dialect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
