/*
 * The table library, written anew: Lua's own asks metamethods for lengths and members, which can
 * keep it in a loop that no hook sees, and believes #t of a table with holes. These read and write
 * tables as they are, and say beforehand how much there is to do.
 */
#include "protocols/cwmp/script_internal.h"

#include <string.h>

/* A table that may be changed in the raw: none that is sealed. */
static void
check_table(lua_State *L, int index)
{
	luaL_checktype(L, index, LUA_TTABLE);
	if (luaL_getmetafield(L, index, "__metatable") != LUA_TNIL)
		luaL_argerror(L, index, "the table is protected");
}

static lua_Integer
length(lua_State *L, int index)
{
	return (lua_Integer)lua_rawlen(L, index);
}

/* Members `first` to `last`: how many, charged. */
static uint64_t
range(lua_State *L, lua_Integer first, lua_Integer last)
{
	uint64_t count = last < first ? 0 : (uint64_t)last - (uint64_t)first;

	if (last >= first && count < UINT64_MAX)
		count++;
	script_charge(L, count);
	return count;
}

static int
table_insert(lua_State *L)
{
	lua_Integer end = 0, at = 0;

	check_table(L, 1);
	end = at = (lua_Integer)((lua_Unsigned)length(L, 1) + 1);
	if (lua_gettop(L) == 3) {
		at = luaL_checkinteger(L, 2);
		luaL_argcheck(L, at >= 1 && at <= end, 2, "position out of bounds");
		range(L, at, end);
		for (; end > at; end--) {
			lua_rawgeti(L, 1, end - 1);
			lua_rawseti(L, 1, end);
		}
	} else if (lua_gettop(L) != 2)
		return luaL_error(L, "wrong number of arguments to 'insert'");
	lua_rawseti(L, 1, at);
	return 0;
}

static int
table_remove(lua_State *L)
{
	lua_Integer size = 0, at = 0;

	check_table(L, 1);
	size = length(L, 1);
	at = luaL_optinteger(L, 2, size);
	/* Up to the one behind the last; and 0 of an empty one. */
	if (at != size)
		luaL_argcheck(
			L, (lua_Unsigned)at - 1 <= (lua_Unsigned)size, 2, "position out of bounds");
	range(L, at, size);
	lua_rawgeti(L, 1, at);
	for (; at < size; at++) {
		lua_rawgeti(L, 1, at + 1);
		lua_rawseti(L, 1, at);
	}
	lua_pushnil(L);
	lua_rawseti(L, 1, at);
	return 1;
}

static void
add_member(lua_State *L, luaL_Buffer *out, lua_Integer i)
{
	lua_rawgeti(L, 1, i);
	if (!lua_isstring(L, -1))
		luaL_error(L, "invalid value (at index %I) in table for 'concat'", (LUAI_UACINT)i);
	script_charge(L, lua_rawlen(L, -1) / 4);
	luaL_addvalue(out);
}

static int
table_concat(lua_State *L)
{
	size_t size = 0;
	const char *separator = luaL_optlstring(L, 2, "", &size);
	lua_Integer first = luaL_optinteger(L, 3, 1), last = 0;
	luaL_Buffer out;

	luaL_checktype(L, 1, LUA_TTABLE);
	last = luaL_optinteger(L, 4, length(L, 1));
	range(L, first, last);
	luaL_buffinit(L, &out);
	for (lua_Integer i = first; i < last; i++) {
		add_member(L, &out, i);
		script_charge(L, size / 4);
		luaL_addlstring(&out, separator, size);
	}
	if (first <= last)
		add_member(L, &out, last);
	luaL_pushresult(&out);
	return 1;
}

static int
table_unpack(lua_State *L)
{
	lua_Integer first = luaL_optinteger(L, 2, 1), last = 0;
	uint64_t count = 0;

	luaL_checktype(L, 1, LUA_TTABLE);
	last = luaL_optinteger(L, 3, length(L, 1));
	count = range(L, first, last);
	if (count > INT32_MAX || !lua_checkstack(L, (int)count))
		return luaL_error(L, "too many results to unpack");
	for (uint64_t i = 0; i < count; i++)
		lua_rawgeti(L, 1, first + (lua_Integer)i);
	return (int)count;
}

static int
table_pack(lua_State *L)
{
	int count = lua_gettop(L);

	script_charge(L, (uint64_t)count);
	lua_createtable(L, count, 1);
	lua_insert(L, 1);
	for (int i = count; i >= 1; i--)
		lua_rawseti(L, 1, i);
	lua_pushinteger(L, count);
	lua_setfield(L, 1, "n");
	return 1;
}

static int
table_move(lua_State *L)
{
	lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
	lua_Integer to = luaL_checkinteger(L, 4);
	int target = lua_isnoneornil(L, 5) ? 1 : 5;
	lua_Integer count = 0;
	bool is_back = false;

	luaL_checktype(L, 1, LUA_TTABLE);
	check_table(L, target);
	/* Backwards where the ranges overlap so. */
	is_back = to > first && to <= last && lua_rawequal(L, 1, target);
	count = (lua_Integer)range(L, first, last);
	luaL_argcheck(
		L, count == 0 || to <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
	for (lua_Integer i = 0; i < count; i++) {
		lua_Integer n = is_back ? count - 1 - i : i;

		lua_rawgeti(L, 1, first + n);
		lua_rawseti(L, target, to + n);
	}
	lua_pushvalue(L, target);
	return 1;
}

/* ---- sort: a heap, so that no order of members and no comparison makes it slow ---- */

static bool
is_before(lua_State *L, int a, int b)
{
	bool is_less = false;

	script_charge(L, 1);
	if (lua_isnil(L, 2))
		return lua_compare(L, a, b, LUA_OPLT);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, a - 1);
	lua_pushvalue(L, b - 2);
	lua_call(L, 2, 1);
	is_less = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return is_less;
}

/* Pops the member on the top and lets it sink from `hole` among the first `count`. */
static void
sink(lua_State *L, lua_Integer hole, lua_Integer count)
{
	for (lua_Integer child = 2 * hole; child <= count; child = 2 * hole) {
		lua_rawgeti(L, 1, child);
		if (child < count) {
			lua_rawgeti(L, 1, child + 1);
			if (is_before(L, -2, -1)) {
				lua_replace(L, -2);
				child++;
			} else
				lua_pop(L, 1);
		}
		if (!is_before(L, -2, -1)) {
			lua_pop(L, 1);
			break;
		}
		lua_rawseti(L, 1, hole);
		hole = child;
	}
	lua_rawseti(L, 1, hole);
}

static int
table_sort(lua_State *L)
{
	lua_Integer count = 0;

	check_table(L, 1);
	count = length(L, 1);
	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	range(L, 1, count);
	for (lua_Integer i = count / 2; i >= 1; i--) {
		lua_rawgeti(L, 1, i);
		sink(L, i, count);
	}
	for (lua_Integer last = count; last > 1; last--) {
		lua_rawgeti(L, 1, last);
		lua_rawgeti(L, 1, 1);
		lua_rawseti(L, 1, last);
		sink(L, 1, last - 1);
	}
	return 0;
}

void
script_open_table(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"concat", table_concat},
		{"insert", table_insert},
		{"move", table_move},
		{"pack", table_pack},
		{"remove", table_remove},
		{"sort", table_sort},
		{"unpack", table_unpack},
		{NULL, NULL},
	};

	luaL_newlib(L, functions);
	script_seal(L);
}
