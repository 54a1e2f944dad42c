/* Faults of devices as errors of Lua's: tables that say what was wrong, and read well as texts. */
#include "protocols/cwmp/script_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* {name=, code=, text=} of each parameter that could not be set. */
static void
push_parameters(lua_State *L, const struct cwmp_set_parameter_faults *faults)
{
	lua_createtable(L, faults->count < INT32_MAX ? (int)faults->count : 0, 0);
	for (size_t i = 0; i < faults->count; i++) {
		lua_createtable(L, 0, 3);
		lua_pushstring(L, faults->each[i].parameter_name);
		lua_setfield(L, -2, "name");
		lua_pushinteger(L, faults->each[i].fault_code);
		lua_setfield(L, -2, "code");
		lua_pushstring(L, faults->each[i].fault_string);
		lua_setfield(L, -2, "text");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

/* "provision:7: ": the line of the script that comes to this, whatever of Lua's is between (pcall).
 */
static void
push_where(lua_State *L)
{
	lua_Debug ar;

	for (int level = 1; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline < 0)
			continue;
		lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
		return;
	}
	lua_pushliteral(L, "");
}

_Noreturn void
script_throw_fault(lua_State *L, uint32_t code, const char *text, const struct cwmp_fault *fault)
{
	luaL_checkstack(L, 8, NULL);
	lua_createtable(L, 0, 4);
	lua_pushinteger(L, code);
	lua_setfield(L, -2, "code");
	lua_pushstring(L, text);
	lua_setfield(L, -2, "text");
	push_where(L);
	lua_setfield(L, -2, "where");
	if (fault && fault->set_parameter_values_fault.count) {
		push_parameters(L, &fault->set_parameter_values_fault);
		lua_setfield(L, -2, "parameters");
	}
	luaL_setmetatable(L, SCRIPT_FAULT_META);
	lua_error(L);
	__builtin_unreachable();
}

_Noreturn void
script_throw_outcome(lua_State *L, const struct cwmp_outcome *o)
{
	const struct cwmp_fault *fault = NULL;
	const char *text = NULL;

	if (o->status == SB_ENOENT)
		script_throw_fault(L, 0, "the device did not answer", NULL);
	if (o->status != SB_EREMOTE || !o->envelope)
		script_throw_fault(L, 0,
			o->status == SB_EPROTO ? "the device's answer does not fit"
					       : sb_error_text(o->status),
			NULL);
	fault = &o->envelope->message.body.fault;
	text = fault->fault_string;
	if (!text || !*text)
		text = cwmp_fault_text(fault->fault_code);
	script_throw_fault(L, fault->fault_code, text, fault);
}

/* A member of the fault at 1, in the raw. */
static const char *
member(lua_State *L, int index, const char *name)
{
	lua_pushstring(L, name);
	lua_rawget(L, index);
	return lua_isstring(L, -1) ? lua_tostring(L, -1) : "";
}

/* The first of its parameters; a device may name thousands. */
static void
add_parameter(lua_State *L)
{
	lua_pushliteral(L, "parameters");
	if (lua_rawget(L, 1) != LUA_TTABLE || lua_rawgeti(L, -1, 1) != LUA_TTABLE)
		return;
	lua_pushfstring(L, " (%s: %s %s)", member(L, 4, "name"), member(L, 4, "code"),
		member(L, 4, "text"));
	lua_pushvalue(L, 2);
	lua_insert(L, -2);
	lua_concat(L, 2);
	lua_replace(L, 2);
}

static int
fault_text(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_pushfstring(
		L, "%s%s %s", member(L, 1, "where"), member(L, 1, "code"), member(L, 1, "text"));
	lua_replace(L, 2);
	lua_settop(L, 2);
	add_parameter(L);
	lua_settop(L, 2);
	return 1;
}

void
script_open_faults(lua_State *L)
{
	luaL_newmetatable(L, SCRIPT_FAULT_META);
	lua_pushcfunction(L, fault_text);
	lua_setfield(L, -2, "__tostring");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}

static bool
is_fault(lua_State *L)
{
	bool is_one = false;

	if (!lua_istable(L, -1) || !lua_getmetatable(L, -1))
		return false;
	luaL_getmetatable(L, SCRIPT_FAULT_META);
	is_one = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return is_one;
}

static void
describe_fault(lua_State *L, struct cwmp_script *script)
{
	lua_Integer code = 0;

	lua_pushliteral(L, "code");
	lua_rawget(L, -2);
	code = lua_tointeger(L, -1);
	lua_pop(L, 1);
	script->status = SB_EREMOTE;
	script->fault_code = code > 0 && code <= UINT32_MAX ? (uint32_t)code : 0;
	luaL_tolstring(L, -1, NULL);
	snprintf(script->shard->text, sizeof(script->shard->text), "%s", lua_tostring(L, -1));
}

/* Whether it has words for itself. */
static bool
is_plain(lua_State *L)
{
	if (lua_isnoneornil(L, -1) || lua_isboolean(L, -1) || lua_isnumber(L, -1))
		return true;
	if (luaL_getmetafield(L, -1, "__tostring") == LUA_TNIL)
		return false;
	lua_pop(L, 1);
	return true;
}

static void
say_object(lua_State *L, struct cwmp_script *script)
{
	struct script_shard *shard = script->shard;
	char type[32];

	snprintf(type, sizeof(type), "%s", luaL_typename(L, -1));
	if (is_plain(L))
		snprintf(shard->text, sizeof(shard->text), "%s: %s", shard->where,
			luaL_tolstring(L, -1, NULL));
	else
		snprintf(shard->text, sizeof(shard->text), "%s: a %s was thrown", shard->where,
			type);
}

/* The error is the argument. */
static int
describe(lua_State *L)
{
	struct cwmp_script *script = script_of(L);

	if (lua_type(L, 1) == LUA_TSTRING)
		snprintf(
			script->shard->text, sizeof(script->shard->text), "%s", lua_tostring(L, 1));
	else if (is_fault(L))
		describe_fault(L, script);
	else
		say_object(L, script);
	return 0;
}

/* A script may throw anything, and its words may be wrong, too. */
void
script_describe_error(lua_State *L, struct cwmp_script *script)
{
	struct script_shard *shard = script->shard;
	int status = LUA_OK;

	script->status = SB_EINVAL;
	lua_pushcfunction(L, describe);
	lua_pushvalue(L, -2);
	status = lua_pcall(L, 1, 0, 0);
	if (status == LUA_ERRMEM && !script->overrun)
		script->overrun = script->refused ? script->refused : SCRIPT_NO_MEMORY;
	if (status != LUA_OK)
		snprintf(shard->text, sizeof(shard->text), "%s: a %s was thrown", shard->where,
			luaL_typename(L, -2));
}

void
script_check_yields(lua_State *L)
{
	if (!lua_isyieldable(L))
		luaL_error(L, "nothing can be asked from here");
}
