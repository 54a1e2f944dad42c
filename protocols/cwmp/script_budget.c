/*
 * What a script may use. Lua's count hook sees instructions, not what happens inside a library
 * function: those that work in loops say so beforehand (script_charge). What one instruction takes
 * depends on what a script has: with a long text, a large table or a deep stack the clock is looked
 * at with each. An overrun is an error that nobody catches: from then on the hook throws it again
 * at every instruction, and pcall looks, too.
 */
#include "protocols/cwmp/script_internal.h"

#include <inttypes.h>
#include <stdio.h>

/* The error that an overrun throws: it takes no memory. */
static const char overrun_mark;

static uint64_t
cpu(const struct sb_env *env)
{
	return env->thread_cpu ? env->thread_cpu(env->context) : env->now(env->context);
}

void
script_budget_begin(struct cwmp_script *script)
{
	const struct sb_env *env = script->shard->env;

	script->resume_instructions = 0;
	script->allocated = 0;
	script->refused = SCRIPT_WITHIN;
	script->resumed_at = env->now(env->context);
	script->resumed_cpu = cpu(env);
}

static _Noreturn void
throw_again(lua_State *L)
{
	lua_pushlightuserdata(L, (void *)&overrun_mark);
	lua_error(L);
	__builtin_unreachable();
}

static _Noreturn void
throw_overrun(lua_State *L, struct cwmp_script *script, enum script_bound bound)
{
	script->overrun = bound;
	script_watch(script);
	throw_again(L);
}

/* The clock is cheap; it counts the time of others, so CPU has the last word. */
bool
script_is_late(const struct cwmp_script *script)
{
	const struct sb_env *env = script->shard->env;
	uint64_t limit = (uint64_t)script->shard->limits->resume_ms * 1000000;

	return env->now(env->context) - script->resumed_at > limit &&
	       cpu(env) - script->resumed_cpu > limit;
}

/* The clock is looked at once in so many instructions, whoever spends them. */
static bool
is_time_to_look(struct cwmp_script *script, uint64_t work)
{
	script->unlooked += work;
	if (script->unlooked < script_watch_count(script))
		return false;
	script->unlooked = 0;
	return true;
}

static enum script_bound
bound_hit(struct cwmp_script *script, uint64_t work)
{
	const struct cwmp_script_limits *limits = script->shard->limits;

	if (script->resume_instructions > limits->instructions_a_resume)
		return SCRIPT_RESUME_INSTRUCTIONS;
	if (script->session_instructions > limits->instructions_a_session)
		return SCRIPT_SESSION_INSTRUCTIONS;
	if (script->refused == SCRIPT_STACK)
		return SCRIPT_STACK;
	return is_time_to_look(script, work) && script_is_late(script) ? SCRIPT_TIME
								       : SCRIPT_WITHIN;
}

void
script_charge(lua_State *L, uint64_t work)
{
	struct cwmp_script *script = script_of(L);
	enum script_bound bound = SCRIPT_WITHIN;

	if (!script)
		return;
	if (script->overrun)
		throw_again(L);
	/* Bounded first, so that no sum runs over. */
	if (work > script->shard->limits->instructions_a_resume)
		work = script->shard->limits->instructions_a_resume + 1;
	script->resume_instructions += work;
	script->session_instructions += work;
	bound = bound_hit(script, work);
	if (bound == SCRIPT_WITHIN)
		return;
	script_note_place(L, script);
	throw_overrun(L, script, bound);
}

void
script_budget_hook(lua_State *L, lua_Debug *ar)
{
	struct cwmp_script *script = script_of(L);

	(void)ar;
	if (script->wants_line)
		script_note_place(L, script);
	script->wants_line = false;
	script_charge(L, script_watch_count(script));
}

uint64_t
script_work_left(lua_State *L)
{
	const struct cwmp_script *script = script_of(L);
	uint64_t limit = 0;

	if (!script)
		return UINT32_MAX;
	limit = script->shard->limits->instructions_a_resume;
	return script->resume_instructions < limit ? limit - script->resume_instructions : 0;
}

void
script_recheck(lua_State *L, int status)
{
	struct cwmp_script *script = script_of(L);

	if (!script)
		return;
	if (script->overrun)
		throw_again(L);
	if (status == LUA_ERRMEM)
		throw_overrun(L, script, script->refused ? script->refused : SCRIPT_NO_MEMORY);
}

/* What has no instruction behind it is nowhere in the script. */
static const char *
where(const struct cwmp_script *script)
{
	return *script->shard->where ? script->shard->where : script->chunk->name;
}

static void
say(struct cwmp_script *script, uint64_t most, const char *of)
{
	struct script_shard *shard = script->shard;

	snprintf(shard->text, sizeof(shard->text), "%s: more than %" PRIu64 " %s", where(script),
		most, of);
}

void
script_describe_overrun(struct cwmp_script *script)
{
	const struct cwmp_script_limits *limits = script->shard->limits;

	switch (script->overrun) {
	case SCRIPT_WITHIN:
		return;
	case SCRIPT_RESUME_INSTRUCTIONS:
		return say(script, limits->instructions_a_resume, "instructions without a pause");
	case SCRIPT_SESSION_INSTRUCTIONS:
		return say(script, limits->instructions_a_session, "instructions in a session");
	case SCRIPT_TIME:
		return say(script, limits->resume_ms, "milliseconds without a pause");
	case SCRIPT_ALLOCATION:
		return say(script, limits->allocation_a_resume, "octets asked for without a pause");
	case SCRIPT_STACK:
		return say(script, SCRIPT_STACK_MOST, "octets of stack");
	case SCRIPT_SESSION_MEMORY:
		return say(script, limits->memory_a_session, "octets of memory");
	case SCRIPT_SHARD_MEMORY:
		return say(script, limits->memory_a_shard, "octets of memory of all scripts");
	case SCRIPT_NO_MEMORY:
		snprintf(script->shard->text, sizeof(script->shard->text), "%s: no memory",
			where(script));
		return;
	}
}
