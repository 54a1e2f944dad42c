/*
 * Session scripts in Lua 5.4: what happens in a CWMP session, written as if the device
 * answered at once. docs/scripts.md is the page for who writes them.
 *
 *	local version = cpe:get("Device.DeviceInfo.SoftwareVersion")
 *	if version ~= "2.1" then
 *		cpe:download{FileType = "1 Firmware Upgrade Image", URL = "http://..."}
 *	end
 *
 * Each shard has one lua_State, each session one coroutine in it, which sleeps until the device
 * (or the daemon) has answered. Scripts see nothing of each other, of files or of processes. Every
 * resource has a bound; a script that overruns one is ended, with a line in the log that names
 *script, line and bound, and nothing else notices.
 */
#ifndef SB_CWMP_SCRIPT_H
#define SB_CWMP_SCRIPT_H

#include "service.h"

struct sb_node;

/* ---- the set of scripts ---- */

/* Whom a script is for. NULL: anybody. Texts are patterns: `*` any characters, `?` one; the OUI is
 * compared without regard to case. */
struct cwmp_script_filter {
	const char *manufacturer;
	const char *oui;
	const char *product_class;
	const char *version; /* SoftwareVersion, as the Inform says it; no such parameter: "" */
	const char *const *events; /* one of them is in the Inform: "0 BOOTSTRAP", "M *" */
	size_t event_count;        /* 0: any event */
};

#define CWMP_SCRIPT_NAME_MAX 47

struct cwmp_script_source {
	const char *name; /* 1 to 47 of [A-Za-z0-9_.-] */
	const char *text; /* Lua, no compiled one */
	size_t size;
	struct cwmp_script_filter filter;
};

/* What is wrong with a source. */
struct cwmp_script_mistake {
	char script[CWMP_SCRIPT_NAME_MAX + 1];
	char text[256]; /* "provision:3: '=' expected near 'x'" */
};

/* 0 takes the default in brackets. An instruction is one of Lua's machine; what library functions
 * do in loops counts, too. */
struct cwmp_script_limits {
	uint64_t instructions_a_resume;  /* from one answer to the next call [1,000,000] */
	uint64_t instructions_a_session; /* [20,000,000] */
	uint32_t resume_ms;              /* of CPU: for what instructions do not tell [100] */
	size_t allocation_a_resume;      /* octets asked for, freed or not [32 MiB] */
	size_t memory_a_session;         /* octets held at once [4 MiB] */
	size_t memory_a_shard;           /* of all scripts together [64 MiB] */
	size_t source_bytes;             /* of one script [256 KiB] */
	uint32_t log_lines;              /* a session [200] */
};

struct cwmp_script_function;

struct cwmp_scripts_options {
	struct cwmp_script_limits limits;
	/* Functions of the daemon's, which scripts find in a global table of this name: "acs" for
	 * acs.tags(). Borrowed until cwmp_scripts_free. */
	const char *library;
	const struct cwmp_script_function *functions;
	size_t function_count;
};

struct cwmp_scripts;

/* An empty set for the sessions of a node. `options` may be NULL. 0 or SB_ENOMEM. */
int cwmp_scripts_new(struct cwmp_scripts **scripts, struct sb_node *node,
	const struct cwmp_scripts_options *options);

/* When the node runs no longer, or is no more. NULL is fine. */
void cwmp_scripts_free(struct cwmp_scripts *scripts);

/*
 * Puts these sources in the place of those before, all or none; copied. Sessions under way go on
 * with what they began with, new ones take the new. Any thread; it compiles each once to know that
 * it can be. 0; SB_EINVAL and *mistake (which may be NULL); SB_ENOMEM.
 */
int cwmp_scripts_load(struct cwmp_scripts *scripts, const struct cwmp_script_source sources[],
	size_t count, struct cwmp_script_mistake *mistake);

/* Whether it could be loaded. Any thread; as cwmp_scripts_load. */
int cwmp_script_check(const struct cwmp_scripts *scripts, const struct cwmp_script_source *source,
	struct cwmp_script_mistake *mistake);

/* The first script, in the order of loading, whose filter fits: copies its name. SB_ENOENT: none
 * does. Any thread. */
