/*
 * Checks of values, by tables of rules that daemons write: what a key may be,
 * once, as data. Each failure says the value, what it must be, and where it
 * stands; all of them are told, not just the first.
 */
#include "core/config_internal.h"

#include "core/error.h"
#include "core/network.h"
#include "core/units.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REASON_MAX 512

/* One value to be checked. A check writes the reason and returns false when it fails. */
struct candidate {
	const struct sb_config *config;
	const struct sb_config_rule *rule;
	const char *text; /* of CFG_STR */
	char reason[REASON_MAX];
};

/* Gives false, so that a check can end with it. */
static bool __attribute__((format(printf, 2, 3)))
refuse(struct candidate *v, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(v->reason, sizeof(v->reason), format, args);
	va_end(args);
	return false;
}

/* Whether `amount` is in the rule's range; the reason says the range in `unit`. */
static bool
is_in_range(struct candidate *v, uint64_t amount, const char *unit)
{
	const struct sb_config_rule *r = v->rule;
	const char *more = r->may_be_unlimited ? ", or unlimited" : "";

	if (amount == SB_UNITS_UNLIMITED)
		return r->may_be_unlimited || refuse(v, "cannot be unlimited");
	if (amount >= (uint64_t)r->min && amount <= (uint64_t)r->max)
		return true;
	return refuse(v, "must be %" PRId64 " to %" PRId64 "%s%s", r->min, r->max, unit, more);
}

static bool
check_count(struct candidate *v)
{
	uint64_t count;

	if (sb_count_parse(v->text, &count))
		return refuse(v, "must be a whole number");
	return is_in_range(v, count, "");
}

static bool
check_duration(struct candidate *v)
{
	uint64_t ms;

	if (sb_duration_parse(v->text, &ms))
		return refuse(v, "must be a duration like 500ms, 30s, 5m, 2h or 7d");
	return is_in_range(v, ms, " ms");
}

static bool
check_size(struct candidate *v)
{
	uint64_t bytes;

	if (sb_size_parse(v->text, &bytes))
		return refuse(v, "must be a size like 4096, 64KiB, 2MiB or 1GiB");
	return is_in_range(v, bytes, " octets");
}

static bool
check_text(struct candidate *v)
{
	int64_t size = (int64_t)strlen(v->text);

	if (size >= v->rule->min && size <= v->rule->max)
		return true;
	return refuse(v, "must have %" PRId64 " to %" PRId64 " octets", v->rule->min, v->rule->max);
}

/* The reason names all words: who reads it need not look them up. */
static bool
check_word(struct candidate *v)
{
	const char *const *words = v->rule->words;
	size_t size;

	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], v->text) == 0)
			return true;
	refuse(v, "must be ");
	for (size_t i = 0; words[i]; i++) {
		size = strlen(v->reason);
		snprintf(v->reason + size, sizeof(v->reason) - size, "%s%s",
			i == 0         ? ""
			: words[i + 1] ? ", "
				       : " or ",
			words[i]);
	}
	return false;
}

static bool
check_address(struct candidate *v)
{
	union sb_socket_address address;

	return !sb_sockaddr_parse(v->text, &address) || refuse(v, "must be IP:PORT or [IPv6]:PORT");
}

static bool
check_host(struct candidate *v)
{
	union sb_socket_address address;

	return !sb_sockaddr_parse_host(v->text, 0, &address) || refuse(v, "must be an IP address");
}

static bool
check_network(struct candidate *v)
{
	struct sb_network network;

	return !sb_network_parse(v->text, &network) ||
	       refuse(v, "must be an IP address or a network like 10.0.0.0/8, with no bits set "
			 "after the prefix");
}

/* Read by us, now: that it can still be read when it is needed nobody knows. */
static bool
check_file(struct candidate *v)
{
	char path[4096], reason[128];
	struct stat about;

	if (sb_config_path(v->config, v->text, path, sizeof(path)))
		return refuse(v, "the path is too long");
	if (stat(path, &about) || access(path, R_OK))
		return refuse(v, "%s", strerror_r(errno, reason, sizeof(reason)));
	return !S_ISDIR(about.st_mode) || refuse(v, "is a folder");
}

