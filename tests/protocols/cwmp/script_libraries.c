/* What we wrote anew of Lua's libraries does what Lua's own does: both are tried on the same, by
 * chance.
 */
#include "protocols/cwmp/script_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static lua_State *L;

static int
opened(void **state)
{
	(void)state;
	L = luaL_newstate();
	assert_non_null(L);
	*(void **)lua_getextraspace(L) = NULL;
	luaL_openlibs(L);
	lua_newtable(L);
	script_open_patterns(L);
	script_open_table(L);
	lua_setfield(L, -2, "table");
	lua_setglobal(L, "ours");
	return 0;
}

static int
closed(void **state)
{
	(void)state;
	lua_close(L);
	return 0;
}

static void
run(const char *text)
{
	if (luaL_dostring(L, text))
		fail_msg("%s", lua_tostring(L, -1));
}

/* Both give the same results, or both fail. */
static const char same[] =
	"math.randomseed(7)\n"
	"local function show(t)\n"
	"  local out = {}\n"
	"  for i = 1, t.n do out[i] = math.type(t[i]) == 'float' and '?' or tostring(t[i]) end\n"
	"  return table.concat(out, ',')\n"
	"end\n"
	"function same(what, ours, theirs, ...)\n"
	"  local a, b = table.pack(pcall(ours, ...)), table.pack(pcall(theirs, ...))\n"
	"  if not a[1] and not b[1] then return false end\n"
	"  -- Ours looks at the whole pattern first, theirs at what it comes to.\n"
	"  if not a[1] and (a[2]:find('malformed') or a[2]:find('capture')) then return false end\n"
	"  if show(a) ~= show(b) then\n"
	"    error(what .. ': ' .. show(a) .. ' not ' .. show(b))\n"
	"  end\n"
	"  return true\n"
	"end\n"
	"function pick(list) return list[math.random(#list)] end\n"
	"function text(n, of)\n"
	"  local out = {}\n"
	"  for i = 1, math.random(0, n) do out[i] = pick(of) end\n"
	"  return table.concat(out)\n"
	"end\n";

static void
test_patterns_match_as_luas_do(void **state)
{
	(void)state;
	run(same);
	run("local parts = {'a', 'b', '.', '%a', '%D', '%.', '[ab]', '[^a]', '[a-c]', '[%d_]',\n"
	    "  '*', '+', '-', '?', '(', ')', '()', '%1', '%2', '%bab', '%f[a]', '%f[^b]', '^', "
	    "'$',\n"
	    "  'a*', 'b-', '.-', '(a)', '(b*)', ' ', '1', '%', '[', ']', '[]]', '[^]]', '\\0'}\n"
	    "local letters = {'a', 'b', 'c', '1', ' ', 'ab', '\\0', '\\xff'}\n"
	    "local good = 0\n"
	    "for i = 1, 8000 do\n"
	    "  local p, s = text(5, parts), text(8, letters)\n"
	    "  local what = string.format('%q on %q', p, s)\n"
	    "  local init = math.random(-4, 6)\n"
	    "  if same(what, ours.find, string.find, s, p, init) then good = good + 1 end\n"
	    "  same(what, ours.match, string.match, s, p, init)\n"
	    "  same(what, ours.find, string.find, s, p, init, true)\n"
	    "  same(what, ours.gsub, string.gsub, s, p, pick{'<%0>', '%%', 'x', '<%1>'})\n"
	    "  same(what, ours.gsub, string.gsub, s, p, {a = 'A', b = false}, math.random(0, 3))\n"
	    "  same(what, ours.gsub, string.gsub, s, p, function(...) return show end)\n"
	    "  local function all(gmatch)\n"
	    "    return function()\n"
	    "      local out = {}\n"
	    "      for a, b in gmatch(s, p) do out[#out + 1] = tostring(a) .. tostring(b) end\n"
	    "      return table.concat(out, '|')\n"
	    "    end\n"
	    "  end\n"
	    "  if string.sub(p, 1, 1) ~= '^' then\n"
	    "    same('gmatch ' .. what, all(ours.gmatch), all(string.gmatch))\n"
	    "  end\n"
	    "end\n"
	    "assert(good > 2000, good)\n");
}

static void
test_mistaken_patterns_are_errors(void **state)
{
	(void)state;
	run("local function fails(p)\n"
	    "  assert(not pcall(ours.match, 'abc', p), p)\n"
	    "  assert(not pcall(string.match, 'abc', p), p)\n"
	    "end\n"
	    "for _, p in ipairs{'%', '[a', '[]', '[^]', 'a[%', '(a', 'a)', '%1', '(%1)', '%b',\n"
	    "  '%bx', '%f', '%fa', ('()'):rep(33)} do fails(p) end\n");
}

static void
test_tables_are_worked_on_as_by_lua(void **state)
{
	(void)state;
	run(same);
	run("local function list(n)\n"
	    "  local out = {}\n"
	    "  for i = 1, math.random(0, n) do out[i] = math.random(9) end\n"
	    "  return out\n"
	    "end\n"
	    "local function copy(t) return table.move(t, 1, #t, 1, {}) end\n"
	    "local function after(f, t)\n"
	    "  return function(...)\n"
	    "    local t = copy(t)\n"
	    "    local results = table.pack(f(t, ...))\n"
	    "    return table.concat(t, ','), table.unpack(results, 1, results.n)\n"
	    "  end\n"
	    "end\n"
	    "for i = 1, 3000 do\n"
	    "  local t = list(8)\n"
	    "  local a, b, c = math.random(-2, 10), math.random(-2, 10), math.random(-2, 10)\n"
	    "  same('insert', after(ours.table.insert, t), after(table.insert, t), 7)\n"
	    "  same('insert', after(ours.table.insert, t), after(table.insert, t), a, 7)\n"
	    "  same('remove', after(ours.table.remove, t), after(table.remove, t))\n"
	    "  same('remove', after(ours.table.remove, t), after(table.remove, t), a)\n"
	    "  same('concat', ours.table.concat, table.concat, t, '-')\n"
	    "  same('concat', ours.table.concat, table.concat, t, '-', a, b)\n"
	    "  same('unpack', ours.table.unpack, table.unpack, t, a, b)\n"
	    "  same('sort', after(ours.table.sort, t), after(table.sort, t))\n"
	    "  local function more(x, y) return x > y end\n"
	    "  same('sort', after(ours.table.sort, t), after(table.sort, t), more)\n"
	    "  local function moved(move)\n"
	    "    return function() local t = copy(t) move(t, a, b, c) return t[1], t[2], t[5], #t "
	    "end\n"
	    "  end\n"
	    "  same('move', moved(ours.table.move), moved(table.move))\n"
	    "  local function named(move)\n"
	    "    return function() local t = copy(t) move(t, a, b, c, t) return t[1], t[2], t[5], "
	    "#t "
	    "end\n"
	    "  end\n"
	    "  same('move to itself', named(ours.table.move), named(table.move))\n"
	    "end\n"
	    "local p = ours.table.pack(1, nil, 3)\n"
	    "assert(p.n == 3 and p[1] == 1 and p[2] == nil and p[3] == 3)\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_patterns_match_as_luas_do, opened, closed),
		cmocka_unit_test_setup_teardown(test_mistaken_patterns_are_errors, opened, closed),
		cmocka_unit_test_setup_teardown(
			test_tables_are_worked_on_as_by_lua, opened, closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
