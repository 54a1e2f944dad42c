/* The parts that a partition is made of: slab, lists, heap, index, final states. */
#include "daemons/smpp-mc/entry.h"
#include "daemons/smpp-mc/final.h"
#include "daemons/smpp-mc/heap.h"
#include "daemons/smpp-mc/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_a_slab_gives_zeroed_items_that_stay(void **state)
{
	struct mc_slab slab;
	uint32_t numbers[3000];

	(void)state;
	mc_slab_init(&slab, 64);
	assert_null(mc_slab_at(&slab, 0));
	for (uint32_t i = 0; i < 3000; i++) {
		unsigned char *item;

		numbers[i] = mc_slab_take(&slab);
		assert_int_not_equal(numbers[i], 0);
		item = mc_slab_at(&slab, numbers[i]);
		for (int k = 0; k < 64; k++)
			assert_int_equal(item[k], 0);
		memset(item, (int)(i & 0xff), 64);
	}
	assert_int_equal(slab.used, 3000);
	for (uint32_t i = 0; i < 3000; i++)
		assert_int_equal(((unsigned char *)mc_slab_at(&slab, numbers[i]))[63], i & 0xff);
	mc_slab_give(&slab, numbers[7]);
	assert_int_equal(mc_slab_take(&slab), numbers[7]);
	mc_slab_fini(&slab);
}

static void
test_a_list_keeps_its_order(void **state)
{
	struct mc_slab slab;
	struct mc_list list = {0};
	uint32_t numbers[5];

	(void)state;
	mc_slab_init(&slab, sizeof(struct mc_entry));
	for (uint32_t i = 0; i < 5; i++) {
		numbers[i] = mc_slab_take(&slab);
		mc_entry_at(&slab, numbers[i])->id = i;
	}
	mc_list_push(&slab, &list, numbers[2]);
	mc_list_push(&slab, &list, numbers[4]);
	mc_list_push_front(&slab, &list, numbers[0]);
	mc_list_insert(&slab, &list, numbers[3]);
	mc_list_insert(&slab, &list, numbers[1]);
	assert_int_equal(list.count, 5);
	mc_list_remove(&slab, &list, numbers[2]);
	mc_list_remove(&slab, &list, numbers[4]);
	assert_int_equal(list.tail, numbers[3]);
	assert_int_equal(mc_list_pop(&slab, &list), numbers[0]);
	assert_int_equal(mc_list_pop(&slab, &list), numbers[1]);
	assert_int_equal(mc_list_pop(&slab, &list), numbers[3]);
	assert_int_equal(mc_list_pop(&slab, &list), 0);
	mc_slab_fini(&slab);
}

#define OWNERS 500

static uint32_t places[OWNERS + 1];

static void
placed(void *context, uint32_t owner, uint32_t place)
{
	assert_ptr_equal(context, places);
	places[owner] = place;
}

static void
test_a_heap_gives_what_is_due_in_order(void **state)
{
	struct mc_heap heap;
	uint64_t due[OWNERS + 1], last = 0;
	uint32_t owner, given = 0;

	(void)state;
	srandom(2);
	mc_heap_init(&heap, placed, places);
	assert_int_equal(mc_heap_first(&heap), UINT64_MAX);
	for (uint32_t i = 1; i <= OWNERS; i++) {
		due[i] = 1 + (uint64_t)random() % 100;
		assert_int_equal(mc_heap_add(&heap, due[i], i), 0);
	}
	for (uint32_t i = 1; i <= OWNERS; i += 3) {
		assert_int_equal(heap.items[places[i]].owner, i);
		mc_heap_remove(&heap, places[i]);
		assert_int_equal(places[i], 0);
	}
	assert_int_equal(mc_heap_take_due(&heap, mc_heap_first(&heap) - 1), 0);
	while ((owner = mc_heap_take_due(&heap, 100))) {
		assert_true(due[owner] >= last);
		assert_int_not_equal(owner % 3, 1);
		last = due[owner];
		given++;
	}
	assert_int_equal(given, OWNERS - (OWNERS + 2) / 3);
	mc_heap_fini(&heap);
}

static uint32_t
longest_chain(const struct mc_index *by_pair)
{
	uint32_t longest = 0;

	for (uint32_t bucket = 0; bucket < by_pair->bucket_count; bucket++) {
		uint32_t length = 0;

		for (uint32_t at = by_pair->buckets[bucket]; at;
			at = mc_entry_at(by_pair->slab, at)->by_pair)
			length++;
		longest = length > longest ? length : longest;
	}
	return longest;
}

static void
test_chosen_addresses_do_not_share_a_bucket(void **state)
{
	/* Steps by which a client may have chosen the hashes of its addresses. */
	static const uint32_t steps[][2] = {
		{1u << 17, 0}, {0, 1u << 17}, {1u << 12, 1u << 12}, {1, 0}, {0, 1}, {1, 1}};
	struct mc_slab slab;
	struct mc_index by_pair;

	(void)state;
	for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
		mc_slab_init(&slab, sizeof(struct mc_entry));
		mc_index_init(&by_pair, &slab, MC_INDEX_PAIR);
		by_pair.salt = UINT64_C(0x123456789abcdef1);
		for (uint32_t i = 0; i < 5000; i++) {
			uint32_t number = mc_slab_take(&slab);

			mc_entry_at(&slab, number)->source = i * steps[step][0];
			mc_entry_at(&slab, number)->destination = i * steps[step][1];
			assert_int_equal(mc_index_add(&by_pair, number), 0);
		}
		assert_in_range(longest_chain(&by_pair), 1, 12);
		mc_index_fini(&by_pair);
		mc_slab_fini(&slab);
	}
}

