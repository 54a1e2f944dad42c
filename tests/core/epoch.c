/* Reclamation: what readers may still look at is not freed under them. */
#include "core/epoch_internal.h"
#include "tests/support/plain_env.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
count_release(void *context, struct sb_retired *retired)
{
	(void)retired;
	++*(int *)context;
}

static int
set_up(void **state)
{
	struct plain_env *plain = malloc(sizeof(*plain));

	plain_env_init(plain);
	*state = plain;
	return 0;
}

static int
tear_down(void **state)
{
	struct plain_env *plain = *state;

	assert_int_equal(plain->live, 0);
	free(plain);
	return 0;
}

static struct sb_epoch *
epoch_of(void **state, unsigned readers)
{
	struct plain_env *plain = *state;
	struct sb_epoch *epoch = sb_epoch_new(&plain->env, readers);

	assert_non_null(epoch);
	return epoch;
}

static void
test_without_readers_in_a_turn_it_is_released_at_once(void **state)
{
	struct sb_epoch *epoch = epoch_of(state, 2);
	struct sb_retired retired;
	int released = 0;

	sb_epoch_retire(epoch, &retired, count_release, &released);
	assert_int_equal(released, 1);
	sb_epoch_free(epoch);
}

static void
test_a_turn_under_way_keeps_it_until_that_turn_ends(void **state)
{
	struct sb_epoch *epoch = epoch_of(state, 2);
	struct sb_retired retired;
	int released = 0;

	sb_epoch_enter(epoch, 0);
	sb_epoch_retire(epoch, &retired, count_release, &released);
	sb_epoch_enter(epoch, 1);
	sb_epoch_leave(epoch, 1);
	assert_int_equal(released, 0);
	sb_epoch_leave(epoch, 0);
	assert_int_equal(released, 1);
	sb_epoch_free(epoch);
}

static void
test_a_turn_that_began_later_does_not_keep_it(void **state)
{
	struct sb_epoch *epoch = epoch_of(state, 2);
	struct sb_retired retired;
	int released = 0;

	sb_epoch_enter(epoch, 0);
	sb_epoch_retire(epoch, &retired, count_release, &released);
	sb_epoch_enter(epoch, 1);
	sb_epoch_leave(epoch, 0);
	assert_int_equal(released, 1);
	sb_epoch_leave(epoch, 1);
	sb_epoch_free(epoch);
}

static void
test_each_waits_for_its_own_readers(void **state)
{
	struct sb_epoch *epoch = epoch_of(state, 2);
	struct sb_retired early, late;
	int early_released = 0, late_released = 0;

	sb_epoch_enter(epoch, 0);
	sb_epoch_retire(epoch, &early, count_release, &early_released);
	sb_epoch_enter(epoch, 1);
	sb_epoch_retire(epoch, &late, count_release, &late_released);
	sb_epoch_leave(epoch, 0);
	assert_int_equal(early_released, 1);
	assert_int_equal(late_released, 0);
	sb_epoch_leave(epoch, 1);
	assert_int_equal(late_released, 1);
	sb_epoch_free(epoch);
}

static void
test_freeing_releases_what_still_waits(void **state)
{
	struct sb_epoch *epoch = epoch_of(state, 1);
	struct sb_retired retired;
	int released = 0;

	sb_epoch_enter(epoch, 0);
	sb_epoch_retire(epoch, &retired, count_release, &released);
	sb_epoch_free(epoch);
	assert_int_equal(released, 1);
	sb_epoch_free(NULL);
}

static void
test_no_memory_makes_no_epoch(void **state)
{
	struct plain_env *plain = *state;

	plain->fail_at = 1;
	assert_null(sb_epoch_new(&plain->env, 1));
}

/* Two readers look at a value that a writer replaces all the time: the sanitizers tell whether it
 * was ever freed or changed under them. */

#define REPLACEMENTS 20000

struct value {
	struct sb_retired retired;
	uint64_t one, same;
};

struct shared {
	struct sb_epoch *epoch;
	_Atomic(struct value *) value;
	_Atomic bool is_over;
	_Atomic unsigned next_reader;
};

static void
free_value(void *context, struct sb_retired *retired)
{
	struct value *value = (struct value *)retired;

	(void)context;
	value->one = value->same = 0xdead;
	free(value);
}

static struct value *
value_of(uint64_t number)
{
	struct value *value = malloc(sizeof(*value));

	value->one = value->same = number;
	return value;
}

static void *
read_all_the_time(void *argument)
{
	struct shared *shared = argument;
	unsigned reader = atomic_fetch_add(&shared->next_reader, 1);
	uintptr_t wrong = 0;

	while (!atomic_load(&shared->is_over)) {
		sb_epoch_enter(shared->epoch, reader);
		for (int i = 0; i < 10; i++) {
			const struct value *value =
				atomic_load_explicit(&shared->value, memory_order_acquire);

			wrong += value->one != value->same || value->one == 0xdead;
		}
		sb_epoch_leave(shared->epoch, reader);
	}
	return (void *)wrong;
}

static void
test_readers_never_see_a_released_value(void **state)
{
	struct shared shared = {.epoch = epoch_of(state, 2)};
	pthread_t readers[2];
	void *wrong;

	atomic_init(&shared.value, value_of(1));
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_all_the_time, &shared), 0);
	for (uint64_t i = 2; i < REPLACEMENTS; i++) {
		struct value *old =
			atomic_exchange_explicit(&shared.value, value_of(i), memory_order_acq_rel);

		sb_epoch_retire(shared.epoch, &old->retired, free_value, NULL);
	}
	atomic_store(&shared.is_over, true);
	for (int i = 0; i < 2; i++) {
		pthread_join(readers[i], &wrong);
		assert_null(wrong);
	}
	sb_epoch_collect(shared.epoch);
	assert_int_equal(atomic_load(&shared.epoch->waiting), 0);
	sb_epoch_free(shared.epoch);
	free(atomic_load(&shared.value));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_without_readers_in_a_turn_it_is_released_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_turn_under_way_keeps_it_until_that_turn_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_turn_that_began_later_does_not_keep_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_each_waits_for_its_own_readers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_freeing_releases_what_still_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_memory_makes_no_epoch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_readers_never_see_a_released_value, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
