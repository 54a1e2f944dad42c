/*
 * Any text as Authorization: judged without harm by each scheme, and only the client that knows
 * the password passes. Any text as WWW-Authenticate: what our client answers is a Digest that
 * our server reads, and finds right.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "protocols/http/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static int
password_of(void *context, const char *username, char *out, size_t size)
{
	const char *password = context;

	expect(strlen(username) < HTTP_AUTH_TEXT_MAX, "a name has a bound");
	snprintf(out, size, "%s", password);
	return 0;
}

static void
judge(const char *field, enum http_auth_scheme scheme)
{
	char nobody_knows[] = "7c1668aaeda7260612c9cbd94a4fab9e";
	struct http_auth auth = {
		.scheme = scheme, .realm = "acs", .password = password_of, .context = nobody_knows};
	struct http_auth_claim who;
	enum http_auth_result result = http_auth_check(&auth, field, "POST", "/acs", 1000, &who);

	expect(result == HTTP_AUTH_MISSING || result == HTTP_AUTH_WRONG, "nobody passes");
	expect(strlen(who.username) < sizeof(who.username), "a name ends");
}

/* The realm may be another than ours, or have escapes: only then is the answer wrong. */
static void
answer(const char *field)
{
	char password[] = "secret", out[2048];
	struct http_auth_claim who;
	const struct http_auth_request request = {"cpe", password, "GET", "/x?y", "c", 7};
	struct http_auth auth = {.scheme = HTTP_AUTH_DIGEST,
		.realm = "acs",
		.password = password_of,
		.context = password};
	int err = http_auth_answer(field, &request, out, sizeof(out));
	enum http_auth_result result;

	if (err) {
		expect(err == SB_ENOTSUP || err == SB_ELIMIT, "a known error");
		return;
	}
	result = http_auth_check(&auth, out, "GET", "/x?y", 1000, &who);
	expect(strcmp(who.username, "cpe") == 0, "the name is read");
	expect(result == (strstr(out, "realm=\"acs\"") ? HTTP_AUTH_STALE : result), "it is right");
	expect(result == HTTP_AUTH_STALE || result == HTTP_AUTH_WRONG, "it is judged");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	expect(text != NULL, "memory");
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	judge(text, HTTP_AUTH_BASIC);
	judge(text, HTTP_AUTH_DIGEST);
	judge(text, HTTP_AUTH_BASIC_OR_DIGEST);
	answer(text);
	free(text);
	return 0;
}
