/*
 * What a script's globals read from. Every script has globals of its own, empty, over one table of
 * the shard's that none of them can reach: it is sealed, and so is each library in it.
 */
#include "protocols/cwmp/script_internal.h"

#include <string.h>

/* A function of Lua's that works through texts: they are paid for first. */
static int
call_charged(lua_State *L)
{
	uint64_t work = 0;

	for (int i = lua_gettop(L); i > 0; i--)
		if (lua_type(L, i) == LUA_TSTRING)
			work += lua_rawlen(L, i) / 2;
	script_charge(L, work);
	/* Called in our place: it finds its arguments where they are. */
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* One that makes no more of a text than it gives back: that is paid for afterwards. */
static int
call_for_results(lua_State *L)
{
	int count = lua_tocfunction(L, lua_upvalueindex(1))(L);
	uint64_t work = (uint64_t)count / 2;

	for (int i = 1; i <= count; i++)
		if (lua_type(L, -i) == LUA_TSTRING)
			work += lua_rawlen(L, -i) / 16;
	script_charge(L, work);
	return count;
}

void
script_pick(lua_State *L, const struct script_pick picks[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		lua_getfield(L, -1, picks[i].name);
		if (picks[i].price == SCRIPT_BY_LENGTH)
			lua_pushcclosure(L, call_charged, 1);
		else if (picks[i].price == SCRIPT_BY_RESULTS)
			lua_pushcclosure(L, call_for_results, 1);
		lua_setfield(L, -3, picks[i].name);
	}
	lua_pop(L, 1);
}

static int
refuse_write(lua_State *L)
{
	return luaL_error(L, "this table cannot be changed");
}

void
script_seal(lua_State *L)
{
	lua_createtable(L, 0, 0);
	lua_createtable(L, 0, 3);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, refuse_write);
	lua_setfield(L, -2, "__newindex");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_remove(L, -2);
}

/* ---- errors are caught here, overruns are not ---- */

static bool
has_failed(lua_State *L, int status)
{
	if (status == LUA_OK || status == LUA_YIELD)
		return false;
	script_recheck(L, status);
	return true;
}

static int
finish_pcall(lua_State *L, int status, lua_KContext context)
{
	(void)context;
	if (!has_failed(L, status))
		return lua_gettop(L);
	lua_pushboolean(L, false);
	lua_insert(L, -2);
	return 2;
}

static int
base_pcall(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushboolean(L, true);
	lua_insert(L, 1);
	return finish_pcall(
		L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall), 0);
}

static int
finish_handler(lua_State *L, int status, lua_KContext context)
{
	(void)status;
	(void)context;
	lua_pushboolean(L, false);
	lua_replace(L, 1);
	return lua_gettop(L);
}

/* The handler is at 1. It is called when the error has been caught: there is no trace for it to
 * see.
 */
static int
finish_xpcall(lua_State *L, int status, lua_KContext context)
{
	if (!has_failed(L, status)) {
		lua_pushboolean(L, true);
		lua_replace(L, 1);
		return lua_gettop(L);
	}
	lua_pushvalue(L, 1);
	lua_insert(L, -2);
	lua_callk(L, 1, LUA_MULTRET, context, finish_handler);
	return finish_handler(L, LUA_OK, context);
}

static int
base_xpcall(lua_State *L)
{
	int arguments = lua_gettop(L) - 2;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_insert(L, 1);
	lua_remove(L, 3); /* handler, function, arguments */
	return finish_xpcall(L, lua_pcallk(L, arguments, LUA_MULTRET, 0, 0, finish_xpcall), 0);
}

/* No finalizers, which run outside of any session, and no weak tables, which make collecting dear.
 */
static int
base_setmetatable(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "cannot change a protected metatable");
	if (lua_istable(L, 2)) {
		lua_pushliteral(L, "__gc");
		luaL_argcheck(L, lua_rawget(L, 2) == LUA_TNIL, 2, "__gc is not for scripts");
		lua_pushliteral(L, "__mode");
		luaL_argcheck(L, lua_rawget(L, 2) == LUA_TNIL, 2, "__mode is not for scripts");
	}
	lua_settop(L, 2);
	lua_setmetatable(L, 1);
	return 1;
}

static void
open_string(lua_State *L)
{
	static const struct script_pick picks[] = {{"byte", SCRIPT_BY_RESULTS},
		{"char", SCRIPT_BY_LENGTH}, {"format", SCRIPT_BY_LENGTH}, {"len", SCRIPT_FREE},
		{"lower", SCRIPT_BY_LENGTH}, {"reverse", SCRIPT_BY_LENGTH},
		{"sub", SCRIPT_BY_RESULTS}, {"upper", SCRIPT_BY_LENGTH}, {"rep", SCRIPT_FREE}};

	lua_createtable(L, 0, 16);
	lua_pushcfunction(L, luaopen_string); /* makes the metatable of texts, too */
	lua_call(L, 0, 1);
	script_pick(L, picks, sizeof(picks) / sizeof(picks[0]));
}

/* string.rep, with a bound that names it. */
static int
string_rep(lua_State *L)
{
	size_t size = 0, gap = 0;
	lua_Integer count = luaL_checkinteger(L, 2);
	size_t most = SIZE_MAX / 4;

	luaL_checklstring(L, 1, &size);
	luaL_optlstring(L, 3, "", &gap);
	if (script_of(L))
		most = script_of(L)->shard->limits->memory_a_session;
	if (count > 0 && size + gap > 0 && (lua_Unsigned)count > most / (size + gap))
		return luaL_error(L, "resulting string too large");
	script_charge(L, count > 0 ? (uint64_t)count * (size + gap) / 16 + (uint64_t)count / 4 : 0);
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void
script_open_string(lua_State *L)
{
	open_string(L);
	lua_getfield(L, -1, "rep");
	lua_pushcclosure(L, string_rep, 1);
	lua_setfield(L, -2, "rep");
	script_open_patterns(L);

	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 2);
	script_seal(L);
}

static void
pick_base(lua_State *L)
{
	static const struct script_pick picks[] = {{"assert", SCRIPT_FREE}, {"error", SCRIPT_FREE},
		{"getmetatable", SCRIPT_FREE}, {"ipairs", SCRIPT_FREE}, {"next", SCRIPT_FREE},
		{"pairs", SCRIPT_FREE}, {"rawequal", SCRIPT_BY_LENGTH}, {"rawget", SCRIPT_FREE},
		{"rawlen", SCRIPT_FREE}, {"select", SCRIPT_FREE}, {"tonumber", SCRIPT_BY_LENGTH},
		{"tostring", SCRIPT_BY_LENGTH}, {"type", SCRIPT_FREE}, {"_VERSION", SCRIPT_FREE}};

	lua_pushcfunction(L, luaopen_base);
	lua_call(L, 0, 1);
	script_pick(L, picks, sizeof(picks) / sizeof(picks[0]));
}

void
script_open_base(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"pcall", base_pcall},
		{"setmetatable", base_setmetatable},
		{"xpcall", base_xpcall},
		{NULL, NULL},
	};

	lua_createtable(L, 0, 32);
	pick_base(L);
	luaL_setfuncs(L, functions, 0);
	script_open_string(L);
	lua_setfield(L, -2, "string");
	script_open_table(L);
	lua_setfield(L, -2, "table");
	script_open_system(L);
}
