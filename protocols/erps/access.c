#include "protocols/erps/access.h"

#include "core/env.h"
#include "core/error.h"
#include "core/network.h"
#include "core/text.h"

#include <string.h>

struct rule {
	const char *method, *subject; /* NULL: any */
	struct sb_network network;
	bool has_network, is_allowed;
};

struct erps_access {
	size_t count;
	struct rule rules[]; /* then their texts */
};

static const char *
unless_any(const char *text)
{
	return text && strcmp(text, "*") != 0 ? text : NULL;
}

static int
compile(struct rule *rule, const struct erps_access_rule *from, char **texts)
{
	const char *network = unless_any(from->network);

	*rule = (struct rule){
		.method = sb_text_keep(texts, unless_any(from->method)),
		.subject = sb_text_keep(texts, unless_any(from->subject)),
		.has_network = network != NULL,
		.is_allowed = from->is_allowed,
	};
	return network ? sb_network_parse(network, &rule->network) : 0;
}

int
erps_access_new(struct erps_access **access, const struct sb_env *env,
	const struct erps_access_rule *rules, size_t count, size_t *wrong)
{
	size_t size = sizeof(struct erps_access) + count * sizeof(struct rule);
	struct erps_access *made;
	char *texts;

	for (size_t i = 0; i < count; i++)
		size += sb_text_size(unless_any(rules[i].method)) +
			sb_text_size(unless_any(rules[i].subject));
	made = env->allocate(env->context, size);
	if (!made)
		return SB_ENOMEM;
	made->count = count;
	texts = (char *)&made->rules[count];
	for (size_t i = 0; i < count; i++) {
		int err = compile(&made->rules[i], &rules[i], &texts);

		if (err) {
			*wrong = i;
			erps_access_free(made, env);
			return err;
		}
	}
	*access = made;
	return 0;
}

void
erps_access_free(struct erps_access *access, const struct sb_env *env)
{
	env->release(env->context, access);
}

size_t
erps_access_count(const struct erps_access *access)
{
	return access->count;
}

/* ---- the peer ---- */

/* One of "DNS:a.example,IP:192.0.2.1", whose names have no comma inside. */
static bool
is_among(const char *names, const char *name)
{
	size_t size = strlen(name);

	while (names) {
		const char *end = strchr(names, ',');
		size_t length = end ? (size_t)(end - names) : strlen(names);

		if (length == size && memcmp(names, name, size) == 0)
			return true;
		names = end ? end + 1 : NULL;
	}
	return false;
}

static bool
is_subject(const struct sb_tls_identity *tls, const char *subject)
{
	/* What a certificate says that nobody vouches for, anybody can say. */
	if (!tls || !tls->verified)
		return false;
	if (tls->subject && strcmp(tls->subject, subject) == 0)
		return true;
	if (tls->common_name && strncmp(subject, "CN=", 3) == 0 &&
		strcmp(tls->common_name, subject + 3) == 0)
		return true;
	return is_among(tls->alt_names, subject);
}

static bool
fits_peer(const struct rule *rule, const struct sb_peer *peer)
{
	if (rule->has_network && !sb_network_contains(&rule->network, &peer->address.any))
		return false;
	return !rule->subject || is_subject(peer->tls, rule->subject);
}

void
erps_access_fit(const struct erps_access *access, const struct sb_peer *peer, uint8_t *fits)
{
	for (size_t i = 0; i < access->count; i++)
		fits[i] = fits_peer(&access->rules[i], peer);
}

/* ---- the request ---- */

struct erps_term
erps_access_method(struct erps_term request)
{
	const struct erps_term none = {NULL, 0};
	struct erps_term method = request;

	if (erps_kind(request) == ERPS_TUPLE && !erps_element(request, 0, &method))
		return none;
	return erps_kind(method) == ERPS_ATOM ? method : none;
}

bool
erps_access_allows(const struct erps_access *access, const uint8_t *fits, struct erps_term request)
{
	struct erps_term method = erps_access_method(request);

	for (size_t i = 0; i < access->count; i++) {
		const struct rule *rule = &access->rules[i];

		if (fits[i] && (!rule->method || erps_is_atom(method, rule->method)))
			return rule->is_allowed;
	}
	return false;
}
