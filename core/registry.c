/*
 * Names and their holders. Changes are made under one mutex, look-ups without: an
 * entry never changes, it is reached through atomic pointers and retired through
 * the epoch. What a session holds is a list in the session, so that its end gives
 * all of it back without a search; list and table are changed by the session's
 * own thread.
 */
#include "core/registry_internal.h"

#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

#include <string.h>

struct unique_name {
	struct sb_name name;
	struct sb_holding holding;
	struct sb_address holder;
	char text[];
};

struct sb_registry *
sb_registry_new(struct sb_node *node)
{
	const struct sb_env *env = node->env;
	size_t size =
		sizeof(struct sb_registry) + node->shard_count * sizeof(struct sb_publish_lane);
	struct sb_registry *registry = env->allocate(env->context, size);

	if (!registry)
		return NULL;
	memset(registry, 0, size);
	registry->node = node;
	registry->env = env;
	registry->epoch = node->epoch;
	/* The node's seed: tables of two nodes order the same names differently. */
	env->random(env->context, &registry->seed, sizeof(registry->seed));
	pthread_mutex_init(&registry->lock, NULL);
	for (int kind = 0; kind < SB_NAME_KINDS; kind++) {
		sb_name_table_init(&registry->names[kind], env, node->epoch);
		sb_name_table_init(&registry->watched[kind], env, node->epoch);
	}
	registry->publish_missed = sb_metrics_counter(node->metrics, "sb_publish_missed_total",
		"Members that missed a published message for want of room.", NULL);
	registry->notices_lost = sb_metrics_counter(node->metrics, "sb_name_notices_lost_total",
		"Watchers not told of a name for want of memory.", NULL);
	return registry;
}

void
sb_registry_free(struct sb_registry *registry)
{
	if (!registry)
		return;
	for (int kind = 0; kind < SB_NAME_KINDS; kind++) {
		sb_name_table_fini(&registry->names[kind]);
		sb_name_table_fini(&registry->watched[kind]);
	}
	pthread_mutex_destroy(&registry->lock);
	sb_registry_give_back(registry, registry);
}

struct sb_registry *
sb_registry_of(const struct sb_session *s)
{
	return s->shard->node->registry;
}

void
sb_holding_add(struct sb_session *s, struct sb_holding *holding, enum sb_holding_kind kind)
{
	holding->kind = kind;
	holding->next = s->holdings;
	holding->link = &s->holdings;
	if (holding->next)
		holding->next->link = &holding->next;
	s->holdings = holding;
}

void
sb_holding_remove(struct sb_holding *holding)
{
	*holding->link = holding->next;
	if (holding->next)
		holding->next->link = holding->link;
}

struct sb_address
sb_name_holder(const struct sb_name *name)
{
	return ((const struct unique_name *)name)->holder;
}

static struct unique_name *
unique_of_holding(struct sb_holding *holding)
{
	return (struct unique_name *)((char *)holding - offsetof(struct unique_name, holding));
}

/* The key is copied behind the entry: one allocation, one release. */
static struct unique_name *
unique_new(struct sb_registry *registry, const struct sb_name_key *key, struct sb_address holder)
{
	struct unique_name *unique = sb_registry_allocate(registry, sizeof(*unique) + key->length);

	if (!unique)
		return NULL;
	memset(unique, 0, sizeof(*unique));
	memcpy(unique->text, key->text, key->length);
	unique->name.key = *key;
	unique->name.key.text = unique->text;
	unique->holder = holder;
	return unique;
}

static int
unique_take(struct sb_registry *registry, struct unique_name *unique)
{
	const struct sb_name_key *key = &unique->name.key;
	int err;

	if (sb_name_find(&registry->names[SB_NAME_UNIQUE], key))
		return SB_EEXIST;
	err = sb_name_insert(&registry->names[SB_NAME_UNIQUE], &unique->name);
	if (err)
		return err;
	/* Under the lock, so that watchers hear of changes in the order in which they were made. */
	sb_name_changed(registry, SB_NAME_UNIQUE, key, unique->holder, true);
	return 0;
}

