/* Reports of sessions: one piece of memory, and the envelope that they own. */
#include "daemons/acs/session.h"

#include <stdlib.h>
#include <string.h>

static size_t
size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static const char *
copy(char **at, const char *text)
{
	size_t size = size_of(text);
	char *out = *at;

	if (!size)
		return NULL;
	memcpy(out, text, size);
	*at += size;
	return out;
}

struct acs_report *
acs_report_new(const char *device, const char *request, const char *result, const char *reason)
{
	size_t size = size_of(request) + size_of(result) + size_of(reason);
	struct acs_report *report;
	char *at;

	if (strlen(device) > ACS_NAME_MAX)
		return NULL;
	report = calloc(1, sizeof(*report) + size);
	if (!report)
		return NULL;
	strcpy(report->device, device);
	at = report->text;
	report->request = copy(&at, request);
	report->result = copy(&at, result);
	report->reason = copy(&at, reason);
	return report;
}

void
acs_report_free(void *report)
{
	struct acs_report *r = report;

	if (!r)
		return;
	cwmp_envelope_free(r->envelope);
	free(r);
}
