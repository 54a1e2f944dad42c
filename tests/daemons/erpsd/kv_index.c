/* The order of keys: as a sorted array would have it, whatever is added and removed. */
#include "daemons/erpsd/kv_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEYS 2000

static struct erpsd_kv_index list;

static int
open_index(void **state)
{
	(void)state;
	erpsd_kv_index_init(&list, sb_env_system());
	return 0;
}

static int
close_index(void **state)
{
	(void)state;
	erpsd_kv_index_fini(&list);
	return 0;
}

static struct sb_bytes
key_of(unsigned number, char text[16])
{
	snprintf(text, 16, "b%u", number);
	return sb_bytes_text(text);
}

/* All of 0..KEYS-1, in an order that looks like none. */
static unsigned
shuffled(unsigned i)
{
	return i * 769 % KEYS;
}

static void
test_keys_are_found_in_their_order(void **state)
{
	char text[16];
	size_t count = 0;

	(void)state;
	for (unsigned i = 0; i < KEYS; i++)
		erpsd_kv_index_add(&list, key_of(shuffled(i), text))->id = shuffled(i);
	for (unsigned i = 0; i < KEYS; i++)
		assert_int_equal(erpsd_kv_index_find(&list, key_of(i, text))->id, i);
	for (struct erpsd_kv_entry *e = list.first[0]; e; e = e->next[0], count++)
		if (e->next[0])
			assert_true(erpsd_kv_compare(erpsd_kv_entry_key(e),
					    erpsd_kv_entry_key(e->next[0])) < 0);
	assert_int_equal(count, KEYS);
	assert_null(erpsd_kv_index_find(&list, sb_bytes_text("b")));
	assert_null(erpsd_kv_index_find(&list, sb_bytes_text("c")));
}

static void
test_what_is_removed_is_not_found_and_the_others_are(void **state)
{
	char text[16];

	(void)state;
	for (unsigned i = 0; i < KEYS; i++)
		erpsd_kv_index_add(&list, key_of(shuffled(i), text))->id = shuffled(i);
	for (unsigned i = 0; i < KEYS; i += 2)
		erpsd_kv_index_remove(&list, erpsd_kv_index_find(&list, key_of(i, text)));
	for (unsigned i = 0; i < KEYS; i++) {
		struct erpsd_kv_entry *entry = erpsd_kv_index_find(&list, key_of(i, text));

		assert_int_equal(entry != NULL, i % 2);
	}
	for (unsigned i = 1; i < KEYS; i += 2)
		erpsd_kv_index_remove(&list, erpsd_kv_index_find(&list, key_of(i, text)));
	for (unsigned level = 0; level < ERPSD_KV_LEVELS; level++)
		assert_null(list.first[level]);
}

static void
test_a_prefix_begins_with_the_first_key_that_has_it(void **state)
{
	static const char *const keys[] = {"ax", "b", "ba", "bab", "bb", "c"};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_non_null(erpsd_kv_index_add(&list, sb_bytes_text(keys[i])));
	assert_memory_equal(
		erpsd_kv_entry_key(erpsd_kv_index_from(&list, sb_bytes_text("ba"))).data, "ba", 2);
	assert_memory_equal(
		erpsd_kv_entry_key(erpsd_kv_index_from(&list, sb_bytes_text("baa"))).data, "bab",
		3);
	assert_memory_equal(
		erpsd_kv_entry_key(erpsd_kv_index_from(&list, sb_bytes_text(""))).data, "ax", 2);
	assert_null(erpsd_kv_index_from(&list, sb_bytes_text("d")));
}

static void
test_keys_may_be_empty_and_have_any_octets(void **state)
{
	static const uint8_t octets[] = {0, 255, 0};

	(void)state;
	assert_non_null(erpsd_kv_index_add(&list, sb_bytes(octets, 3)));
	assert_non_null(erpsd_kv_index_add(&list, sb_bytes(octets, 1)));
	assert_non_null(erpsd_kv_index_add(&list, sb_bytes(octets, 0)));
	assert_int_equal(erpsd_kv_index_find(&list, sb_bytes(octets, 0))->key_size, 0);
	assert_int_equal(erpsd_kv_index_find(&list, sb_bytes(octets, 1))->key_size, 1);
	assert_int_equal(erpsd_kv_index_find(&list, sb_bytes(octets, 3))->key_size, 3);
	assert_null(erpsd_kv_index_find(&list, sb_bytes(octets, 2)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_index, close_index)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_keys_are_found_in_their_order),
		TEST(test_what_is_removed_is_not_found_and_the_others_are),
		TEST(test_a_prefix_begins_with_the_first_key_that_has_it),
		TEST(test_keys_may_be_empty_and_have_any_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
