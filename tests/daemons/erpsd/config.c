/* The configuration: what it becomes, and what is said of what is wrong, with its line. */
#include "daemons/erpsd/config.h"

#include "core/error.h"
#include "tests/support/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct config_reports reports;
static struct sb_config *file;
static struct erpsd_config *made;

static int
load_with(const char *text, const char *const *overrides, size_t count)
{
	struct sb_config_source source = {.options = erpsd_config_options,
		.rules = erpsd_config_rules,
		.overrides = overrides,
		.override_count = count};
	int err;

	config_reports_init(&reports);
	file = NULL;
	made = NULL;
	err = config_text_load(text, source, &reports.errors, &file);
	if (!err)
		err = erpsd_config_new(file, &made);
	return err;
}

static int
load(const char *text)
{
	return load_with(text, NULL, 0);
}

static int
unload(void **state)
{
	(void)state;
	erpsd_config_free(made);
	sb_config_free(file);
	return 0;
}

#define LISTENER "listener \"erps\" { address = \"127.0.0.1:0\" }\n"
#define MINIMAL  LISTENER "service \"echo\" { }\n"
#define ALL      MINIMAL "service \"kv\" { }\nservice \"registry\" { }\n"

static void
test_a_small_configuration_has_its_defaults(void **state)
{
	(void)state;
	assert_int_equal(load(MINIMAL), 0);
	assert_int_equal(made->part_count, 1);
	assert_false(made->has_kv);
	assert_null(made->service.identifier);
	assert_null(made->service.versions);
	assert_null(made->service.atoms);
	assert_int_equal(made->service.max_payload, 1 << 20);
	assert_int_equal(made->service.answer_ms, SB_UNLIMITED);
	assert_int_equal(made->service.drain_ms, 4000);
	assert_int_equal(made->service.pacing, ERPS_PACING_AUTO);
	assert_int_equal(made->service.terms.depth, 64);
	assert_int_equal(made->service.access_count, 0);
	assert_int_equal(made->service.secret_count, 0);
}

static void
test_methods_lead_to_their_services(void **state)
{
	(void)state;
	assert_int_equal(load(ALL), 0);
	assert_true(made->has_kv);
	assert_int_equal(erpsd_methods_find(&made->host.methods, sb_bytes_text("ping")), 0);
	assert_int_equal(erpsd_methods_find(&made->host.methods, sb_bytes_text("cas")), 1);
	assert_int_equal(erpsd_methods_find(&made->host.methods, sb_bytes_text("whoami")), 2);
	assert_int_equal(
		erpsd_methods_find(&made->host.methods, sb_bytes_text("add")), ERPSD_NO_SERVICE);
	assert_int_equal(
		erpsd_methods_find(&made->host.methods, sb_bytes_text("")), ERPSD_NO_SERVICE);
	assert_int_equal(made->kv.limits.keys, 1000000);
	assert_int_equal(made->kv.limits.key, 255);
}

static void
test_states_of_services_lie_apart_and_aligned(void **state)
{
	const struct erpsd_host *host;

	(void)state;
	assert_int_equal(load(ALL), 0);
	host = &made->host;
	for (size_t i = 0; i < made->part_count; i++) {
		size_t end = host->offsets[i] + made->parts[i].plugin->service->state_size;

		assert_int_equal(host->offsets[i] % 16, 0);
		assert_true(end <= (i + 1 < made->part_count ? host->offsets[i + 1]
							     : host->service.state_size));
	}
}

static void
test_an_access_section_is_a_rule_for_each_method_and_network(void **state)
{
	(void)state;
	assert_int_equal(load(ALL "access \"writers\" {\n"
				  "\tmethods = { put, delete }\n"
				  "\tsubject = \"CN=writer\"\n"
				  "\tnetworks = { \"10.0.0.0/8\", \"::1\" }\n"
				  "}\n"
				  "access \"others\" { methods = { put, delete } allow = false }\n"
				  "access \"rest\" { }\n"),
		0);
	assert_int_equal(made->service.access_count, 4 + 2 + 1);
	assert_string_equal(made->service.access[0].method, "put");
	assert_string_equal(made->service.access[1].network, "::1");
	assert_string_equal(made->service.access[2].method, "delete");
	assert_string_equal(made->service.access[3].subject, "CN=writer");
	assert_true(made->service.access[3].is_allowed);
	assert_false(made->service.access[4].is_allowed);
	assert_null(made->service.access[5].network);
	assert_string_equal(made->service.access[6].method, "*");
	assert_string_equal(made->service.access[6].subject, "*");
}