int cwmp_scripts_choose(struct cwmp_scripts *scripts, const struct cwmp_inform *inform,
	char name[CWMP_SCRIPT_NAME_MAX + 1]);

/* ---- a script in a session ---- */

struct cwmp_script;

#define CWMP_SCRIPT_TRACE_MAX 255

struct cwmp_script_end {
	/* 0: it came to its end. SB_EREMOTE: a fault that it did not catch. SB_EINVAL: an error of
	 * its own. SB_ELIMIT: it overran a bound. SB_ENOMEM. SB_GONE: its session ended first. */
	int status;
	const char *script;  /* its name */
	const char *text;    /* "provision:7: 9005 Invalid parameter name"; "" for 0 */
	const char *trace;   /* "provision:7 in name < provision:31": how it came there; "" */
	uint32_t fault_code; /* the device's; 0: none */
};

struct cwmp_script_done {
	void (*function)(struct cwmp_session *c, const struct cwmp_script_end *end, void *context);
	void *context;
};

/*
 * Starts the script of this name (NULL: the first whose filter fits) in a session: from
 * session_start or later, in any callback; it runs from the next turn on. When it has ended, and
 * was logged, `done` is called, once, in a callback of its own; *script is gone after that. It does
 * not finish the session. 0; SB_ENOENT (no such script); SB_ENOMEM; SB_ELIMIT (the scripts of this
 * shard have no memory left).
 */
int cwmp_script_start(struct cwmp_script **script, struct cwmp_session *c,
	struct cwmp_scripts *scripts, const char *name, struct cwmp_script_done done);

/* Ends it where it waits, without `done`; its to-be-closed variables are closed. Whose script may
 * still run calls this in session_end. NULL is fine. Not inside one of its functions. */
void cwmp_script_stop(struct cwmp_script *script);

struct cwmp_session *cwmp_script_session(const struct cwmp_script *script);
const char *cwmp_script_name(const struct cwmp_script *script);

/* ---- functions of the daemon's ---- */

enum cwmp_script_kind {
	CWMP_SCRIPT_NIL,
	CWMP_SCRIPT_BOOLEAN,
	CWMP_SCRIPT_INTEGER,
	CWMP_SCRIPT_NUMBER,
	CWMP_SCRIPT_TEXT,
	CWMP_SCRIPT_LIST,
	CWMP_SCRIPT_MAP,
	CWMP_SCRIPT_VALUE, /* of a parameter: a script gets it as it gets those of cpe:get */
};

/* A value on its way between script and daemon. */
struct cwmp_script_value {
	enum cwmp_script_kind kind;
	union {
		bool boolean;
		int64_t integer;
		double number;
		const char *text; /* NUL-terminated; a script's texts with a NUL inside do not get
				     here */
		struct {
			const struct cwmp_script_value *each;
			size_t count;
		} list;
		struct {
			const struct cwmp_script_pair *each;
			size_t count;
		} map;
		struct cwmp_value value;
	} as;
};

struct cwmp_script_pair {
	const char *key;
	struct cwmp_script_value value;
};

/*
 * One function. `call` is given what the script gave, borrowed for the call, and answers exactly
 * once with cwmp_script_answer: before it returns, or later, while the script sleeps. When the
 * script was stopped meanwhile (cwmp_script_stop, or `done` with SB_GONE) it must not answer any
 * more. Arguments and answers are paid for by the script: members as instructions, octets as
 * memory. `call` itself is not stopped by any bound: it takes no longer than a callback may.
 */
struct cwmp_script_function {
	const char *name;
	void (*call)(struct cwmp_script *script, const struct cwmp_script_value arguments[],
		size_t count);
};

/* The answer of the function under way: `value` (borrowed for the call; NULL: nil), or, with a
 * negative status, a Lua error with this text in `value`, or else the status's own. The script goes
 * on in a later turn, or when `call` returns. */
void
cwmp_script_answer(struct cwmp_script *script, int status, const struct cwmp_script_value *value);

/* ---- scripts and nothing else ---- */

/* A service whose sessions do what their script says, and end: `args` of the server is the struct
 * cwmp_scripts. A device without a script is let go. */
extern const struct cwmp_service cwmp_script_service;

#endif
