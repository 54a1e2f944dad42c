/*
 * What a script is given tells how dear its instructions may become. Lua's count hook sees how many
 * there are, not what one takes: to compare two texts octet by octet, to look for the next member
 * of a large table that was emptied, to call what is called by a chain, each of which is put on the
 * stack before all others. Who has what it takes is looked at with each instruction.
 */
#include "protocols/cwmp/script_internal.h"

/* Octets, over which it may take a while. */
#define LONG_TEXT   16384
#define LARGE_BLOCK 262144
#define DEEP_STACK  16384

static bool
is_watched(const struct cwmp_script *script)
{
	return script->has_much || script->is_deep || script->overrun;
}

uint64_t
script_watch_count(const struct cwmp_script *script)
{
	return is_watched(script) ? 1 : SCRIPT_HOOK_COUNT;
}

/* From any place: Lua allows it in a signal's handler. */
void
script_watch(struct cwmp_script *script)
{
	if (script->lua)
		lua_sethook(script->lua, script_budget_hook, LUA_MASKCOUNT,
			(int)script_watch_count(script));
}

static void
note_size(struct cwmp_script *script, bool is_text, size_t size)
{
	if (script->has_much || size <= (is_text ? LONG_TEXT : LARGE_BLOCK))
		return;
	script->has_much = true;
	script_watch(script);
}

/* ---- the stack ---- */

bool
script_watch_is_stack(const struct script_shard *shard, const void *memory)
{
	return shard->running && shard->running->stack == memory;
}

/* While it grows it cannot be looked at: the next instruction says where that was. Nor can it be
 * refused then, where Lua makes a new one first; but nothing more is given. */
static void
note_stack(struct cwmp_script *script, const void *memory, size_t size)
{
	bool is_deep = size > DEEP_STACK;

	script->stack = memory;
	script->wants_line = is_deep;
	if (size > SCRIPT_STACK_MOST)
		script->refused = SCRIPT_STACK;
	if (is_deep == script->is_deep)
		return;
	script->is_deep = is_deep;
	script_watch(script);
}

/* ---- blocks ---- */

/* Of a new one Lua says what it will be. The stack of a coroutine is the next one behind it. */
void
script_watch_new(struct script_shard *shard, const void *memory, size_t kind, size_t size)
{
	struct cwmp_script *script = shard->running;

	if (script && shard->has_thread)
		script->stack = memory;
	shard->has_thread = kind == LUA_TTHREAD;
	shard->has_text |= kind == LUA_TSTRING && size > LONG_TEXT;
	shard->newest = memory;
	shard->newest_size = size;
	if (script)
		note_size(script, kind == LUA_TSTRING, size);
}

void
script_watch_resized(
	struct script_shard *shard, const void *before, const void *memory, size_t size)
{
	if (script_watch_is_stack(shard, before))
		note_stack(shard->running, memory, size);
	else if (shard->running)
		note_size(shard->running, false, size);
}

/* A stack that goes while its script runs has been copied into the newest block. */
void
script_watch_freed(struct script_shard *shard, const void *memory)
{
	if (script_watch_is_stack(shard, memory))
		note_stack(shard->running, shard->newest, shard->newest_size);
}
