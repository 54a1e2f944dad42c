#include "core/version.h"

const char *
sb_version(void)
{
	return SB_VERSION;
}
