/* Credentials of devices: what holds while one takes another's place, rows, and the table that all
 * threads read. */
#include "core/error.h"
#include "daemons/acs/login_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct acs_login *
login_of(const char *device, const char *username)
{
	struct acs_login_facts facts = acs_login_facts(NULL, device);
	struct acs_login *login;

	assert_int_equal(acs_login_set(&facts, username, "acs", "secret", 7, false), 0);
	login = acs_login_new(&facts);
	assert_non_null(login);
	return login;
}

static void
test_the_old_password_holds_until_the_new_one_is_used(void **state)
{
	struct acs_login_facts facts = acs_login_facts(NULL, "d");

	(void)state;
	assert_true(acs_login_is_empty(&facts));
	assert_int_equal(acs_login_set(&facts, "d", "acs", "one", 1, false), 0);
	assert_false(facts.is_used);
	assert_false(acs_login_use(&facts, 2));
	assert_true(acs_login_use(&facts, 1));
	assert_false(acs_login_use(&facts, 1));
	assert_int_equal(acs_login_set(&facts, "d", "acs", "two", 2, false), 0);
	assert_int_equal(facts.before.id, 1);
	/* One that was never used does not push out the one that was. */
	assert_int_equal(acs_login_set(&facts, "e", "acs", "three", 3, false), 0);
	assert_int_equal(facts.before.id, 1);
	assert_false(acs_login_use(&facts, 2));
	assert_true(acs_login_use(&facts, 3));
	assert_string_equal(facts.before.username, "");
}

static void
test_at_once_nothing_else_holds(void **state)
{
	struct acs_login_facts facts = acs_login_facts(NULL, "d");

	(void)state;
	assert_int_equal(acs_login_set(&facts, "d", "acs", "one", 1, true), 0);
	assert_true(facts.is_used);
	assert_int_equal(acs_login_set(&facts, "d", "acs", "two", 2, true), 0);
	assert_string_equal(facts.before.username, "");
	acs_login_unset(&facts);
	assert_true(acs_login_is_empty(&facts));
}

static void
test_a_device_stays_bound_in_another_realm(void **state)
{
	struct acs_login_facts facts = acs_login_facts(NULL, "d");

	(void)state;
	assert_int_equal(acs_login_set(&facts, "d", "old", "one", 1, false), 0);
	assert_false(acs_login_is_bound(&facts));
	assert_int_equal(acs_login_set(&facts, "d", "old", "two", 2, true), 0);
	assert_true(acs_login_is_bound(&facts));
	assert_int_equal(acs_login_set(&facts, "d", "acs", "three", 3, false), 0);
	assert_false(facts.is_used);
	assert_true(acs_login_is_bound(&facts));
	assert_int_equal(acs_login_set(&facts, "d", "third", "four", 4, false), 0);
	assert_true(acs_login_is_bound(&facts));
	assert_true(acs_login_use(&facts, 4));
	assert_true(acs_login_is_bound(&facts));
	acs_login_unset(&facts);
	assert_false(acs_login_is_bound(&facts));
}

static void
test_nobody_is_shown_a_password_or_a_hash(void **state)
{
	struct acs_login_facts facts = acs_login_facts(NULL, "d");
	json_t *object;
	char *text;

	(void)state;
	assert_int_equal(acs_login_set(&facts, "name", "acs", "hidden", 1, false), 0);
	facts.request.username = "request";
	facts.request.password = "secret, too";
	object = acs_login_object(&facts);
	text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text,
		"{\"acs\":{\"changed\":\"1970-01-01T00:00:00.000Z\",\"used\":false,"
		"\"username\":\"name\"},\"connectionRequest\":{\"changed\":"
		"\"1970-01-01T00:00:00.000Z\",\"username\":\"request\"},\"device\":\"d\"}");
	free(text);
	json_decref(object);
}

/* ---- rows ---- */

static int
read_body(const char *body, size_t head_size, struct acs_login **login)
{
	static const uint8_t head[ACS_LOGIN_HEAD] = {0, 0, 0, 0, 0, 0, 0, 5, 1};

	return acs_login_read(&(struct sb_store_row){.id = 3,
				      .head = head,
				      .head_size = head_size,
				      .body = body,
				      .body_size = strlen(body)},
		login);
}

static void
test_a_login_is_its_row(void **state)
{
	struct acs_login_facts facts = acs_login_facts(NULL, "d");
	struct acs_login *again;
	char *body;

	(void)state;
	assert_int_equal(acs_login_set(&facts, "n1", "acs", "one", 1, true), 0);
	assert_int_equal(acs_login_set(&facts, "n2", "acs", "two", UINT64_MAX, false), 0);
	facts.request.username = "r";
	facts.request.password = "p\"";
	facts.request.changed_ms = 9;
	body = acs_login_body(&facts);
	assert_non_null(body);
	assert_null(strstr(body, "two"));
	assert_int_equal(read_body(body, ACS_LOGIN_HEAD, &again), 0);
	assert_int_equal(again->is.id, 3);
	assert_int_equal(again->is.changed_ms, 5);
	assert_true(again->is.is_used);
	assert_string_equal(again->is.device, "d");
	assert_string_equal(again->is.now.username, "n2");
	assert_true(again->is.now.id == UINT64_MAX);
	assert_memory_equal(&again->is.now.hash, &facts.now.hash, sizeof(facts.now.hash));
	assert_memory_equal(&again->is.before.hash, &facts.before.hash, sizeof(facts.now.hash));
	assert_string_equal(again->is.request.password, "p\"");
	assert_int_equal(again->is.request.changed_ms, 9);
	acs_login_release(again);
	assert_int_equal(read_body(body, ACS_LOGIN_HEAD - 1, &again), SB_ECORRUPT);
	acs_login_body_free(body);
}

