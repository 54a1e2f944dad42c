/* Reads one version of a text: what version.c and requirement.c have in common. */
#ifndef SB_ERPS_VERSION_SCAN_INTERNAL_H
#define SB_ERPS_VERSION_SCAN_INTERNAL_H

#include "protocols/erps/version.h"

/* The first fault stays, and nothing is read after it. */
struct erps_version_scan {
	const char *text, *at;
	struct erps_version_fault fault; /* what: NULL while all is well */
};

struct erps_scanned_version {
	uint32_t major, minor, patch;
	bool has_patch, is_pre_release;
};

static inline void
erps_version_refuse(struct erps_version_scan *scan, const char *what)
{
	if (!scan->fault.what)
		scan->fault = (struct erps_version_fault){what, (size_t)(scan->at - scan->text)};
}

/* 1.2.3-rc.1+build5, or 1.2-rc without a patch number; stops after it. */
struct erps_scanned_version erps_version_scan(struct erps_version_scan *scan);

#endif
