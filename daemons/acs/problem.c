#include "daemons/acs/problem.h"

#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>

static const struct row {
	unsigned status;
	const char *name, *title;
} rows[ACS_PROBLEM_COUNT] = {
#define X(constant, status, code, title) [ACS_PROBLEM_##constant] = {status, code, title},
	ACS_PROBLEM_MAP(X)
#undef X
};

int
acs_problem_set(struct acs_problem *problem, enum acs_problem_code code, const char *format, ...)
{
	va_list values;

	if (problem->code != ACS_NO_PROBLEM)
		return -1;
	problem->code = code;
	va_start(values, format);
	vsnprintf(problem->detail, sizeof(problem->detail), format, values);
	va_end(values);
	return -1;
}

unsigned
acs_problem_status(enum acs_problem_code code)
{
	return rows[code].status;
}

const char *
acs_problem_name(enum acs_problem_code code)
{
	return rows[code].name;
}

/* A detail that was cut in the middle of a character is no text of JSON any more: without it. */
json_t *
acs_problem_object(const struct acs_problem *problem)
{
	const struct row *row = &rows[problem->code];
	json_t *object = json_pack("{s:s, s:i, s:s}", "code", row->name, "status", (int)row->status,
		"title", row->title);

	if (object && problem->detail[0])
		json_object_set_new(object, "detail", json_string(problem->detail));
	return object;
}

/* The code is of the nearest one; the status is that of the answer. */
static enum acs_problem_code
code_of_status(unsigned status)
{
	switch (status) {
	case 408:
		return ACS_PROBLEM_TOO_SLOW;
	case 413:
	case 414:
	case 431:
		return ACS_PROBLEM_TOO_LARGE;
	case 415:
		return ACS_PROBLEM_MEDIA_TYPE;
	case 501:
		return ACS_PROBLEM_METHOD_NOT_ALLOWED;
	case 503:
		return ACS_PROBLEM_BUSY;
	case 504:
		return ACS_PROBLEM_TIMEOUT;
	default:
		return ACS_PROBLEM_BAD_REQUEST;
	}
}

size_t
acs_problem_of_refusal(unsigned status, char *out, size_t size)
{
	const struct row *row = &rows[code_of_status(status)];
	int written = snprintf(out, size, "{\"code\":\"%s\",\"status\":%u,\"title\":\"%s\"}",
		row->name, status, row->title);

	return written < 0 || (size_t)written >= size ? 0 : (size_t)written;
}

enum acs_problem_code
acs_problem_of_error(int error)
{
	switch (error) {
	case SB_FULL:
	case SB_AGAIN:
	case SB_GONE:
		return ACS_PROBLEM_BUSY;
	case SB_TIMEOUT:
		return ACS_PROBLEM_TIMEOUT;
	case SB_ELIMIT:
		return ACS_PROBLEM_LIMIT_REACHED;
	case SB_ECONFLICT:
	case SB_EEXIST:
		return ACS_PROBLEM_CONFLICT;
	case SB_EINVAL:
		return ACS_PROBLEM_BAD_BODY;
	case SB_ENOSPC:
	case SB_EIO:
	case SB_ECORRUPT:
	case SB_EBUSY:
		return ACS_PROBLEM_STORE_FAILED;
	default:
		return ACS_PROBLEM_INTERNAL;
	}
}
