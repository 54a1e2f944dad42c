/* "provision:12 in set_name < provision:31": the lines that led to where a script is. Nothing here
 * takes memory: it is asked for when there is none, too. */
#include "protocols/cwmp/script_internal.h"

#include <stdio.h>
#include <string.h>

/* What calls itself would fill any line. */
#define LEVELS_MOST 8
#define NAME_MOST   40

static void
add(char *out, size_t size, const char *text)
{
	size_t at = strlen(out);

	snprintf(out + at, size - at, "%s", text);
}

/* A line of the script's; C functions have none. */
static bool
next_line(lua_State *L, int *level, lua_Debug *ar)
{
	while (lua_getstack(L, (*level)++, ar)) {
		lua_getinfo(L, "Sln", ar);
		if (ar->currentline >= 0)
			return true;
	}
	return false;
}

static void
print_line(char *out, size_t size, const lua_Debug *ar)
{
	int length = snprintf(out, size, "%s:%d", ar->short_src, ar->currentline);

	if (ar->name && length > 0 && (size_t)length < size)
		snprintf(out + length, size - (size_t)length, " in %.*s", NAME_MOST, ar->name);
}

/* Behind its end a script is nowhere, and what was noted before holds. */
void
script_note_place(lua_State *L, struct cwmp_script *script)
{
	struct script_shard *shard = script->shard;
	char line[LUA_IDSIZE + NAME_MOST + 32];
	lua_Debug ar;
	int level = 0;

	if (!next_line(L, &level, &ar))
		return;
	snprintf(shard->where, sizeof(shard->where), "%s:%d", ar.short_src, ar.currentline);
	print_line(shard->trace, sizeof(shard->trace), &ar);
	for (unsigned i = 1; next_line(L, &level, &ar); i++) {
		add(shard->trace, sizeof(shard->trace), " < ");
		if (i == LEVELS_MOST) {
			add(shard->trace, sizeof(shard->trace), "...");
			return;
		}
		print_line(line, sizeof(line), &ar);
		add(shard->trace, sizeof(shard->trace), line);
	}
}

/* That of an overrun was noted when it happened. */
int
script_trace(lua_State *L)
{
	struct cwmp_script *script = script_of(L);

	if (!script->overrun)
		script_note_place(L, script);
	return 1;
}
