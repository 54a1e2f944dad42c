/*
 * Watchers of names. Notices are sent under the registry's lock and always through the
 * inbox of the watcher's shard, also by that shard itself: so they come in the order
 * of the changes, whichever shards these were made on.
 */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/registry_internal.h"
#include "core/session_internal.h"

#include <string.h>

struct name_watch {
	struct sb_holding holding;
	struct watched_name *name;
	struct name_watch *next, **link;
	struct sb_address watcher;
	uint64_t ref;
};

struct watched_name {
	struct sb_name name;
	enum sb_name_kind kind;
	struct name_watch *watches;
	char text[];
};

/* As on a foreign thread: the envelope is of no shard's pool, since it may be filled on one and
 * freed on another. */
static struct sb_envelope *
notice_new(struct sb_registry *registry, const struct name_watch *watch, struct sb_address holder,
	bool is_held)
{
	struct sb_name_event event = {holder, watch->name->kind, is_held};
	struct sb_envelope *e =
		sb_envelope_new(registry->env, NULL, SB_COPY(&event, sizeof(event)));

	if (!e)
		return NULL;
	e->target = watch->watcher;
	e->message.type = SB_MSG_NAME;
	e->message.ref = watch->ref;
	e->message.sender = holder;
	return e;
}

void
sb_name_changed(struct sb_registry *registry, enum sb_name_kind kind, const struct sb_name_key *key,
	struct sb_address holder, bool is_held)
{
	struct watched_name *name =
		(struct watched_name *)sb_name_find(&registry->watched[kind], key);

	for (struct name_watch *watch = name ? name->watches : NULL; watch; watch = watch->next) {
		struct sb_envelope *e = notice_new(registry, watch, holder, is_held);

		/* A notice cannot be refused, but it can find no memory: counted, since who watches
		 * cannot know. */
		if (e)
			sb_envelope_send(registry->node, NULL, e);
		else
			sb_counter_add_shared(registry->notices_lost, 1);
	}
}

/* ---- the present holders ---- */

struct notices {
	struct sb_registry *registry;
	const struct name_watch *watch;
	struct sb_envelope *first, **last;
};

static int
notices_add(void *context, struct sb_address holder)
{
	struct notices *notices = context;
	struct sb_envelope *e = notice_new(notices->registry, notices->watch, holder, true);

	if (!e)
		return SB_ENOMEM;
	*notices->last = e;
	notices->last = &e->next;
	return 0;
}

/* All that hold the name now, as notices in a list: nothing is sent before there is memory for all
 * of them. */
static int
notices_collect(struct notices *notices, struct sb_name *held)
{
	if (!held)
		return 0;
	if (notices->watch->name->kind == SB_NAME_UNIQUE)
		return notices_add(notices, sb_name_holder(held));
	return sb_topic_members(held, notices->registry->node->shard_count, notices_add, notices);
}

/* Sends all, or none when there is not memory for all. */
static int
tell_present(struct sb_registry *registry, struct name_watch *watch)
{
	struct sb_name_table *names = &registry->names[watch->name->kind];
	struct notices notices = {.registry = registry, .watch = watch};
	int err;

	notices.last = &notices.first;
	err = notices_collect(&notices, sb_name_find(names, &watch->name->name.key));
	while (notices.first) {
		struct sb_envelope *e = notices.first;

		notices.first = e->next;
		if (err)
			sb_registry_give_back(registry, e);
		else
			sb_envelope_send(registry->node, NULL, e);
	}
	return err;
}

/* ---- watches ---- */

/* What is watched need not be held: it has a table of its own. */
static struct watched_name *
watched_new(struct sb_registry *registry, enum sb_name_kind kind, const struct sb_name_key *key)
{
	struct watched_name *name = sb_registry_allocate(registry, sizeof(*name) + key->length);

	if (!name)
		return NULL;
	memset(name, 0, sizeof(*name));
	memcpy(name->text, key->text, key->length);
	name->name.key = *key;
	name->name.key.text = name->text;
	name->kind = kind;
	if (sb_name_insert(&registry->watched[kind], &name->name)) {
		sb_registry_give_back(registry, name);
		return NULL;
	}
	return name;
}

