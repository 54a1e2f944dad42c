/* A shard's lua_State: the libraries that all scripts share, and the compiled scripts. */
#include "protocols/cwmp/script_internal.h"

#include <string.h>

/* Keys of the registry. */
static const char globals_key, chunks_key;

/* The metatable of each script's globals. */
static void
open_globals(lua_State *L, const struct cwmp_scripts *scripts)
{
	lua_createtable(L, 0, 2);
	script_open_base(L);
	script_open_log(L);
	script_open_functions(L, scripts);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &globals_key);
}

static int
open(lua_State *L)
{
	open_globals(L, lua_touserdata(L, 1));
	script_open_faults(L);
	script_open_cpe(L);
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &chunks_key);
	return 0;
}

int
script_shard_init(struct script_shard *shard, const struct sb_env *env,
	const struct cwmp_script_limits *limits)
{
	shard->env = env;
	shard->limits = limits;
	shard->own.limit = SIZE_MAX;
	shard->own.is_open = true;
	shard->paying = &shard->own;
	shard->lua = lua_newstate(script_allocate, shard);
	if (!shard->lua)
		return SB_ENOMEM;
	*(void **)lua_getextraspace(shard->lua) = NULL;
	return 0;
}

void
script_shard_fini(struct script_shard *shard)
{
	if (shard->lua)
		lua_close(shard->lua);
}

void
script_shard_free(struct script_shard *shard)
{
	if (!shard)
		return;
	script_shard_fini(shard);
	shard->env->release(shard->env->context, shard);
}

static int
fill(struct script_shard *shard, struct cwmp_scripts *scripts)
{
	int err = script_shard_init(shard, scripts->env, &scripts->limits);

	if (err)
		return err;
	lua_pushcfunction(shard->lua, open);
	lua_pushlightuserdata(shard->lua, scripts);
	return lua_pcall(shard->lua, 1, 0, 0) == LUA_OK ? 0 : SB_ENOMEM;
}

int
script_shard_get(struct cwmp_scripts *scripts, unsigned number, struct script_shard **shard)
{
	const struct sb_env *env = scripts->env;
	struct script_shard *made = scripts->shards[number];
	int err = 0;

	if (made) {
		*shard = made;
		return 0;
	}
	made = env->allocate(env->context, sizeof(*made));
	if (!made)
		return SB_ENOMEM;
	memset(made, 0, sizeof(*made));
	err = fill(made, scripts);
	if (err) {
		script_shard_free(made);
		return err;
	}
	scripts->shards[number] = *shard = made;
	return 0;
}

/* Scripts under way hold what they run: the cache is for those to come. */
static void
push_cache(lua_State *L, struct script_shard *shard, const struct script_set *set)
{
	if (shard->generation != set->generation) {
		lua_newtable(L);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &chunks_key);
		shard->generation = set->generation;
	}
	lua_rawgetp(L, LUA_REGISTRYINDEX, &chunks_key);
}

static bool
cache_has(lua_State *L, lua_Integer key)
{
	bool is_there = lua_rawgeti(L, -1, key) != LUA_TNIL;

	lua_pop(L, 1);
	return is_there;
}

/* Into the cache on the top, with a mark beside it where it has a long text. */
static void
compile_chunk(lua_State *L, struct script_shard *shard, const struct script_chunk *chunk)
{
	/* It was quick enough when it was loaded: this is for a clock that is slow today. */
	struct script_compile how = {shard->env, 10 * shard->limits->resume_ms, true};

	shard->has_text = false;
	if (script_compile(L, &how, chunk->name, chunk->text, chunk->size) != LUA_OK)
		lua_error(L);
	lua_rawseti(L, -2, (lua_Integer)chunk->id);
	if (!shard->has_text)
		return;
	lua_pushboolean(L, true);
	lua_rawseti(L, -2, -(lua_Integer)chunk->id);
}

/* Pushes the compiled chunk. It is the shard's, whoever is the first to need it. */
static void
push_chunk(lua_State *L, struct cwmp_script *script)
{
	struct script_shard *shard = script->shard;
	const struct script_chunk *chunk = script->chunk;
	struct script_account *paying = shard->paying;

	shard->paying = &shard->own;
	push_cache(L, shard, script->set);
	if (!cache_has(L, (lua_Integer)chunk->id))
		compile_chunk(L, shard, chunk);
	script->has_much = cache_has(L, -(lua_Integer)chunk->id);
	lua_rawgeti(L, -1, (lua_Integer)chunk->id);
	lua_remove(L, -2);
	shard->paying = paying;
}

static void
push_globals(lua_State *L)
{
	lua_createtable(L, 0, 4);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &globals_key);
	lua_setmetatable(L, -2);
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "_G");
	lua_createtable(L, 0, 2);
	luaL_setmetatable(L, SCRIPT_CPE_META);
	lua_setfield(L, -2, "cpe");
}

void
script_instantiate(lua_State *L, struct cwmp_script *script)
{
	push_chunk(L, script);
	push_globals(L);
	lua_call(L, 1, 1);
}
