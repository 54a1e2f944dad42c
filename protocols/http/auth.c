#include "protocols/http/auth.h"

#include "core/bytes.h"
#include "protocols/http/auth_digest_internal.h"
#include "protocols/http/auth_nonce_internal.h"
#include "protocols/http/auth_params_internal.h"
#include "protocols/http/base64.h"
#include "protocols/http/percent.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <strings.h>

/* What the one whom the client says it is must know. */
struct claim {
	struct http_auth_claim *said;
	char password[HTTP_AUTH_TEXT_MAX];
	struct http_auth_known known; /* instead of a password, unless there are none */
	bool is_known;
};

static bool
offers_basic(const struct http_auth *auth)
{
	return auth->scheme == HTTP_AUTH_BASIC || auth->scheme == HTTP_AUTH_BASIC_OR_DIGEST;
}

static bool
offers_digest(const struct http_auth *auth)
{
	return auth->scheme != HTTP_AUTH_BASIC;
}

static bool
ask(const struct http_auth *auth, const char *name, struct claim *claim)
{
	claim->is_known = auth->known && auth->known(auth->context, name, &claim->known) == 0;
	if (claim->is_known)
		return true;
	claim->known.count = 0;
	claim->is_known =
		auth->password(auth->context, name, claim->password, sizeof(claim->password)) == 0;
	if (!claim->is_known)
		memset(claim->password, 0, sizeof(claim->password));
	return claim->is_known;
}

/* A device may percent-encode what it was given, or not: both are the same name. */
static void
look_up(const struct http_auth *auth, const char *name, struct claim *claim)
{
	char decoded[HTTP_AUTH_TEXT_MAX];

	memcpy(claim->said->username, name, strlen(name) + 1);
	if (ask(auth, name, claim) || !strchr(name, '%') ||
		http_percent_decode(sb_bytes_text(name), false, decoded, sizeof(decoded)) < 0)
		return;
	if (ask(auth, decoded, claim))
		memcpy(claim->said->username, decoded, sizeof(decoded));
}

/* ---- Basic ---- */

/* What follows "Basic " in the field; NULL: another scheme. */
static const char *
basic_credentials(const char *authorization)
{
	const char *at = authorization + strspn(authorization, " \t");

	if (strncasecmp(at, "Basic", 5) != 0)
		return NULL;
	at += 5;
	return *at == '\0' || *at == ' ' || *at == '\t' ? at + strspn(at, " \t") : NULL;
}

/* As long for any password: of two buffers, filled up with zeros. */
static bool
is_password(struct claim *claim, const char *sent)
{
	char given[HTTP_AUTH_TEXT_MAX] = {0};
	size_t size = strlen(claim->password);

	memset(claim->password + size, 0, sizeof(claim->password) - size);
	memcpy(given, sent, strlen(sent));
	return CRYPTO_memcmp(given, claim->password, sizeof(given)) == 0;
}

/* Made also where no hash is kept, for it takes its time. 0 or SB_ENOMEM. */
static int
compare_hashes(const struct http_auth *auth, struct claim *claim, const char *sent, bool *is_right)
{
	struct http_auth_hash given;
	int err =
		auth->known ? http_auth_hash(claim->said->username, auth->realm, sent, &given) : 0;

	*is_right = false;
	for (unsigned i = 0; !err && i < claim->known.count; i++) {
		if (CRYPTO_memcmp(given.sha256, claim->known.each[i].sha256, sizeof(given.sha256)))
			continue;
		claim->said->id = claim->known.ids[i];
		*is_right = true;
	}
	OPENSSL_cleanse(&given, sizeof(given));
	return err;
}