static void
free_watched(void *context, struct sb_retired *retired)
{
	const struct sb_env *env = context;
	size_t offset = offsetof(struct watched_name, name) + offsetof(struct sb_name, retired);

	env->release(env->context, (char *)retired - offset);
}

static void
watched_free_unused(struct sb_registry *registry, struct watched_name *name)
{
	if (name->watches)
		return;
	sb_name_remove(&registry->watched[name->kind], &name->name);
	sb_epoch_retire(registry->epoch, &name->name.retired, free_watched,
		(void *)(uintptr_t)registry->env);
}

static void
watch_link(struct watched_name *name, struct name_watch *watch)
{
	watch->name = name;
	watch->next = name->watches;
	watch->link = &name->watches;
	if (watch->next)
		watch->next->link = &watch->next;
	name->watches = watch;
}

static void
watch_unlink(struct name_watch *watch)
{
	*watch->link = watch->next;
	if (watch->next)
		watch->next->link = watch->link;
}

/* By walking: a name has few watchers, a watcher may look often. */
static struct name_watch *
watch_find(struct watched_name *name, struct sb_address watcher)
{
	struct name_watch *watch = name ? name->watches : NULL;

	while (watch && !sb_address_equal(watch->watcher, watcher))
		watch = watch->next;
	return watch;
}

static int
watch_begin(struct sb_registry *registry, enum sb_name_kind kind, const struct sb_name_key *key,
	struct name_watch *watch)
{
	struct watched_name *name =
		(struct watched_name *)sb_name_find(&registry->watched[kind], key);
	int err;

	if (watch_find(name, watch->watcher))
		return SB_EEXIST;
	if (!name)
		name = watched_new(registry, kind, key);
	if (!name)
		return SB_ENOMEM;
	watch_link(name, watch);
	/* Under the same lock as the changes: a holder is told of once, as present or as new. */
	err = tell_present(registry, watch);
	if (err) {
		watch_unlink(watch);
		watched_free_unused(registry, name);
	}
	return err;
}

static bool
is_kind(enum sb_name_kind kind)
{
	return kind == SB_NAME_UNIQUE || kind == SB_NAME_TOPIC;
}

int
sb_registry_watch(struct sb_session *s, enum sb_name_kind kind, const char *name, uint64_t ref)
{
	struct sb_registry *registry = sb_registry_of(s);
	struct name_watch *watch;
	struct sb_name_key key;
	int err;

	if (!sb_session_is_open(s))
		return SB_GONE;
	if (!is_kind(kind) || !sb_name_key(registry->seed, name, &key))
		return SB_EINVAL;
	watch = sb_registry_allocate(registry, sizeof(*watch));
	if (!watch)
		return SB_ENOMEM;
	memset(watch, 0, sizeof(*watch));
	watch->watcher = s->self;
	watch->ref = ref;
	pthread_mutex_lock(&registry->lock);
	err = watch_begin(registry, kind, &key, watch);
	pthread_mutex_unlock(&registry->lock);
	if (err)
		sb_registry_give_back(registry, watch);
	else
		sb_holding_add(s, &watch->holding, SB_HOLDS_WATCH);
	return err;
}

/* Watches are looked at under the lock alone: freed at once. */
void
sb_name_watch_end(struct sb_registry *registry, struct sb_holding *holding)
{
	struct name_watch *watch = (struct name_watch *)holding;
	struct watched_name *name = watch->name;

	sb_holding_remove(holding);
	watch_unlink(watch);
	sb_registry_give_back(registry, watch);
	watched_free_unused(registry, name);
}

int
sb_registry_unwatch(struct sb_session *s, enum sb_name_kind kind, const char *name)
{
	struct sb_registry *registry = sb_registry_of(s);
	struct name_watch *watch;
	struct sb_name_key key;

	if (!is_kind(kind) || !sb_name_key(registry->seed, name, &key))
		return SB_ENOENT;
	pthread_mutex_lock(&registry->lock);
	watch = watch_find(
		(struct watched_name *)sb_name_find(&registry->watched[kind], &key), s->self);
	if (watch)
		sb_name_watch_end(registry, &watch->holding);
	pthread_mutex_unlock(&registry->lock);
	return watch ? 0 : SB_ENOENT;
}
