/* Functions of the daemon's: arguments become plain values of C, and so do answers on their way
 * back. */
#include "protocols/cwmp/script_internal.h"

#include <string.h>

/* Tables in tables. */
#define DEPTH_MAX 8

static struct cwmp_script_value take_any(struct script_take *take, int index, unsigned depth);

static struct cwmp_script_value
take_list(struct script_take *take, int index, size_t count, unsigned depth)
{
	struct cwmp_script_value value = {.kind = CWMP_SCRIPT_LIST};
	struct cwmp_script_value *each = script_take_memory(take, count, sizeof(*each));

	for (size_t i = 0; i < count; i++) {
		lua_rawgeti(take->L, index, (lua_Integer)i + 1);
		each[i] = take_any(take, lua_gettop(take->L), depth);
		lua_pop(take->L, 1);
	}
	value.as.list.each = each;
	value.as.list.count = count;
	return value;
}

static struct cwmp_script_value
take_map(struct script_take *take, int index, size_t count, unsigned depth)
{
	struct cwmp_script_value value = {.kind = CWMP_SCRIPT_MAP};
	struct cwmp_script_pair *each = script_take_memory(take, count, sizeof(*each));
	lua_State *L = take->L;
	size_t i = 0;

	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1), i++) {
		each[i].key = script_take_text(take, lua_gettop(L) - 1, "a key", 0);
		each[i].value = take_any(take, lua_gettop(L), depth);
	}
	value.as.map.each = each;
	value.as.map.count = count;
	return value;
}

/* A table whose members are 1 to n is a list. */
static struct cwmp_script_value
take_table(struct script_take *take, int index, unsigned depth)
{
	lua_State *L = take->L;
	size_t count = 0;

	if (depth > DEPTH_MAX)
		luaL_error(L, "%s: tables too deep", take->what);
	luaL_checkstack(L, 8, NULL);
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		script_charge(L, 1);
		count++;
	}
	return lua_rawlen(L, index) == count ? take_list(take, index, count, depth + 1)
					     : take_map(take, index, count, depth + 1);
}

static struct cwmp_script_value
take_any(struct script_take *take, int index, unsigned depth)
{
	struct cwmp_script_value value = {.kind = CWMP_SCRIPT_NIL};
	lua_State *L = take->L;

	switch (lua_type(L, index)) {
	case LUA_TNIL:
		break;
	case LUA_TBOOLEAN:
		value.kind = CWMP_SCRIPT_BOOLEAN;
		value.as.boolean = lua_toboolean(L, index);
		break;
	case LUA_TNUMBER:
		value.kind = lua_isinteger(L, index) ? CWMP_SCRIPT_INTEGER : CWMP_SCRIPT_NUMBER;
		if (value.kind == CWMP_SCRIPT_INTEGER)
			value.as.integer = lua_tointeger(L, index);
		else
			value.as.number = lua_tonumber(L, index);
		break;
	case LUA_TSTRING:
		value.kind = CWMP_SCRIPT_TEXT;
		value.as.text = script_take_text(take, index, "an argument", 0);
		break;
	case LUA_TTABLE:
		return take_table(take, index, depth);
	default:
		luaL_error(L, "%s: a %s cannot be given", take->what, luaL_typename(L, index));
	}
	return value;
}

/* ---- and back: `work` counts what the script has to pay for ---- */

static void push_any(lua_State *L, const struct cwmp_script_value *value, uint64_t *work);

static int
room(size_t count)
{
	return count < INT32_MAX ? (int)count : 0;
}

static void
push_list(lua_State *L, const struct cwmp_script_value *value, uint64_t *work)
{
	lua_createtable(L, room(value->as.list.count), 0);
	for (size_t i = 0; i < value->as.list.count; i++) {
		push_any(L, &value->as.list.each[i], work);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void
push_map(lua_State *L, const struct cwmp_script_value *value, uint64_t *work)
{
	lua_createtable(L, 0, room(value->as.map.count));
	for (size_t i = 0; i < value->as.map.count; i++) {
		lua_pushstring(L, value->as.map.each[i].key);
		push_any(L, &value->as.map.each[i].value, work);
		lua_rawset(L, -3);
	}
}

static void
push_any(lua_State *L, const struct cwmp_script_value *value, uint64_t *work)
{
	luaL_checkstack(L, 4, NULL);
	++*work;
	switch (value->kind) {
	case CWMP_SCRIPT_NIL:
		return lua_pushnil(L);
	case CWMP_SCRIPT_BOOLEAN:
		return lua_pushboolean(L, value->as.boolean);
	case CWMP_SCRIPT_INTEGER:
		return lua_pushinteger(L, value->as.integer);
	case CWMP_SCRIPT_NUMBER:
		return lua_pushnumber(L, value->as.number);
	case CWMP_SCRIPT_TEXT:
		lua_pushstring(L, value->as.text);
		return;
	case CWMP_SCRIPT_LIST:
		return push_list(L, value, work);
	case CWMP_SCRIPT_MAP:
		return push_map(L, value, work);
	case CWMP_SCRIPT_VALUE:
		return script_push_value(L, &value->as.value);
	}
}

/* ---- calls ---- */

/* It is the script's from now on, and nobody else keeps it. */
static void
push_answer(lua_State *L, struct cwmp_script *script)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, script);
	lua_rawgeti(L, -1, SCRIPT_KEEPS_ANSWER);
	lua_pushnil(L);
	lua_rawseti(L, -3, SCRIPT_KEEPS_ANSWER);
	lua_remove(L, -2);
}

