#include "protocols/erps/version.h"

#include <string.h>

#include "core/error.h"
#include "protocols/erps/version_scan_internal.h"

/* As they are tried: a longer one before its beginning. */
static const struct {
	const char *text;
	enum erps_relation relation;
} relations[] = {
	{"==", ERPS_EQUAL},
	{"!=", ERPS_UNEQUAL},
	{">=", ERPS_FROM},
	{"<=", ERPS_UP_TO},
	{"~>", ERPS_COMPATIBLE},
	{">", ERPS_ABOVE},
	{"<", ERPS_BELOW},
};

static bool
take_text(struct erps_version_scan *scan, const char *text)
{
	size_t size = strlen(text);

	if (scan->fault.what || strncmp(scan->at, text, size) != 0)
		return false;
	scan->at += size;
	return true;
}

static void
skip_spaces(struct erps_version_scan *scan)
{
	while (*scan->at == ' ')
		scan->at++;
}

static enum erps_relation
scan_relation(struct erps_version_scan *scan)
{
	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
		if (take_text(scan, relations[i].text))
			return relations[i].relation;
	return ERPS_EQUAL;
}

static struct erps_comparison
scan_comparison(struct erps_version_scan *scan)
{
	enum erps_relation relation = scan_relation(scan);
	struct erps_scanned_version version;

	skip_spaces(scan);
	version = erps_version_scan(scan);
	if (!version.has_patch && relation != ERPS_COMPATIBLE)
		erps_version_refuse(scan, "a patch number is missing");
	return (struct erps_comparison){
		.major = version.major,
		.minor = version.minor,
		.patch = version.patch,
		.relation = version.has_patch ? relation : ERPS_COMPATIBLE_MINOR,
		.is_pre_release = version.is_pre_release,
	};
}

/* False: the text ends. The words stand between spaces. */
static bool
scan_joint(struct erps_version_scan *scan, bool *is_or)
{
	const char *end = scan->at;

	skip_spaces(scan);
	if (scan->fault.what || *scan->at == '\0')
		return false;
	*is_or = scan->at > end && take_text(scan, "or ");
	if (!*is_or && (scan->at == end || !take_text(scan, "and ")))
		erps_version_refuse(scan, "'and' or 'or' is missing");
	skip_spaces(scan);
	return !scan->fault.what;
}

static int
scan_requirement(struct erps_version_scan *scan, struct erps_requirement *requirement)
{
	bool is_or = false;

	skip_spaces(scan);
	do {
		struct erps_comparison *next = &requirement->comparisons[requirement->count];

		if (requirement->count == ERPS_COMPARISONS_MAX) {
			erps_version_refuse(scan, "too many comparisons");
			return SB_ELIMIT;
		}
		*next = scan_comparison(scan);
		next->is_alternative = is_or;
		requirement->count++;
	} while (scan_joint(scan, &is_or));
	return scan->fault.what ? SB_EINVAL : 0;
}

int
erps_requirement_parse(
	const char *text, struct erps_requirement *requirement, struct erps_version_fault *fault)
{
	struct erps_version_scan scan = {.text = text, .at = text};
	int err;

	*requirement = (struct erps_requirement){0};
	err = scan_requirement(&scan, requirement);
	if (fault)
		*fault = scan.fault;
	return err;
}

static int
order(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* A version comes after its pre-releases; a packet never carries one. */
static int
compare(struct erps_version version, const struct erps_comparison *with)
{
	int major = order(version.major, with->major);
	int minor = order(version.minor, with->minor);
	int patch = order(version.patch, with->patch);

	if (major)
		return major;
	if (minor)
		return minor;
	return patch ? patch : with->is_pre_release;
}

static bool
is_true(const struct erps_comparison *c, struct erps_version version)
{
	int order = compare(version, c);

	switch ((enum erps_relation)c->relation) {
	case ERPS_EQUAL:
		return order == 0;
	case ERPS_UNEQUAL:
		return order != 0;
	case ERPS_ABOVE:
		return order > 0;
	case ERPS_FROM:
		return order >= 0;
	case ERPS_BELOW:
		return order < 0;
	case ERPS_UP_TO:
		return order <= 0;
	case ERPS_COMPATIBLE:
		return order >= 0 && version.major == c->major && version.minor == c->minor;
	case ERPS_COMPATIBLE_MINOR:
		return order >= 0 && version.major == c->major;
	}
	return false;
}

bool
erps_requirement_is_met(const struct erps_requirement *requirement, struct erps_version version)
{
	bool is_met = true;

	for (size_t i = 0; i < requirement->count; i++) {
		const struct erps_comparison *c = &requirement->comparisons[i];

		if (c->is_alternative && is_met)
			return true;
		is_met = (is_met || c->is_alternative) && is_true(c, version);
	}
	return is_met;
}
