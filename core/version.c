/*
 * The version of the library that runs, which may be another than the headers a
 * program was built with.
 */
#include "core/version.h"

const char *
sb_version(void)
{
	return SB_VERSION;
}
