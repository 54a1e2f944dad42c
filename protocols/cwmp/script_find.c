/* string.find, match, gmatch and gsub on a matcher whose steps are charged. */
#include "protocols/cwmp/script_internal.h"
#include "protocols/cwmp/script_pattern_internal.h"

#include <string.h>

/* A search under way. The pattern is userdata, so that errors leave nothing behind. */
struct search {
	lua_State *L;
	const struct pattern *pattern;
	struct pattern_match match;
};

/* Pushes the compiled pattern. */
static const struct pattern *
compile(lua_State *L, int index, bool anchors)
{
	size_t size = 0;
	const char *text = luaL_checklstring(L, index, &size), *fault = NULL;
	struct pattern *pattern = NULL;

	if (size > PATTERN_MAX)
		luaL_error(L, "pattern too long (more than %d octets)", PATTERN_MAX);
	script_charge(L, 4 * size);
	pattern = lua_newuserdatauv(L, pattern_room(size), 0);
	fault = pattern_compile(pattern, text, size, anchors);
	if (fault)
		luaL_error(L, "%s", fault);
	return pattern;
}

static void
begin(struct search *s, lua_State *L, const struct pattern *pattern, const char *subject,
	size_t size)
{
	s->L = L;
	s->pattern = pattern;
	s->match = (struct pattern_match){.subject = subject, .end = subject + size};
}

static const char *
match_at(struct search *s, const char *at)
{
	uint64_t steps = script_work_left(s->L) + 1;
	const char *end = NULL;

	s->match.steps = steps;
	end = pattern_match_at(s->pattern, &s->match, at);
	script_charge(s->L, steps - s->match.steps + 1);
	return end;
}

/* The first match from *at on: its end, and where it begins. */
static const char *
match_from(struct search *s, const char **at)
{
	for (const char *each = *at; each <= s->match.end; each++) {
		const char *end = match_at(s, each);

		if (end) {
			*at = each;
			return end;
		}
		if (s->pattern->is_anchored)
			break;
	}
	return NULL;
}

/* Capture `i`; where the pattern has none the first is the whole match. */
static void
push_capture(struct search *s, unsigned i, const char *at, const char *end)
{
	const struct pattern_capture *capture = &s->match.captures[i];

	if (i >= s->match.count && i > 0)
		luaL_error(s->L, "invalid capture index %%%d", (int)i + 1);
	if (i >= s->match.count)
		lua_pushlstring(s->L, at, (size_t)(end - at));
	else if (capture->size == PATTERN_IS_POSITION)
		lua_pushinteger(s->L, capture->at - s->match.subject + 1);
	else
		lua_pushlstring(s->L, capture->at, capture->size);
}

/* All of them; `whole`: or the match itself. */
static int
push_captures(struct search *s, const char *at, const char *end, bool whole)
{
	unsigned count = s->match.count == 0 && whole ? 1 : s->match.count;

	luaL_checkstack(s->L, (int)count, "too many captures");
	for (unsigned i = 0; i < count; i++)
		push_capture(s, i, at, end);
	return (int)count;
}

/* 1 is the first octet, -1 the last. Over the end: false. */
static bool
first_octet(lua_State *L, int index, size_t size, size_t *first)
{
	lua_Integer at = luaL_optinteger(L, index, 1);

	if (at < 0)
		at = (size_t) - (at + 1) < size ? (lua_Integer)size + at + 1 : 1;
	if (at == 0)
		at = 1;
	*first = (size_t)at - 1;
	return *first <= size;
}

static int
find_plain(lua_State *L, const char *subject, size_t size, size_t first)
{
	size_t length = 0;
	const char *text = luaL_checklstring(L, 2, &length), *found = NULL;

	script_charge(L, (size - first) / 4 + 1);
	found = memmem(subject + first, size - first, text, length);
	if (!found) {
		luaL_pushfail(L);
		return 1;
	}
	lua_pushinteger(L, found - subject + 1);
	lua_pushinteger(L, found - subject + (lua_Integer)length);
	return 2;
}

static bool
is_plain(lua_State *L)
{
	size_t size = 0;
	const char *text = luaL_checklstring(L, 2, &size);

	if (lua_toboolean(L, 4))
		return true;
	for (size_t i = 0; i < size; i++)
		if (!text[i] || strchr("^$*+?.([%-", text[i]))
			return false;
	return true;
}

static int
find_or_match(lua_State *L, bool is_find)
{
	size_t size = 0, first = 0;
	const char *subject = luaL_checklstring(L, 1, &size), *at = NULL, *end = NULL;
	struct search s;

	if (!first_octet(L, 3, size, &first)) {
		luaL_pushfail(L);
		return 1;
	}
	if (is_find && is_plain(L))
		return find_plain(L, subject, size, first);
	begin(&s, L, compile(L, 2, true), subject, size);
	at = subject + first;
	end = match_from(&s, &at);
	if (!end) {
		luaL_pushfail(L);
		return 1;
	}
	if (!is_find)
		return push_captures(&s, at, end, true);
	lua_pushinteger(L, at - subject + 1);
	lua_pushinteger(L, end - subject);
	return 2 + push_captures(&s, at, end, false);
}

