/*
 * What rules have checked, read as numbers, paths and secrets. A value that is
 * not there is 0 here, which everywhere means: the default.
 */
#include "core/config_internal.h"

#include "core/error.h"
#include "core/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool
sb_config_is_set(cfg_t *section, const char *key)
{
	cfg_opt_t *option = config_option(section, key, strlen(key));

	return option && (option->flags & CFGF_MODIFIED) != 0;
}

/* Checked already; what cannot be read is 0 all the same, which is the default. */
static uint64_t
amount(cfg_t *section, const char *key, uint64_t most,
	int (*parse)(const char *text, uint64_t *amount))
{
	const char *text = cfg_getstr(section, key);
	uint64_t value = 0;

	if (!text || parse(text, &value))
		return 0;
	/* "unlimited" is the greatest of all. */
	return value < most ? value : most;
}

uint64_t
sb_config_duration(cfg_t *section, const char *key, uint64_t most)
{
	return amount(section, key, most, sb_duration_parse);
}

uint64_t
sb_config_size(cfg_t *section, const char *key, uint64_t most)
{
	return amount(section, key, most, sb_size_parse);
}

uint64_t
sb_config_count(cfg_t *section, const char *key, uint64_t most)
{
	return amount(section, key, most, sb_count_parse);
}

/* Relative to the file, not to where the program was started: both move together. */
int
sb_config_path(const struct sb_config *config, const char *name, char *out, size_t capacity)
{
	const char *slash = strrchr(config->path, '/');
	int folder = slash && name[0] != '/' ? (int)(slash - config->path) + 1 : 0;
	int size = snprintf(out, capacity, "%.*s%s", folder, config->path, name);

	return size < 0 || (size_t)size >= capacity ? SB_ELIMIT : 0;
}

static void
report_errno(const struct sb_config *config, cfg_t *section, const char *key, const char *name)
{
	char reason[128];

	sb_config_error(config, section, key, "%s \"%s\": %s", key, name,
		strerror_r(errno, reason, sizeof(reason)));
}

/* Reads what is in the file, of which `capacity` leaves room for a NUL. */
static int
read_secret(const struct sb_config *config, cfg_t *section, const char *key, const char *name,
	char *out, size_t capacity)
{
	char path[4096];
	struct stat about;
	size_t size;
	FILE *file;

	if (sb_config_path(config, name, path, sizeof(path))) {
		sb_config_error(config, section, key, "%s: the path is too long", key);
		return SB_ECONFIG;
	}
	file = fopen(path, "re");
	if (!file || fstat(fileno(file), &about) || S_ISDIR(about.st_mode)) {
		errno = file && S_ISDIR(about.st_mode) ? EISDIR : errno;
		report_errno(config, section, key, name);
		if (file)
			fclose(file);
		return SB_ECONFIG;
	}
	if (about.st_mode & (S_IROTH | S_IWOTH))
		sb_config_warning(config, section, key, "%s \"%s\": everybody may read or write it",
			key, name);
	/* Unbuffered, so that no second copy of the secret is left in memory. */
	setvbuf(file, NULL, _IONBF, 0);
	size = fread(out, 1, capacity, file);
	fclose(file);
	if (size && out[size - 1] == '\n')
		size--;
	if (size && size < capacity && !memchr(out, '\0', size)) {
		out[size] = '\0';
		return 0;
	}
	sb_config_forget(out, capacity);
	sb_config_error(config, section, key, "%s \"%s\": must hold 1 to %zu octets without NUL",
		key, name, capacity - 1);
	return SB_ECONFIG;
}

/* Empty is refused: it would let in whoever gives none. */
int
sb_config_secret(
	const struct sb_config *config, cfg_t *section, const char *key, char *out, size_t capacity)
{
	const char *secret = cfg_getstr(section, key), *name;
	char file_key[64];

	snprintf(file_key, sizeof(file_key), "%s_file", key);
	name = cfg_getstr(section, file_key);
	if (secret && name) {
		sb_config_error(
			config, section, file_key, "%s and %s exclude each other", key, file_key);
		return SB_ECONFIG;
	}
	if (name)
		return read_secret(config, section, file_key, name, out, capacity);
	if (!secret)
		return SB_ENOENT;
	if (secret[0] == '\0' || strlen(secret) >= capacity) {
		sb_config_error(
			config, section, key, "%s: must have 1 to %zu octets", key, capacity - 1);
		return SB_ECONFIG;
	}
	memcpy(out, secret, strlen(secret) + 1);
	return 0;
}

/* Not memset, which the compiler may leave out before a free. */
void
sb_config_forget(void *secret, size_t size)
{
	explicit_bzero(secret, size);
}
