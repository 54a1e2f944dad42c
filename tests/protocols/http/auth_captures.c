/* What real agents answer to a challenge. */
#include "protocols/http/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

#include <cmocka.h>

static int
password_of(void *context, const char *username, char *out, size_t size)
{
	(void)context;
	if (strcmp(username, "cpe") != 0)
		return SB_ENOENT;
	snprintf(out, size, "secret");
	return 0;
}

/* Their nonces are another server's: so a right response is stale. */
static void
check_line(char *line)
{
	struct http_auth auth = {
		.scheme = HTTP_AUTH_BASIC_OR_DIGEST, .realm = "acs", .password = password_of};
	const char *method = strsep(&line, " "), *target = strsep(&line, " ");
	enum http_auth_result expected = HTTP_AUTH_STALE;
	struct http_auth_claim who;

	if (strncmp(line, "Basic", 5) == 0) /* Og== is ":" */
		expected = strstr(line, "Og==") ? HTTP_AUTH_WRONG : HTTP_AUTH_OK;
	assert_int_equal(http_auth_check(&auth, line, method, target, 0, &who), expected);
	assert_string_equal(who.username, expected == HTTP_AUTH_WRONG ? "" : "cpe");
}

static void
test_what_agents_sent_is_right(void **state)
{
	char path[512], line[1024];
	size_t lines = 0;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/protocols/http/data/authorizations.txt",
		getenv("SB_SOURCE_DIR"));
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		check_line(line);
		lines++;
	}
	fclose(file);
	assert_int_equal(lines, 33);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_agents_sent_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
