/* The document of parameters: what is put in comes out, changes change what they say, and no
 * octets are believed. */
#include "daemons/acs/document.h"
#include "core/error.h"
#include "daemons/acs/merge.h"
#include "tests/support/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT (16u << 20)

static struct acs_octets document;

static int
begin(void **state)
{
	(void)state;
	document = (struct acs_octets){0};
	return 0;
}

static int
end(void **state)
{
	(void)state;
	acs_octets_free(&document);
	return 0;
}

static struct sb_bytes
now(void)
{
	return sb_bytes(document.data, document.size);
}

static uint32_t
merge(struct acs_changes *changes)
{
	struct acs_octets merged;
	uint32_t count;

	assert_int_equal(acs_document_merge(now(), changes, LIMIT, &merged, &count), 0);
	acs_octets_free(&document);
	document = merged;
	acs_changes_fini(changes);
	return count;
}

static void
set(const char *name, const char *value, uint64_t seen)
{
	struct acs_changes changes = {0};
	struct acs_parameter to = {.name = sb_bytes_text(name),
		.value = sb_bytes_text(value),
		.has_value = true,
		.type = CWMP_TYPE_STRING,
		.seen = seen};

	assert_int_equal(acs_changes_add(&changes, &to), 0);
	merge(&changes);
}

/* "" when it is not there. */
static const char *
value_of(const char *name)
{
	static char text[64];
	struct acs_parameter p;
	struct acs_cursor cursor;

	acs_cursor_init(&cursor, now());
	while (acs_cursor_next(&cursor, &p)) {
		if (strcmp(cursor.name, name) != 0)
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)p.value.size, (const char *)p.value.data);
		return text;
	}
	assert_false(cursor.failed);
	return "";
}

static void
test_what_is_set_is_there_and_stays(void **state)
{
	(void)state;
	set("Device.B", "2", 100);
	set("Device.A", "1", 200);
	set("Device.C.1.X", "3", 50);
	assert_string_equal(value_of("Device.A"), "1");
	assert_string_equal(value_of("Device.B"), "2");
	assert_string_equal(value_of("Device.C.1.X"), "3");
	set("Device.B", "two", 300);
	assert_string_equal(value_of("Device.B"), "two");
}

static void
test_changes_leave_what_they_do_not_know(void **state)
{
	struct acs_changes changes = {0};
	struct acs_parameter p;
	struct acs_cursor cursor;

	(void)state;
	set("Device.A", "1", 100);
	acs_changes_add(&changes,
		&(struct acs_parameter){
			.name = sb_bytes_text("Device.A"), .writable = ACS_WRITABLE, .seen = 200});
	acs_changes_add(&changes, &(struct acs_parameter){.name = sb_bytes_text("Device.A"),
					  .has_attributes = true,
					  .notification = 2,
					  .access = sb_bytes_text("Subscriber"),
					  .seen = 300});
	assert_int_equal(merge(&changes), 1);
	acs_cursor_init(&cursor, now());
	assert_true(acs_cursor_next(&cursor, &p));
	assert_true(sb_bytes_equal(p.value, sb_bytes_text("1")));
	assert_int_equal(p.writable, ACS_WRITABLE);
	assert_int_equal(p.notification, 2);
	assert_true(sb_bytes_equal(p.access, sb_bytes_text("Subscriber")));
	assert_int_equal(p.seen, 300);
}

static void
test_an_object_goes_with_all_below_it(void **state)
{
	struct acs_changes changes = {.prefix = "Device.X.1.", .since = UINT64_MAX};

	(void)state;
	set("Device.X.1.A", "1", 100);
	set("Device.X.1.B.", "", 100);
	set("Device.X.10.A", "10", 100);
	assert_int_equal(merge(&changes), 1);
	assert_string_equal(value_of("Device.X.10.A"), "10");
}

static void
test_a_whole_name_that_goes_takes_no_longer_one_along(void **state)
{
	struct acs_changes changes = {.prefix = "Device.X.1", .since = 100};

	(void)state;
	set("Device.X.1", "a", 10);
	set("Device.X.10", "b", 10);
	merge(&changes);
	assert_string_equal(value_of("Device.X.1"), "");
	assert_string_equal(value_of("Device.X.10"), "b");
}

