/* What the parts of the scripts share: a shard's lua_State, a script under way, its bounds. */
#ifndef SB_CWMP_SCRIPT_INTERNAL_H
#define SB_CWMP_SCRIPT_INTERNAL_H

#include "../../core/env.h"
#include "../../core/metrics.h"
#include "../../core/session.h"
#include "schema.h"
#include "script.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>

/* ---- the set (script_set.c) ---- */

struct script_chunk {
	uint64_t id; /* of this text, never used again */
	const char *name;
	const char *text;
	size_t size;
	struct cwmp_script_filter filter;
};

/* Immutable; freed with its last user. */
struct script_set {
	const struct sb_env *env;
	_Atomic unsigned users;
	struct script_chunk *chunks;
	size_t count;
	uint64_t generation;
	char *memory; /* all the texts */
};

#define SCRIPT_RESULT_MAP(X)  \
	X(DONE, "done")       \
	X(FAULT, "fault")     \
	X(ERROR, "error")     \
	X(OVERRUN, "overrun") \
	X(MEMORY, "memory")   \
	X(GONE_FIRST, "gone")

enum script_result {
#define X(name, text) SCRIPT_##name,
	SCRIPT_RESULT_MAP(X)
#undef X
		SCRIPT_RESULTS,
};

struct cwmp_scripts {
	struct sb_node *node;
	const struct sb_env *env;
	struct cwmp_script_limits limits;
	const char *library;
	const struct cwmp_script_function *functions;
	size_t function_count;
	unsigned shard_count;

	struct sb_counter *ended[SCRIPT_RESULTS];
	struct sb_counter *instructions;
	struct sb_gauge *running;
	struct sb_gauge *memory;

	pthread_mutex_t mutex; /* of what follows */
	struct script_set *set;
	uint64_t last_id, generation;

	/* Each touched by its shard alone. */
	struct script_shard *shards[];
};

/* The present set, with one user more. */
struct script_set *script_set_get(struct cwmp_scripts *scripts);
void script_set_release(struct script_set *set);
/* By name; NULL: by its filter. NULL: there is none. */
const struct script_chunk *
script_set_find(const struct script_set *set, const char *name, const struct cwmp_inform *inform);

bool script_filter_fits(const struct cwmp_script_filter *filter, const struct cwmp_inform *inform);

/* ---- memory (script_memory.c) ---- */

/* Who holds what: each block of Lua's memory names its account, which is freed with its owner and
 * the last of its blocks. */
struct script_account {
	size_t live;
	size_t limit;
	bool is_open;
};

enum script_bound {
	SCRIPT_WITHIN,
	SCRIPT_RESUME_INSTRUCTIONS,
	SCRIPT_SESSION_INSTRUCTIONS,
	SCRIPT_TIME,
	SCRIPT_ALLOCATION,
	SCRIPT_STACK,
	SCRIPT_SESSION_MEMORY,
	SCRIPT_SHARD_MEMORY,
	SCRIPT_NO_MEMORY, /* the system has none */
};

struct script_shard {
	const struct sb_env *env;
	const struct cwmp_script_limits *limits;
	lua_State *lua;
	size_t live;                   /* octets of all accounts */
	struct script_account own;     /* libraries, compiled chunks */
	struct script_account *paying; /* for what is allocated now */
	struct cwmp_script *running;   /* NULL: none */
	const void *newest;            /* block */
	size_t newest_size;
	bool has_thread;     /* made just now: its stack is the next block */
	bool has_text;       /* a long one was made since this was cleared */
	uint64_t generation; /* of the set whose chunks are in the cache */
	/* Of the script that ends now: where it was when it threw or was refused something, by what
	 * it came there, and what is said of its end. */
	char where[LUA_IDSIZE + 16];
	char trace[CWMP_SCRIPT_TRACE_MAX + 1];
	char text[512];
};

/* Of a coroutine's stack: what calls itself, or a chain of what is called, costs the square of
 * it. */
#define SCRIPT_STACK_MOST 262144

/* lua_Alloc; `context` is the shard. */
void *script_allocate(void *context, void *block, size_t old, size_t size);
struct script_account *script_account_new(const struct sb_env *env, size_t limit);
void script_account_close(const struct sb_env *env, struct script_account *account);

/* ---- a script under way ---- */

enum script_state {
	SCRIPT_READY,   /* to be resumed by its timer */
	SCRIPT_RUNNING, /* inside Lua */
	SCRIPT_CALLING, /* the device */
	SCRIPT_ASKING,  /* the daemon */
	SCRIPT_ENDED,
};

