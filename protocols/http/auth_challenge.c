/* What a 401 says, and what a client answers. */
#include "core/bytes.h"
#include "core/error.h"
#include "protocols/http/auth.h"
#include "protocols/http/auth_digest_internal.h"
#include "protocols/http/auth_nonce_internal.h"
#include "protocols/http/auth_params_internal.h"
#include "protocols/http/base64.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>

/* Room for a text of which each octet is escaped. */
#define QUOTED_MAX (2 * HTTP_AUTH_TEXT_MAX)

/* With backslashes before quotes and backslashes. False: it is too long. */
static bool
quote(const char *text, char quoted[QUOTED_MAX])
{
	if (strlen(text) >= HTTP_AUTH_TEXT_MAX)
		return false;
	while (*text) {
		if (*text == '"' || *text == '\\')
			*quoted++ = '\\';
		*quoted++ = *text++;
	}
	*quoted = '\0';
	return true;
}

static size_t
fitting(int length, size_t size)
{
	return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

static size_t
challenge_digest(const struct http_auth *auth, const char *realm, const char *algorithm,
	bool is_stale, int64_t now_s, const uint8_t salt[8], char *out, size_t size)
{
	char nonce[HTTP_NONCE_SIZE];

	if (http_nonce_make(auth, now_s, salt, nonce) != 0)
		return 0;
	return fitting(snprintf(out, size,
			       "Digest realm=\"%s\", qop=\"auth\", nonce=\"%s\", opaque=\"0\", "
			       "algorithm=%s%s",
			       realm, nonce, algorithm, is_stale ? ", stale=true" : ""),
		size);
}

size_t
http_auth_challenge(const struct http_auth *auth, unsigned i, bool is_stale, int64_t now_s,
	const uint8_t salt[8], char *out, size_t size)
{
	/* The best first: RFC 7616 lets clients take the first that they can. But of Basic and MD5
	 * MD5, for the same reason. */
	static const char *const offers[][2] = {
		[HTTP_AUTH_NONE] = {NULL, NULL},
		[HTTP_AUTH_BASIC] = {"Basic", NULL},
		[HTTP_AUTH_DIGEST] = {"SHA-256", "MD5"},
		[HTTP_AUTH_DIGEST_MD5] = {"MD5", NULL},
		[HTTP_AUTH_BASIC_OR_DIGEST] = {"MD5", "Basic"},
	};
	const char *offer = i < 2 ? offers[auth->scheme][i] : NULL;
	char realm[QUOTED_MAX];

	if (!offer || !quote(auth->realm, realm))
		return 0;
	if (strcmp(offer, "Basic") == 0)
		return fitting(snprintf(out, size, "Basic realm=\"%s\"", realm), size);
	return challenge_digest(auth, realm, offer, is_stale, now_s, salt, out, size);
}

/* ---- the client's side ---- */

/* Whether qop="auth-int, auth" has it. */
static bool
has_auth(struct sb_bytes list)
{
	struct http_auth_param word;

	while (http_auth_param_next(&list, &word))
		if (http_auth_is(word.name, "auth"))
			return true;
	return false;
}

/* Whether it can stand between quotes again: it may have come without. */
static bool
is_quotable(struct sb_bytes value)
{
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] == '\\')
			i++;
		else if (value.data[i] == '"')
			return false;
		if (i == value.size)
			return false;
	}
	return true;
}

/* A hash that we do not know begins with SHA, too; what is no algorithm at all means MD5. */
static bool
is_answerable(const struct http_digest *digest)
{
	struct sb_bytes algorithm = digest->algorithm;
	bool is_some_sha = algorithm.size >= 3 && http_auth_is(sb_bytes(algorithm.data, 3), "SHA");

	return digest->nonce.data && is_quotable(digest->nonce) && is_quotable(digest->realm) &&
	       is_quotable(digest->opaque) && (digest->is_sha256 || !is_some_sha) &&
	       (!digest->qop.data || has_auth(digest->qop));
}

