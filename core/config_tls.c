/*
 * TLS sections into contexts. Files are named in the configuration relative to
 * it, and OpenSSL wants paths: they are put together for the time of the call.
 */
#include "core/config_core.h"

#include "core/error.h"

#include <stdlib.h>
#include <string.h>

static cfg_opt_t name_options[] = {
	CFG_STR("certificate", NULL, CFGF_NONE),
	CFG_STR("key", NULL, CFGF_NONE),
	CFG_END(),
};

/* `name "mc.example" { ... }` is a certificate for clients that ask for that name. */
cfg_opt_t sb_config_tls_options[] = {
	CFG_STR("certificate", NULL, CFGF_NONE),
	CFG_STR("key", NULL, CFGF_NONE),
	CFG_STR("ca", NULL, CFGF_NONE),
	CFG_STR("verify", NULL, CFGF_NONE),
	CFG_STR("min_version", "1.2", CFGF_NONE),
	CFG_STR("ciphers", NULL, CFGF_NONE),
	CFG_SEC("name", name_options, CFGF_MULTI | CFGF_TITLE),
	CFG_END(),
};

const char *const sb_config_verify_words[] = {
	[SB_TLS_VERIFY_NONE] = "none",
	[SB_TLS_VERIFY_OPTIONAL] = "optional",
	[SB_TLS_VERIFY_REQUIRED] = "required",
	NULL,
};

const char *const sb_config_tls_versions[] = {"1.2", "1.3", NULL};

void
sb_config_check_tls(const struct sb_config *config, cfg_t *section)
{
	if (cfg_getstr(section, "certificate"))
		return;
	if (cfg_getstr(section, "key"))
		sb_config_error(config, section, "key", "key needs a certificate");
	if (cfg_size(section, "name"))
		sb_config_error(config, section, NULL,
			"names need a certificate for clients that give none of them");
}

/* Options for OpenSSL with the paths they point at. */
struct prepared {
	struct sb_tls_options options;
	struct sb_tls_certificate *certificates;
	char **paths;
	size_t path_count;
};

/* A file of the configuration as a path that lives as long as `p`; NULL when it has none. */
static const char *
path_of(const struct sb_config *config, struct prepared *p, const char *name)
{
	char path[4096];

	/* That it fits was checked with the file. */
	if (!name || sb_config_path(config, name, path, sizeof(path)))
		return NULL;
	p->paths[p->path_count] = strdup(path);
	return p->paths[p->path_count++];
}

/* A certificate may hold its key, too. */
static struct sb_tls_certificate
certificate_of(const struct sb_config *config, struct prepared *p, cfg_t *section)
{
	const char *file = cfg_getstr(section, "certificate"), *key = cfg_getstr(section, "key");

	return (struct sb_tls_certificate){
		.server_name = cfg_title(section),
		.certificate = path_of(config, p, file),
		.key = path_of(config, p, key ? key : file),
	};
}

static enum sb_tls_verify
verify_of(cfg_t *section, enum sb_tls_verify usual)
{
	const char *word = cfg_getstr(section, "verify");

	for (size_t i = 0; word && sb_config_verify_words[i]; i++)
		if (strcmp(sb_config_verify_words[i], word) == 0)
			return (enum sb_tls_verify)i;
	return usual;
}

static void
prepared_fini(struct prepared *p)
{
	for (size_t i = 0; i < p->path_count; i++)
		free(p->paths[i]);
	free(p->paths);
	free(p->certificates);
}

static int
prepare(const struct sb_config *config, cfg_t *section, enum sb_tls_verify usual,
	struct prepared *p)
{
	unsigned names = cfg_size(section, "name");
	size_t count = 0;

	*p = (struct prepared){0};
	p->certificates = calloc(names + 1, sizeof(*p->certificates));
	p->paths = calloc(2 * ((size_t)names + 1) + 1, sizeof(*p->paths));
	if (!p->certificates || !p->paths) {
		prepared_fini(p);
		return SB_ENOMEM;
	}
	if (cfg_getstr(section, "certificate"))
		p->certificates[count++] = certificate_of(config, p, section);
	for (unsigned i = 0; i < names; i++)
		p->certificates[count++] =
			certificate_of(config, p, cfg_getnsec(section, "name", i));
	p->options = (struct sb_tls_options){
		.certificates = p->certificates,
		.certificate_count = count,
		.ca = path_of(config, p, cfg_getstr(section, "ca")),
		.verify = verify_of(section, usual),
		.min_version = cfg_getstr(section, "min_version"),
		.ciphers = cfg_getstr(section, "ciphers"),
	};
	return 0;
}

/* OpenSSL's word for what is wrong, at the line of the section. */
static int
make(const struct sb_config *config, cfg_t *section, enum sb_tls_verify usual,
	int (*make_context)(struct sb_tls **tls, const struct sb_tls_options *options, char *reason,
		size_t reason_size),
	struct sb_tls **tls)
{
	char reason[512] = "";
	struct prepared p;
	int error = prepare(config, section, usual, &p);

	if (error)
		return error;
	error = make_context(tls, &p.options, reason, sizeof(reason));
	prepared_fini(&p);
	if (!error || error == SB_ENOMEM)
		return error;
	sb_config_error(config, section, NULL, "tls: %s", *reason ? reason : sb_error_text(error));
	return SB_ECONFIG;
}

int
sb_config_tls_server(const struct sb_config *config, cfg_t *section, struct sb_tls **tls)
{
	cfg_t *options = cfg_getsec(section, "tls");

	*tls = NULL;
	if (!sb_config_has(config, options))
		return 0;
	return make(config, options, SB_TLS_VERIFY_NONE, sb_tls_server_new, tls);
}

/* With verification unless the file says otherwise: a client that checks nobody speaks to
 * anybody. */
int
sb_config_tls_client(const struct sb_config *config, cfg_t *section, struct sb_tls **tls)
{
	cfg_t *options = cfg_getsec(section, "tls");

	*tls = NULL;
	if (!sb_config_has(config, options))
		return 0;
	return make(config, options, SB_TLS_VERIFY_REQUIRED, sb_tls_client_new, tls);
}
