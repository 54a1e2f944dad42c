/* What another ACS's tests hold: each request of theirs is answered by us as by it. */
#include "protocols/cwmp/schema.h"
#include "tests/protocols/cwmp/messages.h"
#include "tests/protocols/cwmp/session_bed.h"

#include <stdio.h>
#include <stdlib.h>

static const char *
text_of(const char *name)
{
	static char text[16384];
	char path[512];
	FILE *file;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/tests/protocols/cwmp/data/messages/acs_ex/%s",
		getenv("SB_SOURCE_DIR"), name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("no %s", path);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	return text;
}

static struct cwmp_envelope *
decoded(const char *text)
{
	struct cwmp_decoder *decoder = cwmp_decoder_new(sim_env(bed.sim), NULL);
	struct cwmp_envelope *envelope = NULL;

	assert_int_equal(cwmp_decode(decoder, sb_bytes_text(text), &envelope), 0);
	cwmp_decoder_free(decoder);
	return envelope;
}

static bool
has(const struct cwmp_strings *strings, const char *text)
{
	for (size_t i = 0; i < strings->count; i++)
		if (strcmp(strings->each[i], text) == 0)
			return true;
	return false;
}

/* In another order they are the same. */
static void
expect_same_methods(const struct cwmp_message *a, const struct cwmp_message *b)
{
	const struct cwmp_strings *ours = &a->body.get_rpc_methods_response.method_list;
	const struct cwmp_strings *theirs = &b->body.get_rpc_methods_response.method_list;

	assert_int_equal(ours->count, theirs->count);
	for (size_t i = 0; i < theirs->count; i++)
		assert_true(has(ours, theirs->each[i]));
}

static void
expect_answer_of(const char *name)
{
	char file[128];
	struct cwmp_envelope *ours, *theirs;

	(void)snprintf(file, sizeof(file), "%s_response", name);
	ours = decoded(bed.body);
	theirs = decoded(text_of(file));
	if (ours->message.method == CWMP_GET_RPC_METHODS)
		expect_same_methods(&ours->message, &theirs->message);
	else if (message_difference(&ours->message, &theirs->message))
		fail_msg("%s differs in %s:\n%s", name,
			message_difference(&ours->message, &theirs->message), bed.body);
	assert_string_equal(ours->message.header.id, theirs->message.header.id);
	cwmp_envelope_free(ours);
	cwmp_envelope_free(theirs);
}

static void
test_informs_are_answered_as_by_acs_ex(void **state)
{
	static const char *const names[] = {"informs/plain1", "informs/noheader1"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bed_post(text_of(names[i]));
		bed_expect_status(200);
		expect_answer_of(names[i]);
		bed_post("");
		bed_expect_status(204);
	}
}

static void
test_requests_are_answered_as_by_acs_ex(void **state)
{
	static const char *const names[] = {"acs/autonomousdustatechangecomplete1",
		"acs/autonomoustransfercomplete1", "acs/dustatechangecomplete1",
		"acs/getrpcmethods1", "acs/kicked1", "acs/requestdownload1",
		"acs/transfercomplete1"};

	(void)state;
	bed_post(text_of("informs/transfercomplete1"));
	bed_expect_status(200);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bed_post(text_of(names[i]));
		bed_expect_status(200);
		expect_answer_of(names[i]);
	}
	bed_post("");
	bed_expect_status(204);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_informs_are_answered_as_by_acs_ex, bed_opened, bed_closed),
		cmocka_unit_test_setup_teardown(
			test_requests_are_answered_as_by_acs_ex, bed_opened, bed_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