/* Of texts, by kind; the others are checked where they stand. */
static bool (*const checks[])(struct candidate *v) = {
	[SB_CHECK_COUNT] = check_count,
	[SB_CHECK_DURATION] = check_duration,
	[SB_CHECK_SIZE] = check_size,
	[SB_CHECK_TEXT] = check_text,
	[SB_CHECK_WORD] = check_word,
	[SB_CHECK_ADDRESS] = check_address,
	[SB_CHECK_HOST] = check_host,
	[SB_CHECK_NETWORK] = check_network,
	[SB_CHECK_FILE] = check_file,
};

static void
check_integer(const struct sb_config *c, const struct sb_config_rule *r, cfg_t *section,
	cfg_opt_t *option, unsigned index)
{
	long number = cfg_opt_getnint(option, index);

	if (number < r->min || number > r->max)
		config_report_value(c, section, option->name, index,
			"%s %ld: must be %" PRId64 " to %" PRId64, option->name, number, r->min,
			r->max);
}

/* An option that may be left out is not checked then; SB_CHECK_REQUIRED says which may not. */
static void
check_string(const struct sb_config *c, const struct sb_config_rule *r, cfg_t *section,
	cfg_opt_t *option, unsigned index)
{
	struct candidate v = {.config = c, .rule = r, .text = cfg_opt_getnstr(option, index)};

	assert(r->check < SB_CHECK_REQUIRED && checks[r->check]);
	if (!v.text || checks[r->check](&v))
		return;
	/* Texts with a bound on their length may be secrets. */
	if (r->check == SB_CHECK_TEXT)
		config_report_value(
			c, section, option->name, index, "%s: %s", option->name, v.reason);
	else
		config_report_value(c, section, option->name, index, "%s \"%.256s\": %s",
			option->name, v.text, v.reason);
}

/* A text without a default is there, with NULL in it. */
static bool
has_value(cfg_opt_t *option)
{
	if (cfg_opt_size(option) == 0)
		return false;
	return option->type != CFGT_STR || cfg_opt_getnstr(option, 0) != NULL;
}

static void
check_option(const struct sb_config *c, const struct sb_config_rule *r, cfg_t *section,
	cfg_opt_t *option)
{
	if (r->check == SB_CHECK_REQUIRED) {
		if (!has_value(option))
			config_report_value(
				c, section, option->name, 0, "%s must be set", option->name);
		return;
	}
	assert(option->type == (r->check == SB_CHECK_INTEGER ? CFGT_INT : CFGT_STR));
	for (unsigned i = 0; i < cfg_opt_size(option); i++) {
		if (r->check == SB_CHECK_INTEGER)
			check_integer(c, r, section, option, i);
		else
			check_string(c, r, section, option, i);
	}
}

/* As deep as the daemon's table of options is. */
static void
check_path(
	const struct sb_config *c, const struct sb_config_rule *r, cfg_t *section, const char *path)
{
	size_t size = strcspn(path, ".");
	cfg_opt_t *option;

	if (*path == '\0') {
		r->section(c, section);
		return;
	}
	option = config_option(section, path, size);
	/* A rule for an option that is not there is a fault of the program. */
	assert(option && (option->type == CFGT_SEC || path[size] == '\0'));
	if (option->type != CFGT_SEC) {
		check_option(c, r, section, option);
		return;
	}
	if (r->check == SB_CHECK_REQUIRED && path[size] == '\0' && cfg_opt_size(option) == 0)
		config_report_value(c, section, NULL, 0, "a section %s is needed", option->name);
	if (r->check != SB_CHECK_SECTION && path[size] == '\0')
		return;
	for (unsigned i = 0; i < cfg_opt_size(option); i++)
		check_path(c, r, cfg_opt_getnsec(option, i), path + size + (path[size] == '.'));
}

void
config_check(const struct sb_config *c, const struct sb_config_rule *rules)
{
	for (const struct sb_config_rule *r = rules; r->check != SB_CHECK_END; r++)
		check_path(c, r, sb_config_root(c), r->option);
}
