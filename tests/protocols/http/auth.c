/* Basic and Digest: the vectors of the RFCs, and clients of all manners. */
#include "protocols/http/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "core/error.h"

#include <cmocka.h>

#define NOW 1790000000

static const uint8_t salt[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static struct http_auth_claim who; /* whom the last check read */
static unsigned fail_at;           /* 1: OpenSSL's next allocation fails; 0: none */

static void *
failing_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fail_at && --fail_at == 0 ? NULL : malloc(size);
}

static void *
failing_realloc(void *data, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fail_at && --fail_at == 0 ? NULL : realloc(data, size);
}

static void
plain_free(void *data, const char *file, int line)
{
	(void)file;
	(void)line;
	free(data);
}

/* `context` is the password of the RFCs' Mufasa: each of them gives him another one. */
static int
password_of(void *context, const char *username, char *out, size_t size)
{
	const char *known[][2] = {
		{"Mufasa", context},
		{"cpe", "secret"},
		{"a b", "blank"},
		{"quo\"ted", "quote"},
		{"DOMAIN\\user", "domain"},
		{"J\303\244s\303\270n Doe", "Secret, or not?"},
		{"nobody", ""},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!known[i][1] || strcmp(known[i][0], username) != 0)
			continue;
		snprintf(out, size, "%s", known[i][1]);
		return 0;
	}
	return SB_ENOENT;
}

static struct http_auth
auth_of(enum http_auth_scheme scheme)
{
	return (struct http_auth){
		.scheme = scheme, .realm = "acs", .secret = "s", .password = password_of};
}

static enum http_auth_result
check(const struct http_auth *auth, const char *authorization)
{
	return http_auth_check(auth, authorization, "POST", "/acs", NOW, &who);
}

static enum http_auth_result
check_rfc(const char *realm, char *password, const char *authorization)
{
	struct http_auth auth = auth_of(HTTP_AUTH_DIGEST);

	auth.realm = realm;
	auth.context = password;
	return http_auth_check(&auth, authorization, "GET", "/dir/index.html", NOW, &who);
}

/* Of a Digest whose nonce is another server's: HTTP_AUTH_STALE says that the response is right. */
static enum http_auth_result
check_digest(const char *authorization)
{
	struct http_auth auth = auth_of(HTTP_AUTH_DIGEST_MD5);

	return check(&auth, authorization);
}

#define RFC2617                                                                   \
	"Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "              \
	"nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", " \
	"opaque=\"5ccc069c403ebaf9f0171e9517f40e41\", "
#define RFC7616                                                                             \
	"Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "                     \
	"uri=\"/dir/index.html\", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", " \
	"nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "

static void
test_the_example_of_rfc_2617_is_right(void **state)
{
	char password[] = "Circle Of Life";

	(void)state;
	assert_int_equal(check_rfc("testrealm@host.com", password,
				 RFC2617 "qop=auth, nc=00000001, cnonce=\"0a4f113b\", "
					 "response=\"6629fae49393a05397450978507c4ef1\""),
		HTTP_AUTH_STALE);
	assert_string_equal(who.username, "Mufasa");
	assert_int_equal(check_rfc("testrealm@host.com", password,
				 RFC2617 "qop=auth, nc=00000001, cnonce=\"0a4f113b\", "
					 "response=\"6629fae49393a05397450978507c4ef0\""),
		HTTP_AUTH_WRONG);
	assert_string_equal(who.username, "Mufasa");
}

static void
test_a_response_without_qop_is_that_of_rfc_2069(void **state)
{
	char password[] = "CircleOfLife";

	(void)state;
	/* As its erratum corrects it. */
	assert_int_equal(check_rfc("testrealm@host.com", password,
				 RFC2617 "response=\"1949323746fe6a43ef61f9606e7febea\""),
		HTTP_AUTH_STALE);
}

