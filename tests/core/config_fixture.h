/*
 * A configuration from a text in the test: written to t.conf in a folder of its
 * own, loaded with the options below, and what was reported, without the folder.
 */
#ifndef TESTS_CORE_CONFIG_FIXTURE_H
#define TESTS_CORE_CONFIG_FIXTURE_H

#include "core/config.h"

#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static cfg_opt_t tls_options[] = {
	CFG_STR("certificate", NULL, CFGF_NONE),
	CFG_STR("min_version", "1.2", CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t node_options[] = {
	CFG_INT("threads", 4, CFGF_NONE),
	CFG_BOOL("signals", cfg_true, CFGF_NONE),
	CFG_FLOAT("ratio", 0.5, CFGF_NONE),
	CFG_STR("stop", "30s", CFGF_NONE),
	CFG_STR("buffer", "256KiB", CFGF_NONE),
	CFG_STR("sessions", "unlimited", CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t listener_options[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_INT("port", 0, CFGF_NONE),
	CFG_INT_LIST("codes", (char *)"{1, 2}", CFGF_NONE),
	CFG_STR_LIST("networks", NULL, CFGF_NONE),
	CFG_STR("mode", "off", CFGF_NONE),
	CFG_STR("password", NULL, CFGF_NONE),
	CFG_STR("password_file", NULL, CFGF_NONE),
	CFG_SEC("tls", tls_options, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t options[] = {
	CFG_STR("name", "nobody", CFGF_NONE),
	CFG_SEC("node", node_options, CFGF_NONE),
	CFG_SEC("listener", listener_options, CFGF_MULTI | CFGF_TITLE),
	CFG_END(),
};

#define REPORTS_MAX 8192

struct fixture {
	char folder[64];
	char path[96];
	const cfg_opt_t *options; /* the ones above unless the test sets others */
	const struct sb_config_rule *rules[2];
	const char *overrides[16];
	size_t override_count;
	struct sb_config_errors errors;
	struct sb_config *config;
	char reports[REPORTS_MAX]; /* one line each */
};

static inline void
collect(struct sb_config_errors *errors, const char *text)
{
	struct fixture *f = errors->context;
	size_t used = strlen(f->reports), folder = strlen(f->folder) + 1;

	if (strncmp(text, f->path, strlen(f->path)) == 0)
		text += folder;
	snprintf(f->reports + used, sizeof(f->reports) - used, "%s\n", text);
}

static inline int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/sb-config-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/t.conf", f->folder);
	f->options = options;
	f->errors = (struct sb_config_errors){.report = collect, .context = f};
	*state = f;
	return 0;
}

static inline void
put_file(struct fixture *f, const char *name, const char *text, size_t size, mode_t mode)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
	chmod(path, mode);
}

/* Loads what is in t.conf. */
static inline int
load_again(struct fixture *f)
{
	struct sb_config_source source = {
		.path = f->path,
		.options = f->options,
		.rules = f->rules,
		.overrides = f->overrides,
		.override_count = f->override_count,
	};

	sb_config_free(f->config);
	f->config = NULL;
	f->reports[0] = '\0';
	return sb_config_load(&source, &f->errors, &f->config);
}

static inline int
load(struct fixture *f, const char *text)
{
	put_file(f, "t.conf", text, strlen(text), 0600);
	return load_again(f);
}

static inline cfg_t *
root(const struct fixture *f)
{
	return sb_config_root(f->config);
}

static inline cfg_t *
node(const struct fixture *f)
{
	return cfg_getsec(root(f), "node");
}

static inline cfg_t *
listener(const struct fixture *f, const char *title)
{
	return cfg_gettsec(root(f), "listener", title);
}

/* The text loads, and nothing is said. */
static inline void
assert_loads(struct fixture *f, const char *text)
{
	int error = load(f, text);

	assert_string_equal(f->reports, "");
	assert_int_equal(error, 0);
}

/* The text does not load, and exactly this is said. */
static inline void
assert_refused(struct fixture *f, const char *text, const char *reports)
{
	int error = load(f, text);

	assert_string_equal(f->reports, reports);
	assert_int_equal(error, SB_ECONFIG);
	assert_null(f->config);
}

static inline int
tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];

	sb_config_free(f->config);
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

#define config_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
