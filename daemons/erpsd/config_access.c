/* Who may use what, and the secrets that packets are signed with. */
#include "daemons/erpsd/config_parts_internal.h"

#include "core/error.h"

#include <stdlib.h>
#include <string.h>

#define SECRET_MAX 256

/* ---- access ---- */

static size_t
at_least_one(size_t count)
{
	return count ? count : 1;
}

/* A section stands for a rule for each of its methods and networks. */
static size_t
rules_of(cfg_t *section)
{
	return cfg_size(section, "methods") * at_least_one(cfg_size(section, "networks"));
}

static void
section_fill(cfg_t *section, struct erps_access_rule *rules)
{
	size_t networks = cfg_size(section, "networks");

	for (size_t i = 0; i < rules_of(section); i++)
		rules[i] = (struct erps_access_rule){
			.method = cfg_getnstr(
				section, "methods", (unsigned)(i / at_least_one(networks))),
			.subject = cfg_getstr(section, "subject"),
			.network = networks ? cfg_getnstr(
						      section, "networks", (unsigned)(i % networks))
					    : NULL,
			.is_allowed = cfg_getbool(section, "allow"),
		};
}

/* A rule for a method that nobody has is a slip of the pen, and may be a dangerous one. */
static void
section_check(const struct sb_config *file, cfg_t *section, const struct erpsd_config *out)
{
	if (cfg_size(section, "methods") == 0)
		sb_config_error(file, section, "methods", "no methods");
	for (unsigned i = 0; i < cfg_size(section, "methods"); i++) {
		const char *method = cfg_getnstr(section, "methods", i);

		if (strcmp(method, "*") != 0 && erpsd_methods_find(&out->host.methods,
							sb_bytes_text(method)) == ERPSD_NO_SERVICE)
			sb_config_error(file, section, "methods",
				"method \"%s\": no service has it", method);
	}
}

/* It would fit nobody, and nothing would say so. */
static void
subject_check(const struct sb_config *file, cfg_t *section)
{
	static const char *const kinds[] = {"DNS:", "IP:", "email:", "URI:"};
	const char *subject = cfg_getstr(section, "subject");
	bool is_fine = strcmp(subject, "*") == 0 || strchr(subject, '=');

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		is_fine = is_fine || strncmp(subject, kinds[i], strlen(kinds[i])) == 0;
	if (!is_fine)
		sb_config_error(file, section, "subject",
			"subject \"%s\": must be CN=name, DNS:name, IP:address, email:address, "
			"URI:uri, a whole subject, or *",
			subject);
}

int
erpsd_config_access(const struct sb_config *file, struct erpsd_config *out)
{
	cfg_t *root = sb_config_root(file);
	size_t count = 0;

	for (unsigned i = 0; i < cfg_size(root, "access"); i++)
		count += rules_of(cfg_getnsec(root, "access", i));
	out->rules = calloc(count + 1, sizeof(*out->rules));
	if (!out->rules)
		return SB_ENOMEM;
	for (unsigned i = 0; i < cfg_size(root, "access"); i++) {
		cfg_t *section = cfg_getnsec(root, "access", i);

		section_check(file, section, out);
		subject_check(file, section);
		section_fill(section, &out->rules[out->service.access_count]);
		out->service.access_count += rules_of(section);
	}
	out->service.access = out->rules;
	return 0;
}

/* ---- secrets ---- */

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* 32 hexadecimal digits are the 16 octets themselves. */
static bool
hex_key(const char *title, uint8_t key[16])
{
	if (strlen(title) != 32)
		return false;
	for (size_t i = 0; i < 16; i++) {
		int high = hex_digit(title[2 * i]), low = hex_digit(title[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Others are a text, with NULs behind it: as an identifier in a packet. */
static void
key_fill(const struct sb_config *file, cfg_t *section, uint8_t key[16])
{
	const char *title = cfg_title(section);
	struct sb_bytes octets = sb_bytes_text(title);

	if (hex_key(title, key))
		return;
	if (octets.size == 0 || octets.size > 16)
		sb_config_error(file, section, NULL,
			"the name of a secret, its key, must have 1 to 16 octets, or 32 "
			"hexadecimal digits");
	else
		memcpy(key, octets.data, octets.size);
}

static int
secret_fill(const struct sb_config *file, cfg_t *section, struct erps_secret *secret)
{
	char text[SECRET_MAX + 1];
	int err = sb_config_secret(file, section, "secret", text, sizeof(text));

	key_fill(file, section, secret->key);
	if (err == SB_ENOENT)
		sb_config_error(file, section, NULL, "a secret needs secret or secret_file");
	if (err)
		return 0;
	secret->size = strlen(text);
	secret->secret = strdup(text);
	sb_config_forget(text, sizeof(text));
	return secret->secret ? 0 : SB_ENOMEM;
}

int
erpsd_config_secrets(const struct sb_config *file, struct erpsd_config *out)
{
	cfg_t *root = sb_config_root(file);
	size_t count = cfg_size(root, "secret");
	int err = 0;

	out->secrets = calloc(count + 1, sizeof(*out->secrets));
	if (!out->secrets)
		return SB_ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		out->service.secret_count++;
		err = secret_fill(file, cfg_getnsec(root, "secret", (unsigned)i), &out->secrets[i]);
	}
	out->service.secrets = out->secrets;
	return err;
}

void
erpsd_config_secrets_free(struct erpsd_config *config)
{
	for (size_t i = 0; i < config->service.secret_count; i++) {
		void *secret = (void *)(uintptr_t)config->secrets[i].secret;

		if (secret)
			sb_config_forget(secret, config->secrets[i].size);
		free(secret);
	}
	free(config->secrets);
}