static void
test_the_examples_of_rfc_7616_are_right(void **state)
{
	char password[] = "Circle of Life";

	(void)state;
	assert_int_equal(check_rfc("http-auth@example.org", password,
				 RFC7616 "algorithm=MD5, "
					 "response=\"8ca523f5e9506fed4657c9700eebdbec\""),
		HTTP_AUTH_STALE);
	assert_int_equal(
		check_rfc("http-auth@example.org", password,
			RFC7616 "algorithm=SHA-256, response=\"753927fa0e85d155564e2e272a28"
				"d1802ca10daf4496794697cf8db5856cb6c1\""),
		HTTP_AUTH_STALE);
}

/* Made with Python's hashlib. */
static void
test_sessions_of_an_algorithm_hash_the_user_twice(void **state)
{
	char password[] = "Circle of Life";

	(void)state;
	assert_int_equal(check_rfc("http-auth@example.org", password,
				 RFC7616 "algorithm=MD5-sess, "
					 "response=\"e783283f46242139c486a698fec7211d\""),
		HTTP_AUTH_STALE);
	assert_int_equal(
		check_rfc("http-auth@example.org", password,
			RFC7616
			"algorithm=\"sha-256-SESS\", response=\"2fd51b3a77ad75bad6afad6003e8"
			"18d767133c46d9e2749e7f5232ae1ea3efd7\""),
		HTTP_AUTH_STALE);
}

#define ACS "realm=\"acs\", nonce=\"n\", uri=\"/acs\", "

static void
test_parameters_are_read_however_they_are_written(void **state)
{
	static const char *const fields[] = {
		"Digest username=\"cpe\", " ACS "response=\"7ca8dad69727b6869354de4502c8a612\"",
		"  digest\t "
		"username=cpe,realm=acs,nonce=n,uri=/acs,response=7ca8dad69727b6869354de4502c8a612",
		"Digest username = \"cpe\" ,, realm= acs , nonce =n , uri=\"/acs\" "
		"response=\"7ca8dad69727b6869354de4502c8a612\" ,",
		"Digest username=\"cpe\", " ACS
		"algorithm=MD, response=\"7ca8dad69727b6869354de4502c8a612\"",
		"Digest username=\"cpe\", " ACS
		"algorithm=, response=\"7ca8dad69727b6869354de4502c8a612\"",
		"Digest username=\"cpe\", " ACS
		"algorithm=\"MD5\", response=\"7CA8DAD69727B6869354DE4502C8A612\"",
		/* Unknown ones, words without a value, one twice, no end of the quotes. */
		"Digest foo=\"bar\", stale, username=\"cpe\", username=\"x\", =, " ACS
		"qop=\"\", x=y, auth-param, response=\"7ca8dad69727b6869354de4502c8a612",
		"Basic Zm9vOmJhcg==, Digest username=\"cpe\", " ACS
		"response=\"7ca8dad69727b6869354de4502c8a612\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		assert_int_equal(check_digest(fields[i]), HTTP_AUTH_STALE);
		assert_string_equal(who.username, "cpe");
	}
	assert_int_equal(check_digest("Digest username=cpe, " ACS "qop=auth, nc=1, "
				      "response=\"4b3719705fc96db1dca459462154589b\""),
		HTTP_AUTH_STALE);
}

static void
test_names_are_read_however_they_are_written(void **state)
{
	(void)state;
	assert_int_equal(check_digest("Digest username=\"a%20b\", " ACS
				      "response=\"8cdaa5fcbc6f7f057ece6d4f663e2535\""),
		HTTP_AUTH_STALE);
	assert_string_equal(who.username, "a b");
	/* Escaped, and hashed without the backslash or with it; not escaped where it had to be. */
	assert_int_equal(check_digest("Digest username=\"quo\\\"ted\", " ACS
				      "response=\"e52e8ff9b026cceca8e3cbe0388b9371\""),
		HTTP_AUTH_STALE);
	assert_string_equal(who.username, "quo\"ted");
	assert_int_equal(check_digest("Digest username=\"quo\\\"ted\", " ACS
				      "response=\"483e3c1795f0c270cfa57c6e361ed4be\""),
		HTTP_AUTH_STALE);
	assert_int_equal(check_digest("Digest username=\"DOMAIN\\user\", " ACS
				      "response=\"734962d43fd9dfa0b765531c9a1a426d\""),
		HTTP_AUTH_STALE);
	assert_string_equal(who.username, "DOMAIN\\user");
	assert_int_equal(check_digest("Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, " ACS
				      "response=\"31c6d4fe36c91b308e1146dae782159e\""),
		HTTP_AUTH_STALE);
	assert_string_equal(who.username, "J\303\244s\303\270n Doe");
}

