/*
 * Any octets as the body of a request: reading bounds them, and what was read goes through
 * everything that judges bodies: scripts, tasks with their RPCs, presets with their filters.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "daemons/acs/json.h"
#include "daemons/acs/preset.h"
#include "daemons/acs/rpc_json.h"
#include "daemons/acs/task.h"
#include "daemons/acs/validate.h"
#include "tests/support/octets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void
expect_problem(int err, const struct acs_problem *problem)
{
	json_t *object;

	expect((err == 0) == (problem->code == ACS_NO_PROBLEM), "what is refused has a reason");
	if (!err)
		return;
	object = acs_problem_object(problem);
	expect(object != NULL, "a reason is an object");
	json_decref(object);
}

/* What is written of an RPC that was read is read again, and is the same then. */
static void
try_rpc(const json_t *value)
{
	struct acs_rpc rpc, again;
	json_t *written, *twice;

	if (acs_rpc_read(&rpc, value)) {
		acs_rpc_free(&rpc);
		return;
	}
	written = acs_rpc_write(CWMP_REQUEST, rpc.method, &rpc.body);
	if (written) {
		json_object_set_new(written, "method", json_string(cwmp_method_name(rpc.method)));
		expect(acs_rpc_read(&again, written) == 0, "what is written can be read");
		twice = acs_rpc_write(CWMP_REQUEST, again.method, &again.body);
		json_object_set_new(twice, "method", json_string(cwmp_method_name(again.method)));
		expect(json_equal(written, twice), "and says the same");
		json_decref(twice);
		acs_rpc_free(&again);
	}
	json_decref(written);
	acs_rpc_free(&rpc);
}

static void
try_task(json_t *value)
{
	struct acs_problem problem = {0};
	struct acs_task *task = NULL;
	char fault[128];

	expect_problem(acs_validate_task(value, &problem), &problem);
	if (acs_task_new(&task, 1, value, fault, sizeof(fault)) == 0)
		acs_task_free(task);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_bytes in = exact_copy(sb_bytes(data, size));
	struct acs_problem problem = {0}, script = {0};
	json_t *value = acs_json_read(in, &problem);
	char fault[128];

	expect_problem(value ? 0 : -1, &problem);
	if (value) {
		expect_problem(acs_validate_script("fuzz", value, &script), &script);
		try_rpc(value);
		(void)acs_preset_check(value, fault, sizeof(fault));
		try_task(value);
	}
	json_decref(value);
	free((void *)in.data);
	return 0;
}