static void
test_what_was_not_seen_since_goes(void **state)
{
	struct acs_changes changes = {.prefix = "Device.", .since = 200};

	(void)state;
	set("Device.Old", "1", 199);
	set("Device.New", "2", 200);
	set("Other.Old", "3", 1);
	assert_int_equal(merge(&changes), 2);
	assert_string_equal(value_of("Device.Old"), "");
	assert_string_equal(value_of("Other.Old"), "3");
}

static void
test_a_document_over_its_limit_is_refused(void **state)
{
	struct acs_changes changes = {0};
	struct acs_octets merged;
	char value[300];
	uint32_t count;

	(void)state;
	memset(value, 'x', sizeof(value));
	acs_changes_add(&changes, &(struct acs_parameter){.name = sb_bytes_text("A"),
					  .has_value = true,
					  .value = sb_bytes(value, sizeof(value))});
	assert_int_equal(acs_document_merge(now(), &changes, 200, &merged, &count), SB_ELIMIT);
	acs_changes_fini(&changes);
}

/* Beside a plain list of what should be there. */
#define NAMES 300

struct model {
	bool is_there[NAMES];
	unsigned value[NAMES];
};

static void
name_print(char out[64], unsigned number)
{
	snprintf(out, 64, "Device.Object%u.%u.Parameter%u", number % 7, number % 11, number);
}

static void
round_of(struct chance *chance, struct model *model)
{
	static char names[64][64], values[64][16];
	unsigned count = 1 + (unsigned)chance_below(chance, 64);
	struct acs_changes changes = {0};

	for (unsigned i = 0; i < count; i++) {
		unsigned number = (unsigned)chance_below(chance, NAMES);

		name_print(names[i], number);
		model->value[number] = (unsigned)chance_below(chance, 100000);
		model->is_there[number] = true;
		snprintf(values[i], 16, "%u", model->value[number]);
		acs_changes_add(&changes, &(struct acs_parameter){.name = sb_bytes_text(names[i]),
						  .value = sb_bytes_text(values[i]),
						  .has_value = true,
						  .seen = chance_below(chance, 1u << 31)});
	}
	merge(&changes);
}

static void
expect_model(const struct model *model)
{
	char name[64], value[16];

	for (unsigned i = 0; i < NAMES; i++) {
		name_print(name, i);
		snprintf(value, sizeof(value), "%u", model->value[i]);
		assert_string_equal(value_of(name), model->is_there[i] ? value : "");
	}
}

static void
test_any_changes_lead_to_what_they_say(void **state)
{
	struct chance chance = chance_of(5);
	struct model model = {0};

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		round_of(&chance, &model);
	expect_model(&model);
}

static void
test_rows_are_packed_and_unpacked(void **state)
{
	struct acs_octets body, again;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		char name[64];

		name_print(name, i);
		set(name, "a value that is the same", 1000);
	}
	assert_int_equal(acs_document_pack(now(), &body), 0);
	assert_true(body.size < document.size / 2);
	assert_int_equal(acs_document_unpack(sb_bytes(body.data, body.size), LIMIT, &again), 0);
	assert_true(sb_bytes_equal(sb_bytes(again.data, again.size), now()));
	acs_octets_free(&again);
	assert_int_equal(
		acs_document_unpack(sb_bytes(body.data, body.size), 100, &again), SB_ELIMIT);
	assert_int_equal(acs_document_unpack(sb_bytes(body.data, body.size - 1), LIMIT, &again),
		SB_ECORRUPT);
	acs_octets_free(&body);
}

static void
test_octets_that_are_no_document_are_said_to_be_none(void **state)
{
	static const char *const bad[] = {
		"\x02\0\0\0\0",   /* another version */
		"\x01\0\0\0\x01", /* one, and none there */
		"\x01\0\0\0\x01\x05\x01"
		"A\0\0",                  /* shares what is not there */
		"\x01\0\0\0\x01\0\0\0\0", /* no name */
		"\x01\0\0\0\0\0",         /* something behind it */
		"\x01\0\0\0\x02\0\x01"
		"B\0\0\0\x01"
		"A\0\0", /* falling names */
	};
	static const size_t sizes[] = {5, 5, 10, 9, 6, 15};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct acs_parameter p;
		struct acs_cursor cursor;

		acs_cursor_init(&cursor, sb_bytes(bad[i], sizes[i]));
		while (acs_cursor_next(&cursor, &p))
			;
		assert_true(cursor.failed);
	}
}

