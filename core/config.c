/*
 * Configurations. libconfuse parses and knows the options, but says lines badly,
 * takes much in silence and has one lexer for the process; so our own scanner
 * (config_scan.c) reads the file first, strictly, and remembers where everything
 * stands. The two are joined, section by section, and rules (config_rules.c)
 * judge values with the line at hand. Everything happens in a fresh tree: a file
 * that is wrong changes nothing.
 */
#include "core/config_internal.h"

#include "core/error.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (16u * 1024 * 1024)

/* libconfuse has one lexer for the process, and its callbacks have no context of ours. */
static pthread_mutex_t libconfuse = PTHREAD_MUTEX_INITIALIZER;
static struct sb_config *loading;

/* By a linear look: an options table has some dozen rows, and libconfuse has no other. */
cfg_opt_t *
config_option(cfg_t *section, const char *name, size_t size)
{
	assert(section);
	for (cfg_opt_t *o = section->opts; o->name; o++)
		if (strlen(o->name) == size && memcmp(o->name, name, size) == 0)
			return o;
	return NULL;
}

/* libconfuse says what is wrong, and sometimes a line; where that was, ours knows. */
static void __attribute__((format(printf, 2, 0)))
report_libconfuse(cfg_t *cfg, const char *format, va_list args)
{
	char reason[512];

	vsnprintf(reason, sizeof(reason), format, args);
	if (loading->overriding)
		config_report_override(loading, loading->overriding, "%s", reason);
	else
		config_report_line(loading, cfg->line > 0 ? (unsigned)cfg->line : 0, "%s", reason);
}

/* Whole numbers that look like one: libconfuse takes "" for 0 and 010 for 8. */
static int
parse_integer(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const char *digits = value + (value[0] == '-');
	bool is_hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	char *end = NULL;
	long number;

	errno = 0;
	number = strtol(value, &end, is_hex ? 16 : 10);
	if (digits[0] < '0' || digits[0] > '9' || *end != '\0' || errno == ERANGE ||
		(!is_hex && digits[0] == '0' && digits[1] != '\0')) {
		cfg_error(cfg, "%s \"%s\": must be a whole number", opt->name, value);
		return -1;
	}
	*(long *)result = number;
	return 0;
}

/* strtod takes "nan", "inf" and what is left behind a number; a configuration has none of these. */
static int
parse_real(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	char *end = NULL;
	double number = strtod(value, &end);

	if (end == value || *end != '\0' || !isfinite(number)) {
		cfg_error(cfg, "%s \"%s\": must be a number", opt->name, value);
		return -1;
	}
	*(double *)result = number;
	return 0;
}

/* Makes the options, and those of all sections there are and will be, as strict as we are. */
static void
harden(cfg_opt_t *options)
{
	for (cfg_opt_t *o = options; o->name; o++) {
		if (o->type == CFGT_INT && !o->parsecb)
			o->parsecb = parse_integer;
		if (o->type == CFGT_FLOAT && !o->parsecb)
			o->parsecb = parse_real;
		if (o->type != CFGT_SEC)
			continue;
		if (o->flags & CFGF_MULTI)
			o->flags |= CFGF_NO_TITLE_DUPES;
		harden(o->subopts);
		for (unsigned i = 0; i < cfg_opt_size(o); i++) {
			cfg_set_error_function(cfg_opt_getnsec(o, i), report_libconfuse);
			harden(cfg_opt_getnsec(o, i)->opts);
		}
	}
}

/* cfg_init copies the table of options, so that one table serves any number of loads. */
static int
make_tree(struct sb_config *c, const cfg_opt_t *options)
{
	c->root = cfg_init((cfg_opt_t *)options, CFGF_NONE);
	if (!c->root)
		return SB_ENOMEM;
	cfg_set_error_function(c->root, report_libconfuse);
	harden(c->root->opts);
	return 0;
}

/* From memory, so that both parsers read the same octets, whatever happens to the file
 * meanwhile. */
static int
parse(struct sb_config *c, size_t size)
{
	unsigned before = c->errors->count;
	FILE *file;
	int failed;

	if (size == 0)
		return 0;
	file = fmemopen(c->text, size, "r");
	if (!file)
		return SB_ENOMEM;
	failed = cfg_parse_fp(c->root, file);
	fclose(file);
	if (!failed)
		return 0;
	return c->errors->count > before ? SB_ECONFIG : SB_ENOMEM;
}

/* The section of the tree that the scanned one became; what is merged into one is an error. */
static cfg_t *
section_of(struct sb_config *c, const struct scan_section *s)
{
	cfg_t *parent = c->origins[s->parent].section;
	cfg_opt_t *option;

	assert(parent);
	option = config_option(parent, s->name, s->name_size);
	if (option->flags & CFGF_MULTI)
		return cfg_opt_getnsec(option, (unsigned)s->ordinal);
	if (s->ordinal > 0)
		config_report_line(c, s->line, "the section %s appears twice", option->name);
	return cfg_opt_getnsec(option, 0);
}

