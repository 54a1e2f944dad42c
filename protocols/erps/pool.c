/*
 * The pool. Its members are sessions that publish what they have to do in a few atomics;
 * who calls picks one by these, and sends its message straight there. So a call through
 * a pool costs what a call through one client does, and nobody stands in the middle.
 */
#include "protocols/erps/pool.h"

#include "core/node.h"
#include "core/registry.h"
#include "protocols/erps/pool_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS_MAX 1000

/* A server that fails at once again and again must not take the others along. */
#define MAX_RESTARTS 1000

struct erps_pool {
	const struct sb_env *env;
	struct sb_node *node;
	struct sb_supervisor_options tree;
	struct sb_child_spec *children;
	void *memory; /* the members are in it, aligned */
	struct erps_pool_member *members;
	size_t count;
	bool waits; /* for a server, while none is there */
	_Atomic uint32_t cursor;
	char name[ERPS_POOL_NAME_SIZE - 16]; /* with "/" and a number it is a member's */
};

static const struct erps_client_application no_application = {.name = "erps.pool"};

/* ---- picking ---- */

static uint32_t
load_of(const struct erps_pool_member *member)
{
	return atomic_load_explicit(&member->load, memory_order_relaxed) +
	       atomic_load_explicit(&member->recent, memory_order_relaxed);
}

static bool
is_ready(const struct erps_pool_member *member)
{
	return atomic_load_explicit(&member->is_ready, memory_order_relaxed);
}

/* The one with the least to do, in turn among equals; NULL: none is there. */
static struct erps_pool_member *
least(struct erps_pool *pool, const struct erps_pool_member *but, bool must_be_ready)
{
	uint32_t first = atomic_fetch_add_explicit(&pool->cursor, 1, memory_order_relaxed);
	struct erps_pool_member *best = NULL;

	for (size_t i = 0; i < pool->count; i++) {
		struct erps_pool_member *member = &pool->members[(first + i) % pool->count];

		if (member == but || (must_be_ready && !is_ready(member)))
			continue;
		if (!best || load_of(member) < load_of(best))
			best = member;
	}
	return best;
}

/* Where a call goes. A member without a session (it is being restarted) is no place. */
static int
pick(struct sb_session *s, struct erps_pool *pool, struct erps_pool_member **member,
	struct sb_address *to)
{
	*member = least(pool, NULL, true);
	if (!*member && pool->waits)
		*member = least(pool, NULL, false);
	if (!*member || sb_lookup(s, (*member)->name, to))
		return SB_GONE;
	return 0;
}

static void
count_one(struct erps_pool_member *member)
{
	atomic_fetch_add_explicit(&member->recent, 1, memory_order_relaxed);
}

/* ---- any session ---- */

int
erps_pool_ask(struct sb_session *s, struct erps_pool *pool, struct erps_term request,
	uint32_t deadline_ms, uint64_t *ref)
{
	struct erps_pool_member *member;
	struct sb_address to;
	int err = pick(s, pool, &member, &to);

	if (!err)
		err = erps_client_ask(s, to, request, deadline_ms, ref);
	if (!err)
		count_one(member);
	return err;
}

int
erps_pool_tell(struct sb_session *s, struct erps_pool *pool, struct erps_term request)
{
	struct erps_pool_member *member;
	struct sb_address to;
	int err = pick(s, pool, &member, &to);

	if (!err)
		err = erps_client_tell(s, to, request);
	if (!err)
		count_one(member);
	return err;
}

/* It may have moved: all are told. */
void
erps_pool_ask_cancel(struct sb_session *s, struct erps_pool *pool, uint64_t ref)
{
	struct sb_address to;

	sb_call_cancel(s, ref);
	for (size_t i = 0; i < pool->count; i++)
		if (sb_lookup(s, pool->members[i].name, &to) == 0)
			erps_client_ask_cancel(s, to, ref);
}

size_t
erps_pool_ready(const struct erps_pool *pool)
{
	size_t count = 0;

	for (size_t i = 0; i < pool->count; i++)
		count += is_ready(&pool->members[i]);
	return count;
}

/* ---- a member's session ---- */

int
erps_pool_join(struct sb_session *s, struct erps_pool_member *member)
{
	return sb_register(s, member->name);
}

void
erps_pool_publish(struct erps_client_session *p)
{
	struct erps_pool_member *member = p->client->member;
	uint32_t load = p->sent + (uint32_t)p->queue.count;

	if (!member)
		return;
	atomic_store_explicit(
		&member->is_ready, p->place == ERPS_READY && !p->is_stopping, memory_order_relaxed);
	atomic_store_explicit(&member->load, load, memory_order_relaxed);
	atomic_store_explicit(&member->recent, 0, memory_order_relaxed);
}

static bool
find_other(struct sb_session *s, const struct erps_client_session *p,
	struct erps_pool_member **other, struct sb_address *to)
{
	if (!p->client->member)
		return false;
	*other = least(p->client->member->pool, p->client->member, true);
	return *other && sb_lookup(s, (*other)->name, to) == 0;
}

bool
erps_pool_move(struct sb_session *s, struct erps_client_session *p, const struct erps_call *call,
	struct erps_term request)
{
	struct erps_pool_member *other;
	struct sb_address to;

	if (!find_other(s, p, &other, &to) || call->moves >= other->pool->count)
		return false;
	if (erps_client_forward(s, to, call, request))
		return false;
	count_one(other);
	return true;
}

