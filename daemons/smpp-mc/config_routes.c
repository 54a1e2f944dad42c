/*
 * Sinks, routes and retries of the file: the sections that name others, read
 * after those.
 */
#include "daemons/smpp-mc/config_parts_internal.h"

#include "core/error.h"
#include "protocols/smpp/status.h"

#include <stdlib.h>
#include <string.h>

/* The title of the route that everything without a better one takes. */
#define REST "default"

#define SINKS_MAX 1024

static void
sink_fill(const struct sb_config *config, cfg_t *section, struct mc_sink *sink)
{
	long fail = cfg_getint(section, "fail_percent");
	long retry = cfg_getint(section, "retry_percent");
	long expire = cfg_getint(section, "expire_percent");

	if (fail + retry + expire > 100)
		sb_config_error(config, section, NULL,
			"fail_percent, retry_percent and expire_percent are %ld together",
			fail + retry + expire);
	sink->delay_ms = sb_config_duration(section, "delay", UINT64_MAX);
	/* Thousandths: the dice have that many faces. */
	sink->fail = (uint32_t)fail * 10;
	sink->retry = (uint32_t)retry * 10;
	sink->expire = (uint32_t)expire * 10;
	sink->error = (uint8_t)cfg_getint(section, "error");
}

int
mc_config_sinks(const struct sb_config *config, struct mc_config *out)
{
	cfg_t *root = sb_config_root(config);
	size_t count = cfg_size(root, "sink");

	if (count > SINKS_MAX) {
		sb_config_error(config, root, NULL, "more than %d sinks", SINKS_MAX);
		return SB_ECONFIG;
	}
	out->sinks = calloc(count + 1, sizeof(*out->sinks));
	if (!out->sinks)
		return SB_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		cfg_t *section = cfg_getnsec(root, "sink", (unsigned)i);

		out->sinks[i].name = strdup(cfg_title(section));
		if (!out->sinks[i].name)
			return SB_ENOMEM;
		out->sink_count++;
		sink_fill(config, section, &out->sinks[i]);
	}
	return 0;
}

/* By name now, by number from here on: a session compares no names. */
static void
to_account(const struct sb_config *config, cfg_t *section, const struct mc_config *out,
	struct mc_route *route)
{
	const char *name = cfg_getstr(section, "account");
	const struct mc_account *account = mc_config_account(out, sb_bytes_text(name));

	route->kind = MC_ROUTE_ACCOUNT;
	if (account)
		route->target = account->number;
	else
		sb_config_error(config, section, "account", "account \"%s\": there is none", name);
}

static void
to_sink(const struct sb_config *config, cfg_t *section, const struct mc_config *out,
	struct mc_route *route)
{
	const char *name = cfg_getstr(section, "sink");

	route->kind = MC_ROUTE_SINK;
	for (size_t i = 0; i < out->sink_count; i++)
		if (strcmp(out->sinks[i].name, name) == 0) {
			route->target = (uint16_t)i;
			return;
		}
	sb_config_error(config, section, "sink", "sink \"%s\": there is none", name);
}

static void
to_nowhere(const struct sb_config *config, cfg_t *section, struct mc_route *route)
{
	const char *name = cfg_getstr(section, "refuse");

	route->kind = MC_ROUTE_NOWHERE;
	if (smpp_status_from_name(name, &route->status) || route->status == SMPP_ROK)
		sb_config_error(config, section, "refuse",
			"refuse \"%s\": must be a command_status, as ESME_RINVDSTADR", name);
}

/* 0-based; the count where there is none of that name. */
static size_t
upstream_of(const struct mc_config *out, const char *name)
{
	size_t at = 0;

	while (at < out->upstream_count && strcmp(out->upstreams[at].party.system_id, name) != 0)
		at++;
	return at;
}

/* In the order in which they are tried. */
static void
to_upstreams(const struct sb_config *config, cfg_t *section, const struct mc_config *out,
	uint16_t *targets, struct mc_route *route)
{
	route->kind = MC_ROUTE_UPSTREAM;
	route->upstreams = targets;
	route->upstream_count = cfg_size(section, "upstream");
	for (size_t i = 0; i < route->upstream_count; i++) {
		const char *name = cfg_getnstr(section, "upstream", (unsigned)i);
		size_t at = upstream_of(out, name);

		targets[i] = (uint16_t)at;
		if (at == out->upstream_count)
			sb_config_error(config, section, "upstream",
				"upstream \"%s\": there is none", name);
	}
}

