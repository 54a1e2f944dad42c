/*
 * Any octets as a session script, under limits: it ends, or sleeps, and the next one runs. Any
 * octets as a pattern and what it is tried on: no step goes outside of them. The first octet
 * chooses.
 */
#include "protocols/cwmp/script_pattern_internal.h"
#include "tests/protocols/cwmp/script_bed.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

/* A copy that AddressSanitizer guards on both ends. */
static char *
exact_copy(const void *data, size_t size)
{
	char *copy = malloc(size ? size : 1);

	expect(copy != NULL, "memory");
	if (size)
		memcpy(copy, data, size);
	return copy;
}

/* ---- patterns ---- */

static void
check_match(const struct pattern_match *match, const char *at, const char *end)
{
	expect(at <= end && end <= match->end, "a match lies in the subject");
	for (unsigned i = 0; i < match->count; i++) {
		const struct pattern_capture *capture = &match->captures[i];

		expect(capture->at >= match->subject && capture->at <= match->end,
			"so do captures");
		expect(capture->size == PATTERN_IS_POSITION ||
				capture->size <= (size_t)(match->end - capture->at),
			"and their ends");
	}
}

static void
try_pattern(const char *text, size_t text_size, const char *subject, size_t size)
{
	struct pattern *pattern = malloc(pattern_room(text_size));
	struct pattern_match match = {.subject = subject, .end = subject + size};

	expect(pattern != NULL, "memory");
	if (!pattern_compile(pattern, text, text_size, true))
		for (size_t i = 0; i <= size; i++) {
			const char *end = NULL;

			match.steps = 2000;
			end = pattern_match_at(pattern, &match, subject + i);
			if (end)
				check_match(&match, subject + i, end);
		}
	free(pattern);
}

static void
one_pattern(const uint8_t *data, size_t size)
{
	size_t text_size = size ? data[0] : 0;
	char *text = NULL, *subject = NULL;

	if (size == 0 || text_size > size - 1)
		return;
	text = exact_copy(data + 1, text_size);
	subject = exact_copy(data + 1 + text_size, size - 1 - text_size);
	try_pattern(text, text_size, subject, size - 1 - text_size);
	free(text);
	free(subject);
}

/* ---- scripts ---- */

static const struct cwmp_scripts_options options = {.limits = {.instructions_a_resume = 20000,
							    .instructions_a_session = 60000,
							    .allocation_a_resume = 1 << 20,
							    .memory_a_session = 256 << 10,
							    .memory_a_shard = 4 << 20}};

static const char answer[] =
	"<cwmp:GetParameterValuesResponse><ParameterList><ParameterValueStruct><Name>A</Name>"
	"<Value xsi:type=\"xsd:int\">7</Value></ParameterValueStruct></ParameterList>"
	"</cwmp:GetParameterValuesResponse>";

/* One bed for all. */
static struct bed *
bed_of_all(void)
{
	static struct bed bed;
	static bool is_open;

	if (!is_open)
		bed_open(&bed, &options);
	is_open = true;
	bed.session_count = 0;
	bed.answer_count = bed.answered = 0;
	bed.trace[0] = '\0';
	for (int i = 0; i < 3; i++)
		bed_will_answer(&bed, answer);
	return &bed;
}

static void
one_script(const uint8_t *data, size_t size)
{
	struct bed *bed = bed_of_all();
	char *text = exact_copy(data, size);
	const struct cwmp_script_source source = {.name = "test", .text = text, .size = size};
	struct cwmp_session *c = NULL;

	if (!cwmp_scripts_load(bed->scripts, &source, 1, NULL)) {
		c = bed_begin(bed, "test");
		expect(c != NULL, "a session");
		bed_end(bed, c);
		expect(stand_counter(bed->node, "cwmp_scripts_running") == 0, "it has ended");
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] & 1)
		one_pattern(data + 1, size - 1);
	else
		one_script(data + 1, size - 1);
	return 0;
}