struct cwmp_script {
	struct script_shard *shard;
	struct cwmp_scripts *scripts;
	struct cwmp_session *session;
	struct script_set *set;
	const struct script_chunk *chunk;
	struct cwmp_script_done done;
	enum script_state state;
	struct sb_timer timer;
	lua_State *lua;    /* the coroutine; kept by the registry, under this struct's address */
	const void *stack; /* its block */
	struct script_account *account;

	uint64_t resume_instructions, session_instructions; /* used */
	uint64_t unlooked;                                  /* since the clock was looked at */
	bool has_much;    /* so much that one instruction may take long: */
	bool is_deep;     /* for either it is looked at with each */
	bool wants_line;  /* the next instruction tells where its stack has grown */
	size_t allocated; /* in this resume */
	uint64_t resumed_at, resumed_cpu;
	enum script_bound overrun; /* it is being ended for this */
	enum script_bound refused; /* why memory was last refused */
	uint32_t log_lines;

	const struct cwmp_outcome *outcome; /* of the device's, while it is told */
	bool is_answered;                   /* by the daemon */
	int answer_status;
	uint64_t answer_work; /* to be charged when the script goes on */

	int status; /* how it ended */
	uint32_t fault_code;
};

/* The script whose coroutine this is; NULL for a shard's own. */
static inline struct cwmp_script *
script_of(lua_State *L)
{
	return *(struct cwmp_script **)lua_getextraspace(L);
}

/* What the registry keeps for a script: a table of these. */
enum { SCRIPT_KEEPS_THREAD = 1, SCRIPT_KEEPS_TYPES, SCRIPT_KEEPS_ANSWER };

/* Pushes one of them. */
void script_kept(lua_State *L, struct cwmp_script *script, int which);

/* ---- bounds (script_budget.c) ---- */

/* Begins a resume's share; the hook of its coroutine. */
void script_budget_begin(struct cwmp_script *script);
void script_budget_hook(lua_State *L, lua_Debug *ar);
/* Whether its time is over. */
bool script_is_late(const struct cwmp_script *script);

/* `work` instructions more were used by a library function, or will be: no return when that is too
 * much. */
void script_charge(lua_State *L, uint64_t work);
/* What a function may still use in this resume. */
uint64_t script_work_left(lua_State *L);
/* After an error was caught, with the status of lua_pcall: an overrun goes on. */
void script_recheck(lua_State *L, int status);
/* "provision:7: more than 1000000 instructions ..." */
void script_describe_overrun(struct cwmp_script *script);

/* ---- where a script is (script_trace.c): in no memory of Lua's, so that it can be noted anywhere
 * ---- */

void script_note_place(lua_State *L, struct cwmp_script *script);
/* A message handler: the place of an error that nobody catches. */
int script_trace(lua_State *L);

/* ---- what is dear (script_watch.c) ---- */

/* Every so many instructions the hook looks, of this script now: this, or 1. */
#define SCRIPT_HOOK_COUNT 100
uint64_t script_watch_count(const struct cwmp_script *script);
/* What that depends on has changed. */
void script_watch(struct cwmp_script *script);

/* Each block that is made, made smaller or larger, freed. */
void script_watch_new(struct script_shard *shard, const void *memory, size_t kind, size_t size);
void script_watch_resized(
	struct script_shard *shard, const void *before, const void *memory, size_t size);
void script_watch_freed(struct script_shard *shard, const void *memory);
/* Whether it is that of the script that runs. */
bool script_watch_is_stack(const struct script_shard *shard, const void *memory);

/* ---- libraries: each pushes a table that scripts cannot change ---- */

/* A function or constant of Lua's own, and what it is charged for beside its instruction. */
enum script_price {
	SCRIPT_FREE,
	SCRIPT_BY_LENGTH,  /* of its arguments: it works through texts */
	SCRIPT_BY_RESULTS, /* it takes a part of a text */
};

struct script_pick {
	const char *name;
	enum script_price price;
};

/* Copies functions and constants of the table on the top into the one below it, and pops it. */
void script_pick(lua_State *L, const struct script_pick picks[], size_t count);
/* Puts an empty table that reads from it, and cannot be written, in the place of the table on the
 * top.
 */
void script_seal(lua_State *L);

void script_open_base(lua_State *L); /* what a script's globals read from, with all the others */
void script_open_string(lua_State *L);
void script_open_table(lua_State *L);
void script_open_system(lua_State *L);   /* os, math, utf8: into the table on the top */
void script_open_patterns(lua_State *L); /* find, match, gmatch, gsub: likewise */
void script_open_log(lua_State *L);      /* log, print: likewise */
/* Metatables of cpe and of faults, into the registry. */
void script_open_cpe(lua_State *L);
void script_open_faults(lua_State *L);
/* The daemon's, into the table on the top. */
void script_open_functions(lua_State *L, const struct cwmp_scripts *scripts);

