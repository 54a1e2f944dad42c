/* Lua's tables as requests, by the schema. All memory is Lua's own, kept by one table, so that an
 * error on the way leaves nothing behind. Tables are read as they are, without metamethods. */
#include "protocols/cwmp/schema.h"
#include "protocols/cwmp/script_internal.h"

#include <inttypes.h>
#include <string.h>

/* Keeps the value on the top, and pops it. */
static void
anchor(struct script_take *take)
{
	lua_rawseti(take->L, take->anchor, (lua_Integer)lua_rawlen(take->L, take->anchor) + 1);
}

void *
script_take_memory(struct script_take *take, size_t count, size_t size)
{
	void *memory = NULL;

	if (count > SCRIPT_MAX_MEMBERS)
		luaL_error(take->L, "%s: more than %d members", take->what, SCRIPT_MAX_MEMBERS);
	script_charge(take->L, count);
	memory = lua_newuserdatauv(take->L, count * size, 0);
	memset(memory, 0, count * size);
	anchor(take);
	return memory;
}

static _Noreturn void
refuse(struct script_take *take, const char *name, const char *wanted, int index)
{
	luaL_error(take->L, "%s: %s: %s expected, got %s", take->what, name, wanted,
		luaL_typename(take->L, index));
	__builtin_unreachable();
}

/* As XML Schema counts them. */
static size_t
characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

const char *
script_take_text(struct script_take *take, int index, const char *name, unsigned max)
{
	lua_State *L = take->L;
	const char *text = NULL;
	size_t size = 0;

	if (lua_type(L, index) != LUA_TSTRING && lua_type(L, index) != LUA_TNUMBER)
		refuse(take, name, "a text", index);
	lua_pushvalue(L, index);
	text = lua_tolstring(L, -1, &size);
	script_charge(L, size / 4);
	if (strlen(text) != size)
		luaL_error(L, "%s: %s: a text without NUL expected", take->what, name);
	if (max && characters(text) > max)
		luaL_error(L, "%s: %s: more than %d characters", take->what, name, (int)max);
	anchor(take);
	return text;
}

static lua_Integer
take_integer(
	struct script_take *take, int index, const char *name, lua_Integer low, lua_Integer high)
{
	int is_integer = 0;
	lua_Integer value = lua_tointegerx(take->L, index, &is_integer);

	if (!is_integer || lua_type(take->L, index) != LUA_TNUMBER)
		refuse(take, name, "an integer", index);
	if (value < low || value > high)
		luaL_error(take->L, "%s: %s: %I is out of range", take->what, name,
			(LUAI_UACINT)value);
	return value;
}

/* ---- values of parameters ---- */

/* What the device said of it: in an answer, or in its Inform. */
static enum cwmp_type
learned_type(struct script_take *take, const char *name)
{
	const struct cwmp_inform *inform = cwmp_inform(take->script->session);
	enum cwmp_type type = CWMP_TYPE_OTHER;

	script_kept(take->L, take->script, SCRIPT_KEEPS_TYPES);
	lua_pushstring(take->L, name);
	if (lua_rawget(take->L, -2) == LUA_TNUMBER)
		type = (enum cwmp_type)lua_tointeger(take->L, -1);
	lua_pop(take->L, 2);
	if (inform && type == CWMP_TYPE_OTHER)
		script_charge(take->L, inform->parameter_list.count / 8);
	for (size_t i = 0; inform && type == CWMP_TYPE_OTHER && i < inform->parameter_list.count;
		i++)
		if (inform->parameter_list.each[i].name &&
			strcmp(inform->parameter_list.each[i].name, name) == 0)
			type = inform->parameter_list.each[i].value.type;
	return type;
}

static enum cwmp_type
type_that_fits(lua_State *L, int index)
{
	lua_Integer value = 0;

	switch (lua_type(L, index)) {
	case LUA_TBOOLEAN:
		return CWMP_TYPE_BOOLEAN;
	case LUA_TNUMBER:
		if (!lua_isinteger(L, index))
			return CWMP_TYPE_DECIMAL;
		value = lua_tointeger(L, index);
		if (value >= INT32_MIN && value <= INT32_MAX)
			return CWMP_TYPE_INT;
		return value > 0 && value <= UINT32_MAX ? CWMP_TYPE_UNSIGNED_INT : CWMP_TYPE_LONG;
	}
	return CWMP_TYPE_STRING;
}

