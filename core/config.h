/*
 * The configuration of a daemon: a file, what --set puts over it, and checks
 * that know the line. libconfuse makes the tree; what it lets pass in silence is
 * refused here: a key set twice, a section that appears twice, characters that it
 * skips, texts and comments without an end, numbers like "" or 010, an unset
 * environment variable.
 *
 * The language:
 *
 *	# a comment; also // and slash-star
 *	node { threads = 4 }
 *	listener "smpp" {
 *		address = "127.0.0.1:${PORT:-2775}"
 *		networks = { "10.0.0.0/8", "::1" }
 *	}
 *
 * ${NAME} is replaced from the environment, in double quotes or alone as a value,
 * not in single quotes; ${NAME:-text} has a default; \$ in double quotes is a
 * plain $. A text ends on its line. Escapes in double quotes: \\ \" \' \$ \n \r
 * \t \xHH.
 *
 * A daemon declares a libconfuse table of options and a table of rules, loads,
 * converts the tree to immutable structs of its own (telling what is wrong with
 * sb_config_error, at the line) and frees the tree. Loading is serialised in the
 * process, since libconfuse has one lexer; anything else is for the owner's
 * thread. It reads files: never in a loop.
 */
#ifndef SB_CORE_CONFIG_H
#define SB_CORE_CONFIG_H

#include <confuse.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_config;
struct sb_config_rule;

/* Where errors and warnings go (it outlives the configuration), one line of text each, without a
 *newline:
 *
 *	smpp-mc.conf:12: address "localhost:1": must be IP:PORT or [IPv6]:PORT
 *	--set listener.smpp.address=x: address "x": must be IP:PORT or [IPv6]:PORT
 */
struct sb_config_errors {
	void (*report)(struct sb_config_errors *errors, const char *text);
	void *context;     /* of `report` */
	unsigned count;    /* errors; warnings do not count */
	unsigned warnings; /* reported like errors, beginning with "warning: " after the place */
};

/* A sink that writes to standard error. */
struct sb_config_errors sb_config_errors_to_stderr(void);

struct sb_config_source {
	const char *path;
	/* Copied. Sections that may repeat have titles: CFGF_MULTI | CFGF_TITLE; two of one title
	 * are always an error. CFGT_FUNC is not supported. Of the callbacks only those of
	 * CFGT_PTR and of CFGT_STR values are called. */
	const cfg_opt_t *options;
	/* Tables of rules, each ended by a zeroed one; the list ends with NULL. May be NULL. */
	const struct sb_config_rule *const *rules;
	/* What --set gave, in order. */
	const char *const *overrides;
	size_t override_count;
};

/*
 * Reads the file, applies the overrides, checks the rules, and reports every error found (of
 * syntax errors only the first). 0 and *config, which the caller frees; SB_ECONFIG when something
 * was reported, SB_ENOMEM.
 */
int sb_config_load(const struct sb_config_source *source, struct sb_config_errors *errors,
	struct sb_config **config);

/* Takes NULL. */
void sb_config_free(struct sb_config *config);

/* The tree. It and the texts in it live as long as the configuration. */
cfg_t *sb_config_root(const struct sb_config *config);

/* Reports an error in `key` of `section` (a section of the tree, or its root), at the line or --set
 * where that was set; else, or when `key` is NULL, where the section begins. */
