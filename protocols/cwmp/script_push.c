/* The device's answers as Lua values, by the schema: structs and arrays are tables, with the
 * specification's names. */
#include "protocols/cwmp/schema.h"
#include "protocols/cwmp/script_internal.h"

#include <string.h>
#include <strings.h>

/* Decimal digits that fit; anything else stays the text that it was. */
static bool
parse_integer(const char *text, lua_Integer *out)
{
	bool is_negative = *text == '-';
	uint64_t value = 0, most = (uint64_t)LUA_MAXINTEGER + is_negative;

	if (*text == '-' || *text == '+')
		text++;
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned)*text - '0';

		if (digit > 9 || value > (most - digit) / 10)
			return false;
		value = 10 * value + digit;
	}
	*out = is_negative ? (lua_Integer)(0 - value) : (lua_Integer)value;
	return true;
}

static bool
parse_boolean(const char *text, bool *out)
{
	*out = strcmp(text, "1") == 0 || strcasecmp(text, "true") == 0;
	return *out || strcmp(text, "0") == 0 || strcasecmp(text, "false") == 0;
}

static bool
is_integer(enum cwmp_type type)
{
	return type == CWMP_TYPE_INT || type == CWMP_TYPE_UNSIGNED_INT || type == CWMP_TYPE_LONG ||
	       type == CWMP_TYPE_UNSIGNED_LONG;
}

void
script_push_value(lua_State *L, const struct cwmp_value *value)
{
	const char *text = value->text ? value->text : "";
	lua_Integer integer = 0;
	bool boolean = false;

	if (is_integer(value->type) && parse_integer(text, &integer))
		lua_pushinteger(L, integer);
	else if (value->type == CWMP_TYPE_BOOLEAN && parse_boolean(text, &boolean))
		lua_pushboolean(L, boolean);
	else
		lua_pushstring(L, text);
}

static const void *
at(const void *from, size_t offset)
{
	return (const unsigned char *)from + offset;
}

/* Members lie one behind the other, whatever they are. */
struct members {
	const void *each;
	size_t count;
};

static void push_members(lua_State *L, const struct cwmp_shape *shape, const void *from);

/* Pushes one scalar or struct; nil for a text that is not there. */
static void
push_field(
	lua_State *L, enum cwmp_field_type type, const struct cwmp_shape *shape, const void *from)
{
	switch (type) {
	case CWMP_FIELD_TEXT:
	case CWMP_FIELD_DATE_TIME:
	case CWMP_FIELD_BASE64:
		lua_pushstring(L, *(const char *const *)from); /* nil for NULL */
		break;
	case CWMP_FIELD_UINT:
		lua_pushinteger(L, *(const uint32_t *)from);
		break;
	case CWMP_FIELD_INT:
		lua_pushinteger(L, *(const int32_t *)from);
		break;
	case CWMP_FIELD_BOOLEAN:
		lua_pushboolean(L, *(const bool *)from);
		break;
	case CWMP_FIELD_VALUE:
		script_push_value(L, from);
		break;
	case CWMP_FIELD_STRUCT:
		script_push_struct(L, shape, from);
		break;
	case CWMP_FIELD_ARRAY:
	case CWMP_FIELD_REPEATED:
		push_members(L, shape, from);
		break;
	}
}

static void
push_members(lua_State *L, const struct cwmp_shape *shape, const void *from)
{
	struct members members;

	memcpy(&members, from, sizeof(members));
	luaL_checkstack(L, 8, NULL);
	lua_createtable(L, members.count < INT32_MAX ? (int)members.count : 0, 0);
	for (size_t i = 0; i < members.count; i++) {
		const void *member = at(members.each, i * shape->size);

		push_field(
			L, shape->field_count ? CWMP_FIELD_STRUCT : shape->scalar, shape, member);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	script_charge(L, members.count);
}

void
script_push_struct(lua_State *L, const struct cwmp_shape *shape, const void *from)
{
	lua_createtable(L, 0, (int)shape->field_count);
	for (size_t i = 0; i < shape->field_count; i++) {
		const struct cwmp_field *field = &shape->fields[i];
		const void *member = at(from, field->offset);

		push_field(L, field->type, field->shape, member);
		lua_setfield(L, -2, field->name);
		if (field->type != CWMP_FIELD_VALUE)
			continue;
		lua_pushstring(L, cwmp_type_name(((const struct cwmp_value *)member)->type));
		lua_setfield(L, -2, "Type");
	}
}

void
script_push_parameters(
	lua_State *L, struct cwmp_script *script, const struct cwmp_parameter_values *values)
{
	int types = 0;

	script_kept(L, script, SCRIPT_KEEPS_TYPES);
	types = lua_gettop(L);
	lua_createtable(L, 0, values->count < INT32_MAX ? (int)values->count : 0);
	for (size_t i = 0; i < values->count; i++) {
		const struct cwmp_parameter_value *each = &values->each[i];

		/* One text serves both tables. */
		lua_pushstring(L, each->name ? each->name : "");
		lua_pushvalue(L, -1);
		lua_pushinteger(L, each->value.type);
		lua_rawset(L, types);
		script_push_value(L, &each->value);
		lua_rawset(L, -3);
	}
	lua_remove(L, types);
	script_charge(L, values->count);
}