/* Joins the tree with the lines of the file. After a parse without errors, so that all is there,
 * and section by section, in the order in which both have them. */
static int
join(struct sb_config *c)
{
	size_t count = c->scan.section_count;

	assert(c->root);
	c->origins = calloc(count, sizeof(*c->origins));
	if (!c->origins)
		return SB_ENOMEM;
	c->origins[0] = (struct config_origin){c->root, 0};
	for (size_t i = 1; i < count; i++)
		c->origins[i] = (struct config_origin){section_of(c, &c->scan.sections[i]), i};
	c->origin_count = count;
	/* By address, since rules come with a section of the tree and want its line. */
	qsort(c->origins, count, sizeof(*c->origins), config_compare_origins);
	return 0;
}

static void
report_scan(void *context, unsigned line, const char *reason)
{
	config_report_line(context, line, "%s", reason);
}

/* All octets into c->text, terminated; of a file over FILE_MAX only so many that this is known.
 * False: no memory. */
static bool
read_all(struct sb_config *c, FILE *file, size_t *size)
{
	size_t capacity = 0, n;

	do {
		char *larger = realloc(c->text, capacity * 2 + 4096);

		if (!larger)
			return false;
		c->text = larger;
		capacity = capacity * 2 + 4096;
		n = fread(c->text + *size, 1, capacity - 1 - *size, file);
		*size += n;
		c->text[*size] = '\0';
	} while (*size == capacity - 1 && *size <= FILE_MAX);
	return true;
}

static int
read_file(struct sb_config *c, size_t *size)
{
	FILE *file = fopen(c->path, "re");
	char reason[128];
	bool is_whole;

	if (!file) {
		config_report_line(c, 0, "%s", strerror_r(errno, reason, sizeof(reason)));
		return SB_ECONFIG;
	}
	errno = 0;
	is_whole = read_all(c, file, size);
	if (ferror(file))
		config_report_line(c, 0, "%s", strerror_r(errno, reason, sizeof(reason)));
	else if (*size > FILE_MAX)
		config_report_line(c, 0, "the file is larger than 16 MiB");
	fclose(file);
	return c->errors->count ? SB_ECONFIG : is_whole ? 0 : SB_ENOMEM;
}

/* libconfuse would take it for the end. */
static int
refuse_nul(struct sb_config *c, size_t size)
{
	unsigned line = 1;

	if (strlen(c->text) == size)
		return 0;
	for (const char *at = c->text; *at; at++)
		line += *at == '\n';
	config_report_line(c, line, "control character 0x00");
	return SB_ECONFIG;
}

static int
load(struct sb_config *c, const struct sb_config_source *source)
{
	size_t size = 0;
	int error = read_file(c, &size);

	if (!error)
		error = refuse_nul(c, size);
	if (!error)
		error = config_scan(&c->scan, c->text, size, report_scan, c);
	if (!error)
		error = make_tree(c, source->options);
	if (!error)
		error = parse(c, size);
	if (!error)
		error = join(c);
	/* After the file, before the rules: what was typed is judged as what was written. */
	for (size_t i = 0; !error && i < source->override_count; i++)
		config_set(c, source->overrides[i]);
	for (size_t i = 0; !error && source->rules && source->rules[i]; i++)
		config_check(c, source->rules[i]);
	return error ? error : c->errors->count ? SB_ECONFIG : 0;
}

/* Errors are counted from here on: a source that was loaded before leaves none behind. */
static struct sb_config *
config_new(const struct sb_config_source *source, struct sb_config_errors *errors)
{
	struct sb_config *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	errors->count = 0;
	errors->warnings = 0;
	c->errors = errors;
	c->path = strdup(source->path);
	c->overrides = calloc(source->override_count + 1, sizeof(*c->overrides));
	if (!c->path || !c->overrides) {
		sb_config_free(c);
		return NULL;
	}
	return c;
}

/* One at a time for the process: libconfuse's lexer has global state, and so has our pointer for
 * its callbacks. */
int
sb_config_load(const struct sb_config_source *source, struct sb_config_errors *errors,
	struct sb_config **config)
{
	struct sb_config *c = config_new(source, errors);
	int error;

	if (!c)
		return SB_ENOMEM;
	pthread_mutex_lock(&libconfuse);
	loading = c;
	error = load(c, source);
	loading = NULL;
	pthread_mutex_unlock(&libconfuse);
	if (error) {
		sb_config_free(c);
		return error;
	}
	*config = c;
	return 0;
}

void
sb_config_free(struct sb_config *config)
{
	if (!config)
		return;
	pthread_mutex_lock(&libconfuse);
	if (config->root)
		cfg_free(config->root);
	pthread_mutex_unlock(&libconfuse);
	config_scan_fini(&config->scan);
	free(config->origins);
	free(config->overrides);
	free(config->text);
	free(config->path);
	free(config);
}

cfg_t *
sb_config_root(const struct sb_config *config)
{
	return config->root;
}
