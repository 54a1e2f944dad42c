#include "tests/support/config_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "/tmp/sb-config-"

int
config_text_load(const char *text, struct sb_config_source source, struct sb_config_errors *errors,
	struct sb_config **config)
{
	char path[] = PREFIX "XXXXXX";
	size_t size = strlen(text);
	int fd = mkstemp(path), err;

	if (fd < 0 || write(fd, text, size) != (ssize_t)size) {
		perror(path);
		abort();
	}
	close(fd);
	source.path = path;
	err = sb_config_load(&source, errors, config);
	unlink(path);
	return err;
}

static void
report(struct sb_config_errors *errors, const char *text)
{
	struct config_reports *reports = errors->context;
	size_t used = strlen(reports->text);

	snprintf(reports->text + used, sizeof(reports->text) - used, "%s\n",
		strncmp(text, PREFIX, strlen(PREFIX)) == 0 ? strchr(text, ':') + 1 : text);
}

void
config_reports_init(struct config_reports *reports)
{
	*reports = (struct config_reports){.errors = {.report = report, .context = reports}};
}
