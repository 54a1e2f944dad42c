/*
 * erps: calls, casts and listens from the command line. docs/erps-cli.md.
 */
#include <locale.h>

#include "core/env.h"
#include "daemons/erps/cli.h"

#define REQUEST_MAX ((size_t)64 << 20)

int
main(int argc, char **argv)
{
	static struct arguments a;
	struct erps_builder request;
	enum outcome outcome = OUTCOME_BAD_TERM;

	/* How wide characters are; not how numbers are written. */
	setlocale(LC_CTYPE, "");
	if (!arguments_read(&a, argc, argv, &outcome))
		return (int)outcome;
	erps_builder_init_env(&request, sb_env_system(), REQUEST_MAX);
	if (!a.term || request_read(&a, &request))
		outcome = command_run(&a, erps_built(&request));
	erps_builder_fini(&request);
	return (int)outcome;
}
