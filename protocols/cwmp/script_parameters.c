/* cpe:get, set, names, attributes and set_attributes: parameters by name, in tables that are easier
 * to write than the specification's. */
#include "protocols/cwmp/schema.h"
#include "protocols/cwmp/script_internal.h"

#include <stdlib.h>
#include <string.h>

/* The names at 2 and behind, or those of a list at 2. */
static struct cwmp_strings
take_names(struct script_take *take)
{
	struct cwmp_strings names = {NULL, (size_t)take->anchor - 2};
	lua_State *L = take->L;
	bool is_list = lua_istable(L, 2);

	if (is_list)
		names.count = lua_rawlen(L, 2);
	names.each = script_take_memory(take, names.count, sizeof(*names.each));
	for (size_t i = 0; i < names.count; i++) {
		if (is_list)
			lua_rawgeti(L, 2, (lua_Integer)i + 1);
		else
			lua_pushvalue(L, (int)i + 2);
		names.each[i] = script_take_text(take, lua_gettop(L), "a parameter's name", 256);
		lua_pop(L, 1);
	}
	return names;
}

/* One whole name asks for one value, everything else for a table. */
static bool
is_one_name(lua_State *L)
{
	size_t size = 0;
	const char *name = lua_gettop(L) == 2 ? lua_tolstring(L, 2, &size) : NULL;

	return name && size > 0 && name[size - 1] != '.';
}

static int
finish_get(lua_State *L, int status, lua_KContext method)
{
	bool is_one = is_one_name(L);

	(void)status;
	(void)method;
	script_push_parameters(
		L, script_of(L), &script_response(L)->get_parameter_values_response.parameter_list);
	if (is_one) {
		lua_pushvalue(L, 2);
		lua_rawget(L, -2);
	}
	return 1;
}

static int
cpe_get(lua_State *L)
{
	int count = lua_gettop(L);
	struct script_take take = script_begin_call(L, CWMP_GET_PARAMETER_VALUES);
	union cwmp_body body = {.get_parameter_values = {take_names(&take)}};

	return script_call_device(&take, CWMP_GET_PARAMETER_VALUES, &body, count, finish_get);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct cwmp_parameter_value *)a)->name,
		((const struct cwmp_parameter_value *)b)->name);
}

static enum cwmp_type
type_of(struct script_take *take, int table)
{
	const char *name = NULL;

	lua_pushliteral(take->L, "type");
	if (lua_rawget(take->L, table) == LUA_TNIL) {
		lua_pop(take->L, 1);
		return CWMP_TYPE_OTHER;
	}
	name = script_take_text(take, lua_gettop(take->L), "type", 0);
	lua_pop(take->L, 1);
	if (cwmp_type_of(name) == CWMP_TYPE_OTHER)
		luaL_error(take->L, "%s: there is no type '%s'", take->what, name);
	return cwmp_type_of(name);
}

/* The value on the top: it, or {value=, type=}. */
static void
take_setting(struct script_take *take, const char *name, struct cwmp_parameter_value *out)
{
	int index = lua_gettop(take->L);
	enum cwmp_type type = CWMP_TYPE_OTHER;

	luaL_checkstack(take->L, 8, NULL);
	if (lua_istable(take->L, index)) {
		type = type_of(take, index);
		lua_pushliteral(take->L, "value");
		lua_rawget(take->L, index);
	}
	out->name = name;
	out->value = script_take_value(take, lua_gettop(take->L), name, type);
	lua_settop(take->L, index);
}

static size_t
count_members(lua_State *L, int table)
{
	size_t count = 0;

	luaL_checktype(L, table, LUA_TTABLE);
	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
		script_charge(L, 1);
		count++;
	}
	return count;
}

/* In the order of their names: a table has none. */
static struct cwmp_parameter_values
take_settings(struct script_take *take, int table)
{
	struct cwmp_parameter_values values = {NULL, count_members(take->L, table)};
	lua_State *L = take->L;
	size_t i = 0;

	values.each = script_take_memory(take, values.count, sizeof(*values.each));
	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1), i++) {
		const char *name =
			script_take_text(take, lua_gettop(L) - 1, "a parameter's name", 256);

		take_setting(take, name, &values.each[i]);
	}
	if (values.count > 1)
		qsort(values.each, values.count, sizeof(*values.each), by_name);
	return values;
}

static int
finish_set(lua_State *L, int status, lua_KContext method)
{
	(void)status;
	(void)method;
	lua_pushinteger(L, script_response(L)->status_response.status);
	return 1;
}

/* cpe:set({[name] = value, ...}, parameter_key) */
static int
cpe_set(lua_State *L)
{
	struct script_take take;
	union cwmp_body body;

	lua_settop(L, 3);
	take = script_begin_call(L, CWMP_SET_PARAMETER_VALUES);
	memset(&body, 0, sizeof(body));
	body.set_parameter_values.parameter_list = take_settings(&take, 2);
	if (!lua_isnil(L, 3))
		body.set_parameter_values.parameter_key =
			script_take_text(&take, 3, "ParameterKey", 32);
	return script_call_device(&take, CWMP_SET_PARAMETER_VALUES, &body, 1, finish_set);
}

