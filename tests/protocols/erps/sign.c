/* Signatures, against those that another implementation of HMAC-SHA256 made. */
#include "protocols/erps/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "core/error.h"
#include "tests/support/octets.h"

#include <cmocka.h>

#define CALL(key, signature)                                        \
	"65727073 0000000f 04 000204 'capsrv' 00*30 " key signature \
	"83 68 02 62 0408f0c9 64 0004 'ping'"
#define ALPHABET  "'ABCDEFGHIJKLMNOP' "
#define UNSIGNED  "00*32 "
#define SIGNATURE "3dc7e1f70af19d5989e1a6c52e207a16c916758f920c6d95585e58b25e5c76a2 "

static unsigned fail_at; /* 1: OpenSSL's next allocation fails; 0: none */

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

static struct erps_secret
secret_of(const char *key, const char *secret)
{
	struct erps_secret made = {.secret = secret, .size = strlen(secret)};

	memcpy(made.key, key, strlen(key));
	return made;
}

static const char *
refusal(struct erps_signer *signer, const char *notation)
{
	uint8_t buf[256];
	struct erps_packet packet;

	assert_true(
		erps_packet_decode(octets_of(notation, buf, sizeof(buf)), 100, &packet, NULL) > 0);
	return erps_signer_refusal(signer, &packet);
}

static void
test_without_secrets_authentication_is_refused(void **state)
{
	(void)state;
	assert_null(refusal(NULL, CALL("00*16 ", UNSIGNED)));
	assert_null(refusal(NULL, "65727073 00000000 00"));
	assert_string_equal(refusal(NULL, CALL(ALPHABET, UNSIGNED)), "authentication provided");
	assert_string_equal(refusal(NULL, CALL("00*16 ", SIGNATURE)), "authentication provided");
}

static void
test_with_secrets_every_packet_must_be_signed_by_one(void **state)
{
	struct erps_secret secrets[2] = {
		secret_of("another", "not this one"),
		secret_of("ABCDEFGHIJKLMNOP", "a secret of octets: 32 are right"),
	};
	struct erps_signer signer;

	(void)state;
	assert_int_equal(erps_signer_init(&signer, secrets, 2), 0);
	assert_null(refusal(&signer, CALL(ALPHABET, SIGNATURE)));
	assert_null(refusal(&signer, CALL(ALPHABET, SIGNATURE)));
	assert_null(refusal(&signer, "65727073 00000000 00"));
	assert_string_equal(refusal(&signer, CALL("00*16 ", UNSIGNED)), "authentication required");
	/* A key that names nothing; the other's; a signature of something else; none. */
	assert_string_equal(
		refusal(&signer, CALL("'unknown' 00*9 ", SIGNATURE)), "authentication failed");
	assert_string_equal(
		refusal(&signer, CALL("'another' 00*9 ", SIGNATURE)), "authentication failed");
	assert_string_equal(refusal(&signer, CALL("00*16 ", SIGNATURE)), "authentication failed");
	assert_string_equal(refusal(&signer, CALL(ALPHABET, "01*32 ")), "authentication failed");
	assert_string_equal(refusal(&signer, CALL(ALPHABET, UNSIGNED)), "authentication failed");
	erps_signer_fini(&signer);
}

static void
test_every_octet_is_under_the_signature(void **state)
{
	struct erps_secret secret =
		secret_of("ABCDEFGHIJKLMNOP", "a secret of octets: 32 are right");
	struct erps_signer signer;
	uint8_t buf[256];
	struct sb_bytes octets = octets_of(CALL(ALPHABET, SIGNATURE), buf, sizeof(buf));
	struct erps_packet packet;

	(void)state;
	assert_int_equal(erps_signer_init(&signer, &secret, 1), 0);
	/* From the version on: what is before it is the framing. */
	for (size_t i = 9; i < octets.size; i++) {
		buf[i] ^= 0x10;
		assert_int_equal(erps_packet_decode(octets, 100, &packet, NULL), octets.size);
		assert_string_equal(erps_signer_refusal(&signer, &packet), "authentication failed");
		buf[i] ^= 0x10;
	}
	erps_signer_fini(&signer);
}

static void
assert_signed(const char *key, struct sb_bytes secret, const char *packet, const char *signature)
{
	struct erps_secret named = {.secret = secret.data, .size = secret.size};
	uint8_t octets[256], expected[32];
	struct sb_bytes whole = octets_of(packet, octets, sizeof(octets));
	struct erps_signer signer;
	struct erps_packet decoded;

	octets_of(key, named.key, sizeof(named.key));
	octets_of(signature, expected, sizeof(expected));
	assert_int_equal(erps_signer_init(&signer, &named, 1), 0);
	assert_int_equal(erps_signer_sign(&signer, octets, whole.size), 0);
	assert_memory_equal(octets + 48, named.key, 16);
	assert_memory_equal(octets + 64, expected, 32);
	assert_true(erps_packet_decode(whole, 100, &decoded, NULL) > 0);
	assert_null(erps_signer_refusal(&signer, &decoded));
	erps_signer_fini(&signer);
}