static bool
move_cast(struct sb_session *s, struct erps_client_session *p, struct erps_term request)
{
	struct erps_pool_member *other;
	struct sb_address to;

	if (!find_other(s, p, &other, &to) || erps_client_tell(s, to, request))
		return false;
	count_one(other);
	return true;
}

void
erps_pool_move_queue(struct sb_session *s, struct erps_client_session *p)
{
	struct erps_queued *queued = p->client->member ? p->queue.first : NULL;

	while (queued) {
		struct erps_queued *next = queued->next;
		struct erps_call *call = erps_calls_find(&p->calls, queued->id);

		if (!queued->id && move_cast(s, p, queued->request)) {
			erps_queue_drop(s, &p->queue, queued);
		} else if (call && call->from.ref && erps_pool_move(s, p, call, queued->request)) {
			erps_calls_remove(&p->calls, call);
			erps_queue_drop(s, &p->queue, queued);
		}
		queued = next;
	}
}

void
erps_pool_call_for(struct sb_session *s, struct erps_client_session *p)
{
	struct erps_pool *pool = p->client->member ? p->client->member->pool : NULL;
	struct sb_address to;

	for (size_t i = 0; pool && pool->waits && i < pool->count; i++) {
		struct erps_pool_member *other = &pool->members[i];

		if (!is_ready(other) && load_of(other) && sb_lookup(s, other->name, &to) == 0)
			erps_client_ask_move(s, to);
	}
}

/* ---- making ---- */

static int
make_member(struct erps_pool *pool, size_t at, const struct erps_client_application *application,
	const void *args, const struct erps_pool_options *o)
{
	const struct erps_pool_server *server = &o->servers[at % o->server_count];
	struct erps_pool_member *member = &pool->members[at];
	struct erps_client_options client = o->client;
	int err;

	client.host = server->host;
	client.port = server->port;
	client.restart = SB_PERMANENT;
	snprintf(member->name, sizeof(member->name), "%s/%u", pool->name, (unsigned)at);
	member->pool = pool;
	err = erps_client_new(&member->client, pool->node,
		application ? application : &no_application, &client, args);
	if (err)
		return err;
	member->client->member = member;
	pool->children[at] = erps_client_child(member->client, member->name);
	return 0;
}

/* Members on cache lines of their own. */
static int
make_room(struct erps_pool *pool)
{
	const struct sb_env *env = pool->env;
	size_t size = (pool->count + 1) * sizeof(pool->members[0]);

	pool->children = env->allocate(env->context, pool->count * sizeof(pool->children[0]));
	pool->memory = env->allocate(env->context, size);
	if (!pool->children || !pool->memory)
		return SB_ENOMEM;
	memset(pool->memory, 0, size);
	pool->members =
		(struct erps_pool_member *)(((uintptr_t)pool->memory + 63) & ~(uintptr_t)63);
	return 0;
}

static int
make_members(struct erps_pool *pool, const struct erps_client_application *application,
	const void *args, const struct erps_pool_options *o)
{
	int err = make_room(pool);

	for (size_t i = 0; !err && i < pool->count; i++)
		err = make_member(pool, i, application, args, o);
	pool->tree = (struct sb_supervisor_options){
		.max_restarts = MAX_RESTARTS,
		.name = pool->name,
		.children = pool->children,
		.child_count = pool->count,
	};
	return err;
}

int
erps_pool_new(struct erps_pool **pool, struct sb_node *node,
	const struct erps_client_application *application, const void *args,
	const struct erps_pool_options *options)
{
	const struct sb_env *env = sb_node_env(node);
	size_t size = options->size ? options->size : 1;
	struct erps_pool *made;
	int err;

	if (!options->name || !options->server_count || size > MEMBERS_MAX ||
		options->server_count > MEMBERS_MAX / size ||
		strlen(options->name) >= sizeof(made->name))
		return SB_EINVAL;
	made = env->allocate(env->context, sizeof(*made));
	if (!made)
		return SB_ENOMEM;
	memset(made, 0, sizeof(*made));
	made->env = env;
	made->node = node;
	made->count = options->server_count * size;
	made->waits = options->client.queues_while_away;
	strcpy(made->name, options->name);
	err = make_members(made, application, args, options);
	if (err) {
		erps_pool_free(made);
		return err;
	}
	*pool = made;
	return 0;
}

void
erps_pool_free(struct erps_pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; pool->members && i < pool->count; i++)
		erps_client_free(pool->members[i].client);
	pool->env->release(pool->env->context, pool->children);
	pool->env->release(pool->env->context, pool->memory);
	pool->env->release(pool->env->context, pool);
}

struct sb_child_spec
erps_pool_child(const struct erps_pool *pool, const char *id)
{
	return (struct sb_child_spec){
		.id = id,
		.module = &sb_supervisor_module,
		.args = &pool->tree,
		.args_size = sizeof(pool->tree),
		.restart = SB_PERMANENT,
	};
}

int
erps_pool_start(struct sb_node *node, const struct erps_client_application *application,
	const void *args, const struct erps_pool_options *options, struct erps_pool **pool)
{
	struct erps_pool *made;
	struct sb_child_spec child;
	int err = erps_pool_new(&made, node, application, args, options);

	if (err)
		return err;
	child = erps_pool_child(made, made->name);
	err = sb_node_start_child(node, &child);
	if (err) {
		erps_pool_free(made);
		return err;
	}
	*pool = made;
	return 0;
}