int
sb_register(struct sb_session *s, const char *name)
{
	struct sb_registry *registry = sb_registry_of(s);
	struct unique_name *unique;
	struct sb_name_key key;
	int err;

	if (!sb_session_is_open(s))
		return SB_GONE;
	if (!sb_name_key(registry->seed, name, &key))
		return SB_EINVAL;
	/* Made before the lock is taken: nothing is allocated under it for the common case. */
	unique = unique_new(registry, &key, s->self);
	if (!unique)
		return SB_ENOMEM;
	pthread_mutex_lock(&registry->lock);
	err = unique_take(registry, unique);
	pthread_mutex_unlock(&registry->lock);
	if (err)
		sb_registry_give_back(registry, unique);
	else
		sb_holding_add(s, &unique->holding, SB_HOLDS_NAME);
	return err;
}

/* Whatever thread happens to collect: the environment is all it needs. */
static void
free_unique(void *context, struct sb_retired *retired)
{
	const struct sb_env *env = context;
	size_t offset = offsetof(struct unique_name, name) + offsetof(struct sb_name, retired);

	env->release(env->context, (char *)retired - offset);
}

static void
unique_end(struct sb_registry *registry, struct unique_name *unique)
{
	sb_holding_remove(&unique->holding);
	sb_name_remove(&registry->names[SB_NAME_UNIQUE], &unique->name);
	sb_name_changed(registry, SB_NAME_UNIQUE, &unique->name.key, unique->holder, false);
	/* Somebody on another shard may have found it just now; the address that it reads is then
	 * SB_GONE, as it would be a moment later. */
	sb_epoch_retire(registry->epoch, &unique->name.retired, free_unique,
		(void *)(uintptr_t)registry->env);
}

/* Another's name is as good as none: who does not hold it cannot give it back. */
int
sb_unregister(struct sb_session *s, const char *name)
{
	struct sb_registry *registry = sb_registry_of(s);
	struct sb_name_key key;
	struct sb_name *found;
	int err = SB_ENOENT;

	if (!sb_name_key(registry->seed, name, &key))
		return SB_ENOENT;
	pthread_mutex_lock(&registry->lock);
	found = sb_name_find(&registry->names[SB_NAME_UNIQUE], &key);
	if (found && sb_address_equal(sb_name_holder(found), s->self)) {
		unique_end(registry, (struct unique_name *)found);
		err = 0;
	}
	pthread_mutex_unlock(&registry->lock);
	return err;
}

/* In a turn, or under the lock: what is found must not be freed before its address is read. */
static int
lookup(struct sb_registry *registry, const char *name, struct sb_address *holder)
{
	struct sb_name_key key;
	struct sb_name *found;

	if (!sb_name_key(registry->seed, name, &key))
		return SB_ENOENT;
	found = sb_name_find(&registry->names[SB_NAME_UNIQUE], &key);
	if (!found)
		return SB_ENOENT;
	*holder = sb_name_holder(found);
	return 0;
}

int
sb_lookup(struct sb_session *s, const char *name, struct sb_address *holder)
{
	return lookup(sb_registry_of(s), name, holder);
}

/* A thread that is no shard has no turns: it takes the lock instead. */
int
sb_node_lookup(struct sb_node *node, const char *name, struct sb_address *holder)
{
	int err;

	pthread_mutex_lock(&node->registry->lock);
	err = lookup(node->registry, name, holder);
	pthread_mutex_unlock(&node->registry->lock);
	return err;
}

/* A switch without default, as everywhere: a new kind must say how it ends. */
static void
holding_end(struct sb_registry *registry, struct sb_holding *holding)
{
	switch (holding->kind) {
	case SB_HOLDS_NAME:
		unique_end(registry, unique_of_holding(holding));
		break;
	case SB_HOLDS_MEMBERSHIP:
		sb_membership_end(registry, holding);
		break;
	case SB_HOLDS_WATCH:
		sb_name_watch_end(registry, holding);
		break;
	}
}

/* One lock for all that the session holds, most often nothing. */
void
sb_registry_release(struct sb_session *s)
{
	struct sb_registry *registry = sb_registry_of(s);

	if (!s->holdings)
		return;
	pthread_mutex_lock(&registry->lock);
	while (s->holdings)
		holding_end(registry, s->holdings);
	pthread_mutex_unlock(&registry->lock);
}