static void
test_a_secrets_name_is_its_key_in_text_or_digits(void **state)
{
	static const uint8_t text[16] = "main";
	static const uint8_t digits[16] = {0x00, 0x11, 0xaa, 0xFF};

	(void)state;
	assert_int_equal(
		load(MINIMAL "secret \"main\" { secret = \"s1\" }\n"
			     "secret \"0011aaFF000000000000000000000000\" { secret = \"s2\" }\n"),
		0);
	assert_int_equal(made->service.secret_count, 2);
	assert_memory_equal(made->service.secrets[0].key, text, 16);
	assert_memory_equal(made->service.secrets[1].key, digits, 16);
	assert_int_equal(made->service.secrets[1].size, 2);
	assert_memory_equal(made->service.secrets[1].secret, "s2", 2);
}

static bool
knows(const char *atom)
{
	for (size_t i = 0; i < made->service.atoms->count; i++)
		if (strcmp(made->service.atoms->names[i], atom) == 0)
			return true;
	return false;
}

static void
test_safe_mode_knows_the_atoms_of_services_and_of_the_file(void **state)
{
	(void)state;
	assert_int_equal(load(ALL "rpc { safe = true atoms = { colour } }\n"), 0);
	assert_non_null(made->service.atoms);
	assert_true(knows("put"));
	assert_true(knows("colour"));
	assert_true(knows("nil"));
	assert_false(knows("color"));
}

static void
test_set_overrides_the_file(void **state)
{
	static const char *const overrides[] = {
		"rpc.pacing=never", "kv.max_value=1KiB", "rpc.identifier=us"};

	(void)state;
	assert_int_equal(load_with(ALL, overrides, 3), 0);
	assert_int_equal(made->service.pacing, ERPS_PACING_NEVER);
	assert_int_equal(made->kv.limits.value, 1024);
	assert_string_equal(made->service.identifier, "us");
}

static void
test_what_is_wrong_is_said_with_its_line(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"service \"echo\" { }\n", "no listener"},
		{LISTENER, "no service"},
		{MINIMAL "service \"time\" { }\n",
			"3: service \"time\": not built in (echo, kv, registry), and no module"},
		{MINIMAL "service \"x\" {\n\tmodule = \"/nowhere/x.so\"\n}\n",
			"4: module \"/nowhere/x.so\": /nowhere/x.so: cannot open"},
		{LISTENER "service \"echo\" {\n\toptions = { \"a=b\" }\n}\n",
			"3: service \"echo\" takes no options"},
		{MINIMAL "rpc { pacing = sometimes }\n", "3: pacing \"sometimes\""},
		{MINIMAL "rpc { versions = \"~> one\" }\n", "3: versions \"~> one\": "},
		{MINIMAL "rpc {\n\tidentifier = \"0123456789012345678901234567890123456\"\n}\n",
			"4: identifier"},
		{MINIMAL "rpc { atoms = { a } }\n", "3: atoms without safe = true"},
		{MINIMAL "terms { depth = 257 }\n", "3: depth 257"},
		{MINIMAL "kv { max_value = 2MiB }\n", "3: max_value is over max_payload of rpc"},
		{MINIMAL "access \"1\" { methods = { put } }\n",
			"3: method \"put\": no service has it"},
		{MINIMAL "access \"1\" { networks = { \"10.0.0.1/8\" } }\n", "3: networks"},
		{MINIMAL "access \"1\" { subject = importer }\n",
			"3: subject \"importer\": must be"},
		{MINIMAL "rpc { drain_timeout = 5s }\n",
			"1: stop_timeout of listener erps is not over drain_timeout of rpc"},
		{MINIMAL "secret \"main\" { }\n", "3: a secret needs secret or secret_file"},
		{MINIMAL "secret \"longer than sixteen\" { secret = \"s\" }\n",
			"3: the name of a secret"},
		{MINIMAL "store { durability = \"some\" }\n", "3: durability \"some\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(load(cases[i].text), SB_ECONFIG);
		if (!strstr(reports.text, cases[i].says))
			fail_msg("%s: not %s", reports.text, cases[i].says);
		assert_null(made);
		sb_config_free(file);
		file = NULL;
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, unload)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_small_configuration_has_its_defaults),
		TEST(test_methods_lead_to_their_services),
		TEST(test_states_of_services_lie_apart_and_aligned),
		TEST(test_an_access_section_is_a_rule_for_each_method_and_network),
		TEST(test_a_secrets_name_is_its_key_in_text_or_digits),
		TEST(test_safe_mode_knows_the_atoms_of_services_and_of_the_file),
		TEST(test_set_overrides_the_file),
		TEST(test_what_is_wrong_is_said_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