static const char *
boolean_text(struct script_take *take, bool value, enum cwmp_type type)
{
	if (type != CWMP_TYPE_BOOLEAN || cwmp_dialect(take->script->session)->boolean_words)
		return value ? "true" : "false";
	return value ? "1" : "0";
}

struct cwmp_value
script_take_value(struct script_take *take, int index, const char *name, enum cwmp_type type)
{
	lua_State *L = take->L;

	if (type == CWMP_TYPE_OTHER)
		type = learned_type(take, name);
	if (type == CWMP_TYPE_OTHER)
		type = type_that_fits(L, index);
	if (lua_isboolean(L, index))
		return (struct cwmp_value){type, boolean_text(take, lua_toboolean(L, index), type)};
	return (struct cwmp_value){type, script_take_text(take, index, name, 0)};
}

/* "Type" beside a value. */
static enum cwmp_type
given_type(struct script_take *take, int index)
{
	enum cwmp_type type = CWMP_TYPE_OTHER;

	lua_pushliteral(take->L, "Type");
	if (lua_rawget(take->L, index) != LUA_TNIL) {
		type = cwmp_type_of(script_take_text(take, lua_gettop(take->L), "Type", 0));
		if (type == CWMP_TYPE_OTHER)
			luaL_error(take->L, "%s: Type: there is no type '%s'", take->what,
				lua_tostring(take->L, -1));
	}
	lua_pop(take->L, 1);
	return type;
}

/* ---- structs ---- */

struct members {
	void *each;
	size_t count;
};

static void take_member(struct script_take *take, int index, const char *name,
	const struct cwmp_shape *shape, void *out);

static void
take_members(struct script_take *take, int index, const struct cwmp_field *field, void *out)
{
	lua_State *L = take->L;
	struct members members = {NULL, 0};

	if (!lua_istable(L, index))
		refuse(take, field->name, "a list", index);
	luaL_checkstack(L, 8, NULL);
	members.count = lua_rawlen(L, index);
	if (field->most && members.count > field->most)
		luaL_error(L, "%s: %s: more than %d members", take->what, field->name,
			(int)field->most);
	members.each = script_take_memory(take, members.count, field->shape->size);
	for (size_t i = 0; i < members.count; i++) {
		lua_rawgeti(L, index, (lua_Integer)i + 1);
		take_member(take, lua_gettop(L), field->name, field->shape,
			(unsigned char *)members.each + i * field->shape->size);
		lua_pop(L, 1);
	}
	memcpy(out, &members, sizeof(members));
}

/* A value's type and what was learned of it hang on its neighbours. */
static void
take_parameter(struct script_take *take, int table, int index, struct cwmp_value *out)
{
	const char *name = "Value";

	lua_pushliteral(take->L, "Name");
	if (lua_rawget(take->L, table) == LUA_TSTRING)
		name = lua_tostring(take->L, -1);
	*out = script_take_value(take, index, name, given_type(take, table));
	lua_pop(take->L, 1);
}

static void
take_field(struct script_take *take, int table, const struct cwmp_field *field, void *out)
{
	int index = lua_gettop(take->L);

	switch (field->type) {
	case CWMP_FIELD_TEXT:
	case CWMP_FIELD_DATE_TIME:
	case CWMP_FIELD_BASE64:
		*(const char **)out = script_take_text(take, index, field->name, field->max);
		break;
	case CWMP_FIELD_UINT:
		*(uint32_t *)out = (uint32_t)take_integer(take, index, field->name, 0, UINT32_MAX);
		break;
	case CWMP_FIELD_INT:
		*(int32_t *)out =
			(int32_t)take_integer(take, index, field->name, INT32_MIN, INT32_MAX);
		break;
	case CWMP_FIELD_BOOLEAN:
		if (!lua_isboolean(take->L, index))
			refuse(take, field->name, "true or false", index);
		*(bool *)out = lua_toboolean(take->L, index);
		break;
	case CWMP_FIELD_VALUE:
		take_parameter(take, table, index, out);
		break;
	case CWMP_FIELD_STRUCT:
		take_member(take, index, field->name, field->shape, out);
		break;
	case CWMP_FIELD_ARRAY:
	case CWMP_FIELD_REPEATED:
		take_members(take, index, field, out);
		break;
	}
}

