/* Rows in a file: what is there after the end of a node, and for whom. */
#include "store_fixture.h"

#include "core/error.h"
#include "core/node_internal.h"
#include "core/store_internal.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* One node after the other on one file. */
struct stage {
	struct lab lab;
	struct sb_store *store;
	struct probe *reader;
	bool is_up;
};

static void
stage_start(struct stage *stage, const struct sb_store_options *options)
{
	lab_init(&stage->lab, 2);
	stage->is_up = true;
	stage->store = store_open(&stage->lab, options);
	stage->reader = store_reader(&stage->lab, 0);
}

static void
stage_end(struct stage *stage)
{
	if (stage->is_up)
		lab_fini(&stage->lab);
	stage->is_up = false;
}

static void
test_a_node_finds_what_the_one_before_has_committed(void **state)
{
	struct stage *stage = *state;
	struct sb_store_options options = {.path = store_path("rows")};

	stage_start(stage, &options);
	store_put(stage->reader, stage->store, 1, "head", "body", 1);
	store_settle(&stage->lab);
	assert_answer(stage->reader, 0, 1, 0);
	store_put(stage->reader, stage->store, 2, "late", "body", 2);
	stage_end(stage); /* what waits is committed first */
	stage_start(stage, &options);
	assert_row(&stage->lab, stage->reader, stage->store, 1, 1, "head", "body");
	assert_row(&stage->lab, stage->reader, stage->store, 2, 1, "late", "body");
}

static int
set_up(void **state)
{
	*state = calloc(1, sizeof(struct stage));
	store_folder_make();
	return *state ? 0 : -1;
}

static int
tear_down(void **state)
{
	stage_end(*state);
	free(*state);
	store_folder_remove();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_node_finds_what_the_one_before_has_committed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