static enum http_auth_result
check_uri(const char *uri, const char *response, const char *target)
{
	struct http_auth auth = auth_of(HTTP_AUTH_DIGEST_MD5);
	char field[512];

	snprintf(field, sizeof(field),
		"Digest username=\"cpe\", realm=\"acs\", nonce=\"n\", uri=\"%s\", response=\"%s\"",
		uri, response);
	return http_auth_check(&auth, field, "POST", target, NOW, &who);
}

static void
test_the_uri_is_the_requests_target_or_its_path(void **state)
{
	static const char plain[] = "7ca8dad69727b6869354de4502c8a612";
	static const char absolute[] = "23a6b1356e6027ac6290bfe38acc38a7";
	static const char query[] = "aed94542cf7579aa78eb4d985044c666";

	(void)state;
	assert_int_equal(check_uri("/acs", plain, "/acs"), HTTP_AUTH_STALE);
	assert_int_equal(check_uri("/acs", plain, "http://other/acs"), HTTP_AUTH_STALE);
	assert_int_equal(check_uri("/acs", plain, "/acs?a=1"), HTTP_AUTH_STALE);
	assert_int_equal(
		check_uri("http://acs.example:7547/acs", absolute, "/acs"), HTTP_AUTH_STALE);
	assert_int_equal(check_uri("/acs?a=1", query, "/acs?a=1"), HTTP_AUTH_STALE);
	assert_int_equal(check_uri("/acs?a=1", query, "/acs"), HTTP_AUTH_STALE);
	assert_int_equal(check_uri("http://acs.example", "0adf3c60ee8e063994fc293c2cdded53", "/"),
		HTTP_AUTH_STALE);

	assert_int_equal(check_uri("/acs", plain, "/acs/"), HTTP_AUTH_WRONG);
	assert_int_equal(check_uri("/acs", plain, "/"), HTTP_AUTH_WRONG);
	assert_int_equal(check_uri("/acs", plain, "/x?http://y/acs"), HTTP_AUTH_WRONG);
	assert_int_equal(check_uri("/acs?a=1", query, "/acs?a=2"), HTTP_AUTH_WRONG);
	assert_int_equal(check_uri("", plain, ""), HTTP_AUTH_WRONG);
}

static void
test_what_is_wrong_is_wrong(void **state)
{
	static const char *const fields[] = {
		"Digest ",
		"Digest username=\"cpe\"",
		"Digest username=\"cpe\", " ACS "response=\"\"",
		"Digest username=\"cpe\", " ACS "response=\"7ca8dad69727b6869354de4502c8a61200\"",
		"Digest username=\"who\", " ACS "response=\"cc4f5694a3f0aede14511f2a9fe46772\"",
		"Digest " ACS "response=\"7ca8dad69727b6869354de4502c8a612\"",
		"Digest username=\"cpe\", realm=\"acs\", nonce=\"n\", "
		"response=\"7ca8dad69727b6869354de4502c8a612\"",
		"Digest username*=UTF-8'cpe, " ACS "response=\"7ca8dad69727b6869354de4502c8a612\"",
		"Digest username*=UTF-8''c%00e, " ACS
		"response=\"7ca8dad69727b6869354de4502c8a612\"",
		"Digest username=\"c%70\", " ACS "response=\"7ca8dad69727b6869354de4502c8a612\"",
		"Digest username=\"cpe\", " ACS
		"qop=auth-int, nc=1, cnonce=c, response=\"7ca8dad69727b6869354de4502c8a612\"",
	};
	char longest[1024];

	(void)state;
	for (size_t i = 1; i < sizeof(fields) / sizeof(fields[0]); i++)
		assert_int_equal(check_digest(fields[i]), HTTP_AUTH_WRONG);
	snprintf(longest, sizeof(longest),
		"Digest username=\"%0600d\", " ACS "response=\"7ca8dad69727b6869354de4502c8a612\"",
		0);
	assert_int_equal(check_digest(longest), HTTP_AUTH_WRONG);
	assert_string_equal(who.username, "");
	assert_int_equal(check_digest("Digest username=\"nobody\", " ACS
				      "response=\"7f4aa2babe7227d646a1d36a09511d19\""),
		HTTP_AUTH_STALE);
}

