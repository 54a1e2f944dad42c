/* A configuration from a text in the test, instead of a file. */
#ifndef SB_TESTS_SUPPORT_CONFIG_TEXT_H
#define SB_TESTS_SUPPORT_CONFIG_TEXT_H

#include "core/config.h"

/* As sb_config_load; `source` says all but the path. */
int config_text_load(const char *text, struct sb_config_source source,
	struct sb_config_errors *errors, struct sb_config **config);

/* What was reported, one line each, without the path. */
struct config_reports {
	struct sb_config_errors errors;
	char text[4096];
};

void config_reports_init(struct config_reports *reports);

#endif