static void
test_a_signature_is_hmac_sha256_over_the_packet_without_it(void **state)
{
	uint8_t long_secret[200];

	(void)state;
	memset(long_secret, 'y', sizeof(long_secret));
	assert_signed("'ABCDEFGHIJKLMNOP'", sb_bytes_text("a secret of octets: 32 are right"),
		CALL("00*16 ", "ff*32 "), SIGNATURE);
	assert_signed("ff*16", sb_bytes_text("x"),
		"65727073 00000000 04 000204 'capsrv' 00*30 00*48",
		"cb85694a209153bca346e2fdf2fe7e7a033b0ac768c5365f902e82acb56ceeb5");
	assert_signed("'ABCDEFGHIJKLMNOP'", sb_bytes(long_secret, sizeof(long_secret)),
		"65727073 00000002 04 000204 'capsrv' 00*30 00*48 83 6a",
		"298f1dc85c1db8b6f83cef710a86ff196ca2bc7cf1c442a0ecf340592f15662e");
}

static void
test_a_keepalive_is_not_signed(void **state)
{
	struct erps_secret secret = secret_of("key", "secret");
	struct erps_signer signer;
	uint8_t keepalive[9];

	(void)state;
	octets_of("65727073 00000000 00", keepalive, sizeof(keepalive));
	assert_int_equal(erps_signer_init(&signer, &secret, 1), 0);
	assert_int_equal(erps_signer_sign(&signer, keepalive, sizeof(keepalive)), SB_EINVAL);
	erps_signer_fini(&signer);
}

static int
try_secrets(const struct erps_secret *secrets, size_t count)
{
	struct erps_signer signer;
	int err = erps_signer_init(&signer, secrets, count);

	erps_signer_fini(&signer);
	erps_signer_fini(&signer);
	return err;
}

static void
test_secrets_that_cannot_be_are_refused(void **state)
{
	struct erps_secret secrets[ERPS_SECRETS_MAX + 1];

	(void)state;
	for (unsigned i = 0; i < ERPS_SECRETS_MAX + 1; i++) {
		secrets[i] = secret_of("key", "secret");
		secrets[i].key[4] = (uint8_t)i;
	}
	assert_int_equal(try_secrets(secrets, 0), SB_EINVAL);
	assert_int_equal(try_secrets(secrets, ERPS_SECRETS_MAX), 0);
	assert_int_equal(try_secrets(secrets, ERPS_SECRETS_MAX + 1), SB_EINVAL);
	secrets[2].size = 0;
	assert_int_equal(try_secrets(secrets, 3), SB_EINVAL);
	secrets[2] = secrets[0];
	assert_int_equal(try_secrets(secrets, 3), SB_EINVAL);
	memset(secrets[2].key, 0, sizeof(secrets[2].key));
	assert_int_equal(try_secrets(secrets, 3), SB_EINVAL);
}

/* Fails each allocation of OpenSSL in turn, until all of it works. */
static void
test_without_memory_nothing_is_signed_and_nothing_passes(void **state)
{
	struct erps_secret secret =
		secret_of("ABCDEFGHIJKLMNOP", "a secret of octets: 32 are right");
	struct erps_signer signer;
	unsigned nth = 0, failed = 0;
	bool worked = false;

	(void)state;
	while (!worked && ++nth < 100) {
		const char *why = "authentication failed";
		int err;

		fail_at = nth;
		err = erps_signer_init(&signer, &secret, 1);
		if (!err)
			why = refusal(&signer, CALL(ALPHABET, SIGNATURE));
		worked = fail_at > 0;
		fail_at = 0;
		assert_true(err == 0 || err == SB_ENOMEM);
		/* OpenSSL does without some; what it then says is right all the same. */
		assert_true(why == NULL || !strcmp(why, "authentication failed"));
		failed += why != NULL;
		erps_signer_fini(&signer);
	}
	assert_true(worked);
	assert_true(failed > 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_secrets_authentication_is_refused),
		cmocka_unit_test(test_with_secrets_every_packet_must_be_signed_by_one),
		cmocka_unit_test(test_every_octet_is_under_the_signature),
		cmocka_unit_test(test_a_signature_is_hmac_sha256_over_the_packet_without_it),
		cmocka_unit_test(test_a_keepalive_is_not_signed),
		cmocka_unit_test(test_secrets_that_cannot_be_are_refused),
		cmocka_unit_test(test_without_memory_nothing_is_signed_and_nothing_passes),
	};

	if (!CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