static bool
is_field(const struct cwmp_shape *shape, const char *name)
{
	for (size_t i = 0; i < shape->field_count; i++) {
		if (strcmp(shape->fields[i].name, name) == 0)
			return true;
		if (shape->fields[i].type == CWMP_FIELD_VALUE && strcmp(name, "Type") == 0)
			return true;
	}
	return false;
}

/* A misspelt name is an error, and is not passed over. */
static void
check_names(
	struct script_take *take, int index, const struct cwmp_shape *shape, const char *besides)
{
	lua_State *L = take->L;

	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		script_charge(L, 1);
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "%s: names expected, got a %s", take->what,
				luaL_typename(L, -2));
		if (!is_field(shape, lua_tostring(L, -2)) &&
			(!besides || strcmp(lua_tostring(L, -2), besides) != 0))
			luaL_error(L, "%s has no '%s'", take->what, lua_tostring(L, -2));
	}
}

static void
take_fields(struct script_take *take, int index, const struct cwmp_shape *shape, void *out)
{
	lua_State *L = take->L;

	luaL_checkstack(L, 8, NULL);
	for (size_t i = 0; i < shape->field_count; i++) {
		const struct cwmp_field *field = &shape->fields[i];

		lua_pushstring(L, field->name);
		if (lua_rawget(L, index) != LUA_TNIL)
			take_field(take, index, field, (unsigned char *)out + field->offset);
		lua_pop(L, 1);
	}
}

void
script_take_struct(struct script_take *take, int index, const struct cwmp_shape *shape, void *out)
{
	check_names(take, index, shape, NULL);
	take_fields(take, index, shape, out);
}

void
script_take_named(struct script_take *take, int index, const struct cwmp_shape *shape,
	const char *name, void *out)
{
	for (size_t i = 0; i < shape->field_count; i++) {
		const struct cwmp_field *field = &shape->fields[i];

		if (strcmp(field->name, name) != 0)
			continue;
		lua_pushvalue(take->L, index);
		take_field(take, 0, field, (unsigned char *)out + field->offset);
		lua_pop(take->L, 1);
	}
}

/* Operation = "Install", "Update" or "Uninstall", with what such a one has. */
static void
take_operation(struct script_take *take, int index, struct cwmp_operation *out)
{
	static const char *const kinds[] = {[CWMP_INSTALL] = "Install",
		[CWMP_UPDATE] = "Update",
		[CWMP_UNINSTALL] = "Uninstall"};
	const char *kind = NULL;

	lua_pushliteral(take->L, "Operation");
	lua_rawget(take->L, index);
	kind = script_take_text(take, lua_gettop(take->L), "Operation", 0);
	lua_pop(take->L, 1);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct cwmp_shape *shape = cwmp_operation_shape((enum cwmp_operation_kind)i);

		if (strcmp(kinds[i], kind) != 0)
			continue;
		out->kind = (enum cwmp_operation_kind)i;
		check_names(take, index, shape, "Operation");
		take_fields(take, index, shape, out);
		return;
	}
	luaL_error(take->L, "%s: Operation: there is no '%s'", take->what, kind);
}

static void
take_member(struct script_take *take, int index, const char *name, const struct cwmp_shape *shape,
	void *out)
{
	if (shape->scalar != CWMP_FIELD_STRUCT) {
		*(const char **)out = script_take_text(take, index, name, 0);
		return;
	}
	if (!lua_istable(take->L, index))
		refuse(take, name, "a table", index);
	if (shape->field_count == 0)
		take_operation(take, index, out);
	else
		script_take_struct(take, index, shape, out);
}
