/*
 * A script from its start to its end. All that is done with a lua_State is done inside lua_pcall on
 * the shard's own, so that nothing that fails there ends the process.
 */
#include "protocols/cwmp/script_internal.h"

#include <stdio.h>
#include <string.h>

void
script_kept(lua_State *L, struct cwmp_script *script, int which)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, script);
	lua_rawgeti(L, -1, which);
	lua_remove(L, -2);
}

struct script_turn
script_enter(struct cwmp_script *script)
{
	struct script_shard *shard = script->shard;
	struct script_turn before = {shard->paying, shard->running};

	shard->paying = script->account;
	shard->running = script;
	script_budget_begin(script);
	return before;
}

void
script_leave(struct cwmp_script *script, struct script_turn before)
{
	struct script_shard *shard = script->shard;
	unsigned number = sb_session_shard(cwmp_core(script->session));

	shard->paying = before.paying;
	shard->running = before.running;
	sb_counter_add(script->scripts->instructions, number, script->resume_instructions);
	sb_gauge_set(script->scripts->memory, number, (int64_t)shard->live);
}

/* Runs `function` with the script as its argument. */
static int
protect(struct cwmp_script *script, lua_CFunction function)
{
	lua_State *L = script->shard->lua;
	struct script_turn before = script_enter(script);
	int status = LUA_OK;

	lua_pushcfunction(L, function);
	lua_pushlightuserdata(L, script);
	status = lua_pcall(L, 1, 0, 0);
	if (status != LUA_OK)
		lua_pop(L, 1);
	script_leave(script, before);
	return status;
}

/* ---- in the coroutine ---- */

/* Errors are caught here and not by lua_resume: only so do the hooks work while variables are
 * closed. */
static int
finish_run(lua_State *L, int status, lua_KContext context)
{
	struct cwmp_script *script = script_of(L);

	(void)context;
	script->status = 0;
	if (status == LUA_OK || status == LUA_YIELD)
		return 0;
	if (status == LUA_ERRMEM && !script->overrun)
		script->overrun = script->refused ? script->refused : SCRIPT_NO_MEMORY;
	if (!script->overrun)
		script_describe_error(L, script);
	return 0;
}

static int
run(lua_State *L)
{
	lua_pushcfunction(L, script_trace);
	lua_insert(L, 1);
	return finish_run(L, lua_pcallk(L, 0, 0, 1, 0, finish_run), 0);
}

/* ---- on the shard's own state ---- */

static int
prepare(lua_State *L)
{
	struct cwmp_script *script = lua_touserdata(L, 1);
	lua_State *coroutine = NULL;

	lua_createtable(L, SCRIPT_KEEPS_ANSWER, 0);
	coroutine = lua_newthread(L);
	*(struct cwmp_script **)lua_getextraspace(coroutine) = script;
	lua_rawseti(L, 2, SCRIPT_KEEPS_THREAD);
	lua_newtable(L);
	lua_rawseti(L, 2, SCRIPT_KEEPS_TYPES);
	/* The list of all scripts grows with them: whoever comes when it does must not pay for it.
	 */
	script->shard->paying = &script->shard->own;
	lua_rawsetp(L, LUA_REGISTRYINDEX, script);
	script->shard->paying = script->account;
	script->lua = coroutine;
	lua_pushcfunction(coroutine, run);
	script_instantiate(L, script);
	lua_xmove(L, coroutine, 1);
	script_watch(script);
	return 0;
}

static int
resume(lua_State *L)
{
	struct cwmp_script *script = lua_touserdata(L, 1);
	int arguments = lua_status(script->lua) == LUA_YIELD ? 0 : 1, results = 0;
	int status = lua_resume(script->lua, L, arguments, &results);

	if (status == LUA_YIELD)
		return 0;
	script->state = SCRIPT_ENDED;
	/* Not even its own base could say what happened. */
	if (status != LUA_OK && !script->overrun)
		script->overrun = SCRIPT_NO_MEMORY;
	return 0;
}

/* Its variables are closed, under a share of their own; then it is garbage. */
static int
discard(lua_State *L)
{
	struct cwmp_script *script = lua_touserdata(L, 1);

	if (script->lua)
		lua_resetthread(script->lua);
	script->lua = NULL;
	script->stack = NULL;
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, script);
	lua_gc(L, LUA_GCSTEP, 0);
	return 0;
}

/* ---- its end ---- */

static void
say_overrun(struct cwmp_script *script)
{
	script_describe_overrun(script);
	script->status = script->overrun == SCRIPT_NO_MEMORY ? SB_ENOMEM : SB_ELIMIT;
	SB_LOG_LIMITED(cwmp_core(script->session), WARNING, "cwmp.script.overrun", "script",
		SB_STR(script->chunk->name), "text", SB_STR(script->shard->text), "trace",
		SB_STR(script->shard->trace));
}

/* Logs how it ended, once. */
static void
say_end(struct cwmp_script *script)
{
	if (script->overrun) {
		say_overrun(script);
		return;
	}
	if (script->status == SB_EINVAL || script->status == SB_EREMOTE)
		SB_LOG_LIMITED(cwmp_core(script->session), WARNING, "cwmp.script.failed", "script",
			SB_STR(script->chunk->name), "text", SB_STR(script->shard->text), "trace",
			SB_STR(script->shard->trace));
}

