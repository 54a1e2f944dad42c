/* The data model of simulated devices: its files, and what a device makes of it. */
#include "daemons/cwmp-sim/model.h"
#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs those before it. */
#include <cmocka.h>

static const char text[] = "# a comment\n"
			   "A.Name       string      rf  a name with blanks\r\n"
			   "A.Count      unsignedInt wbc 7\n"
			   "A.T.         object      w\n"
			   "A.T.1.       object      w\n"
			   "A.T.1.X      string      w   one\n"
			   "A.T.{i}.X    string      wa  new\n"
			   "A.T.{i}.U.   object      w\n"
			   "A.T.{i}.U.{i}.Y boolean  w   0\n";

static struct model *
model_of(const char *what, uint32_t extra)
{
	struct model *model = NULL;
	char reason[256] = "";

	assert_int_equal(model_parse(&model, strdup(what), extra, reason, sizeof(reason)), 0);
	return model;
}

static void
refused(const char *what, const char *why)
{
	struct model *model = NULL;
	char reason[256] = "";

	assert_int_equal(model_parse(&model, strdup(what), 0, reason, sizeof(reason)), SB_EINVAL);
	assert_non_null(strstr(reason, why));
}

static void
test_a_line_is_a_parameter_or_an_object(void **state)
{
	struct model *model = model_of(text, 0);
	struct model_view view;
	const struct model_entry *entry;

	(void)state;
	model_view_init(&view, model);
	entry = model_find(&view, "A.Name");
	assert_non_null(entry);
	assert_string_equal(entry->value, "a name with blanks");
	assert_int_equal(entry->flags, MODEL_FORCED);
	entry = model_find(&view, "A.Count");
	assert_int_equal(entry->type, CWMP_TYPE_UNSIGNED_INT);
	assert_int_equal(entry->flags, MODEL_WRITABLE | MODEL_REBOOTS | MODEL_CHANGES);
	assert_string_equal(model->root, "A.");
	assert_non_null(model_find(&view, "A."));
	assert_null(model_find(&view, "A.T.{i}.X"));
	assert_null(model_find(&view, "B"));
	model_free(model);
}

static void
test_what_cannot_be_read_is_said_with_its_line(void **state)
{
	(void)state;
	refused("A.B string", "line 1");
	refused("\nA.B number r 1", "line 2: no such type: number");
	refused("A.B string q 1", "no such flag: q");
	refused("A. string r 1", "ends in a dot");
	refused("A.B object r", "ends in a dot");
	refused("A.B string r 1\nA.B string r 2", "twice: A.B");
	refused("# nothing", "no parameter");
}

static void
test_what_is_below_a_path_stands_together(void **state)
{
	struct model *model = model_of(text, 0);
	struct model_view view;
	size_t first;

	(void)state;
	model_view_init(&view, model);
	assert_int_equal(model_below(&view, "A.T.", &first), 3);
	assert_string_equal(model_entries(&view)->each[first].path, "A.T.");
	assert_int_equal(model_below(&view, "", &first), model_entries(&view)->count);
	assert_int_equal(model_below(&view, "Z.", &first), 0);
	model_free(model);
}

static void
test_a_value_of_one_device_is_no_other_ones(void **state)
{
	struct model *model = model_of(text, 0);
	struct model_view one, other;

	(void)state;
	model_view_init(&one, model);
	model_view_init(&other, model);
	assert_int_equal(model_set(&one, "A.Name", "mine"), 0);
	assert_int_equal(model_set(&one, "A.Name", "still mine"), 0);
	assert_int_equal(model_set(&one, "A.Nothing", "x"), SB_ENOENT);
	assert_int_equal(model_set_notification(&one, "A.Count", 2), 0);
	assert_string_equal(model_find(&one, "A.Name")->value, "still mine");
	assert_string_equal(model_find(&other, "A.Name")->value, "a name with blanks");
	model_view_reset(&one);
	assert_string_equal(model_find(&one, "A.Name")->value, "a name with blanks");
	assert_int_equal(model_find(&one, "A.Count")->notification, 0);
	model_free(model);
}

static void
test_rows_are_made_of_templates_and_numbered_on(void **state)
{
	struct model *model = model_of(text, 0);
	struct model_view view;
	uint32_t row;

	(void)state;
	model_view_init(&view, model);
	assert_int_equal(model_add(&view, "A.T.", &row), 0);
	assert_int_equal(row, 2);
	assert_string_equal(model_find(&view, "A.T.2.X")->value, "new");
	assert_int_equal(model_find(&view, "A.T.2.X")->notification, 2);
	assert_int_equal(model_rows(&view, "A.T."), 2);
	assert_int_equal(model_add(&view, "A.T.2.U.", &row), 0);
	assert_int_equal(row, 1);
	assert_non_null(model_find(&view, "A.T.2.U.1.Y"));
	assert_int_equal(model_set(&view, "A.T.2.X", "changed"), 0);
	assert_int_equal(model_delete(&view, "A.T.2."), 0);
	assert_null(model_find(&view, "A.T.2.U.1.Y"));
	assert_int_equal(model_rows(&view, "A.T."), 1);
	assert_int_equal(model_delete(&view, "A.T.1."), 0);
	assert_int_equal(model_rows(&view, "A.T."), 0);
	model_view_reset(&view);
	assert_int_equal(model_rows(&view, "A.T."), 1);
	model_free(model);
}

static void
test_what_is_no_table_or_row_stays_as_it_is(void **state)
{
	struct model *model = model_of(text, 0);
	struct model_view view;
	uint32_t row;

	(void)state;
	model_view_init(&view, model);
	assert_int_equal(model_add(&view, "A.", &row), SB_ENOENT);
	assert_int_equal(model_add(&view, "A.T.1.", &row), SB_ENOENT);
	assert_int_equal(model_add(&view, "A.Name", &row), SB_ENOENT);
	assert_int_equal(model_delete(&view, "A.T."), SB_EACCES);
	assert_int_equal(model_delete(&view, "A.Name"), SB_EACCES);
	assert_int_equal(model_delete(&view, "A.T.9."), SB_ENOENT);
	assert_false(view.is_own);
	model_free(model);
}

static void
test_parameters_are_added_for_load(void **state)
{
	struct model *model = model_of(text, 1000);
	struct model_view view;

	(void)state;
	model_view_init(&view, model);
	assert_non_null(model_find(&view, "A.X_SWITCHBOARD_Load.1000.Value"));
	assert_int_equal(model_rows(&view, "A.X_SWITCHBOARD_Load."), 1000);
	model_free(model);
}

static void
test_the_models_of_the_program_can_be_read(void **state)
{
	static const char *const names[] = {"tr181", "tr098"};
	char reason[256] = "";
	struct model *model;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(model_load(&model, names[i], 0, reason, sizeof(reason)), 0);
		model_free(model);
	}
	assert_int_equal(model_load(&model, "/nonexistent", 0, reason, sizeof(reason)), SB_EINVAL);
	assert_string_equal(reason, "No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_is_a_parameter_or_an_object),
		cmocka_unit_test(test_what_cannot_be_read_is_said_with_its_line),
		cmocka_unit_test(test_what_is_below_a_path_stands_together),
		cmocka_unit_test(test_a_value_of_one_device_is_no_other_ones),
		cmocka_unit_test(test_rows_are_made_of_templates_and_numbered_on),
		cmocka_unit_test(test_what_is_no_table_or_row_stays_as_it_is),
		cmocka_unit_test(test_parameters_are_added_for_load),
		cmocka_unit_test(test_the_models_of_the_program_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