static void
test_other_schemes_and_none_are_missing(void **state)
{
	struct http_auth digest = auth_of(HTTP_AUTH_DIGEST), basic = auth_of(HTTP_AUTH_BASIC);

	(void)state;
	assert_int_equal(check(&digest, NULL), HTTP_AUTH_MISSING);
	assert_int_equal(check(&digest, ""), HTTP_AUTH_MISSING);
	assert_int_equal(check(&digest, "Bearer abc"), HTTP_AUTH_MISSING);
	assert_int_equal(check(&digest, "Digest"), HTTP_AUTH_MISSING);
	/* Some send Basic before they are asked. */
	assert_int_equal(check(&digest, "Basic Y3BlOnNlY3JldA=="), HTTP_AUTH_MISSING);
	assert_int_equal(check(&basic, "Digest username=\"cpe\", " ACS
				       "response=\"7ca8dad69727b6869354de4502c8a612\""),
		HTTP_AUTH_MISSING);
	assert_int_equal(check(&basic, "Basically abc"), HTTP_AUTH_MISSING);
}

static void
test_nobody_is_asked_without_a_scheme(void **state)
{
	struct http_auth auth = auth_of(HTTP_AUTH_NONE);
	char out[512];

	(void)state;
	assert_int_equal(check(&auth, NULL), HTTP_AUTH_OK);
	assert_int_equal(check(&auth, "Basic !"), HTTP_AUTH_OK);
	assert_int_equal(http_auth_challenge(&auth, 0, false, NOW, salt, out, sizeof(out)), 0);
}

static void
test_basic_takes_the_right_password_alone(void **state)
{
	struct http_auth auth = auth_of(HTTP_AUTH_BASIC_OR_DIGEST);
	char field[512];

	(void)state;
	assert_int_equal(check(&auth, "Basic Y3BlOnNlY3JldA=="), HTTP_AUTH_OK);
	assert_string_equal(who.username, "cpe");
	assert_int_equal(check(&auth, " basic\tY3BlOnNlY3JldA"), HTTP_AUTH_OK);
	assert_int_equal(http_auth_basic("a%20b", "blank", field, sizeof(field)), 0);
	assert_int_equal(check(&auth, field), HTTP_AUTH_OK);
	assert_string_equal(who.username, "a b");
	assert_int_equal(http_auth_basic("cpe", "secrets", field, sizeof(field)), 0);
	assert_int_equal(check(&auth, field), HTTP_AUTH_WRONG);
	assert_int_equal(http_auth_basic("cpe", "secre", field, sizeof(field)), 0);
	assert_int_equal(check(&auth, field), HTTP_AUTH_WRONG);
	assert_int_equal(http_auth_basic("who", "", field, sizeof(field)), 0);
	assert_int_equal(check(&auth, field), HTTP_AUTH_WRONG);
	assert_int_equal(check(&auth, "Basic Og=="), HTTP_AUTH_WRONG);     /* ":" */
	assert_int_equal(check(&auth, "Basic Y3Bl"), HTTP_AUTH_WRONG);     /* no colon */
	assert_int_equal(check(&auth, "Basic Y3BlAA=="), HTTP_AUTH_WRONG); /* a NUL */
	assert_int_equal(check(&auth, "Basic"), HTTP_AUTH_WRONG);
	assert_int_equal(check(&auth, "Basic ???"), HTTP_AUTH_WRONG);
}

