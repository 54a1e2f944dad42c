/* The ordered map of ids, beside a plain sorted list that cannot be wrong. */
#include "core/id_map_internal.h"
#include "tests/support/plain_env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MODEL_MAX 4096

struct model {
	uint64_t ids[MODEL_MAX];
	size_t count;
};

static size_t
model_at(const struct model *model, uint64_t id)
{
	size_t i = 0;

	while (i < model->count && model->ids[i] < id)
		i++;
	return i;
}

static void
model_add(struct model *model, uint64_t id)
{
	size_t at = model_at(model, id);

	if (at < model->count && model->ids[at] == id)
		return;
	memmove(&model->ids[at + 1], &model->ids[at], (model->count - at) * sizeof(uint64_t));
	model->ids[at] = id;
	model->count++;
}

static void
model_remove(struct model *model, uint64_t id)
{
	size_t at = model_at(model, id);

	model->count--;
	memmove(&model->ids[at], &model->ids[at + 1], (model->count - at) * sizeof(uint64_t));
}

static void
assert_same(struct sb_id_map *map, const struct model *model, uint64_t from)
{
	size_t i = model_at(model, from);
	struct sb_id_place place;
	bool more = sb_id_map_seek(map, from, &place);

	assert_int_equal(map->size, model->count);
	for (; i < model->count; i++) {
		assert_true(more);
		assert_true(sb_id_map_id(map, place) == model->ids[i]);
		assert_ptr_equal(sb_id_map_value(map, place), (void *)(uintptr_t)model->ids[i]);
		more = sb_id_map_next(map, &place);
	}
	assert_false(more);
}

static void
put(struct sb_id_map *map, struct model *model, uint64_t id)
{
	void **value = sb_id_map_make(map, id);

	assert_non_null(value);
	*value = (void *)(uintptr_t)id;
	model_add(model, id);
	assert_ptr_equal(*sb_id_map_find(map, id), (void *)(uintptr_t)id);
}

static void
drop(struct sb_id_map *map, struct model *model, uint64_t id)
{
	sb_id_map_remove(map, id);
	model_remove(model, id);
	assert_null(sb_id_map_find(map, id));
}

struct fixture {
	struct plain_env plain;
	struct sb_id_map map;
	struct model model;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	plain_env_init(&f->plain);
	sb_id_map_init(&f->map, &f->plain.env);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	sb_id_map_fini(&f->map);
	assert_int_equal(f->plain.live, 0);
	free(f);
	return 0;
}

static void
test_appended_ids_are_deleted_in_order_and_leave_nothing(void **state)
{
	struct fixture *f = *state;

	for (uint64_t id = 1; id <= 3000; id++) {
		put(&f->map, &f->model, id * 10);
		if (id > 500)
			drop(&f->map, &f->model, (id - 500) * 10);
	}
	assert_same(&f->map, &f->model, 0);
	while (f->model.count)
		drop(&f->map, &f->model, f->model.ids[0]);
	assert_int_equal(f->plain.live, 0);
}

static void
test_any_order_of_changes_gives_the_same_as_a_sorted_list(void **state)
{
	struct fixture *f = *state;
	uint64_t random = 1;

	for (int round = 0; round < 20000; round++) {
		uint64_t id;
		bool grows = round / 4000 % 2 == 0;

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		id = 1 + (random >> 33) % 3000;
		if (grows || f->model.count == 0 || random >> 62 == 0)
			put(&f->map, &f->model, id);
		else
			drop(&f->map, &f->model, f->model.ids[id % f->model.count]);
		if (round % 500 == 0)
			assert_same(&f->map, &f->model, id);
	}
	while (f->model.count) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		drop(&f->map, &f->model, f->model.ids[(random >> 33) % f->model.count]);
	}
	assert_int_equal(f->plain.live, 0);
}

static void
test_only_an_empty_place_is_removed_as_empty(void **state)
{
	struct fixture *f = *state;

	sb_id_map_remove_empty(&f->map, 7);
	put(&f->map, &f->model, 7);
	put(&f->map, &f->model, 9);
	sb_id_map_remove_empty(&f->map, 7);
	sb_id_map_remove_empty(&f->map, 8);
	assert_same(&f->map, &f->model, 0);
	*sb_id_map_find(&f->map, 7) = NULL;
	sb_id_map_remove_empty(&f->map, 7);
	model_remove(&f->model, 7);
	assert_same(&f->map, &f->model, 0);
}

static void
test_few_rows_left_of_many_hold_little_memory(void **state)
{
	struct fixture *f = *state;

	for (uint64_t id = 1; id <= 4000; id++)
		put(&f->map, &f->model, id);
	assert_true(f->plain.live > 30);
	for (uint64_t id = 1; id <= 4000; id++)
		if (id % 100)
			drop(&f->map, &f->model, id);
	assert_same(&f->map, &f->model, 0);
	assert_true(f->plain.live <= 4);
}

static void
test_ids_at_both_ends_of_the_range(void **state)
{
	struct fixture *f = *state;
	struct sb_id_place place;

	assert_false(sb_id_map_seek(&f->map, 0, &place));
	put(&f->map, &f->model, 5);
	for (uint64_t id = 1; id <= 300; id++)
		put(&f->map, &f->model, UINT64_MAX - id);
	put(&f->map, &f->model, 0);
	put(&f->map, &f->model, UINT64_MAX);
	assert_same(&f->map, &f->model, 0);
	assert_same(&f->map, &f->model, 6);
	assert_same(&f->map, &f->model, UINT64_MAX);
}

static void
test_without_memory_nothing_is_added_or_lost(void **state)
{
	struct fixture *f = *state;
	uint64_t id = 1;

	for (int failures = 0; failures < 20; id += 3) {
		f->plain.fail_at = 1;
		if (sb_id_map_make(&f->map, id)) {
			f->plain.fail_at = 0;
			*sb_id_map_find(&f->map, id) = (void *)(uintptr_t)id;
			model_add(&f->model, id);
			continue;
		}
		failures++;
		assert_null(sb_id_map_find(&f->map, id));
		put(&f->map, &f->model, id);
	}
	f->plain.fail_at = 0;
	assert_same(&f->map, &f->model, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_appended_ids_are_deleted_in_order_and_leave_nothing),
		TEST(test_any_order_of_changes_gives_the_same_as_a_sorted_list),
		TEST(test_only_an_empty_place_is_removed_as_empty),
		TEST(test_few_rows_left_of_many_hold_little_memory),
		TEST(test_ids_at_both_ends_of_the_range),
		TEST(test_without_memory_nothing_is_added_or_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
