/* From source to function. The parser calls no hook: the clock is looked at whenever it wants more.
 */
#include "protocols/cwmp/script_internal.h"

#include <stdio.h>

#define PIECE 512

struct source {
	const struct script_compile *how;
	const char *text;
	size_t left;
	uint64_t begun;
	enum { BEFORE, INSIDE, BEHIND } place;
};

static uint64_t
clock_of(const struct sb_env *env)
{
	return env->thread_cpu ? env->thread_cpu(env->context) : env->now(env->context);
}

static void
check_time(lua_State *L, const struct source *source)
{
	if (clock_of(source->how->env) - source->begun > (uint64_t)source->how->limit_ms * 1000000)
		luaL_error(L, "it takes too long to compile");
}

static const char *
read_text(struct source *source, size_t *size)
{
	const char *piece = source->text;

	*size = source->left < PIECE ? source->left : PIECE;
	source->text += *size;
	source->left -= *size;
	return piece;
}

/* lua_Reader. The text alone was compiled before, so it cannot end our function and go on behind
 * it. */
static const char *
read_source(lua_State *L, void *context, size_t *size)
{
	static const char head[] = "local _ENV = ... return function(...) ", tail[] = "\nend";
	struct source *source = context;

	check_time(L, source);
	if (source->place == BEFORE) {
		source->place = INSIDE;
		if (source->how->is_wrapped) {
			*size = sizeof(head) - 1;
			return head;
		}
	}
	if (source->left)
		return read_text(source, size);
	*size = source->place == INSIDE && source->how->is_wrapped ? sizeof(tail) - 1 : 0;
	source->place = BEHIND;
	return *size ? tail : NULL;
}

int
script_compile(lua_State *L, const struct script_compile *how, const char *name, const char *text,
	size_t size)
{
	struct source source = {how, text, size, clock_of(how->env), BEFORE};
	char title[CWMP_SCRIPT_NAME_MAX + 2];

	snprintf(title, sizeof(title), "=%s", name);
	return lua_load(L, read_source, &source, title, "t");
}