static void
test_an_index_finds_all_and_only_what_is_in_it(void **state)
{
	enum { COUNT = 5000 };
	struct mc_slab slab;
	struct mc_index by_id, by_pair;
	static uint32_t numbers[COUNT];

	(void)state;
	mc_slab_init(&slab, sizeof(struct mc_entry));
	mc_index_init(&by_id, &slab, MC_INDEX_ID);
	mc_index_init(&by_pair, &slab, MC_INDEX_PAIR);
	assert_int_equal(mc_index_find_id(&by_id, 1), 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct mc_entry *entry;

		numbers[i] = mc_slab_take(&slab);
		entry = mc_entry_at(&slab, numbers[i]);
		entry->id = i * UINT64_C(4194304);
		entry->source = i % 100;
		entry->destination = 7;
		assert_int_equal(mc_index_add(&by_id, numbers[i]), 0);
		assert_int_equal(mc_index_add(&by_pair, numbers[i]), 0);
	}
	for (uint32_t i = 0; i < COUNT; i += 2) {
		mc_index_remove(&by_id, numbers[i]);
		mc_index_remove(&by_pair, numbers[i]);
	}
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(
			mc_index_find_id(&by_id, i * UINT64_C(4194304)), i % 2 ? numbers[i] : 0);
	for (uint32_t source = 0; source < 101; source++) {
		uint32_t found = 0;

		for (uint32_t at = mc_index_find_pair(&by_pair, source, 7); at;
			at = mc_index_next(&by_pair, at))
			found++;
		assert_int_equal(found, source % 2 && source < 100 ? COUNT / 100 : 0);
	}
	mc_index_fini(&by_id);
	mc_index_fini(&by_pair);
	mc_slab_fini(&slab);
}

static void
test_the_parts_of_a_multi_have_one_id(void **state)
{
	struct mc_slab slab;
	struct mc_index index;
	uint32_t found = 0;

	(void)state;
	mc_slab_init(&slab, sizeof(struct mc_entry));
	mc_index_init(&index, &slab, MC_INDEX_ID);
	for (uint8_t part = 0; part < 10; part++) {
		uint32_t number = mc_slab_take(&slab);

		mc_entry_at(&slab, number)->id = 1000 + part;
		mc_entry_at(&slab, number)->part = part;
		mc_index_add(&index, number);
	}
	for (uint32_t at = mc_index_find_id(&index, 1000); at; at = mc_index_next(&index, at))
		found++;
	assert_int_equal(found, 10);
	assert_int_equal(mc_index_find_id(&index, 1001), 0);
	mc_index_fini(&index);
	mc_slab_fini(&slab);
}

static void
test_final_states_are_found_until_they_are_old(void **state)
{
	struct mc_finals finals = {0};

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		mc_finals_add(&finals,
			&(struct mc_final){.id = 5000 - i, .at_ms = (int64_t)i, .state = 2});
	assert_int_equal(finals.count, 1000);
	assert_int_equal(mc_finals_find(&finals, 4500)->at_ms, 500);
	assert_null(mc_finals_find(&finals, 5001));
	mc_finals_purge(&finals, 300, 10000);
	assert_int_equal(finals.count, 1000 - 256);
	assert_null(mc_finals_find(&finals, 5000));
	assert_non_null(mc_finals_find(&finals, 5000 - 256));
	mc_finals_purge(&finals, 0, 500);
	assert_true(finals.count <= 500);
	mc_finals_purge(&finals, 5000, 500);
	assert_int_equal(finals.count, 0);
	assert_null(mc_finals_find(&finals, 4001));
	mc_finals_add(&finals, &(struct mc_final){.id = 9, .at_ms = 1});
	assert_non_null(mc_finals_find(&finals, 9));
	mc_finals_fini(&finals);
}

static void
test_a_final_state_goes_there_and_back(void **state)
{
	const struct mc_final final = {
		UINT64_C(0x1122334455667788), 1800000000123, 0xdeadbeef, 0xcafebabe, 5, 99};
	uint8_t octets[MC_FINAL_SIZE];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));
	struct sb_reader r = sb_reader_of(sb_bytes(octets, sizeof(octets)));
	struct mc_final back;

	(void)state;
	mc_final_put(&w, &final);
	assert_false(sb_writer_failed(&w));
	assert_int_equal(sb_writer_size(&w), MC_FINAL_SIZE);
	back = mc_final_get(&r);
	assert_false(sb_reader_failed(&r));
	assert_int_equal(back.id, final.id);
	assert_int_equal(back.at_ms, final.at_ms);
	assert_int_equal(back.source, final.source);
	assert_int_equal(back.owner, final.owner);
	assert_int_equal(back.state, final.state);
	assert_int_equal(back.error, final.error);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_slab_gives_zeroed_items_that_stay),
		cmocka_unit_test(test_a_list_keeps_its_order),
		cmocka_unit_test(test_a_heap_gives_what_is_due_in_order),
		cmocka_unit_test(test_chosen_addresses_do_not_share_a_bucket),
		cmocka_unit_test(test_an_index_finds_all_and_only_what_is_in_it),
		cmocka_unit_test(test_the_parts_of_a_multi_have_one_id),
		cmocka_unit_test(test_final_states_are_found_until_they_are_old),
		cmocka_unit_test(test_a_final_state_goes_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