static enum http_auth_result
check_basic(const struct http_auth *auth, const char *credentials, struct claim *claim)
{
	char text[2 * HTTP_AUTH_TEXT_MAX];
	struct sb_bytes digits = {(const uint8_t *)credentials, strcspn(credentials, " \t,")};
	ssize_t size = http_base64_decode(digits, (uint8_t *)text, sizeof(text) - 1);
	char *password;
	bool is_right, has_hash;
	int err;

	if (size < 0 || memchr(text, '\0', (size_t)size))
		return HTTP_AUTH_WRONG;
	text[size] = '\0';
	password = strchr(text, ':');
	if (!password)
		return HTTP_AUTH_WRONG;
	*password++ = '\0';
	if (strlen(text) >= HTTP_AUTH_TEXT_MAX || strlen(password) >= HTTP_AUTH_TEXT_MAX)
		return HTTP_AUTH_WRONG;
	look_up(auth, text, claim);
	is_right = is_password(claim, password);
	err = compare_hashes(auth, claim, password, &has_hash);
	if (claim->known.count)
		is_right = has_hash;
	OPENSSL_cleanse(text, sizeof(text));
	if (err)
		return HTTP_AUTH_STALE;
	return is_right && claim->is_known ? HTTP_AUTH_OK : HTTP_AUTH_WRONG;
}

/* ---- Digest ---- */

/* RFC 5987: UTF-8'en'J%C3%A4s%C3%B8n */
static bool
read_extended(struct sb_bytes value, char *name, size_t size)
{
	struct sb_reader r = sb_reader_of(value);

	for (int quotes = 0; quotes < 2 && !sb_reader_failed(&r);)
		quotes += sb_get_u8(&r) == '\'';
	return !sb_reader_failed(&r) &&
	       http_percent_decode(sb_bytes(r.at, sb_reader_left(&r)), false, name, size) >= 0;
}

static bool
read_name(const struct http_digest *digest, char name[HTTP_AUTH_TEXT_MAX])
{
	if (!digest->username.data && digest->username_extended.data)
		return read_extended(digest->username_extended, name, HTTP_AUTH_TEXT_MAX);
	return digest->username.data &&
	       http_auth_unescape(digest->username, name, HTTP_AUTH_TEXT_MAX);
}

/* Some do not escape the backslash in DOMAIN\name. */
static bool
read_raw_name(const struct http_digest *digest, char name[HTTP_AUTH_TEXT_MAX])
{
	struct sb_bytes raw = digest->username;

	if (!raw.data || raw.size >= HTTP_AUTH_TEXT_MAX || !memchr(raw.data, '\\', raw.size))
		return false;
	memcpy(name, raw.data, raw.size);
	name[raw.size] = '\0';
	return true;
}

/* The path, and what follows its "?": of "http://acs/a?b" and "/a?b" the same. */
static struct sb_bytes
path_of(struct sb_bytes uri, struct sb_bytes *query)
{
	const uint8_t *slashes = memmem(uri.data, uri.size, "://", 3);
	const uint8_t *end = uri.data + uri.size, *path = uri.data, *mark;

	if (slashes && uri.data[0] != '/') {
		path = memchr(slashes + 3, '/', (size_t)(end - slashes) - 3);
		if (!path)
			return sb_bytes_text("/");
	}
	mark = memchr(path, '?', (size_t)(end - path));
	if (mark)
		*query = sb_bytes(mark + 1, (size_t)(end - mark) - 1);
	return sb_bytes(path, (size_t)((mark ? mark : end) - path));
}

/* Paths are the same, and queries, unless one of them is missing. */
static bool
is_target(struct sb_bytes uri, struct sb_bytes target)
{
	struct sb_bytes query = {0}, asked = {0};

	if (uri.size == 0 || !sb_bytes_equal(path_of(uri, &query), path_of(target, &asked)))
		return false;
	return !query.data || !asked.data || sb_bytes_equal(query, asked);
}

