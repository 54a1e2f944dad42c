/*
 * Any text as a version and as a requirement: a fault lies inside the text, and what
 * is read means the same when it is written down again.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "protocols/erps/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static size_t
print(const struct erps_comparison *c, bool is_first, char *at, size_t room)
{
	static const char *const relations[] = {"==", "!=", ">", ">=", "<", "<=", "~>", "~>"};
	char patch[16] = "";

	if (c->relation != ERPS_COMPATIBLE_MINOR)
		snprintf(patch, sizeof(patch), ".%" PRIu32, c->patch);
	return (size_t)snprintf(at, room, "%s%s %" PRIu32 ".%" PRIu32 "%s%s",
		is_first            ? ""
		: c->is_alternative ? " or "
				    : " and ",
		relations[c->relation], c->major, c->minor, patch, c->is_pre_release ? "-a" : "");
}

static void
print_and_compare(const struct erps_requirement *requirement)
{
	struct erps_requirement again;
	char text[ERPS_COMPARISONS_MAX * 64];
	size_t used = 0;

	for (size_t i = 0; i < requirement->count; i++)
		used += print(
			&requirement->comparisons[i], i == 0, text + used, sizeof(text) - used);
	expect(erps_requirement_parse(text, &again, NULL) == 0, "it is read again");
	expect(again.count == requirement->count, "as many comparisons");
	for (unsigned i = 0; i < 4096; i++) {
		struct erps_version version = {
			(uint8_t)(i >> 8), (uint8_t)(i >> 4 & 15), (uint8_t)(i & 15)};

		expect(erps_requirement_is_met(requirement, version) ==
				erps_requirement_is_met(&again, version),
			"it means the same");
	}
}

static void
try_requirement(const char *text)
{
	struct erps_requirement requirement;
	struct erps_version_fault fault;
	int err = erps_requirement_parse(text, &requirement, &fault);

	expect(err == 0 || err == SB_EINVAL || err == SB_ELIMIT, "a known error");
	expect((err == 0) == (fault.what == NULL), "an error has a fault");
	if (err)
		expect(fault.at <= strlen(text), "the fault is in the text");
	else
		print_and_compare(&requirement);
}

static void
try_version(const char *text)
{
	struct erps_version version;
	struct erps_version_fault fault;
	struct erps_requirement itself;
	int err = erps_version_parse(text, &version, &fault);

	expect((err == 0) == (fault.what == NULL), "an error has a fault");
	expect(err == 0 || fault.at <= strlen(text), "the fault is in the text");
	if (err)
		return;
	expect(erps_requirement_parse(text, &itself, NULL) == 0, "a version is a requirement");
	expect(erps_requirement_is_met(&itself, version) != itself.comparisons[0].is_pre_release,
		"a version without pre-release meets itself");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	expect(text != NULL, "memory");
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	try_requirement(text);
	try_version(text);
	free(text);
	return 0;
}
