/* os, math and utf8: what they take from the system comes from the environment. */
#include "protocols/cwmp/script_internal.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct script_shard *
shard_of(lua_State *L)
{
	return script_of(L)->shard;
}

static lua_Integer
now(lua_State *L)
{
	const struct sb_env *env = shard_of(L)->env;

	return (lua_Integer)(env->wall(env->context) / 1000);
}

/* Upvalue: Lua's own, which would ask the system for the time. */
static int
os_time(lua_State *L)
{
	script_charge(L, 50);
	if (!lua_isnoneornil(L, 1))
		return lua_tocfunction(L, lua_upvalueindex(1))(L);
	lua_pushinteger(L, now(L));
	return 1;
}

static int
os_date(lua_State *L)
{
	size_t size = 0;

	luaL_optlstring(L, 1, "%c", &size);
	script_charge(L, 50 + 8 * size);
	if (lua_isnoneornil(L, 2)) {
		if (lua_gettop(L) == 0)
			lua_pushliteral(L, "%c");
		lua_settop(L, 1);
		lua_pushinteger(L, now(L));
	}
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static void
open_os(lua_State *L)
{
	lua_createtable(L, 0, 2);
	lua_pushcfunction(L, luaopen_os);
	lua_call(L, 0, 1);
	lua_getfield(L, -1, "time");
	lua_pushcclosure(L, os_time, 1);
	lua_setfield(L, -3, "time");
	lua_getfield(L, -1, "date");
	lua_pushcclosure(L, os_date, 1);
	lua_setfield(L, -3, "date");
	lua_pop(L, 1);
	script_seal(L);
}

/* ---- math.random, fit for passwords ---- */

static uint64_t
random_word(lua_State *L)
{
	const struct sb_env *env = shard_of(L)->env;
	uint64_t word = 0;

	env->random(env->context, &word, sizeof(word));
	return word;
}

/* 0 to `most`, each as likely as the others. */
static uint64_t
random_up_to(lua_State *L, uint64_t most)
{
	uint64_t mask = most, word = 0;

	for (unsigned shift = 1; shift < 64; shift *= 2)
		mask |= mask >> shift;
	do {
		word = random_word(L) & mask;
	} while (word > most);
	return word;
}

static int
math_random(lua_State *L)
{
	lua_Integer low = 1, high = 0;
	uint64_t number = 0;

	script_charge(L, 20);
	switch (lua_gettop(L)) {
	case 0:
		lua_pushnumber(L, (lua_Number)(random_word(L) >> 11) * 0x1p-53);
		return 1;
	case 1:
		high = luaL_checkinteger(L, 1);
		break;
	default:
		low = luaL_checkinteger(L, 1);
		high = luaL_checkinteger(L, 2);
	}
	luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
	number = random_up_to(L, (uint64_t)high - (uint64_t)low) + (uint64_t)low;
	lua_pushinteger(L, (lua_Integer)number);
	return 1;
}

static void
open_math(lua_State *L)
{
	static const struct script_pick picks[] = {{"abs", SCRIPT_BY_LENGTH},
		{"ceil", SCRIPT_BY_LENGTH}, {"exp", SCRIPT_BY_LENGTH}, {"floor", SCRIPT_BY_LENGTH},
		{"fmod", SCRIPT_BY_LENGTH}, {"huge", SCRIPT_FREE}, {"log", SCRIPT_BY_LENGTH},
		{"max", SCRIPT_BY_LENGTH}, {"maxinteger", SCRIPT_FREE}, {"min", SCRIPT_BY_LENGTH},
		{"mininteger", SCRIPT_FREE}, {"modf", SCRIPT_BY_LENGTH}, {"pi", SCRIPT_FREE},
		{"sqrt", SCRIPT_BY_LENGTH}, {"tointeger", SCRIPT_BY_LENGTH}, {"type", SCRIPT_FREE},
		{"ult", SCRIPT_BY_LENGTH}};

	lua_createtable(L, 0, 24);
	lua_pushcfunction(L, luaopen_math);
	lua_call(L, 0, 1);
	script_pick(L, picks, COUNT(picks));
	lua_pushcfunction(L, math_random);
	lua_setfield(L, -2, "random");
	script_seal(L);
}

static void
open_utf8(lua_State *L)
{
	static const struct script_pick picks[] = {{"char", SCRIPT_BY_LENGTH},
		{"charpattern", SCRIPT_FREE}, {"codepoint", SCRIPT_BY_LENGTH},
		{"len", SCRIPT_BY_LENGTH}, {"offset", SCRIPT_BY_LENGTH}};

	lua_createtable(L, 0, 8);
	lua_pushcfunction(L, luaopen_utf8);
	lua_call(L, 0, 1);
	script_pick(L, picks, COUNT(picks));
	script_seal(L);
}

void
script_open_system(lua_State *L)
{
	open_math(L);
	lua_setfield(L, -2, "math");
	open_os(L);
	lua_setfield(L, -2, "os");
	open_utf8(L);
	lua_setfield(L, -2, "utf8");
}