static void
test_a_row_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"device\":\"\"}",
		"{\"device\":5}",
		"{\"device\":\"d\",\"now\":{}}",
		"{\"device\":\"d\",\"now\":{\"username\":\"u\",\"id\":\"0\",\"hash\":\"\"}}",
		"{\"device\":\"d\",\"now\":{\"username\":\"u\",\"id\":\"0000000000000001\","
		"\"hash\":"
		"\"00\"}}",
		"{\"device\":\"d\",\"before\":{\"username\":\"u\",\"id\":\"0000000000000001\","
		"\"hash\":"
		"\"x00000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000\"}}",
	};
	struct acs_login *login;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_body(bad[i], ACS_LOGIN_HEAD, &login), SB_ECORRUPT);
		assert_null(login);
	}
}

/* ---- the table ---- */

static bool
finds(struct acs_login_table *table, enum acs_login_key key, const char *name, const char *device)
{
	struct acs_login *login = acs_login_find(table, key, name);
	bool is_so = device ? login && strcmp(login->is.device, device) == 0 : !login;

	acs_login_release(login);
	return is_so;
}

static void
test_logins_are_found_by_device_and_by_name(void **state)
{
	struct acs_login_table table = {0};
	struct acs_login *login, *other;
	struct acs_login_facts facts;

	(void)state;
	assert_int_equal(acs_login_table_init(&table), 0);
	login = login_of("d", "u");
	assert_int_equal(acs_login_replace(&table, NULL, login), 0);
	assert_true(finds(&table, ACS_LOGIN_DEVICE, "d", "d"));
	assert_true(finds(&table, ACS_LOGIN_USERNAME, "u", "d"));
	assert_true(finds(&table, ACS_LOGIN_USERNAME, "d", NULL));
	facts = login->is;
	facts.is_used = true;
	assert_int_equal(acs_login_set(&facts, "v", "acs", "x", 8, false), 0);
	other = acs_login_new(&facts);
	assert_int_equal(acs_login_replace(&table, login, other), 0);
	acs_login_release(login);
	assert_true(finds(&table, ACS_LOGIN_USERNAME, "u", "d"));
	assert_true(finds(&table, ACS_LOGIN_USERNAME, "v", "d"));
	facts = other->is;
	assert_true(acs_login_use(&facts, 8));
	login = acs_login_new(&facts);
	assert_int_equal(acs_login_replace(&table, other, login), 0);
	acs_login_release(other);
	assert_true(finds(&table, ACS_LOGIN_USERNAME, "u", NULL));
	assert_int_equal(acs_login_replace(&table, login, NULL), 0);
	acs_login_release(login);
	assert_true(finds(&table, ACS_LOGIN_DEVICE, "d", NULL));
	assert_true(finds(&table, ACS_LOGIN_USERNAME, "v", NULL));
	acs_login_table_fini(&table);
}

#define MANY 5000

static void *
look(void *context)
{
	struct acs_login_table *table = context;
	char name[32];

	for (unsigned i = 0; i < 4 * MANY; i++) {
		struct acs_login *login;

		snprintf(name, sizeof(name), "u%u", i % MANY);
		login = acs_login_find(table, ACS_LOGIN_USERNAME, name);
		if (login && strcmp(login->is.now.username, name) != 0)
			abort();
		acs_login_release(login);
	}
	return NULL;
}

static void
test_who_looks_finds_a_whole_login_while_they_change(void **state)
{
	struct acs_login_table table = {0};
	struct acs_login *logins[MANY];
	char device[32], username[32];
	pthread_t reader;

	(void)state;
	assert_int_equal(acs_login_table_init(&table), 0);
	assert_int_equal(pthread_create(&reader, NULL, look, &table), 0);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(device, sizeof(device), "d%u", i);
		snprintf(username, sizeof(username), "u%u", i);
		logins[i] = login_of(device, username);
		assert_int_equal(acs_login_replace(&table, NULL, logins[i]), 0);
	}
	for (unsigned i = 0; i < MANY; i++) {
		struct acs_login *again = i % 2 ? acs_login_new(&logins[i]->is) : NULL;

		assert_int_equal(acs_login_replace(&table, logins[i], again), 0);
		acs_login_release(logins[i]);
		acs_login_release(again);
	}
	assert_int_equal(pthread_join(reader, NULL), 0);
	assert_true(finds(&table, ACS_LOGIN_DEVICE, "d4", NULL));
	assert_true(finds(&table, ACS_LOGIN_USERNAME, "u5", "d5"));
	acs_login_table_fini(&table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_old_password_holds_until_the_new_one_is_used),
		cmocka_unit_test(test_at_once_nothing_else_holds),
		cmocka_unit_test(test_a_device_stays_bound_in_another_realm),
		cmocka_unit_test(test_nobody_is_shown_a_password_or_a_hash),
		cmocka_unit_test(test_a_login_is_its_row),
		cmocka_unit_test(test_a_row_that_is_none_is_refused),
		cmocka_unit_test(test_logins_are_found_by_device_and_by_name),
		cmocka_unit_test(test_who_looks_finds_a_whole_login_while_they_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