static const char *
algorithm_name(const struct http_digest *digest)
{
	if (digest->is_sha256)
		return digest->is_session ? "SHA-256-sess" : "SHA-256";
	return digest->is_session ? "MD5-sess" : "MD5";
}

/* `digest` is the challenge, with the request's parameters added. */
static int
write_answer(const struct http_digest *digest, const char *username, const char *response,
	char *out, size_t size)
{
	struct sb_writer w = sb_writer_of(out, size);
	const struct {
		const char *before;
		struct sb_bytes value;
		const char *after;
		bool is_left_out;
	} parts[] = {
		{"Digest username=\"", sb_bytes_text(username), "\"", false},
		{", realm=\"", digest->realm, "\"", false},
		{", nonce=\"", digest->nonce, "\"", false},
		{", uri=\"", digest->uri, "\"", false},
		{", response=\"", sb_bytes_text(response), "\"", false},
		{", algorithm=", sb_bytes_text(algorithm_name(digest)), "",
			!digest->algorithm.data},
		{", opaque=\"", digest->opaque, "\"", !digest->opaque.data},
		{", qop=", digest->qop, "", !digest->qop.size},
		{", nc=", digest->nc, "", !digest->qop.size},
		{", cnonce=\"", digest->cnonce, "\"", !digest->qop.size && !digest->is_session},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].is_left_out)
			continue;
		sb_put_bytes(&w, parts[i].before, strlen(parts[i].before));
		sb_put_bytes(&w, parts[i].value.data, parts[i].value.size);
		sb_put_bytes(&w, parts[i].after, strlen(parts[i].after));
	}
	sb_put_u8(&w, '\0');
	return sb_writer_failed(&w) ? SB_ELIMIT : 0;
}

static int
answer(const struct http_digest *challenge, const struct http_auth_request *request, char *out,
	size_t size)
{
	struct http_digest digest = *challenge;
	char username[QUOTED_MAX], realm[HTTP_AUTH_TEXT_MAX], count[9];
	char asked[HTTP_DIGEST_HEX], response[HTTP_DIGEST_HEX];
	uint8_t user[HTTP_DIGEST_SIZE];
	int err;

	if (!quote(request->username, username) ||
		!http_auth_unescape(digest.realm, realm, sizeof(realm)))
		return SB_ELIMIT;
	snprintf(count, sizeof(count), "%08" PRIx32, request->count);
	digest.uri = sb_bytes_text(request->uri);
	digest.cnonce = sb_bytes_text(request->cnonce);
	digest.nc = sb_bytes_text(count);
	if (digest.qop.data)
		digest.qop = sb_bytes_text("auth");
	err = http_digest_user(digest.is_sha256, sb_bytes_text(request->username),
		sb_bytes_text(realm), request->password, user);
	if (!err)
		err = http_digest_request(&digest, request->method, asked);
	if (!err)
		err = http_digest_response(&digest, user, asked, response);
	return err ? err : write_answer(&digest, username, response, out, size);
}

int
http_auth_answer(
	const char *challenge, const struct http_auth_request *request, char *out, size_t size)
{
	struct sb_bytes in = sb_bytes_text(challenge);
	struct http_digest digest;

	while (http_digest_next(&in, &digest))
		if (is_answerable(&digest))
			return answer(&digest, request, out, size);
	return SB_ENOTSUP;
}

int
http_auth_basic(const char *username, const char *password, char *out, size_t size)
{
	static const char scheme[] = "Basic ";
	char text[2 * HTTP_AUTH_TEXT_MAX];
	size_t prefix = sizeof(scheme) - 1;
	int length = snprintf(text, sizeof(text), "%s:%s", username, password);
	ssize_t written;

	if (length < 0 || (size_t)length >= sizeof(text) || size <= prefix)
		return SB_ELIMIT;
	memcpy(out, scheme, prefix);
	written = http_base64_encode(
		HTTP_BASE64, sb_bytes(text, (size_t)length), out + prefix, size - prefix);
	OPENSSL_cleanse(text, sizeof(text));
	return written < 0 ? (int)written : 0;
}
