/* The configuration: what it becomes, and what is said of what is wrong, with its line. */
#include "core/config.h"
#include "core/error.h"
#include "daemons/smpp-mc/centre.h"
#include "daemons/smpp-mc/config_file.h"
#include "tests/support/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct config_reports reports;
static struct sb_config *file;
static struct mc_config *made;

static int
load_with(const char *text, const char *const *overrides, size_t count)
{
	struct sb_config_source source = {.options = mc_config_options,
		.rules = mc_config_rules,
		.overrides = overrides,
		.override_count = count};
	int err;

	config_reports_init(&reports);
	file = NULL;
	made = NULL;
	err = config_text_load(text, source, &reports.errors, &file);
	if (!err)
		err = mc_config_new(file, &made);
	return err;
}

static void
unload(void)
{
	mc_config_free(made);
	sb_config_free(file);
}

#define MINIMAL                                             \
	"listener \"smpp\" { address = \"127.0.0.1:0\" }\n" \
	"account \"a\" { password = \"p\" }\n"

static void
test_a_small_configuration_has_its_defaults(void **state)
{
	const struct mc_account *account;

	(void)state;
	assert_int_equal(load_with(MINIMAL, NULL, 0), 0);
	account = mc_config_account(made, sb_bytes_text("a"));
	assert_non_null(account);
	assert_string_equal(account->password, "p");
	assert_int_equal(account->max_binds, 10);
	assert_int_equal(account->window, 100);
	assert_int_equal(account->deliver_window, 10);
	assert_int_equal(account->rate.per_second, 0);
	assert_int_equal(
		account->modes, 1u << SMPP_BOUND_TX | 1u << SMPP_BOUND_RX | 1u << SMPP_BOUND_TRX);
	assert_int_equal(made->limits.validity_ms, 86400000);
	assert_int_equal(made->partitions_per_shard, 4);
	assert_int_equal(made->retries[MC_RETRY_THROTTLED].first_ms, 1000);
	assert_null(mc_config_account(made, sb_bytes_text("b")));
	assert_null(mc_config_account(made, sb_bytes_text("")));
	unload();
}

static void
test_accounts_are_found_whatever_their_order(void **state)
{
	(void)state;
	assert_int_equal(load_with("listener \"l\" { address = \"127.0.0.1:0\" }\n"
				   "account \"m\" { password = \"1\" }\n"
				   "account \"z\" { password = \"2\" }\n"
				   "account \"a\" { password = \"3\" }\n"
				   "account \"mm\" { password = \"4\" }\n"
				   "route \"1\" { account = \"z\" }\n",
				 NULL, 0),
		0);
	assert_string_equal(mc_config_account(made, sb_bytes_text("m"))->password, "1");
	assert_string_equal(mc_config_account(made, sb_bytes_text("z"))->password, "2");
	assert_string_equal(mc_config_account(made, sb_bytes_text("a"))->password, "3");
	assert_string_equal(mc_config_account(made, sb_bytes_text("mm"))->password, "4");
	assert_int_equal(mc_route_find(made->routes, sb_bytes_text("12"))->target,
		mc_config_account(made, sb_bytes_text("z"))->number);
	unload();
}

static void
test_set_overrides_the_file(void **state)
{
	static const char *const overrides[] = {"account.a.throughput=50", "delivery.validity=1h"};

	(void)state;
	assert_int_equal(load_with(MINIMAL, overrides, 2), 0);
	assert_int_equal(made->accounts[0].rate.per_second, 50);
	assert_int_equal(made->accounts[0].rate.burst, 50);
	assert_int_equal(made->limits.validity_ms, 3600000);
	unload();
}