static void
test_basic_has_bounds(void **state)
{
	struct http_auth auth = auth_of(HTTP_AUTH_BASIC);
	char name[HTTP_AUTH_TEXT_MAX + 1], field[2048];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(http_auth_basic(name, "", field, sizeof(field)), 0);
	assert_int_equal(check(&auth, field), HTTP_AUTH_WRONG);
	assert_int_equal(http_auth_basic("", name, field, sizeof(field)), 0);
	assert_int_equal(check(&auth, field), HTTP_AUTH_WRONG);
	assert_int_equal(http_auth_basic(name, name, field, sizeof(field)), SB_ELIMIT);
	assert_int_equal(http_auth_basic("cpe", "secret", field, 21), SB_ELIMIT);
	assert_int_equal(http_auth_basic("cpe", "secret", field, 6), SB_ELIMIT);
	memset(field, 'A', sizeof(field));
	memcpy(field, "Basic ", 6);
	field[sizeof(field) - 1] = '\0';
	assert_int_equal(check(&auth, field), HTTP_AUTH_WRONG);
}

static void
test_the_best_scheme_is_offered_first(void **state)
{
	struct http_auth auth = auth_of(HTTP_AUTH_DIGEST);
	char out[512];

	(void)state;
	auth.realm = "our \"acs\"";
	assert_true(http_auth_challenge(&auth, 0, false, NOW, salt, out, sizeof(out)) > 0);
	assert_non_null(strstr(out, "algorithm=SHA-256"));
	assert_non_null(strstr(out, "Digest realm=\"our \\\"acs\\\"\", qop=\"auth\", nonce=\""));
	assert_null(strstr(out, "stale"));
	assert_true(http_auth_challenge(&auth, 1, true, NOW, salt, out, sizeof(out)) > 0);
	assert_non_null(strstr(out, "algorithm=MD5, stale=true"));
	assert_int_equal(http_auth_challenge(&auth, 2, false, NOW, salt, out, sizeof(out)), 0);
	auth.scheme = HTTP_AUTH_BASIC_OR_DIGEST;
	assert_true(http_auth_challenge(&auth, 1, true, NOW, salt, out, sizeof(out)) > 0);
	assert_string_equal(out, "Basic realm=\"our \\\"acs\\\"\"");
	assert_int_equal(http_auth_challenge(&auth, 1, true, NOW, salt, out, 10), 0);
	auth.scheme = HTTP_AUTH_DIGEST_MD5;
	assert_int_equal(http_auth_challenge(&auth, 1, false, NOW, salt, out, sizeof(out)), 0);
	assert_int_equal(http_auth_challenge(&auth, 0, false, NOW, salt, out, 60), 0);
}

static const struct http_auth_request request = {
	.username = "cpe",
	.password = "secret",
	.method = "POST",
	.uri = "/acs",
	.cnonce = "0123abcd",
	.count = 1,
};

/* What our client answers to our challenge. */
static enum http_auth_result
answer_and_check(const struct http_auth *auth, unsigned i, int64_t answered_s)
{
	char challenge[512], field[1024];

	assert_true(
		http_auth_challenge(auth, i, false, NOW, salt, challenge, sizeof(challenge)) > 0);
	assert_int_equal(http_auth_answer(challenge, &request, field, sizeof(field)), 0);
	return http_auth_check(auth, field, "POST", "/acs", answered_s, &who);
}

