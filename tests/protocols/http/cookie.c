#include "protocols/http/cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The values of all cookies "session", each with a "|" behind it. */
static const char *
sessions(const char *field)
{
	static char all[256];
	struct sb_bytes value;
	size_t at = 0, used = 0;

	all[0] = '\0';
	while (http_cookie_next(field, "session", &at, &value))
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%.*s|", (int)value.size,
			(const char *)value.data);
	assert_int_equal(at, strlen(field));
	assert_null(value.data);
	return all;
}

static void
test_a_cookie_is_found_however_it_is_written(void **state)
{
	static const char *const fields[] = {
		"session=x",
		"session=\"x\"",
		"session=\"x",
		" session = x ;",
		"session\t=\t\"x\" ",
		"a=b; session=x; c=d",
		"a=b;session=x;c=d",
		"a=b, session=x, c=d",
		"$Version=1; session=x; $Path=/",
		"$Version=\"1\"; session=\"x\"; $Path=\"/\"; $Domain=\"acs;a\"",
		"$Version=1,session=x,$Path=/",
		"session=x; Path=/; HttpOnly",
		"session=x; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Max-Age=60",
		"session=x session=y", /* one value with a blank is no session, but is one value */
		"a=\"1;session=no\"; session=x",
		";;,, ; session=x",
		"flag; session=x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		assert_string_equal(
			sessions(fields[i]), strstr(fields[i], "=y") ? "x session=y|" : "x|");
}

static void
test_of_several_each_is_given(void **state)
{
	(void)state;
	assert_string_equal(
		sessions("session=a; session=b; x=y; session=\"c\", session="), "a|b|c||");
	assert_string_equal(sessions("session; session=a=b=="), "|a=b==|");
}

static void
test_other_names_are_not_taken(void **state)
{
	(void)state;
	assert_string_equal(sessions(""), "");
	assert_string_equal(sessions(" "), "");
	assert_string_equal(sessions("Session=x; sessions=x; sessio=x; =x; xsession=x"), "");
	assert_string_equal(sessions("a=session=x; b=\"session=x\""), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_cookie_is_found_however_it_is_written),
		cmocka_unit_test(test_of_several_each_is_given),
		cmocka_unit_test(test_other_names_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
