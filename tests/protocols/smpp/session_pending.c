/* The table of what waits: against a model that is too simple to be wrong. */
#include "protocols/smpp/session_pending_internal.h"
#include "tests/protocols/smpp/pdus.h"
#include "tests/protocols/smpp/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MODEL 600

static struct bed bed;
static struct smpp_pending *table;

/* In the order in which they were taken. */
static struct {
	uint32_t sequence, slot;
} model[MODEL];
static size_t model_count;

static int
opened(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	table = NULL;
	model_count = 0;
	return 0;
}

static int
done(void **state)
{
	(void)state;
	smpp_pending_free(bed.session, &table);
	bed_close(&bed);
	return 0;
}

static void
take(uint32_t sequence, bool indexed)
{
	const struct smpp_pending_entry entry = {
		.command = SMPP_DELIVER_SM, .sequence = sequence, .context = sequence + 7u};
	uint32_t slot = smpp_pending_take(bed.session, &table, indexed, &entry);

	assert_true(slot != SMPP_NO_SLOT);
	assert_true(model_count < MODEL);
	model[model_count].sequence = sequence;
	model[model_count++].slot = slot;
}

static void
drop(size_t n)
{
	smpp_pending_remove(table, model[n].slot);
	memmove(&model[n], &model[n + 1], (model_count - n - 1) * sizeof(model[0]));
	model_count--;
}

static void
assert_same(void)
{
	uint32_t slot = table ? table->oldest : SMPP_NO_SLOT;

	assert_int_equal(smpp_pending_count(table), model_count);
	for (size_t i = 0; i < model_count; i++) {
		assert_int_equal(slot, model[i].slot);
		assert_int_equal(table->entries[slot].sequence, model[i].sequence);
		assert_int_equal(table->entries[slot].context, model[i].sequence + 7u);
		slot = table->entries[slot].next;
	}
	assert_int_equal(slot, SMPP_NO_SLOT);
}

static void
assert_found(void)
{
	for (size_t i = 0; i < model_count; i++)
		assert_int_equal(smpp_pending_find(table, model[i].sequence), model[i].slot);
}

static void
test_it_is_what_the_model_is_by_chance(void **state)
{
	struct chance chance = chance_of(7);
	uint32_t sequence = 1;

	(void)state;
	for (unsigned step = 0; step < 20000; step++) {
		/* Grows, then shrinks, and so on. */
		bool grows = step / 500 % 2 == 0;

		if (model_count && (model_count == MODEL || chance_below(&chance, 4) == !grows)) {
			drop(chance_below(&chance, (uint32_t)model_count));
		} else if (model_count < MODEL) {
			/* Close together, with gaps, and all over. */
			sequence += 1 + chance_below(&chance, step % 3 ? 3 : 100000);
			take(sequence, true);
		}
		if (step % 64 == 0) {
			assert_same();
			assert_found();
			assert_int_equal(smpp_pending_find(table, sequence + 1), SMPP_NO_SLOT);
		}
	}
}

static void
test_numbers_that_share_a_place_are_found_when_others_go(void **state)
{
	(void)state;
	/* All want the same place of a small index. */
	for (uint32_t i = 0; i < 8; i++)
		take(1 + i * 16, true);
	for (size_t i = 0; i < 7; i++) {
		drop(i % 2 ? 0 : model_count / 2);
		assert_found();
		assert_same();
	}
}

static void
test_without_an_index_numbers_may_repeat(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		take(5, false);
	assert_same();
	for (unsigned i = 0; i < 20; i++)
		drop(model_count / 2);
	assert_same();
	assert_null(smpp_pending_oldest(table));
}

static void
test_an_empty_table_has_nothing(void **state)
{
	(void)state;
	assert_int_equal(smpp_pending_count(NULL), 0);
	assert_null(smpp_pending_oldest(NULL));
	assert_int_equal(smpp_pending_find(NULL, 1), SMPP_NO_SLOT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, done)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_is_what_the_model_is_by_chance),
		TEST(test_numbers_that_share_a_place_are_found_when_others_go),
		TEST(test_without_an_index_numbers_may_repeat),
		TEST(test_an_empty_table_has_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
