/*
 * The snapshot, looked at: accounts are sorted by system_id, for a bind finds its
 * own by halves.
 */
#include "daemons/smpp-mc/config.h"

#include <stdlib.h>
#include <string.h>

/* An octet string and one that ends with NUL, in the order of strcmp. */
static int
compare(struct sb_bytes left, const char *right)
{
	size_t size = strlen(right);
	size_t common = left.size < size ? left.size : size;
	int order = common ? memcmp(left.data, right, common) : 0;

	if (order || left.size == size)
		return order;
	return left.size < size ? -1 : 1;
}

const struct mc_account *
mc_config_account(const struct mc_config *config, struct sb_bytes system_id)
{
	size_t first = 0, last = config->account_count;

	while (first < last) {
		size_t middle = first + (last - first) / 2;
		int order = compare(system_id, config->accounts[middle].system_id);

		if (order == 0)
			return &config->accounts[middle];
		if (order < 0)
			last = middle;
		else
			first = middle + 1;
	}
	return NULL;
}

const struct mc_account *
mc_config_party_named(const struct mc_config *config, struct sb_bytes name)
{
	for (size_t i = 0; i < config->upstream_count; i++)
		if (compare(name, config->upstreams[i].party.system_id) == 0)
			return &config->upstreams[i].party;
	return mc_config_account(config, name);
}

/* The first that is bound now; if none is, the first: a message waits where it would go when all is
 * well. */
static uint16_t
upstream_of(const struct mc_config *config, const struct mc_route *route)
{
	size_t first = config->account_count + config->sink_count;

	for (size_t i = 0; i < route->upstream_count; i++)
		if (mc_upstream_is_bound(&config->upstreams[route->upstreams[i]]))
			return (uint16_t)(first + route->upstreams[i]);
	return (uint16_t)(first + route->upstreams[0]);
}

uint16_t
mc_config_target(const struct mc_config *config, const struct mc_route *route)
{
	if (!route)
		return MC_NO_TARGET;
	switch (route->kind) {
	case MC_ROUTE_NOWHERE:
		return MC_NO_TARGET;
	case MC_ROUTE_ACCOUNT:
		return route->target;
	case MC_ROUTE_SINK:
		return (uint16_t)(config->account_count + route->target);
	case MC_ROUTE_UPSTREAM:
		return upstream_of(config, route);
	}
	return MC_NO_TARGET;
}

static void
account_fini(struct mc_account *account)
{
	free((char *)(uintptr_t)account->system_id);
	free((char *)(uintptr_t)account->password);
	free((struct sb_network *)(uintptr_t)account->networks);
	if (account->has_range)
		regfree(&account->range);
}

void
mc_config_free(struct mc_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->account_count; i++)
		account_fini(&config->accounts[i]);
	for (size_t i = 0; i < config->sink_count; i++)
		free((char *)(uintptr_t)config->sinks[i].name);
	for (size_t i = 0; i < config->upstream_count; i++)
		mc_upstream_fini(&config->upstreams[i]);
	for (size_t i = 0; i < config->prefix_count; i++)
		free(config->prefixes[i]);
	free(config->accounts);
	free(config->sinks);
	free(config->upstreams);
	free(config->prefixes);
	free(config->targets);
	mc_route_table_free(config->routes);
	free(config);
}
