/*
 * Lua's memory: every block begins with its account, so that it is known who holds how much whoever
 * collects it. A refusal makes Lua collect all garbage and ask again; the second one is an
 * error that no script can catch (script_recheck).
 */
#include "protocols/cwmp/script_internal.h"

#include <string.h>

/* Lua wants its blocks aligned as a pointer is. */
struct block {
	struct script_account *account;
	unsigned char memory[];
};

static struct block *
block_of(void *memory)
{
	return (struct block *)((unsigned char *)memory - offsetof(struct block, memory));
}

struct script_account *
script_account_new(const struct sb_env *env, size_t limit)
{
	struct script_account *account = env->allocate(env->context, sizeof(*account));

	if (account)
		*account = (struct script_account){.limit = limit, .is_open = true};
	return account;
}

static void
free_unused(const struct sb_env *env, struct script_account *account)
{
	if (!account->is_open && account->live == 0)
		env->release(env->context, account);
}

void
script_account_close(const struct sb_env *env, struct script_account *account)
{
	if (!account)
		return;
	account->is_open = false;
	free_unused(env, account);
}

/* Nothing more is given: it has had garbage collected for too long, or is too deep already. */
static bool
is_final(enum script_bound refused)
{
	return refused == SCRIPT_TIME || refused == SCRIPT_STACK;
}

static enum script_bound
bound_hit(const struct script_shard *shard, const struct script_account *account, size_t growth)
{
	const struct cwmp_script *script = shard->running;

	if (script && is_final(script->refused))
		return script->refused;
	/* What is the shard's own is nobody's, whoever was the first to need it. */
	if (script && account != &shard->own &&
		growth > shard->limits->allocation_a_resume - script->allocated)
		return SCRIPT_ALLOCATION;
	if (growth > account->limit || account->live > account->limit - growth)
		return SCRIPT_SESSION_MEMORY;
	if (growth > shard->limits->memory_a_shard ||
		shard->live > shard->limits->memory_a_shard - growth)
		return SCRIPT_SHARD_MEMORY;
	return SCRIPT_WITHIN;
}

static void
refuse(struct cwmp_script *script, enum script_bound bound, bool is_stack)
{
	/* All garbage is collected now, and it is asked again: who has little left does nothing
	 * else any more. */
	if (!is_final(bound) && script_is_late(script))
		bound = SCRIPT_TIME;
	script->refused = bound;
	/* Lua's pointers into its stack are none while that moves. */
	if (script->lua && !is_stack)
		script_note_place(script->lua, script);
}

static bool
may_grow(struct script_shard *shard, const struct script_account *account, size_t growth,
	bool is_stack)
{
	struct cwmp_script *script = shard->running;
	enum script_bound bound = bound_hit(shard, account, growth);

	if (bound == SCRIPT_WITHIN) {
		if (script && account != &shard->own)
			script->allocated += growth;
		return true;
	}
	if (script)
		refuse(script, bound, is_stack);
	return false;
}

static void
release(struct script_shard *shard, void *memory, size_t size)
{
	struct block *block = block_of(memory);
	struct script_account *account = block->account;

	script_watch_freed(shard, memory);
	account->live -= size;
	shard->live -= size;
	shard->env->release(shard->env->context, block);
	if (account != &shard->own)
		free_unused(shard->env, account);
}

static void *
acquire(struct script_shard *shard, size_t kind, size_t size)
{
	struct script_account *account = shard->paying;
	struct block *block = NULL;

	if (!may_grow(shard, account, size, false))
		return NULL;
	block = shard->env->allocate(shard->env->context, sizeof(*block) + size);
	if (!block) {
		if (shard->running)
			shard->running->refused = SCRIPT_NO_MEMORY;
		return NULL;
	}
	block->account = account;
	account->live += size;
	shard->live += size;
	script_watch_new(shard, block->memory, kind, size);
	return block->memory;
}

/* Lua counts on it that a block can be made smaller. */
static void *
resize(struct script_shard *shard, void *memory, size_t old, size_t size)
{
	struct block *block = block_of(memory), *moved = NULL;
	struct script_account *account = block->account;

	if (size > old &&
		!may_grow(shard, account, size - old, script_watch_is_stack(shard, memory)))
		return NULL;
	moved = shard->env->reallocate(shard->env->context, block, sizeof(*block) + size);
	if (!moved && size > old) {
		if (shard->running)
			shard->running->refused = SCRIPT_NO_MEMORY;
		return NULL;
	}
	account->live = account->live - old + size;
	shard->live = shard->live - old + size;
	script_watch_resized(shard, memory, moved ? moved->memory : memory, size);
	return moved ? moved->memory : memory;
}

void *
script_allocate(void *context, void *block, size_t old, size_t size)
{
	struct script_shard *shard = context;

	if (!block)
		return size ? acquire(shard, old, size) : NULL;
	if (!size) {
		release(shard, block, old);
		return NULL;
	}
	return resize(shard, block, old, size);
}
