/*
 * The one list of errors, as names and texts; and what errno means among them.
 * What we cannot do anything about is SB_EIO.
 */
#include "core/error.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	int error;
	const char *name;
	const char *text;
} errors[] = {
#define X(name, code, text) {name, #name, text},
	SB_ERROR_MAP(X)
#undef X
};

static const struct {
	int errno_value;
	int error;
} from_errno[] = {
	{EAGAIN, SB_AGAIN},
	{EINVAL, SB_EINVAL},
	{ENOMEM, SB_ENOMEM},
	{ENOBUFS, SB_ENOMEM},
	{EADDRINUSE, SB_EADDRINUSE},
	{EACCES, SB_EACCES},
	{EPERM, SB_EACCES},
	{ECONNREFUSED, SB_ECONNREFUSED},
	{ECONNRESET, SB_ECONNRESET},
	{EPIPE, SB_ECONNRESET},
	{ETIMEDOUT, SB_TIMEOUT},
	{EHOSTUNREACH, SB_EUNREACH},
	{ENETUNREACH, SB_EUNREACH},
	{EADDRNOTAVAIL, SB_EUNREACH},
	{EMFILE, SB_EMFILE},
	{ENFILE, SB_EMFILE},
	{ENOSPC, SB_ENOSPC},
	{ENOENT, SB_ENOENT},
};

const char *
sb_error_name(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].name;
	return error == 0 ? "SB_OK" : "SB_EUNKNOWN";
}

/* For people; names are for programs, and for logs. */
const char *
sb_error_text(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].text;
	return error == 0 ? "success" : "unknown error";
}

int
sb_error_from_errno(int errno_value)
{
	for (size_t i = 0; i < sizeof(from_errno) / sizeof(from_errno[0]); i++)
		if (from_errno[i].errno_value == errno_value)
			return from_errno[i].error;
	return SB_EIO;
}