static int
finish_names(lua_State *L, int status, lua_KContext method)
{
	const struct cwmp_parameter_infos *infos =
		&script_response(L)->get_parameter_names_response.parameter_list;

	(void)status;
	(void)method;
	lua_createtable(L, 0, infos->count < INT32_MAX ? (int)infos->count : 0);
	for (size_t i = 0; i < infos->count; i++) {
		lua_pushstring(L, infos->each[i].name ? infos->each[i].name : "");
		lua_pushboolean(L, infos->each[i].writable);
		lua_rawset(L, -3);
	}
	script_charge(L, infos->count);
	return 1;
}

/* cpe:names(path, next_level) -> {[name] = whether it is writable} */
static int
cpe_names(lua_State *L)
{
	struct script_take take;
	union cwmp_body body;

	lua_settop(L, 3);
	take = script_begin_call(L, CWMP_GET_PARAMETER_NAMES);
	memset(&body, 0, sizeof(body));
	body.get_parameter_names.parameter_path = script_take_text(&take, 2, "ParameterPath", 256);
	body.get_parameter_names.next_level = lua_toboolean(L, 3);
	return script_call_device(&take, CWMP_GET_PARAMETER_NAMES, &body, 1, finish_names);
}

/* ---- attributes ---- */

static int
finish_attributes(lua_State *L, int status, lua_KContext method)
{
	const struct cwmp_shape *shape =
		cwmp_body_shape(CWMP_RESPONSE, (enum cwmp_method)method)->fields[0].shape;
	const struct cwmp_parameter_attributes *all =
		&script_response(L)->get_parameter_attributes_response.parameter_list;

	(void)status;
	lua_createtable(L, 0, all->count < INT32_MAX ? (int)all->count : 0);
	for (size_t i = 0; i < all->count; i++) {
		lua_pushstring(L, all->each[i].name ? all->each[i].name : "");
		script_push_struct(L, shape, &all->each[i]);
		lua_rawset(L, -3);
	}
	script_charge(L, all->count);
	return 1;
}

static int
cpe_attributes(lua_State *L)
{
	struct script_take take = script_begin_call(L, CWMP_GET_PARAMETER_ATTRIBUTES);
	union cwmp_body body = {.get_parameter_attributes = {take_names(&take)}};

	return script_call_device(
		&take, CWMP_GET_PARAMETER_ATTRIBUTES, &body, 1, finish_attributes);
}

static bool
has(lua_State *L, int table, const char *name)
{
	bool is_there = false;

	lua_pushstring(L, name);
	is_there = lua_rawget(L, table) != LUA_TNIL;
	lua_pop(L, 1);
	return is_there;
}

/* What is given is what changes. */
static struct cwmp_set_parameter_attributes_list
take_attributes(struct script_take *take, int table)
{
	const struct cwmp_shape *shape =
		cwmp_body_shape(CWMP_REQUEST, CWMP_SET_PARAMETER_ATTRIBUTES)->fields[0].shape;
	struct cwmp_set_parameter_attributes_list list = {NULL, count_members(take->L, table)};
	struct cwmp_set_parameter_attribute *each = NULL;
	lua_State *L = take->L;

	list.each = each = script_take_memory(take, list.count, sizeof(*each));
	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1), each++) {
		int value = lua_gettop(L);

		luaL_checktype(L, value, LUA_TTABLE);
		script_take_struct(take, value, shape, each);
		each->name = script_take_text(take, value - 1, "a parameter's name", 256);
		each->notification_change = has(L, value, "Notification");
		each->access_list_change = has(L, value, "AccessList");
	}
	return list;
}

static int
finish_nothing(lua_State *L, int status, lua_KContext method)
{
	(void)status;
	(void)method;
	script_response(L);
	return 0;
}

/* cpe:set_attributes{[name] = {Notification = 2}, ...} */
static int
cpe_set_attributes(lua_State *L)
{
	struct script_take take;
	union cwmp_body body;

	lua_settop(L, 2);
	take = script_begin_call(L, CWMP_SET_PARAMETER_ATTRIBUTES);
	memset(&body, 0, sizeof(body));
	body.set_parameter_attributes.parameter_list = take_attributes(&take, 2);
	return script_call_device(&take, CWMP_SET_PARAMETER_ATTRIBUTES, &body, 1, finish_nothing);
}

void
script_open_parameters(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"attributes", cpe_attributes},
		{"get", cpe_get},
		{"names", cpe_names},
		{"set", cpe_set},
		{"set_attributes", cpe_set_attributes},
		{NULL, NULL},
	};

	luaL_setfuncs(L, functions, 0);
}
