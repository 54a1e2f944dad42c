#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/env.h"
#include "daemons/erps/cli.h"
#include "daemons/erps/json.h"
#include "protocols/erps/text.h"

static bool
print_text(struct erps_term term)
{
	const struct sb_env *env = sb_env_system();
	char *text;

	if (erps_print_env(env, term, SIZE_MAX / 4, &text, NULL)) {
		complain("out of memory");
		return false;
	}
	puts(text);
	env->release(env->context, text);
	return true;
}

bool
output_term(const struct arguments *a, struct erps_term term)
{
	if (a->is_json) {
		json_write(stdout, term);
		putchar('\n');
	} else if (!print_text(term)) {
		return false;
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	complain("the output cannot be written: %s", strerror(errno));
	return false;
}

void
complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("erps: ", stderr);
	vfprintf(stderr, format, arguments);
	putc('\n', stderr);
	va_end(arguments);
}