/* Exactly one of the four says where to. */
static void
route_fill(const struct sb_config *config, cfg_t *section, const struct mc_config *out,
	uint16_t *targets, struct mc_route *route)
{
	bool has_account = cfg_getstr(section, "account"), has_sink = cfg_getstr(section, "sink");
	bool is_refused = cfg_getstr(section, "refuse");
	bool has_upstream = cfg_size(section, "upstream") != 0;

	route->is_forwarded = strcmp(cfg_getstr(section, "durability"), "forwarded") == 0;
	if (has_account + has_sink + has_upstream + is_refused != 1)
		sb_config_error(config, section, NULL,
			"a route needs one of account, sink, upstream and refuse");
	else if (has_account)
		to_account(config, section, out, route);
	else if (has_sink)
		to_sink(config, section, out, route);
	else if (has_upstream)
		to_upstreams(config, section, out, targets, route);
	else
		to_nowhere(config, section, route);
}

/* The table borrows it: it lives as long as the snapshot. */
static int
prefix_copy(struct mc_config *out, cfg_t *section, struct mc_route *route)
{
	const char *title = cfg_title(section);
	char *prefix = strdup(strcmp(title, REST) == 0 ? "" : title);

	if (!prefix)
		return SB_ENOMEM;
	out->prefixes[out->prefix_count++] = prefix;
	route->prefix = prefix;
	return 0;
}

/* Places for the upstreams that all routes name. */
static size_t
targets_needed(cfg_t *root)
{
	size_t count = 0;

	for (unsigned i = 0; i < cfg_size(root, "route"); i++)
		count += cfg_size(cfg_getnsec(root, "route", i), "upstream");
	return count;
}

static void
report_bad(const struct sb_config *config, cfg_t *section, int err)
{
	if (err == SB_EEXIST)
		sb_config_error(config, section, NULL, "route \"%s\": there is one already",
			cfg_title(section));
	else
		sb_config_error(config, section, NULL,
			"route \"%s\": a prefix has digits, +, * and # only; the rest is \"" REST
			"\"",
			cfg_title(section));
}

int
mc_config_routes(const struct sb_config *config, struct mc_config *out)
{
	cfg_t *root = sb_config_root(config);
	size_t count = cfg_size(root, "route"), used = 0, bad = 0;
	struct mc_route *routes = calloc(count + 1, sizeof(*routes));
	int err = 0;

	out->prefixes = calloc(count + 1, sizeof(*out->prefixes));
	out->targets = calloc(targets_needed(root) + 1, sizeof(*out->targets));
	if (!routes || !out->prefixes || !out->targets)
		err = SB_ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		cfg_t *section = cfg_getnsec(root, "route", (unsigned)i);

		route_fill(config, section, out, out->targets + used, &routes[i]);
		used += routes[i].upstream_count;
		err = prefix_copy(out, section, &routes[i]);
	}
	if (!err)
		err = mc_route_table_new(&out->routes, routes, count, &bad);
	if (err == SB_EINVAL || err == SB_EEXIST) {
		report_bad(config, cfg_getnsec(root, "route", (unsigned)bad), err);
		err = SB_ECONFIG;
	}
	free(routes);
	return err;
}

void
mc_config_retries(const struct sb_config *config, struct mc_config *out)
{
	static const struct mc_retry defaults[MC_RETRY_CLASSES] = {
		[MC_RETRY_TEMPORARY] = {5000, 600000, 0},
		[MC_RETRY_THROTTLED] = {1000, 60000, 0},
		[MC_RETRY_TIMEOUT] = {10000, 600000, 0},
	};
	static const char *const names[MC_RETRY_CLASSES] = {
#define X(constant, name) [MC_RETRY_##constant] = #name,
		MC_RETRY_MAP(X)
#undef X
	};
	cfg_t *root = sb_config_root(config);

	/* What a section does not say stays as it is here. */
	memcpy(out->retries, defaults, sizeof(defaults));
	for (unsigned i = 0; i < cfg_size(root, "retry"); i++) {
		cfg_t *section = cfg_getnsec(root, "retry", i);
		struct mc_retry *retry = NULL;

		for (size_t class = 0; class < MC_RETRY_CLASSES; class ++)
			if (strcmp(cfg_title(section), names[class]) == 0)
				retry = &out->retries[class];
		if (!retry) {
			sb_config_error(config, section, NULL,
				"retry \"%s\": must be temporary, throttled or timeout",
				cfg_title(section));
			continue;
		}
		if (sb_config_is_set(section, "first"))
			retry->first_ms = sb_config_duration(section, "first", UINT64_MAX);
		if (sb_config_is_set(section, "max"))
			retry->most_ms = sb_config_duration(section, "max", UINT64_MAX);
		if (sb_config_count(section, "attempts", 256) < 256)
			retry->attempts = (uint32_t)sb_config_count(section, "attempts", 256);
	}
}
