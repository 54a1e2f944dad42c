/* The llhttp that the find module found, or built, parses a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <llhttp.h>

static int
count_complete(llhttp_t *parser)
{
	++*(int *)parser->data;
	return 0;
}

static void
test_a_request_is_parsed(void **state)
{
	const char request[] = "PUT /a HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\nok";
	llhttp_settings_t settings;
	llhttp_t parser;
	int complete = 0;

	(void)state;
	llhttp_settings_init(&settings);
	settings.on_message_complete = count_complete;
	llhttp_init(&parser, HTTP_REQUEST, &settings);
	parser.data = &complete;
	assert_int_equal(llhttp_execute(&parser, request, strlen(request)), HPE_OK);
	assert_int_equal(parser.method, HTTP_PUT);
	assert_int_equal(complete, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_request_is_parsed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