static void
test_what_is_wrong_is_said_with_its_line(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{MINIMAL "account \"b\" { }\n", "3: an account needs password or password_file"},
		{MINIMAL "account \"sixteen-octets-x\" { password = \"p\" }\n",
			"3: the name of an account, its system_id, must have 1 to 15 octets"},
		{MINIMAL "account \"a\" { password = \"q\" }\n", "3: "},
		{MINIMAL "account \"b\" {\n\tpassword = \"p\"\n\taddress_range = \"(\"\n}\n",
			"5: address_range \"(\": "},
		{MINIMAL "account \"b\" {\n\tpassword = \"p\"\n\tbind_types = {sender}\n}\n",
			"5: "},
		{MINIMAL "account \"b\" { password = \"p\" networks = {\"10.0.0.1/8\"} }\n", "3: "},
		{MINIMAL "route \"1\" { account = \"nobody\" }\n",
			"3: account \"nobody\": there is none"},
		{MINIMAL "route \"1\" { sink = \"none\" }\n", "3: sink \"none\": there is none"},
		{MINIMAL "route \"1\" { }\n",
			"3: a route needs one of account, sink, upstream and refuse"},
		{MINIMAL "route \"1\" { account = \"a\" refuse = \"ESME_RINVDSTADR\" }\n",
			"3: a route needs one of account, sink, upstream and refuse"},
		{MINIMAL "route \"1\" { refuse = \"ESME_NONSENSE\" }\n",
			"3: refuse \"ESME_NONSENSE\": must be a command_status, as "
			"ESME_RINVDSTADR"},
		{MINIMAL "route \"one\" { account = \"a\" }\n", "3: route \"one\": a prefix has "},
		{MINIMAL "sink \"s\" { fail_percent = 60 retry_percent = 50 }\n",
			"3: fail_percent, retry_percent and expire_percent are 110 together"},
		{MINIMAL "retry \"sometimes\" { }\n",
			"3: retry \"sometimes\": must be temporary, throttled or timeout"},
		{MINIMAL "delivery {\n\tvalidity = 8d\n}\n", "4: validity is over validity_max"},
		{MINIMAL "node { id = 1024 }\n", "3: "},
		{MINIMAL "upstream \"u\" { password = p }\n", "3: "},
		{MINIMAL "upstream \"u\" { host = h }\n",
			"3: an upstream needs password or password_file"},
		{MINIMAL "upstream \"a\" { host = h password = p }\n",
			"3: upstream \"a\": an account has that name"},
		{MINIMAL "upstream \"a234567890123456\" { host = h password = p }\n",
			"3: the name of an upstream must have 1 to 15 octets"},
		{MINIMAL "upstream \"u\" { host = h password = p binds = 0 }\n", "3: "},
		{MINIMAL "upstream \"u\" { host = h password = p message_ids = odd }\n", "3: "},
		{MINIMAL "upstream \"u\" { host = h password = p version = \"3.3\" }\n",
			"3: version 3.3 needs a bind_type of transmitter or pair"},
		{MINIMAL "upstream \"u\" { host = h password = p backoff_min = 2m }\n",
			"3: backoff_min is over backoff_max"},
		{MINIMAL "route \"1\" { upstream = { u, v } }\n"
			 "upstream \"u\" { host = h password = p }\n",
			"3: upstream \"v\": there is none"},
		{"account \"a\" { password = \"p\" }\n", "no listener"},
		{"listener \"smpp\" { address = \"127.0.0.1:0\" }\n", "no account"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(load_with(cases[i].text, NULL, 0), SB_ECONFIG);
		if (!strstr(reports.text, cases[i].says))
			print_error("%s-> %s", cases[i].text, reports.text);
		assert_non_null(strstr(reports.text, cases[i].says));
		assert_null(made);
		unload();
	}
}