/* ---- running (script_run.c), shards (script_shard.c) ---- */

/* The lua_State of a session's shard, made when it is first needed. 0 or SB_ENOMEM. */
int script_shard_get(struct cwmp_scripts *scripts, unsigned number, struct script_shard **shard);
void script_shard_free(struct script_shard *shard);
/* An empty lua_State in zeroed memory, for compiling alone; and its end. */
int script_shard_init(struct script_shard *shard, const struct sb_env *env,
	const struct cwmp_script_limits *limits);
void script_shard_fini(struct script_shard *shard);
/* Pushes the function of a chunk with globals of its own (with `cpe` in them). Inside a protected
 * call.
 */
void script_instantiate(lua_State *L, struct cwmp_script *script);

/*
 * lua_load of a source, bounded in time; as lua_load. Wrapped, it is a function that takes globals
 * and returns the script's own function with these: so sessions share the code, and no global.
 */
struct script_compile {
	const struct sb_env *env;
	uint32_t limit_ms;
	bool is_wrapped;
};

int script_compile(lua_State *L, const struct script_compile *how, const char *name,
	const char *text, size_t size);

/* What is allocated meanwhile is the script's, within its share of a resume. Turns nest: a function
 * of one script may answer another one. */
struct script_turn {
	struct script_account *paying;
	struct cwmp_script *running;
};

struct script_turn script_enter(struct cwmp_script *script);
void script_leave(struct cwmp_script *script, struct script_turn before);

/* Lets a sleeping script go on. */
void script_resume(struct cwmp_script *script);
/* An outcome of the device's. */
void script_outcome(struct cwmp_session *c, const struct cwmp_outcome *o, void *context);

/* ---- values between Lua and the schema (script_push.c, script_take.c) ---- */

void script_push_value(lua_State *L, const struct cwmp_value *value);
void script_push_struct(lua_State *L, const struct cwmp_shape *shape, const void *from);
/* name -> value; types are noted. */
void script_push_parameters(
	lua_State *L, struct cwmp_script *script, const struct cwmp_parameter_values *values);

/* ---- calls of the device (script_cpe.c) ---- */

/* Begins a method of cpe's; its anchor is on the top. */
struct script_take script_begin_call(lua_State *L, enum cwmp_method method);
/* Sends it. The script sleeps; then `finish` finds its first `keep` arguments where they were. */
int script_call_device(struct script_take *take, enum cwmp_method method,
	const union cwmp_body *body, int keep, lua_KFunction finish);
/* The response; no return when it is none. */
const union cwmp_body *script_response(lua_State *L);
void script_open_parameters(lua_State *L);

/* ---- faults (script_fault.c) ---- */

/* Throws {code=, text=, where=, parameters=}. */
_Noreturn void
script_throw_fault(lua_State *L, uint32_t code, const char *text, const struct cwmp_fault *fault);
/* The fault of an outcome that is none of ours. */
_Noreturn void script_throw_outcome(lua_State *L, const struct cwmp_outcome *o);
/* What the error at the top of the stack says, and its code, into the script. An object may say
 * itself what it is, on the script's account: that may be an overrun. */
void script_describe_error(lua_State *L, struct cwmp_script *script);

/* Refuses where a script cannot sleep: in a comparison of sort, a function of gsub, at its end. */
void script_check_yields(lua_State *L);

/* Fills `out` from the table at `index`. What it points at is kept alive by the table at `anchor`.
 * Errors are Lua's. */
struct script_take {
	lua_State *L;
	int anchor;
	struct cwmp_script *script;
	const char *what; /* the method's name, for errors */
};

void
script_take_struct(struct script_take *take, int index, const struct cwmp_shape *shape, void *out);
/* The field of this name from the value at `index`. */
void script_take_named(struct script_take *take, int index, const struct cwmp_shape *shape,
	const char *name, void *out);
const char *script_take_text(struct script_take *take, int index, const char *name, unsigned max);
/* `type`: CWMP_TYPE_OTHER when none was given: what was learned of `name`, or what fits. */
struct cwmp_value
script_take_value(struct script_take *take, int index, const char *name, enum cwmp_type type);
/* Octets that live as long as the anchor; zeroed. */
void *script_take_memory(struct script_take *take, size_t count, size_t size);

#define SCRIPT_MAX_MEMBERS 65536

/* ---- log ---- */

#define SCRIPT_CPE_META   "switchboard.cpe"
#define SCRIPT_FAULT_META "switchboard.fault"

#endif
