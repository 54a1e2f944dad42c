#include "protocols/http/auth_digest_internal.h"

#include "core/error.h"
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

/* The hash of the parts with colons between them. */
static int
hash(bool is_sha256, const struct sb_bytes *parts, size_t count, char hex[HTTP_DIGEST_HEX])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t octets[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	bool is_good =
		context && EVP_DigestInit_ex(context, is_sha256 ? EVP_sha256() : EVP_md5(), NULL);

	for (size_t i = 0; is_good && i < count; i++)
		is_good = (i == 0 || EVP_DigestUpdate(context, ":", 1)) &&
			  EVP_DigestUpdate(context, parts[i].data, parts[i].size);
	is_good = is_good && EVP_DigestFinal_ex(context, octets, &size);
	EVP_MD_CTX_free(context);
	if (!is_good)
		return SB_ENOMEM;
	to_hex(octets, size, hex);
	return 0;
}

/* A1: of the user; in a session of this session, too. */
static int
hash_user(const struct http_digest *digest, struct sb_bytes username, struct sb_bytes realm,
	const char *password, char hex[HTTP_DIGEST_HEX])
{
	const struct sb_bytes user[] = {username, realm, sb_bytes_text(password)};
	int err = hash(digest->is_sha256, user, COUNT(user), hex);

	if (!err && digest->is_session) {
		const struct sb_bytes session[] = {
			sb_bytes_text(hex), digest->nonce, digest->cnonce};

		err = hash(digest->is_sha256, session, COUNT(session), hex);
	}
	return err;
}

int
http_digest_response(const struct http_digest *digest, struct sb_bytes username,
	struct sb_bytes realm, const char *password, const char *method, char hex[HTTP_DIGEST_HEX])
{
	const struct sb_bytes request[] = {sb_bytes_text(method), digest->uri};
	char user_hex[HTTP_DIGEST_HEX], request_hex[HTTP_DIGEST_HEX];
	int err = hash_user(digest, username, realm, password, user_hex);

	if (!err)
		err = hash(digest->is_sha256, request, COUNT(request), request_hex);
	if (err)
		return err;
	if (digest->qop.size) {
		const struct sb_bytes all[] = {sb_bytes_text(user_hex), digest->nonce, digest->nc,
			digest->cnonce, digest->qop, sb_bytes_text(request_hex)};

		return hash(digest->is_sha256, all, COUNT(all), hex);
	}
	const struct sb_bytes all[] = {
		sb_bytes_text(user_hex), digest->nonce, sb_bytes_text(request_hex)};

	return hash(digest->is_sha256, all, COUNT(all), hex);
}