void sb_config_error(const struct sb_config *config, cfg_t *section, const char *key,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same for what works but should not be so. */
void sb_config_warning(const struct sb_config *config, cfg_t *section, const char *key,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* How many errors were reported since the load began: conversions look at the end. */
unsigned sb_config_error_count(const struct sb_config *config);

/* Whether the file or --set gave the key, so that it is no default. */
bool sb_config_is_set(cfg_t *section, const char *key);

/* Whether the section stands in the file, be it empty, or --set has set something in it. */
bool sb_config_has(const struct sb_config *config, cfg_t *section);

/* Values that rules have checked: milliseconds, octets, a number. "unlimited", and what is larger
 * than `most`, is `most`; 0 when there is none. */
uint64_t sb_config_duration(cfg_t *section, const char *key, uint64_t most);
uint64_t sb_config_size(cfg_t *section, const char *key, uint64_t most);
uint64_t sb_config_count(cfg_t *section, const char *key, uint64_t most);

/* A file that the configuration names: as it is when absolute, else from the folder of the
 * configuration. SB_ELIMIT when it does not fit. */
int sb_config_path(const struct sb_config *config, const char *name, char *out, size_t capacity);

/*
 * A secret, from `key` or from the file that `key`_file names, into `out`. One newline at the
 * file's end is not part of it. Both set, an unreadable, empty or too long one are reported:
 * SB_ECONFIG. None set: SB_ENOENT, nothing reported. A file that all may read is warned of.
 * Clear `out` after use with sb_config_forget.
 */
int sb_config_secret(const struct sb_config *config, cfg_t *section, const char *key, char *out,
	size_t capacity);

/* Zeroes a secret in a way that no compiler leaves out. */
void sb_config_forget(void *secret, size_t size);

/*
 * Rules. `option` is the way to an option or a section without titles: "listener.tls.certificate"
 * is checked in every listener. Values that are not set and have no default are not checked.
 */
enum sb_config_check {
	SB_CHECK_END, /* of a table */
	SB_CHECK_INTEGER,
	SB_CHECK_COUNT,
	SB_CHECK_DURATION,
	SB_CHECK_SIZE,
	SB_CHECK_TEXT,
	SB_CHECK_WORD,
	SB_CHECK_ADDRESS,
	SB_CHECK_HOST,
	SB_CHECK_NETWORK,
	SB_CHECK_FILE,
	SB_CHECK_REQUIRED,
	SB_CHECK_SECTION,
};

struct sb_config_rule {
	enum sb_config_check check;
	const char *option;
	int64_t min; /* inclusive, in milliseconds or octets where that is what it is */
	int64_t max;
	bool may_be_unlimited;
	const char *const *words; /* ended by NULL */
	/* Of SB_CHECK_SECTION: reports what it finds with sb_config_error. */
	void (*section)(const struct sb_config *config, cfg_t *section);
};

/* clang-format off */
/* CFG_INT or CFG_INT_LIST, within a range; a port is 0..65535. */
#define SB_RULE_INTEGER(option, min, max)  {SB_CHECK_INTEGER, option, min, max, false, NULL, NULL}
#define SB_RULE_PORT(option)               SB_RULE_INTEGER(option, 0, 65535)
/* CFG_STR, as units.h reads it. _OR_UNLIMITED takes the word, too. */
#define SB_RULE_COUNT(option, min, max)    {SB_CHECK_COUNT, option, min, max, false, NULL, NULL}
#define SB_RULE_COUNT_OR_UNLIMITED(option, min, max) \
	{SB_CHECK_COUNT, option, min, max, true, NULL, NULL}
#define SB_RULE_DURATION(option, min_ms, max_ms) \
	{SB_CHECK_DURATION, option, min_ms, max_ms, false, NULL, NULL}
#define SB_RULE_DURATION_OR_UNLIMITED(option, min_ms, max_ms) \
	{SB_CHECK_DURATION, option, min_ms, max_ms, true, NULL, NULL}
#define SB_RULE_SIZE(option, min, max)     {SB_CHECK_SIZE, option, min, max, false, NULL, NULL}
#define SB_RULE_SIZE_OR_UNLIMITED(option, min, max) \
	{SB_CHECK_SIZE, option, min, max, true, NULL, NULL}
/* CFG_STR or CFG_STR_LIST. */
#define SB_RULE_TEXT(option, min_octets, max_octets) \
	{SB_CHECK_TEXT, option, min_octets, max_octets, false, NULL, NULL}
#define SB_RULE_WORD(option, words)        {SB_CHECK_WORD, option, 0, 0, false, words, NULL}
#define SB_RULE_ADDRESS(option)            {SB_CHECK_ADDRESS, option, 0, 0, false, NULL, NULL}
#define SB_RULE_HOST(option)               {SB_CHECK_HOST, option, 0, 0, false, NULL, NULL}
#define SB_RULE_NETWORK(option)            {SB_CHECK_NETWORK, option, 0, 0, false, NULL, NULL}
#define SB_RULE_FILE(option)               {SB_CHECK_FILE, option, 0, 0, false, NULL, NULL}
/* The option must be set, in every section that could have it; of a section that may repeat there
 * must be one. */
#define SB_RULE_REQUIRED(option)           {SB_CHECK_REQUIRED, option, 0, 0, false, NULL, NULL}
/* A check of a whole section: keys that need or exclude each other. */
#define SB_RULE_SECTION(option, function)  {SB_CHECK_SECTION, option, 0, 0, false, NULL, function}
#define SB_RULE_END                        {SB_CHECK_END, NULL, 0, 0, false, NULL, NULL}
/* clang-format on */

#endif
