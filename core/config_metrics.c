/* The metrics section: a daemon that has it says what it counts in a file. */
#include "core/config_core.h"

#include "core/error.h"
#include "core/metrics_file.h"

#include <limits.h>

cfg_opt_t sb_config_metrics_options[] = {
	CFG_STR("file", NULL, CFGF_NONE),
	CFG_STR("interval", "15s", CFGF_NONE),
	CFG_END(),
};

const struct sb_config_rule sb_config_metrics_rules[] = {
	SB_RULE_TEXT("metrics.file", 1, 4000),
	SB_RULE_DURATION("metrics.interval", 100, 3600000),
	SB_RULE_END,
};

int
sb_config_metrics(const struct sb_config *config, struct sb_node *node)
{
	cfg_t *section = cfg_getsec(sb_config_root(config), "metrics");
	const char *file = cfg_getstr(section, "file");
	struct sb_metrics_file_options options = {
		.interval_ms = (uint32_t)sb_config_duration(section, "interval", UINT32_MAX)};
	char path[PATH_MAX];

	if (!file)
		return 0;
	if (sb_config_path(config, file, path, sizeof(path)))
		return SB_EINVAL;
	options.path = path;
	return sb_metrics_file_start(node, &options);
}
