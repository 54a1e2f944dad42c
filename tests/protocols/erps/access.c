/* Access rules: which fit a peer, and what they let it ask. */
#include "protocols/erps/access.h"

#include "core/env.h"
#include "core/error.h"
#include "core/network.h"
#include "protocols/erps/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct sb_tls_identity alice = {.verified = true,
	.subject = "CN=alice,O=Example",
	.common_name = "alice",
	.alt_names = "DNS:a.example,IP:192.0.2.7,URI:urn:alice"};

static struct sb_peer
peer_at(const char *address, const struct sb_tls_identity *tls)
{
	struct sb_peer peer = {.tls = tls};

	assert_int_equal(sb_sockaddr_parse(address, &peer.address), 0);
	return peer;
}

static bool
allows(const struct erps_access_rule *rules, size_t count, const struct sb_peer *peer,
	const char *pattern)
{
	const struct sb_env *env = sb_env_system();
	struct erps_access *access;
	uint8_t room[256], fits[16];
	struct erps_builder b;
	size_t wrong;
	bool result;

	assert_int_equal(erps_access_new(&access, env, rules, count, &wrong), 0);
	assert_int_equal(erps_access_count(access), count);
	erps_builder_init(&b, room, sizeof(room));
	erps_put_pattern(&b, pattern);
	erps_access_fit(access, peer, fits);
	result = erps_access_allows(access, fits, erps_built(&b));
	erps_access_free(access, env);
	return result;
}

#define ALLOWS(rules, peer, pattern) \
	allows(rules, sizeof(rules) / sizeof((rules)[0]), peer, pattern)

static void
test_the_first_rule_that_matches_decides(void **state)
{
	static const struct erps_access_rule rules[] = {
		{.method = "stop", .network = "127.0.0.0/8", .is_allowed = true},
		{.method = "stop"},
		{.method = "*", .is_allowed = true},
	};
	struct sb_peer near = peer_at("127.0.0.1:9", NULL), far = peer_at("192.0.2.1:9", NULL);

	(void)state;
	assert_true(ALLOWS(rules, &near, ":stop"));
	assert_false(ALLOWS(rules, &far, ":stop"));
	assert_false(ALLOWS(rules, &far, "{:stop, 1, 2}"));
	assert_true(ALLOWS(rules, &far, ":other"));
	assert_true(ALLOWS(rules, &far, "[:stop]"));
}

static void
test_what_no_rule_allows_is_refused(void **state)
{
	static const struct erps_access_rule rules[] = {{.method = "get", .is_allowed = true}};
	struct sb_peer peer = peer_at("192.0.2.1:9", NULL);

	(void)state;
	assert_true(ALLOWS(rules, &peer, "{:get, 1}"));
	assert_false(ALLOWS(rules, &peer, "{:set, 1}"));
	assert_false(ALLOWS(rules, &peer, "{}"));
	assert_false(ALLOWS(rules, &peer, "{\"get\", 1}"));
	assert_false(ALLOWS(rules, &peer, "\"get\""));
	assert_false(ALLOWS(rules, &peer, "{{:get}, 1}"));
}

static bool
subject_fits(const char *subject, const struct sb_tls_identity *tls)
{
	const struct erps_access_rule rules[] = {{.subject = subject, .is_allowed = true}};
	struct sb_peer peer = peer_at("192.0.2.1:9", tls);

	return ALLOWS(rules, &peer, ":get");
}

static void
test_a_subject_is_a_name_of_a_verified_certificate(void **state)
{
	struct sb_tls_identity claimed = alice;

	(void)state;
	claimed.verified = false;
	assert_true(subject_fits("CN=alice,O=Example", &alice));
	assert_true(subject_fits("CN=alice", &alice));
	assert_true(subject_fits("DNS:a.example", &alice));
	assert_true(subject_fits("IP:192.0.2.7", &alice));
	assert_true(subject_fits("URI:urn:alice", &alice));
	assert_true(subject_fits("*", NULL));
	assert_false(subject_fits("alice", &alice));
	assert_false(subject_fits("CN=alic", &alice));
	assert_false(subject_fits("O=Example", &alice));
	assert_false(subject_fits("DNS:a.example,IP:192.0.2.7", &alice));
	assert_false(subject_fits("DNS:a", &alice));
	assert_false(subject_fits("CN=alice", &claimed));
	assert_false(subject_fits("CN=alice", NULL));
}

static void
test_a_network_that_is_none_is_named(void **state)
{
	static const struct erps_access_rule rules[] = {
		{.network = "10.0.0.0/8"}, {.network = "10.0.0.1/8"}};
	struct erps_access *access;
	size_t wrong = 9;

	(void)state;
	assert_int_equal(erps_access_new(&access, sb_env_system(), rules, 2, &wrong), SB_EINVAL);
	assert_int_equal(wrong, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_rule_that_matches_decides),
		cmocka_unit_test(test_what_no_rule_allows_is_refused),
		cmocka_unit_test(test_a_subject_is_a_name_of_a_verified_certificate),
		cmocka_unit_test(test_a_network_that_is_none_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