static int
string_find(lua_State *L)
{
	return find_or_match(L, true);
}

static int
string_match(lua_State *L)
{
	return find_or_match(L, false);
}

/* Upvalues: subject, pattern, where to go on, where the last match ended (-1: none yet). */
static int
gmatch_next(lua_State *L)
{
	size_t size = 0;
	const char *subject = lua_tolstring(L, lua_upvalueindex(1), &size);
	const char *at = subject + lua_tointeger(L, lua_upvalueindex(3));
	lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
	struct search s;

	begin(&s, L, lua_touserdata(L, lua_upvalueindex(2)), subject, size);
	for (; at <= subject + size; at++) {
		const char *end = match_at(&s, at);

		if (!end || end - subject == last)
			continue;
		lua_pushinteger(L, end - subject);
		lua_copy(L, -1, lua_upvalueindex(3));
		lua_replace(L, lua_upvalueindex(4));
		return push_captures(&s, at, end, true);
	}
	return 0;
}

static int
string_gmatch(lua_State *L)
{
	size_t size = 0, first = 0;

	luaL_checklstring(L, 1, &size);
	if (!first_octet(L, 3, size, &first))
		first = size + 1;
	lua_settop(L, 2);
	compile(L, 2, false);
	lua_replace(L, 2);
	lua_pushinteger(L, (lua_Integer)first);
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, gmatch_next, 4);
	return 1;
}

/* %0 to %9 and %% in a replacement. */
static void
add_template(struct search *s, luaL_Buffer *out, const char *at, const char *end)
{
	size_t size = 0;
	const char *text = lua_tolstring(s->L, 3, &size);

	for (size_t i = 0; i < size; i++) {
		if (text[i] != '%') {
			luaL_addchar(out, text[i]);
			continue;
		}
		i++;
		if (i < size && text[i] == '%')
			luaL_addchar(out, '%');
		else if (i < size && text[i] == '0')
			luaL_addlstring(out, at, (size_t)(end - at));
		else if (i < size && text[i] >= '1' && text[i] <= '9') {
			push_capture(s, (unsigned)(text[i] - '1'), at, end);
			luaL_addvalue(out);
		} else
			luaL_error(s->L, "invalid use of '%%' in replacement string");
	}
	script_charge(s->L, size / 4 + 1);
}

/* What stands for one match. */
static void
add_replacement(struct search *s, luaL_Buffer *out, const char *at, const char *end)
{
	lua_State *L = s->L;

	switch (lua_type(L, 3)) {
	case LUA_TFUNCTION:
		lua_pushvalue(L, 3);
		lua_call(L, push_captures(s, at, end, true), 1);
		break;
	case LUA_TTABLE:
		push_capture(s, 0, at, end);
		lua_gettable(L, 3);
		break;
	default:
		add_template(s, out, at, end);
		return;
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		luaL_addlstring(out, at, (size_t)(end - at));
		return;
	}
	if (!lua_isstring(L, -1))
		luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
	luaL_addvalue(out);
}

static lua_Integer
replace_all(struct search *s, luaL_Buffer *out, lua_Integer most)
{
	const char *at = s->match.subject, *last = NULL;
	lua_Integer count = 0;

	while (count < most) {
		const char *end = match_at(s, at);

		if (end && end != last) {
			count++;
			add_replacement(s, out, at, end);
			at = last = end;
		} else if (at < s->match.end)
			luaL_addchar(out, *at++);
		else
			break;
		if (s->pattern->is_anchored)
			break;
	}
	luaL_addlstring(out, at, (size_t)(s->match.end - at));
	return count;
}

static int
string_gsub(lua_State *L)
{
	size_t size = 0;
	const char *subject = luaL_checklstring(L, 1, &size);
	lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)size + 1), count = 0;
	int type = lua_type(L, 3);
	struct search s;
	luaL_Buffer out;

	luaL_argexpected(L,
		type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
			type == LUA_TTABLE,
		3, "string/function/table");
	if (type == LUA_TNUMBER)
		lua_tostring(L, 3);
	begin(&s, L, compile(L, 2, true), subject, size);
	luaL_buffinit(L, &out);
	count = replace_all(&s, &out, most);
	luaL_pushresult(&out);
	lua_pushinteger(L, count);
	return 2;
}

void
script_open_patterns(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"find", string_find},
		{"match", string_match},
		{"gmatch", string_gmatch},
		{"gsub", string_gsub},
		{NULL, NULL},
	};

	luaL_setfuncs(L, functions, 0);
}
