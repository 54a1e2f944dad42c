/* Says what an error means. */
#include <stdio.h>

#include <switchboard/core/error.h>

int
main(void)
{
	puts(sb_error_text(SB_GONE));
	return 0;
}
