/* The value of the session cookie, and the names of devices. */
#include "core/error.h"
#include "protocols/cwmp/device.h"
#include "protocols/cwmp/server_internal.h"
#include "protocols/cwmp/token_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint8_t key[CWMP_TOKEN_KEY] = "0123456789abcde";
static const uint8_t other_key[CWMP_TOKEN_KEY] = "0123456789abcdf";
static const struct sb_address somebody = {3, 7, 123456, 0x123456789abcdef0};

static void
make(const uint8_t *with, struct sb_address address, char text[CWMP_TOKEN_SIZE])
{
	struct cwmp_tokens tokens;

	assert_int_equal(cwmp_tokens_init(&tokens, with), 0);
	assert_true(cwmp_token_make(&tokens, address, text));
	cwmp_tokens_fini(&tokens);
}

static bool
read_with(const uint8_t *with, struct sb_bytes text, struct sb_address *address)
{
	struct cwmp_tokens tokens;
	bool is_ours;

	assert_int_equal(cwmp_tokens_init(&tokens, with), 0);
	is_ours = cwmp_token_read(&tokens, somebody.node, text, address);
	cwmp_tokens_fini(&tokens);
	return is_ours;
}

static void
test_a_token_is_read_as_the_address_it_was_made_of(void **state)
{
	char text[CWMP_TOKEN_SIZE];
	struct sb_address address;

	(void)state;
	make(key, somebody, text);
	assert_int_equal(strlen(text), CWMP_TOKEN_TEXT);
	assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_"),
		CWMP_TOKEN_TEXT);
	assert_true(read_with(key, sb_bytes_text(text), &address));
	assert_true(sb_address_equal(address, somebody));
}

static void
test_a_token_with_any_octet_changed_is_not_ours(void **state)
{
	char text[CWMP_TOKEN_SIZE];
	struct sb_address address;

	(void)state;
	make(key, somebody, text);
	/* The last character has bits that say nothing. */
	for (size_t i = 0; i + 1 < CWMP_TOKEN_TEXT; i++) {
		char kept = text[i];

		text[i] = kept == 'A' ? 'B' : 'A';
		assert_false(read_with(key, sb_bytes_text(text), &address));
		text[i] = kept;
	}
}

static void
test_a_token_of_another_key_length_or_alphabet_is_not_ours(void **state)
{
	char text[CWMP_TOKEN_SIZE];
	struct sb_address address;

	(void)state;
	make(other_key, somebody, text);
	assert_false(read_with(key, sb_bytes_text(text), &address));
	make(key, somebody, text);
	assert_false(read_with(key, sb_bytes(text, CWMP_TOKEN_TEXT - 1), &address));
	assert_false(read_with(key, sb_bytes_text(""), &address));
	assert_false(read_with(key, sb_bytes_text("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"), &address));
}

/* ---- names ---- */

static const char *
name_of(const char *oui, const char *product_class, const char *serial_number)
{
	static char name[CWMP_DEVICE_MAX];
	const struct cwmp_device_id id = {"maker", oui, product_class, serial_number};
	ssize_t size = cwmp_device_name(&id, name, sizeof(name));

	if (size >= 0)
		assert_int_equal(strlen(name), size);
	return size >= 0 ? name : sb_error_name((int)size);
}

static void
test_a_device_is_named_by_oui_class_and_serial_number(void **state)
{
	(void)state;
	assert_string_equal(name_of("00259E", "HG8245", "123"), "00259E-HG8245-123");
	assert_string_equal(name_of("00259E", "", "123"), "00259E-123");
	assert_string_equal(name_of("00259E", NULL, "123"), "00259E-123");
	assert_string_equal(name_of("", "x", "123"), "-x-123");
	assert_string_equal(name_of("00259E", "x", NULL), "00259E-x-");
}

static void
test_what_separates_names_is_encoded_inside_them(void **state)
{
	(void)state;
	assert_string_equal(name_of("00259E", "a-b", "c"), "00259E-a%2Db-c");
	assert_string_equal(name_of("00259E", "a", "b-c"), "00259E-a-b%2Dc");
	assert_string_equal(
		name_of("00259E", "a b/\xc3\xa9%", "._~"), "00259E-a%20b%2F%C3%A9%25-._~");
}

static void
test_a_device_without_oui_and_serial_number_has_no_name(void **state)
{
	(void)state;
	assert_string_equal(name_of(NULL, "x", NULL), "SB_EINVAL");
	assert_string_equal(name_of("", "x", ""), "SB_EINVAL");
}

/* OUI, product class and serial number have 6, 64 and 64 characters, of up to four octets each. */
static void
test_a_name_is_as_long_as_a_device_may_have_it(void **state)
{
	char oui[25], longest[258];

	(void)state;
	memset(oui, '/', sizeof(oui));
	oui[24] = '\0';
	memset(longest, '/', sizeof(longest));
	longest[257] = '\0';
	assert_string_equal(name_of(oui, longest, longest), "SB_ELIMIT");
	longest[256] = '\0';
	assert_int_equal(strlen(name_of(oui, longest, longest)), 3 * 24 + 2 + 2 * 3 * 256);
	assert_int_equal(strlen(name_of(oui, longest, longest)), CWMP_DEVICE_MAX - 1);
}

static void
test_a_name_too_long_for_the_registry_is_a_digest(void **state)
{
	char device[CWMP_DEVICE_MAX], name[CWMP_NAME_SIZE], other[CWMP_NAME_SIZE];

	(void)state;
	cwmp_registry_name("00259E-123", name);
	assert_string_equal(name, "cwmp:00259E-123");
	memset(device, 'x', sizeof(device));
	device[250] = '\0';
	cwmp_registry_name(device, name);
	assert_int_equal(strlen(name), 255);
	device[250] = 'x';
	device[251] = '\0';
	cwmp_registry_name(device, name);
	assert_int_equal(strlen(name), strlen("cwmp:*") + 64);
	device[0] = 'y';
	cwmp_registry_name(device, other);
	assert_string_not_equal(name, other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_token_is_read_as_the_address_it_was_made_of),
		cmocka_unit_test(test_a_token_with_any_octet_changed_is_not_ours),
		cmocka_unit_test(test_a_token_of_another_key_length_or_alphabet_is_not_ours),
		cmocka_unit_test(test_a_device_is_named_by_oui_class_and_serial_number),
		cmocka_unit_test(test_what_separates_names_is_encoded_inside_them),
		cmocka_unit_test(test_a_device_without_oui_and_serial_number_has_no_name),
		cmocka_unit_test(test_a_name_is_as_long_as_a_device_may_have_it),
		cmocka_unit_test(test_a_name_too_long_for_the_registry_is_a_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
