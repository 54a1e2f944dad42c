/* Who may ask what: access rules, and signatures, seen from a session. */
#include "protocols/erps/sign.h"
#include "tests/protocols/erps/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* No Erps.Client has it: not paced. */
#define REF (INT64_C(1) << 28)

static struct bed bed;

static int
opened_with_rules(void **state)
{
	static const struct erps_access_rule rules[] = {
		{.method = "reject", .network = "192.0.2.0/24", .is_allowed = true},
		{.method = "reject"},
		{.method = "incr"},
		{.is_allowed = true},
	};
	static const struct erps_service_options options = {.access = rules, .access_count = 4};

	(void)state;
	bed_open(&bed, &options);
	return 0;
}

static void
test_a_call_without_the_right_is_answered_access_denied(void **state)
{
	(void)state;
	bed_call(&bed, REF, ":reject");
	bed_expect(&bed, ERPS_ERROR, "\"access denied\"", REF);
	bed_call(&bed, REF, "{:echo, :x}");
	bed_expect(&bed, ERPS_REPLY, ":x", REF);
}

static void
test_a_cast_without_the_right_is_dropped(void **state)
{
	(void)state;
	bed_cast(&bed, ":incr");
	bed_cast(&bed, ":decr");
	bed_expect_trace(&bed, "cast decr;");
	bed_expect_nothing(&bed);
	assert_int_equal(bed_counter(&bed, "erps_errors_total"), 1);
}

/* ---- signatures ---- */

static const struct erps_secret secrets[] = {
	{.key = "first key......", .secret = "one", .size = 3},
	{.key = "second key.....", .secret = "two", .size = 3},
};

static int
opened_with_secrets(void **state)
{
	static const struct erps_service_options options = {.secrets = secrets, .secret_count = 2};

	(void)state;
	bed_open(&bed, &options);
	return 0;
}

static void
send_signed(const struct erps_secret *secret, int64_t ref)
{
	struct sb_bytes call = bed_call_octets(&bed, ref, "{:echo, :x}");
	struct erps_signer signer;

	assert_int_equal(erps_signer_init(&signer, secret, 1), 0);
	assert_int_equal(erps_signer_sign(&signer, (uint8_t *)(uintptr_t)call.data, call.size), 0);
	erps_signer_fini(&signer);
	bed_send_octets(&bed, call);
}

static void
test_a_packet_signed_by_any_secret_is_served_and_the_reply_is_signed(void **state)
{
	struct erps_signer signer;
	struct erps_packet packet;
	struct erps_term term;

	(void)state;
	send_signed(&secrets[1], REF);
	assert_true(bed_take(&bed, &packet, &term));
	assert_int_equal(packet.type, ERPS_REPLY);
	assert_int_equal(erps_signer_init(&signer, secrets, 2), 0);
	assert_null(erps_signer_refusal(&signer, &packet));
	erps_signer_fini(&signer);
}

static void
test_a_packet_that_is_not_signed_is_told(void **state)
{
	(void)state;
	bed_call(&bed, REF, "{:echo, :x}");
	bed_expect(&bed, ERPS_ERROR, "\"authentication required\"", REF);
	bed_cast(&bed, ":incr");
	bed_expect_term(&bed, ERPS_ERROR, "\"authentication required\"");
	bed_send_octets(&bed, sb_bytes("erps\0\0\0\0", 9));
	bed_expect_nothing(&bed);
	bed_expect_trace(&bed, "");
}

static void
test_a_packet_with_another_secret_is_told(void **state)
{
	static const struct erps_secret wrong = {
		.key = "second key.....", .secret = "tww", .size = 3};

	(void)state;
	send_signed(&wrong, REF);
	bed_expect(&bed, ERPS_ERROR, "\"authentication failed\"", REF);
}

#define WITH_RULES(name) cmocka_unit_test_setup_teardown(test_##name, opened_with_rules, bed_closed)
#define WITH_SECRETS(name) \
	cmocka_unit_test_setup_teardown(test_##name, opened_with_secrets, bed_closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RULES(a_call_without_the_right_is_answered_access_denied),
		WITH_RULES(a_cast_without_the_right_is_dropped),
		WITH_SECRETS(a_packet_signed_by_any_secret_is_served_and_the_reply_is_signed),
		WITH_SECRETS(a_packet_that_is_not_signed_is_told),
		WITH_SECRETS(a_packet_with_another_secret_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