static void
test_a_nonce_holds_for_its_lifetime_on_any_connection(void **state)
{
	struct http_auth auth = auth_of(HTTP_AUTH_DIGEST), other = auth;
	char challenge[512], field[1024];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(answer_and_check(&auth, i, NOW), HTTP_AUTH_OK);
		assert_int_equal(answer_and_check(&auth, i, NOW + 300), HTTP_AUTH_OK);
		assert_int_equal(answer_and_check(&auth, i, NOW + 301), HTTP_AUTH_STALE);
		assert_int_equal(answer_and_check(&auth, i, NOW - 1), HTTP_AUTH_STALE);
	}
	auth.nonce_lifetime_s = 10;
	assert_int_equal(answer_and_check(&auth, 0, NOW + 11), HTTP_AUTH_STALE);
	/* Of another node, or of this one before its restart. */
	other.secret[31] = 1;
	http_auth_challenge(&other, 0, false, NOW, salt, challenge, sizeof(challenge));
	assert_int_equal(http_auth_answer(challenge, &request, field, sizeof(field)), 0);
	assert_int_equal(check(&auth, field), HTTP_AUTH_STALE);
	assert_int_equal(check(&other, field), HTTP_AUTH_OK);
}

static void
test_each_octet_of_a_nonce_is_under_its_proof(void **state)
{
	struct http_auth auth = auth_of(HTTP_AUTH_DIGEST_MD5);
	char challenge[512], field[1024];
	char *nonce;

	(void)state;
	http_auth_challenge(&auth, 0, false, NOW, salt, challenge, sizeof(challenge));
	nonce = strstr(challenge, "nonce=\"") + 7;
	for (size_t i = 0; i < 32; i++) {
		char was = nonce[i];

		nonce[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(http_auth_answer(challenge, &request, field, sizeof(field)), 0);
		assert_int_equal(check(&auth, field), HTTP_AUTH_STALE);
		nonce[i] = was;
	}
}

static void
test_a_client_answers_what_it_can(void **state)
{
	char out[1024];

	(void)state;
	assert_int_equal(http_auth_answer("Basic realm=\"x\", Digest realm=acs, nonce=n", &request,
				 out, sizeof(out)),
		0);
	assert_string_equal(out, "Digest username=\"cpe\", realm=\"acs\", nonce=\"n\", "
				 "uri=\"/acs\", response=\"7ca8dad69727b6869354de4502c8a612\"");
	/* The first that is known, without qop=auth none. */
	assert_int_equal(http_auth_answer("Digest realm=acs, nonce=m, algorithm=SHA-512-256, "
					  "Digest realm=acs, nonce=n, algorithm=\"MD5\", opaque=o",
				 &request, out, sizeof(out)),
		0);
	assert_string_equal(out, "Digest username=\"cpe\", realm=\"acs\", nonce=\"n\", "
				 "uri=\"/acs\", response=\"7ca8dad69727b6869354de4502c8a612\", "
				 "algorithm=MD5, opaque=\"o\"");
	assert_int_equal(http_auth_answer("Digest realm=acs, nonce=n, qop=\"auth-int, AUTH\", "
					  "algorithm=sha-256-sess",
				 &request, out, sizeof(out)),
		0);
	assert_non_null(strstr(out, ", algorithm=SHA-256-sess, qop=auth, nc=00000001, "
				    "cnonce=\"0123abcd\""));
	assert_int_equal(http_auth_answer("Digest realm=acs, nonce=n, qop=auth-int", &request, out,
				 sizeof(out)),
		SB_ENOTSUP);
	assert_int_equal(
		http_auth_answer("Digest realm=acs", &request, out, sizeof(out)), SB_ENOTSUP);
	assert_int_equal(http_auth_answer("Basic realm=x", &request, out, sizeof(out)), SB_ENOTSUP);
	/* What could not be said again between quotes. */
	assert_int_equal(
		http_auth_answer("Digest realm=acs, nonce=a\"b", &request, out, sizeof(out)),
		SB_ENOTSUP);
	assert_int_equal(
		http_auth_answer("Digest realm=acs, nonce=a\\", &request, out, sizeof(out)),
		SB_ENOTSUP);
	assert_int_equal(
		http_auth_answer("Digest realm=acs, nonce=n", &request, out, 100), SB_ELIMIT);
}

static void
test_a_clients_name_and_realm_are_escaped_and_not(void **state)
{
	struct http_auth auth = auth_of(HTTP_AUTH_DIGEST);
	struct http_auth_request quoted = request;
	char challenge[512], field[1024], longest[HTTP_AUTH_TEXT_MAX + 1];

	(void)state;
	auth.realm = "our \"acs\"";
	quoted.username = "quo\"ted";
	quoted.password = "quote";
	http_auth_challenge(&auth, 0, false, NOW, salt, challenge, sizeof(challenge));
	assert_int_equal(http_auth_answer(challenge, &quoted, field, sizeof(field)), 0);
	assert_int_equal(check(&auth, field), HTTP_AUTH_OK);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	quoted.username = auth.realm = longest;
	assert_int_equal(http_auth_answer(challenge, &quoted, field, sizeof(field)), SB_ELIMIT);
	assert_int_equal(
		http_auth_challenge(&auth, 0, false, NOW, salt, challenge, sizeof(challenge)), 0);
	snprintf(challenge, sizeof(challenge), "Digest nonce=n, realm=%s", longest);
	assert_int_equal(http_auth_answer(challenge, &request, field, sizeof(field)), SB_ELIMIT);
}

/* Of "hashed" two hashes are kept, of an old and of a new password; `context` is not looked at. */
static int
hashes_of(void *context, const char *username, struct http_auth_known *out)
{
	(void)context;
	if (strcmp(username, "hashed") != 0)
		return SB_ENOENT;
	*out = (struct http_auth_known){.count = 2, .ids = {7, 8}};
	assert_int_equal(http_auth_hash("hashed", "acs", "new", &out->each[0]), 0);
	assert_int_equal(http_auth_hash("hashed", "acs", "old", &out->each[1]), 0);
	return 0;
}

static void
answer_as(const struct http_auth *auth, unsigned i, const char *name, const char *password,
	char field[1024])
{
	const struct http_auth_request client = {name, password, "POST", "/acs", "c", 1};
	char challenge[512];

	assert_true(
		http_auth_challenge(auth, i, false, NOW, salt, challenge, sizeof(challenge)) > 0);
	assert_int_equal(http_auth_answer(challenge, &client, field, 1024), 0);
}

static void
test_a_hash_stands_for_a_password(void **state)
{
	static const struct {
		const char *name, *password;
		enum http_auth_result result;
		uint64_t id;
	} cases[] = {
		{"hashed", "new", HTTP_AUTH_OK, 7},
		{"hashed", "old", HTTP_AUTH_OK, 8},
		{"hashed", "other", HTTP_AUTH_WRONG, 0},
		{"hashed", "", HTTP_AUTH_WRONG, 0},
		{"cpe", "secret", HTTP_AUTH_OK, 0},
		{"cpe", "new", HTTP_AUTH_WRONG, 0},
		{"who", "", HTTP_AUTH_WRONG, 0},
	};
	struct http_auth digest = auth_of(HTTP_AUTH_DIGEST), basic = auth_of(HTTP_AUTH_BASIC);
	char field[1024];

	(void)state;
	digest.known = basic.known = hashes_of;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned offer = 0; offer < 2; offer++) { /* SHA-256, MD5 */
			answer_as(&digest, offer, cases[i].name, cases[i].password, field);
			assert_int_equal(check(&digest, field), cases[i].result);
			assert_int_equal(who.id, cases[i].id);
		}
		assert_int_equal(http_auth_basic(cases[i].name, cases[i].password, field, 1024), 0);
		assert_int_equal(check(&basic, field), cases[i].result);
		assert_int_equal(who.id, cases[i].id);
		assert_string_equal(who.username, cases[i].name);
	}
}