static void
ask(const struct acs_query *query, const char *expected)
{
	struct acs_octets text;

	assert_int_equal(acs_document_query(now(), query, &text), 0);
	assert_string_equal((const char *)text.data, expected);
	acs_octets_free(&text);
}

#define A                                                                      \
	"{\"name\":\"Device.A\",\"value\":\"1\",\"type\":\"string\",\"seen\":" \
	"\"1970-01-01T00:01:40.000Z\"}"
#define B                                                                                 \
	"{\"name\":\"Device.B\",\"value\":\"\\\"2\\u000a\",\"type\":\"string\",\"seen\":" \
	"\"1970-01-01T00:01:40.000Z\"}"

static void
test_questions_are_answered_by_page(void **state)
{
	const char *names[] = {"Device.B"};

	(void)state;
	set("Device.A", "1", 100);
	set("Device.B", "\"2\n", 100);
	set("Other", "3", 100);
	ask(&(struct acs_query){"Device.", "", NULL, 0, 10},
		"{\"parameters\":[" A "," B "],\"more\":false}");
	ask(&(struct acs_query){"Device.", "", NULL, 0, 1},
		"{\"parameters\":[" A "],\"more\":true}");
	ask(&(struct acs_query){"Device.", "Device.A", NULL, 0, 1},
		"{\"parameters\":[" B "],\"more\":false}");
	ask(&(struct acs_query){"", "", names, 1, 10}, "{\"parameters\":[" B "],\"more\":false}");
}

/* A report that this was set, merged into what the store has. */
static void
merge_report(const void *old, size_t size, struct acs_merge *m)
{
	struct acs_report *report = acs_report_new("x",
		"{\"method\":\"SetParameterValues\",\"ParameterList\":[{\"Name\":\"Device.New\","
		"\"Value\":\"1\"}]}",
		NULL, NULL);

	report->learned = ACS_LEARNED_SET;
	*m = (struct acs_merge){.limit_bytes = LIMIT, .now_s = 5};
	m->updates = acs_update_new(report, (struct sb_from){0}, false);
	assert_int_equal(acs_octets_copy(&m->old, sb_bytes(old, size)), 0);
	assert_int_equal(acs_merge_run(m), 0);
	assert_int_equal(
		acs_document_unpack(sb_bytes(m->body.data, m->body.size), LIMIT, &document), 0);
}

static void
test_what_cannot_be_read_is_begun_anew(void **state)
{
	static const uint8_t wrong[] = {1, 0, 0, 0, 1, 9, 9};
	struct acs_octets packed;
	struct acs_merge m;

	(void)state;
	merge_report("nonsense", 8, &m);
	assert_true(m.is_damaged);
	assert_string_equal(value_of("Device.New"), "1");
	acs_octets_free(&document);
	acs_merge_fini(&m);
	assert_int_equal(acs_document_pack(sb_bytes(wrong, sizeof(wrong)), &packed), 0);
	merge_report(packed.data, packed.size, &m);
	assert_true(m.is_damaged);
	assert_int_equal(m.parameters, 1);
	assert_string_equal(value_of("Device.New"), "1");
	acs_octets_free(&packed);
	acs_merge_fini(&m);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_set_is_there_and_stays),
		TEST(test_changes_leave_what_they_do_not_know),
		TEST(test_an_object_goes_with_all_below_it),
		TEST(test_a_whole_name_that_goes_takes_no_longer_one_along),
		TEST(test_what_was_not_seen_since_goes),
		TEST(test_a_document_over_its_limit_is_refused),
		TEST(test_any_changes_lead_to_what_they_say),
		TEST(test_rows_are_packed_and_unpacked),
		TEST(test_what_cannot_be_read_is_begun_anew),
		TEST(test_octets_that_are_no_document_are_said_to_be_none),
		TEST(test_questions_are_answered_by_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
