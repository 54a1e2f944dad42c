/*
 * A trie of thirteen characters in one array, made once and never changed: a
 * look-up is one step a digit, however many routes there are, and any thread may
 * do it. Its size is known beforehand, from the lengths of the prefixes.
 */
#include "daemons/smpp-mc/route.h"

#include "core/error.h"

#include <stdlib.h>
#include <string.h>

#define KEYS    13 /* 0-9 + * # */
#define NO_KEY  0xff
#define NO_NODE 0 /* the root is nobody's child */

struct node {
	uint32_t child[KEYS];
	uint32_t route; /* 1-based; 0: none ends here */
};

struct mc_route_table {
	struct mc_route *routes;
	size_t route_count;
	struct node *nodes;
	size_t node_count;
};

static uint8_t
key_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return (uint8_t)(c - '0');
	switch (c) {
	case '+':
		return 10;
	case '*':
		return 11;
	case '#':
		return 12;
	}
	return NO_KEY;
}

bool
mc_route_prefix_is_valid(const char *prefix)
{
	for (; *prefix; prefix++)
		if (key_of((uint8_t)*prefix) == NO_KEY)
			return false;
	return true;
}

/* The tree never has more nodes than the prefixes have characters, and a root. */
static size_t
nodes_needed(const struct mc_route *routes, size_t count)
{
	size_t nodes = 1;

	for (size_t i = 0; i < count; i++)
		nodes += strlen(routes[i].prefix);
	return nodes;
}

/* Children are made on the way: the array was counted beforehand and never moves. */
static struct node *
node_for(struct mc_route_table *table, const char *prefix)
{
	uint32_t at = 0;

	for (; *prefix; prefix++) {
		uint32_t *child = &table->nodes[at].child[key_of((uint8_t)*prefix)];

		if (*child == NO_NODE)
			*child = (uint32_t)table->node_count++;
		at = *child;
	}
	return &table->nodes[at];
}

static int
routes_insert(struct mc_route_table *table, size_t *bad)
{
	for (size_t i = 0; i < table->route_count; i++) {
		const char *prefix = table->routes[i].prefix;
		struct node *node;

		if (bad)
			*bad = i;
		if (!mc_route_prefix_is_valid(prefix))
			return SB_EINVAL;
		node = node_for(table, prefix);
		if (node->route)
			return SB_EEXIST;
		node->route = (uint32_t)i + 1;
	}
	return 0;
}

int
mc_route_table_new(
	struct mc_route_table **out, const struct mc_route *routes, size_t count, size_t *bad)
{
	struct mc_route_table *table = calloc(1, sizeof(*table));
	int err = SB_ENOMEM;

	if (!table)
		return SB_ENOMEM;
	table->routes = calloc(count + 1, sizeof(*table->routes));
	table->nodes = calloc(nodes_needed(routes, count), sizeof(*table->nodes));
	if (!table->routes || !table->nodes)
		goto fail;
	if (count)
		memcpy(table->routes, routes, count * sizeof(*routes));
	table->route_count = count;
	table->node_count = 1;
	err = routes_insert(table, bad);
	if (err)
		goto fail;
	*out = table;
	return 0;

fail:
	mc_route_table_free(table);
	return err;
}

void
mc_route_table_free(struct mc_route_table *table)
{
	if (!table)
		return;
	free(table->routes);
	free(table->nodes);
	free(table);
}

const struct mc_route *
mc_route_find(const struct mc_route_table *table, struct sb_bytes destination)
{
	uint32_t at = 0, best = table->nodes[0].route;

	for (size_t i = 0; i < destination.size; i++) {
		uint8_t key = key_of(destination.data[i]);

		/* What follows a character that no prefix has cannot match a longer one. */
		if (key == NO_KEY || table->nodes[at].child[key] == NO_NODE)
			break;
		at = table->nodes[at].child[key];
		if (table->nodes[at].route)
			best = table->nodes[at].route;
	}
	return best ? &table->routes[best - 1] : NULL;
}

size_t
mc_route_count(const struct mc_route_table *table)
{
	return table->route_count;
}