/* "hashed:acs:new" with the -sess form, whose hash is made of the kept one. */
static void
test_a_hash_stands_for_a_password_in_a_session_of_an_algorithm(void **state)
{
	struct http_auth auth = auth_of(HTTP_AUTH_DIGEST_MD5);
	const struct http_auth_request client = {"hashed", "old", "POST", "/acs", "c", 1};
	char challenge[512], field[1024], *end;

	(void)state;
	auth.known = hashes_of;
	assert_true(http_auth_challenge(&auth, 0, false, NOW, salt, challenge, 500) > 0);
	end = strstr(challenge, "algorithm=MD5");
	assert_non_null(end);
	strcpy(end, "algorithm=MD5-sess");
	assert_int_equal(http_auth_answer(challenge, &client, field, sizeof(field)), 0);
	assert_int_equal(check(&auth, field), HTTP_AUTH_OK);
	assert_int_equal(who.id, 8);
}

/* Nobody is refused, and nothing passes, for want of memory. */
static void
test_without_memory_a_client_is_asked_again(void **state)
{
	struct http_auth auth = auth_of(HTTP_AUTH_DIGEST);
	char challenge[512], field[1024];
	unsigned failures = 0;
	bool is_over = false;

	(void)state;
	http_auth_challenge(&auth, 0, false, NOW, salt, challenge, sizeof(challenge));
	http_auth_answer(challenge, &request, field, sizeof(field));
	assert_int_equal(check(&auth, field), HTTP_AUTH_OK);
	for (unsigned at = 1; !is_over; at++) {
		enum http_auth_result result;

		fail_at = at;
		result = check(&auth, field);
		is_over = fail_at != 0;
		fail_at = 0;
		/* OpenSSL does without some. */
		assert_true(result == HTTP_AUTH_OK || (result == HTTP_AUTH_STALE && !is_over));
		failures += result == HTTP_AUTH_STALE;
	}
	assert_true(failures > 3);
	auth.scheme = HTTP_AUTH_BASIC;
	auth.known = hashes_of;
	assert_int_equal(check(&auth, "Basic Y3BlOnNlY3JldA=="), HTTP_AUTH_OK);
	fail_at = 1;
	assert_int_equal(check(&auth, "Basic Y3BlOnNlY3JldA=="), HTTP_AUTH_STALE);
	auth.scheme = HTTP_AUTH_DIGEST;
	fail_at = 1;
	assert_int_equal(http_auth_answer(challenge, &request, field, sizeof(field)), SB_ENOMEM);
	for (fail_at = failures = 0; failures < 20 && !fail_at; failures++) {
		fail_at = failures + 1;
		if (!http_auth_challenge(&auth, 0, false, NOW, salt, challenge, sizeof(challenge)))
			break;
	}
	assert_true(failures < 20 && !fail_at);
	fail_at = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_example_of_rfc_2617_is_right),
		cmocka_unit_test(test_a_response_without_qop_is_that_of_rfc_2069),
		cmocka_unit_test(test_the_examples_of_rfc_7616_are_right),
		cmocka_unit_test(test_sessions_of_an_algorithm_hash_the_user_twice),
		cmocka_unit_test(test_parameters_are_read_however_they_are_written),
		cmocka_unit_test(test_names_are_read_however_they_are_written),
		cmocka_unit_test(test_the_uri_is_the_requests_target_or_its_path),
		cmocka_unit_test(test_what_is_wrong_is_wrong),
		cmocka_unit_test(test_other_schemes_and_none_are_missing),
		cmocka_unit_test(test_nobody_is_asked_without_a_scheme),
		cmocka_unit_test(test_basic_takes_the_right_password_alone),
		cmocka_unit_test(test_basic_has_bounds),
		cmocka_unit_test(test_the_best_scheme_is_offered_first),
		cmocka_unit_test(test_a_nonce_holds_for_its_lifetime_on_any_connection),
		cmocka_unit_test(test_each_octet_of_a_nonce_is_under_its_proof),
		cmocka_unit_test(test_a_client_answers_what_it_can),
		cmocka_unit_test(test_a_clients_name_and_realm_are_escaped_and_not),
		cmocka_unit_test(test_a_hash_stands_for_a_password),
		cmocka_unit_test(test_a_hash_stands_for_a_password_in_a_session_of_an_algorithm),
		cmocka_unit_test(test_without_memory_a_client_is_asked_again),
	};

	if (!CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
