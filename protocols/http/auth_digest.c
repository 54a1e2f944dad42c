#include "protocols/http/auth_digest_internal.h"

#include "core/error.h"
#include "protocols/http/auth.h"
#include "protocols/http/auth_params_internal.h"

#include <openssl/evp.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *name;
	size_t offset;
} parameters[] = {
#define AT(name, member)                                   \
	{                                                  \
		name, offsetof(struct http_digest, member) \
	}
	AT("username", username),
	AT("username*", username_extended),
	AT("realm", realm),
	AT("nonce", nonce),
	AT("uri", uri),
	AT("response", response),
	AT("algorithm", algorithm),
	AT("cnonce", cnonce),
	AT("nc", nc),
	AT("qop", qop),
	AT("opaque", opaque),
#undef AT
};

static void
keep(struct http_digest *digest, const struct http_auth_param *param)
{
	for (size_t i = 0; i < COUNT(parameters); i++) {
		struct sb_bytes *place = (struct sb_bytes *)((char *)digest + parameters[i].offset);

		if (!place->data && http_auth_is(param->name, parameters[i].name))
			*place = param->value;
	}
}

static void
read_algorithm(struct http_digest *digest)
{
	static const char session[] = "-sess";
	struct sb_bytes name = digest->algorithm;
	size_t suffix = sizeof(session) - 1;

	if (name.size >= suffix &&
		http_auth_is(sb_bytes(name.data + name.size - suffix, suffix), session)) {
		digest->is_session = true;
		name.size -= suffix;
	}
	digest->is_sha256 = http_auth_is(name, "SHA-256");
}

static bool
find_digest(struct sb_bytes *in)
{
	struct http_auth_param param;

	while (http_auth_param_next(in, &param))
		if (param.is_scheme && http_auth_is(param.name, "Digest"))
			return true;
	return false;
}

bool
http_digest_next(struct sb_bytes *in, struct http_digest *digest)
{
	struct http_auth_param param;
	struct sb_bytes rest;

	*digest = (struct http_digest){0};
	if (!find_digest(in))
		return false;
	for (rest = *in; http_auth_param_next(&rest, &param) && !param.is_scheme; *in = rest)
		keep(digest, &param);
	read_algorithm(digest);
	return true;
}

static void
to_hex(const uint8_t *octets, size_t size, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*hex++ = digits[octets[i] >> 4];
		*hex++ = digits[octets[i] & 15];
	}
	*hex = '\0';
}

static size_t
size_of(bool is_sha256)
{
	return is_sha256 ? 32 : 16;
}

/* The hash of the parts with colons between them. */
static int
hash(bool is_sha256, const struct sb_bytes *parts, size_t count, uint8_t out[HTTP_DIGEST_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_good =
		context && EVP_DigestInit_ex(context, is_sha256 ? EVP_sha256() : EVP_md5(), NULL);

	for (size_t i = 0; is_good && i < count; i++)
		is_good = (i == 0 || EVP_DigestUpdate(context, ":", 1)) &&
			  EVP_DigestUpdate(context, parts[i].data, parts[i].size);
	is_good = is_good && EVP_DigestFinal_ex(context, out, NULL);
	EVP_MD_CTX_free(context);
	return is_good ? 0 : SB_ENOMEM;
}

static int
hash_hex(bool is_sha256, const struct sb_bytes *parts, size_t count, char hex[HTTP_DIGEST_HEX])
{
	uint8_t octets[HTTP_DIGEST_SIZE];
	int err = hash(is_sha256, parts, count, octets);

	if (!err)
		to_hex(octets, size_of(is_sha256), hex);
	return err;
}

int
http_digest_user(bool is_sha256, struct sb_bytes username, struct sb_bytes realm,
	const char *password, uint8_t user[HTTP_DIGEST_SIZE])
{
	const struct sb_bytes parts[] = {username, realm, sb_bytes_text(password)};

	return hash(is_sha256, parts, COUNT(parts), user);
}

int
http_auth_hash(
	const char *username, const char *realm, const char *password, struct http_auth_hash *out)
{
	const struct sb_bytes parts[] = {
		sb_bytes_text(username), sb_bytes_text(realm), sb_bytes_text(password)};
	uint8_t md5[HTTP_DIGEST_SIZE];
	int err = hash(true, parts, COUNT(parts), out->sha256);

	if (!err)
		err = hash(false, parts, COUNT(parts), md5);
	if (!err)
		memcpy(out->md5, md5, sizeof(out->md5));
	return err;
}

int
http_digest_request(const struct http_digest *digest, const char *method, char hex[HTTP_DIGEST_HEX])
{
	const struct sb_bytes parts[] = {sb_bytes_text(method), digest->uri};

	return hash_hex(digest->is_sha256, parts, COUNT(parts), hex);
}

/* The user's, in a session of this session. */
static int
hash_session(const struct http_digest *digest, char hex[HTTP_DIGEST_HEX])
{
	char user[HTTP_DIGEST_HEX];

	memcpy(user, hex, sizeof(user));
	const struct sb_bytes parts[] = {sb_bytes_text(user), digest->nonce, digest->cnonce};

	return hash_hex(digest->is_sha256, parts, COUNT(parts), hex);
}

int
http_digest_response(const struct http_digest *digest, const uint8_t *user, const char *request,
	char hex[HTTP_DIGEST_HEX])
{
	char user_hex[HTTP_DIGEST_HEX];

	to_hex(user, size_of(digest->is_sha256), user_hex);
	if (digest->is_session && hash_session(digest, user_hex))
		return SB_ENOMEM;
	if (digest->qop.size) {
		const struct sb_bytes all[] = {sb_bytes_text(user_hex), digest->nonce, digest->nc,
			digest->cnonce, digest->qop, sb_bytes_text(request)};

		return hash_hex(digest->is_sha256, all, COUNT(all), hex);
	}
	const struct sb_bytes all[] = {
		sb_bytes_text(user_hex), digest->nonce, sb_bytes_text(request)};

	return hash_hex(digest->is_sha256, all, COUNT(all), hex);
}