static void
test_an_upstream_is_what_its_section_says(void **state)
{
	const struct mc_upstream *upstream;

	(void)state;
	assert_int_equal(
		load_with(MINIMAL "sink \"s\" { }\n"
				  "upstream \"u\" { host = \"smsc.example\" password = p }\n"
				  "upstream \"v\" { host = h password = q bind_type = pair "
				  "version = \"5.0\" throughput = 100 message_ids = hex-decimal "
				  "receipts = always receipt_timeout = 2h }\n"
				  "route \"1\" { upstream = { v, u } }\n",
			NULL, 0),
		0);
	assert_int_equal(mc_config_queues(made), 4);
	upstream = mc_config_upstream(made, 2);
	assert_string_equal(upstream->party.system_id, "u");
	assert_string_equal(upstream->host, "smsc.example");
	assert_int_equal(upstream->version, SMPP_VERSION_34);
	assert_int_equal(upstream->binds, 4);
	assert_int_equal(upstream->party.deliver_window, 10);
	assert_int_equal(upstream->rate.per_second, 0);
	assert_false(mc_upstream_asks(upstream, SMPP_RECEIPT_NONE));
	assert_true(mc_upstream_asks(upstream, SMPP_RECEIPT_ON_FAILURE));
	upstream = mc_config_upstream(made, 3);
	assert_int_equal(upstream->bind, MC_BIND_PAIR);
	assert_int_equal(upstream->rate.per_second, 100);
	assert_int_equal(upstream->rate.burst, 11);
	assert_int_equal(upstream->receipt_ms, 7200000);
	assert_int_equal(upstream->message_ids.response, SMPP_ID_HEXADECIMAL);
	assert_int_equal(upstream->message_ids.receipt, SMPP_ID_DECIMAL);
	assert_true(mc_upstream_asks(upstream, SMPP_RECEIPT_NONE));
	assert_null(mc_config_upstream(made, 1));
	assert_null(mc_config_sink(made, 2));
	assert_ptr_equal(mc_config_party(made, 3), &upstream->party);
	assert_ptr_equal(mc_config_party_named(made, sb_bytes_text("v")), &upstream->party);
	/* None is bound: the first of its route. */
	assert_int_equal(
		mc_config_target(made, mc_route_find(made->routes, sb_bytes_text("15"))), 3);
	unload();
}

static void
test_all_errors_are_said_at_once(void **state)
{
	(void)state;
	assert_int_equal(load_with(MINIMAL "account \"b\" { }\n"
					   "route \"1\" { sink = \"none\" }\n"
					   "retry \"x\" { }\n",
				 NULL, 0),
		SB_ECONFIG);
	assert_int_equal(reports.errors.count, 3);
	unload();
}

static char *
documentation(const char *name)
{
	static char text[65536];
	char path[512];
	FILE *page;

	snprintf(path, sizeof(path), "%s/docs/%s", getenv("SB_SOURCE_DIR"), name);
	page = fopen(path, "r");
	assert_non_null(page);
	text[fread(text, 1, sizeof(text) - 1, page)] = '\0';
	fclose(page);
	return text;
}

/* Every section of smpp-mc's own has a heading and every key a row of its own. */
static void
test_every_key_is_documented(void **state)
{
	const char *page = documentation("smpp-mc.md");

	(void)state;
	for (const cfg_opt_t *section = mc_config_options; section->name; section++) {
		char heading[64];
		const char *part, *end;

		if (strcmp(section->name, "node") == 0 || strcmp(section->name, "log") == 0 ||
			strcmp(section->name, "metrics") == 0 ||
			strcmp(section->name, "listener") == 0)
			continue;
		snprintf(heading, sizeof(heading), "\n`%s", section->name);
		part = strstr(page, heading);
		assert_non_null(part);
		end = strstr(part + 1, "\n`");
		for (const cfg_opt_t *key = section->subopts; key->name; key++) {
			char cell[64];
			const char *found;

			snprintf(cell, sizeof(cell), "`%s`", key->name);
			found = strstr(part, cell);
			if (!found || (end && found > end))
				print_error("%s.%s is not in docs/smpp-mc.md\n", section->name,
					key->name);
			assert_true(found && (!end || found < end));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_small_configuration_has_its_defaults),
		cmocka_unit_test(test_accounts_are_found_whatever_their_order),
		cmocka_unit_test(test_set_overrides_the_file),
		cmocka_unit_test(test_what_is_wrong_is_said_with_its_line),
		cmocka_unit_test(test_an_upstream_is_what_its_section_says),
		cmocka_unit_test(test_all_errors_are_said_at_once),
		cmocka_unit_test(test_every_key_is_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
