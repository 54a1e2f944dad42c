/* log(level, text) and print(...): lines of the session's log, so many a script. */
#include "protocols/cwmp/script_internal.h"

static void
say(lua_State *L, enum sb_log_level level, const char *text)
{
	struct cwmp_script *script = script_of(L);
	const struct sb_session *s = cwmp_core(script->session);
	uint32_t most = script->shard->limits->log_lines;

	script_charge(L, 100);
	if (script->log_lines > most)
		return;
	if (script->log_lines++ == most)
		text = "(this script says too much: no more of it is logged)";
	if (sb_session_logs(s, level))
		sb_session_log(s, level, "cwmp.script.says", "script", SB_STR(script->chunk->name),
			"text", SB_STR(text), (const char *)NULL);
}

static int
script_log(lua_State *L)
{
	enum sb_log_level level = SB_LOG_INFO;
	const char *name = luaL_checkstring(L, 1);

	if (sb_log_level_parse(name, &level) || level == SB_LOG_FATAL)
		return luaL_error(L, "there is no level '%s'", name);
	say(L, level, luaL_tolstring(L, 2, NULL));
	return 0;
}

static int
script_print(lua_State *L)
{
	int count = lua_gettop(L);
	luaL_Buffer text;

	luaL_buffinit(L, &text);
	for (int i = 1; i <= count; i++) {
		if (i > 1)
			luaL_addchar(&text, ' ');
		luaL_tolstring(L, i, NULL);
		luaL_addvalue(&text);
	}
	luaL_pushresult(&text);
	say(L, SB_LOG_INFO, lua_tostring(L, -1));
	return 0;
}

void
script_open_log(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"log", script_log},
		{"print", script_print},
		{NULL, NULL},
	};

	luaL_setfuncs(L, functions, 0);
}
