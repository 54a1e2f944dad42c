/*
 * Any text as a configuration file, and as what --set gives: after the first NUL
 * each further text up to a NUL is one --set. What is reported must be one line
 * that begins with its place.
 */
#include "core/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SETS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static cfg_opt_t inner_options[] = {
	CFG_STR("file", NULL, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t item_options[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR("host", NULL, CFGF_NONE),
	CFG_INT("port", 0, CFGF_NONE),
	CFG_INT_LIST("codes", NULL, CFGF_NONE),
	CFG_STR_LIST("networks", NULL, CFGF_NONE),
	CFG_STR("mode", "off", CFGF_NONE),
	CFG_STR("password", NULL, CFGF_NONE),
	CFG_STR("password_file", NULL, CFGF_NONE),
	CFG_SEC("inner", inner_options, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t options[] = {
	CFG_STR("name", "nobody", CFGF_NONE),
	CFG_BOOL("flag", cfg_true, CFGF_NONE),
	CFG_FLOAT("ratio", 0.5, CFGF_NONE),
	CFG_STR("stop", "30s", CFGF_NONE),
	CFG_STR("buffer", "256KiB", CFGF_NONE),
	CFG_STR("count", "unlimited", CFGF_NONE),
	CFG_SEC("inner", inner_options, CFGF_NONE),
	CFG_SEC("item", item_options, CFGF_MULTI | CFGF_TITLE),
	CFG_END(),
};

static const char *const modes[] = {"off", "on", NULL};

/* As a conversion does: every item's secret is asked for. */
static void
check_item(const struct sb_config *config, cfg_t *section)
{
	char secret[16];

	sb_config_secret(config, section, "password", secret, sizeof(secret));
}

static const struct sb_config_rule rules[] = {
	SB_RULE_TEXT("name", 1, 8),
	SB_RULE_DURATION("stop", 100, 3600000),
	SB_RULE_SIZE("buffer", 4096, 1 << 20),
	SB_RULE_COUNT_OR_UNLIMITED("count", 1, 1000),
	SB_RULE_FILE("inner.file"),
	SB_RULE_ADDRESS("item.address"),
	SB_RULE_HOST("item.host"),
	SB_RULE_PORT("item.port"),
	SB_RULE_INTEGER("item.codes", 1, 9),
	SB_RULE_NETWORK("item.networks"),
	SB_RULE_WORD("item.mode", modes),
	SB_RULE_REQUIRED("item.address"),
	SB_RULE_SECTION("item", check_item),
	SB_RULE_END,
};

static const struct sb_config_rule *const tables[] = {rules, NULL};

static void
judge(struct sb_config_errors *errors, const char *text)
{
	const char *path = errors->context;

	for (const char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			abort();
	if (strncmp(text, path, strlen(path)) != 0 && strncmp(text, "--set ", 6) != 0)
		abort();
}

/* The texts after the first NUL; the last may lack its own. */
static size_t
split(const char *text, size_t size, const char *sets[SETS_MAX])
{
	const char *at = text + strlen(text) + 1;
	size_t count = 0;

	for (; at < text + size && count < SETS_MAX; at += strlen(at) + 1)
		sets[count++] = at;
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[64];
	static int fd = -1;
	char *text = malloc(size + 1);
	const char *sets[SETS_MAX];
	struct sb_config_errors errors = {.report = judge, .context = path};
	struct sb_config_source source = {
		.path = path, .options = options, .rules = tables, .overrides = sets};
	struct sb_config *config;

	if (fd < 0) {
		fd = memfd_create("configuration", 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	source.override_count = split(text, size, sets);
	if (ftruncate(fd, 0) || pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
		abort();
	if (sb_config_load(&source, &errors, &config) == 0)
		sb_config_free(config);
	else if (errors.count == 0)
		abort();
	free(text);
	return 0;
}