static int
finish_function(lua_State *L, int status, lua_KContext context)
{
	struct cwmp_script *script = script_of(L);
	const struct cwmp_script_function *function = lua_touserdata(L, lua_upvalueindex(1));

	(void)status;
	(void)context;
	if (script->answer_status == SB_ENOMEM)
		script_recheck(L, LUA_ERRMEM);
	script_charge(L, script->answer_work);
	push_answer(L, script);
	if (!script->answer_status)
		return 1;
	return luaL_error(L, "%s: %s", function->name,
		lua_isstring(L, -1) ? lua_tostring(L, -1) : sb_error_text(script->answer_status));
}

static int
call_function(lua_State *L)
{
	struct cwmp_script *script = script_of(L);
	const struct cwmp_script_function *function = lua_touserdata(L, lua_upvalueindex(1));
	size_t count = (size_t)lua_gettop(L);
	struct script_take take = {L, 0, script, function->name};
	struct cwmp_script_value *arguments = NULL;

	script_check_yields(L);
	luaL_checkstack(L, 16, NULL);
	script_charge(L, 100);
	lua_newtable(L);
	take.anchor = lua_gettop(L);
	arguments = script_take_memory(&take, count, sizeof(*arguments));
	for (size_t i = 0; i < count; i++)
		arguments[i] = take_any(&take, (int)i + 1, 0);
	script->state = SCRIPT_ASKING;
	script->is_answered = false;
	script->answer_work = 0;
	function->call(script, arguments, count);
	if (!script->is_answered)
		return lua_yieldk(L, 0, 0, finish_function);
	script->state = SCRIPT_RUNNING;
	return finish_function(L, LUA_OK, 0);
}

struct answer {
	struct cwmp_script *script;
	const struct cwmp_script_value *value;
};

static int
keep_answer(lua_State *L)
{
	const struct answer *answer = lua_touserdata(L, 1);

	lua_rawgetp(L, LUA_REGISTRYINDEX, answer->script);
	if (answer->value)
		push_any(L, answer->value, &answer->script->answer_work);
	else
		lua_pushnil(L);
	lua_rawseti(L, -2, SCRIPT_KEEPS_ANSWER);
	return 0;
}

/* On the coroutine itself when it is inside the function, else on the shard's own state, at the
 * script's expense. */
static int
keep(struct cwmp_script *script, const struct cwmp_script_value *value)
{
	struct answer answer = {script, value};
	bool is_inside = script->shard->running == script;
	lua_State *L = is_inside ? script->lua : script->shard->lua;
	struct script_turn turn = {0};
	int status = LUA_OK;

	if (!is_inside)
		turn = script_enter(script);
	lua_pushcfunction(L, keep_answer);
	lua_pushlightuserdata(L, &answer);
	status = lua_pcall(L, 1, 0, 0);
	if (status != LUA_OK)
		lua_pop(L, 1);
	if (!is_inside)
		script_leave(script, turn);
	return status == LUA_OK ? 0 : SB_ENOMEM;
}

static void
go_on(struct sb_session *s, struct sb_timer *timer)
{
	(void)s;
	script_resume((struct cwmp_script *)((char *)timer - offsetof(struct cwmp_script, timer)));
}

void
cwmp_script_answer(struct cwmp_script *script, int status, const struct cwmp_script_value *value)
{
	if (script->state != SCRIPT_ASKING || script->is_answered)
		return;
	script->is_answered = true;
	script->answer_status = keep(script, value);
	if (!script->answer_status)
		script->answer_status = status;
	if (script->shard->running != script)
		sb_timer_start(cwmp_core(script->session), &script->timer, 0, go_on);
}

void
script_open_functions(lua_State *L, const struct cwmp_scripts *scripts)
{
	if (!scripts->library)
		return;
	lua_createtable(L, 0, (int)scripts->function_count);
	for (size_t i = 0; i < scripts->function_count; i++) {
		lua_pushlightuserdata(L, (void *)&scripts->functions[i]);
		lua_pushcclosure(L, call_function, 1);
		lua_setfield(L, -2, scripts->functions[i].name);
	}
	script_seal(L);
	lua_setfield(L, -2, scripts->library);
}