/* Whether the response is that of this user. 0 or SB_ENOMEM. */
static int
compare(const struct http_digest *digest, const uint8_t *user, const char *request, bool *is_right)
{
	char expected[HTTP_DIGEST_HEX], given[HTTP_DIGEST_HEX] = {0};
	size_t size = digest->is_sha256 ? 64 : 32;
	int err = http_digest_response(digest, user, request, expected);

	*is_right = false;
	if (err)
		return err;
	for (size_t i = 0; i < size && i < digest->response.size; i++)
		given[i] = (char)(digest->response.data[i] | 0x20); /* upper case, too */
	*is_right = digest->response.size == size && CRYPTO_memcmp(given, expected, size) == 0;
	return 0;
}

static int
compare_known(
	const struct http_digest *digest, struct claim *claim, const char *request, bool *is_right)
{
	for (unsigned i = 0; i < claim->known.count; i++) {
		const struct http_auth_hash *each = &claim->known.each[i];
		bool fits;
		int err = compare(
			digest, digest->is_sha256 ? each->sha256 : each->md5, request, &fits);

		if (err)
			return err;
		if (fits)
			claim->said->id = claim->known.ids[i];
		*is_right = *is_right || fits;
	}
	return 0;
}

/* Sets *is_right when the response is that of this name; never clears it. 0 or SB_ENOMEM. */
static int
compare_name(const struct http_auth *auth, const struct http_digest *digest, const char *name,
	struct claim *claim, const char *request, bool *is_right)
{
	uint8_t user[HTTP_DIGEST_SIZE];
	bool fits;
	int err;

	if (claim->known.count)
		return compare_known(digest, claim, request, is_right);
	err = http_digest_user(digest->is_sha256, sb_bytes_text(name), sb_bytes_text(auth->realm),
		claim->password, user);
	if (!err)
		err = compare(digest, user, request, &fits);
	if (!err)
		*is_right = *is_right || fits;
	return err;
}

static enum http_auth_result
check_digest(const struct http_auth *auth, struct http_digest *digest, const char *method,
	struct sb_bytes target, int64_t now_s, struct claim *claim)
{
	char name[HTTP_AUTH_TEXT_MAX], raw[HTTP_AUTH_TEXT_MAX], request[HTTP_DIGEST_HEX];
	bool has_raw = read_raw_name(digest, raw), is_right = false;
	int err;

	if (!read_name(digest, name))
		return HTTP_AUTH_WRONG;
	if (digest->response.size == 64 || digest->response.size == 32)
		digest->is_sha256 = digest->response.size == 64;
	look_up(auth, name, claim);
	if (!claim->is_known && has_raw)
		look_up(auth, raw, claim);
	err = http_digest_request(digest, method, request);
	if (!err)
		err = compare_name(auth, digest, name, claim, request, &is_right);
	if (!err && has_raw)
		err = compare_name(auth, digest, raw, claim, request, &is_right);
	if (err)
		return HTTP_AUTH_STALE;
	if (!is_right || !claim->is_known || !is_target(digest->uri, target))
		return HTTP_AUTH_WRONG;
	return http_nonce_is_fresh(auth, digest->nonce, now_s) ? HTTP_AUTH_OK : HTTP_AUTH_STALE;
}

enum http_auth_result
http_auth_check(const struct http_auth *auth, const char *authorization, const char *method,
	const char *target, int64_t now_s, struct http_auth_claim *said)
{
	struct claim claim = {.said = said};
	enum http_auth_result result = HTTP_AUTH_MISSING;
	const char *basic = authorization ? basic_credentials(authorization) : NULL;
	struct sb_bytes field = sb_bytes_text(authorization ? authorization : "");
	struct http_digest digest;

	*said = (struct http_auth_claim){0};
	if (auth->scheme == HTTP_AUTH_NONE)
		result = HTTP_AUTH_OK;
	else if (basic && offers_basic(auth))
		result = check_basic(auth, basic, &claim);
	else if (offers_digest(auth) && http_digest_next(&field, &digest))
		result = check_digest(auth, &digest, method, sb_bytes_text(target), now_s, &claim);
	OPENSSL_cleanse(claim.password, sizeof(claim.password));
	OPENSSL_cleanse(&claim.known, sizeof(claim.known));
	return result;
}
