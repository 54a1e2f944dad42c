/*
 * The scripts of the ACS: those of its configuration, read at the start, and those that the API
 * puts into the store. One session owns the set; a change is durable first, then loaded, and
 * sessions that begin after that take it.
 */
#ifndef ACS_SCRIPTS_H
#define ACS_SCRIPTS_H

#include "core/config.h"
#include "core/store.h"
#include "daemons/acs/config.h"
#include "protocols/cwmp/script.h"

#include <stdatomic.h>
#include <stdbool.h>

struct sb_node;

/* The owner's name; it has it once all scripts are loaded. */
#define ACS_SCRIPTS_OWNER "acs.scripts"

/* What is asked of it, by sb_call with the NUL-terminated name, or JSON, as payload; it answers
 * with JSON, or with a status and a text. SB_ENOENT; SB_EINVAL: it cannot be compiled;
 * SB_ECONFLICT: the configuration has one of this name. */
enum acs_script_message {
	ACS_SCRIPT_PUT = 400, /* the whole script with its name; {script} */
	ACS_SCRIPT_GET,       /* {script} */
	ACS_SCRIPT_LIST,      /* {"scripts": [...]}, in the order in which they are tried; without
				 sources */
	ACS_SCRIPT_DELETE,
	ACS_SCRIPT_RELOAD, /* a message, not a call: the files are read again */
};

/* A script of the configuration with what is in its file. */
struct acs_script_text {
	const struct acs_script_file *file;
	char path[4096]; /* of that, as it is opened */
	char *text;
	size_t size;
};

/* Zeroed, with what is said here filled in by whoever starts it; outlives the node. */
struct acs_scripts {
	struct cwmp_scripts *scripts;
	struct sb_store *store;
	struct acs_script_text *texts; /* of the configuration; the owner's, once it runs */
	size_t text_count;
	_Atomic bool has_failed; /* the store could not be read: the node has stopped */
};

/* Reads the files that the configuration names; what is wrong is reported. 0 or SB_ENOMEM. */
int acs_scripts_read(struct acs_scripts *scripts, const struct sb_config *file,
	const struct acs_script_files *files);

/* What is in a file now, with a NUL behind it (malloc); NULL with errno. It waits for the disk. */
char *acs_script_file_read(const char *path, size_t *size);

/* Starts the owner. 0 or an error. */
int acs_scripts_start(struct acs_scripts *scripts, struct sb_node *node);
/* After the node has stopped. */
void acs_scripts_fini(struct acs_scripts *scripts);

#endif
