#include "protocols/erps/version.h"

#include "core/error.h"
#include "protocols/erps/version_scan_internal.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_identifier(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static bool
take(struct erps_version_scan *scan, char c)
{
	if (scan->fault.what || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static uint32_t
scan_number(struct erps_version_scan *scan)
{
	uint32_t value = 0;

	if (!is_digit(*scan->at))
		erps_version_refuse(scan, "a number is missing");
	else if (*scan->at == '0' && is_digit(scan->at[1]))
		erps_version_refuse(scan, "a number begins with 0");
	for (; !scan->fault.what && is_digit(*scan->at); scan->at++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
			__builtin_add_overflow(value, (uint32_t)(*scan->at - '0'), &value))
			erps_version_refuse(scan, "a number is too large");
	return value;
}

/* One of those between the dots. In a pre-release those that are numbers are compared as such, and
 * may not begin with 0. */
static void
scan_identifier(struct erps_version_scan *scan, bool takes_zeros)
{
	const char *start = scan->at;
	bool is_number = true;

	for (; is_identifier(*scan->at); scan->at++)
		is_number = is_number && is_digit(*scan->at);
	if (scan->at == start) {
		erps_version_refuse(scan, "an identifier is missing");
	} else if (!takes_zeros && is_number && *start == '0' && scan->at - start > 1) {
		scan->at = start;
		erps_version_refuse(scan, "a number begins with 0");
	}
}

static void
scan_identifiers(struct erps_version_scan *scan, bool takes_zeros)
{
	do
		scan_identifier(scan, takes_zeros);
	while (take(scan, '.'));
}

struct erps_scanned_version
erps_version_scan(struct erps_version_scan *scan)
{
	struct erps_scanned_version version = {.major = scan_number(scan)};

	if (!take(scan, '.'))
		erps_version_refuse(scan, "a dot is missing");
	version.minor = scan_number(scan);
	version.has_patch = take(scan, '.');
	if (version.has_patch)
		version.patch = scan_number(scan);
	version.is_pre_release = take(scan, '-');
	if (version.is_pre_release)
		scan_identifiers(scan, false);
	if (take(scan, '+'))
		scan_identifiers(scan, true);
	return version;
}

static void
check_octets(struct erps_version_scan *scan, const struct erps_scanned_version *version)
{
	if (!version->has_patch)
		erps_version_refuse(scan, "a dot is missing");
	if (*scan->at)
		erps_version_refuse(scan, "something follows the version");
	if (version->major > UINT8_MAX || version->minor > UINT8_MAX || version->patch > UINT8_MAX)
		erps_version_refuse(scan, "a number is over 255");
}

int
erps_version_parse(const char *text, struct erps_version *version, struct erps_version_fault *fault)
{
	struct erps_version_scan scan = {.text = text, .at = text};
	struct erps_scanned_version scanned = erps_version_scan(&scan);

	check_octets(&scan, &scanned);
	if (fault)
		*fault = scan.fault;
	if (scan.fault.what)
		return SB_EINVAL;
	*version = (struct erps_version){
		.major = (uint8_t)scanned.major,
		.minor = (uint8_t)scanned.minor,
		.patch = (uint8_t)scanned.patch,
	};
	return 0;
}
