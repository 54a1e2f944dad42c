/*
 * Any octets as what the store may have of a device: a document of parameters, which is
 * refused or can be asked, changed and packed; the row of its last Inform; its own row; and JSON as
 * a task and a preset, which are refused or can be written.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "daemons/acs/device.h"
#include "daemons/acs/document.h"
#include "daemons/acs/inform.h"
#include "daemons/acs/preset.h"
#include "daemons/acs/result.h"
#include "daemons/acs/task.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT (1u << 20)

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static uint32_t
count_of(struct sb_bytes document)
{
	struct acs_parameter p;
	struct acs_cursor cursor;
	uint32_t count = 0;

	acs_cursor_init(&cursor, document);
	while (acs_cursor_next(&cursor, &p))
		count++;
	expect(!cursor.failed, "what was made can be read");
	return count;
}

static void
pack(struct sb_bytes document)
{
	struct acs_octets body, again;

	expect(acs_document_pack(document, &body) == 0, "it can be packed");
	expect(acs_document_unpack(sb_bytes(body.data, body.size), LIMIT, &again) == 0,
		"and unpacked");
	expect(sb_bytes_equal(sb_bytes(again.data, again.size), document), "to what it was");
	acs_octets_free(&body);
	acs_octets_free(&again);
}

static void
change(struct sb_bytes document)
{
	struct acs_changes changes = {.prefix = "Device.", .since = 1000};
	struct acs_octets merged;
	uint32_t count;
	int err;

	acs_changes_add(&changes, &(struct acs_parameter){.name = sb_bytes_text("Device.X"),
					  .has_value = true,
					  .value = sb_bytes_text("1"),
					  .type = CWMP_TYPE_STRING,
					  .seen = 2000});
	err = acs_document_merge(document, &changes, LIMIT, &merged, &count);
	acs_changes_fini(&changes);
	expect(!err || err == SB_ECORRUPT || err == SB_ELIMIT, "it is said what is wrong");
	if (err)
		return;
	expect(count_of(sb_bytes(merged.data, merged.size)) == count, "all are counted");
	pack(sb_bytes(merged.data, merged.size));
	acs_octets_free(&merged);
}

static void
ask(struct sb_bytes document)
{
	const struct acs_query query = {.prefix = "", .after = "", .limit = 100};
	struct acs_octets text;

	if (acs_document_query(document, &query, &text) == 0)
		acs_octets_free(&text);
	if (acs_document_unpack(document, LIMIT, &text) == 0)
		acs_octets_free(&text);
}

/* As a result. */
static void
read_result(struct sb_bytes octets)
{
	struct acs_octets packed;
	struct acs_text text = {0};

	(void)acs_result_unpack(octets, &text);
	acs_text_fini(&text);
	if (!octets.size || acs_document_pack(octets, &packed))
		return;
	(void)acs_result_unpack(sb_bytes(packed.data, packed.size), &text);
	acs_text_fini(&text);
	acs_octets_free(&packed);
}

static void
rows(const uint8_t *data, size_t size)
{
	static const uint8_t head[ACS_DEVICE_HEAD_SIZE];
	const struct sb_store_row row = {
		.id = 1, .head = head, .head_size = sizeof(head), .body = data, .body_size = size};
	struct acs_profile profile;
	struct acs_device *device;
	struct acs_task *task;
	uint64_t owner;

	json_decref(acs_inform_json(sb_bytes(data, size)));
	(void)acs_inform_profile(sb_bytes(data, size), &profile);
	if (acs_device_read(&row, &device) == 0)
		acs_device_free(device);
	if (acs_task_read(&(struct sb_store_row){.id = 1,
				  .head = head,
				  .head_size = ACS_TASK_HEAD_SIZE,
				  .body = data,
				  .body_size = size},
		    &task, &owner) == 0)
		acs_task_free(task);
}

static void
words(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	struct acs_task *task;
	char fault[128];

	if (!json)
		return;
	if (acs_preset_check(json, fault, sizeof(fault)) == 0) {
		struct acs_preset_set set;
		size_t refused;
		json_t *array = json_pack("[O]", json);

		expect(acs_preset_set_init(&set, array, &refused) == 0 && !refused, "is one");
		acs_preset_set_fini(&set);
		json_decref(array);
	}
	if (acs_task_new(&task, 1, json, fault, sizeof(fault)) == 0)
		acs_task_free(task);
	json_decref(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	change(sb_bytes(data, size));
	ask(sb_bytes(data, size));
	read_result(sb_bytes(data, size));
	rows(data, size);
	words(data, size);
	return 0;
}