static enum script_result
result_of(const struct cwmp_script *script)
{
	switch (script->status) {
	case 0:
		return SCRIPT_DONE;
	case SB_EREMOTE:
		return SCRIPT_FAULT;
	case SB_ELIMIT:
		return SCRIPT_OVERRUN;
	case SB_ENOMEM:
		return SCRIPT_MEMORY;
	case SB_GONE:
		return SCRIPT_GONE_FIRST;
	default:
		return SCRIPT_ERROR;
	}
}

static void
release(struct cwmp_script *script)
{
	script_account_close(script->shard->env, script->account);
	sb_release(cwmp_core(script->session), script);
}

/* The coroutine goes; an overrun on the way is an end, too. */
static void
take_down(struct cwmp_script *script)
{
	unsigned shard = sb_session_shard(cwmp_core(script->session));

	script->state = SCRIPT_ENDED;
	sb_timer_stop(cwmp_core(script->session), &script->timer);
	protect(script, discard);
	say_end(script);
	sb_counter_add(script->scripts->ended[result_of(script)], shard, 1);
	sb_gauge_add(script->scripts->running, shard, -1);
}

static void
end(struct cwmp_script *script)
{
	struct cwmp_script_end how = {.script = script->chunk->name};
	char text[sizeof(script->shard->text)], trace[sizeof(script->shard->trace)];

	take_down(script);
	/* Those of the shard are the next script's. */
	snprintf(text, sizeof(text), "%s", script->shard->text);
	snprintf(trace, sizeof(trace), "%s", script->shard->trace);
	how.status = script->status;
	how.text = text;
	how.trace = trace;
	how.fault_code = script->fault_code;
	if (script->done.function)
		script->done.function(script->session, &how, script->done.context);
	script_set_release(script->set);
	release(script);
}

static void
forget_texts(struct script_shard *shard)
{
	shard->where[0] = '\0';
	shard->trace[0] = '\0';
	shard->text[0] = '\0';
}

void
script_resume(struct cwmp_script *script)
{
	forget_texts(script->shard);
	script->state = SCRIPT_RUNNING;
	if (protect(script, resume) != LUA_OK) {
		script->overrun = SCRIPT_NO_MEMORY;
		script->state = SCRIPT_ENDED;
	}
	if (script->state == SCRIPT_ENDED)
		end(script);
}

void
script_outcome(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	struct cwmp_script *script = context;

	(void)c;
	if (o->status == SB_GONE) {
		forget_texts(script->shard);
		script->status = SB_GONE;
		end(script);
		return;
	}
	script->outcome = o;
	script_resume(script);
}

void
cwmp_script_stop(struct cwmp_script *script)
{
	if (!script || script->state == SCRIPT_ENDED)
		return;
	forget_texts(script->shard);
	script->status = SB_GONE;
	take_down(script);
	script_set_release(script->set);
	release(script);
}

/* ---- its start ---- */

static void
begin(struct sb_session *s, struct sb_timer *timer)
{
	(void)s;
	script_resume((struct cwmp_script *)((char *)timer - offsetof(struct cwmp_script, timer)));
}

/* With what prepare has made, or has not. */
static int
give_up(struct cwmp_script *script, int status)
{
	bool is_ours =
		status == LUA_ERRMEM && (!script->refused || script->refused == SCRIPT_NO_MEMORY);

	protect(script, discard);
	release(script);
	return is_ours ? SB_ENOMEM : SB_ELIMIT;
}

static int
fill(struct cwmp_script *script, struct cwmp_session *c)
{
	const struct sb_session *s = cwmp_core(c);
	int err = script_shard_get(script->scripts, sb_session_shard(s), &script->shard);

	if (err)
		return err;
	script->account =
		script_account_new(script->scripts->env, script->scripts->limits.memory_a_session);
	return script->account ? 0 : SB_ENOMEM;
}

static struct cwmp_script *
make(struct cwmp_session *c, struct cwmp_scripts *scripts, struct script_set *set,
	struct cwmp_script_done done)
{
	struct cwmp_script *script = sb_allocate(cwmp_core(c), sizeof(*script));

	if (!script)
		return NULL;
	memset(script, 0, sizeof(*script));
	script->scripts = scripts;
	script->session = c;
	script->set = set;
	script->done = done;
	if (!fill(script, c))
		return script;
	sb_release(cwmp_core(c), script);
	return NULL;
}

static int
start(struct cwmp_script **script, struct cwmp_session *c, struct cwmp_scripts *scripts,
	struct script_set *set, const struct script_chunk *chunk, struct cwmp_script_done done)
{
	struct cwmp_script *made = make(c, scripts, set, done);
	int status = LUA_OK;

	if (!made)
		return SB_ENOMEM;
	made->chunk = chunk;
	status = protect(made, prepare);
	if (status != LUA_OK)
		return give_up(made, status);
	sb_gauge_add(scripts->running, sb_session_shard(cwmp_core(c)), 1);
	sb_timer_start(cwmp_core(c), &made->timer, 0, begin);
	*script = made;
	return 0;
}

int
cwmp_script_start(struct cwmp_script **script, struct cwmp_session *c, struct cwmp_scripts *scripts,
	const char *name, struct cwmp_script_done done)
{
	struct script_set *set = script_set_get(scripts);
	const struct script_chunk *chunk = NULL;
	int err = SB_ENOENT;

	if (!set)
		return SB_ENOENT;
	chunk = script_set_find(set, name, cwmp_inform(c));
	if (chunk)
		err = start(script, c, scripts, set, chunk, done);
	if (err)
		script_set_release(set);
	return err;
}

struct cwmp_session *
cwmp_script_session(const struct cwmp_script *script)
{
	return script->session;
}

const char *
cwmp_script_name(const struct cwmp_script *script)
{
	return script->chunk->name;
}
