/* The owner of scripts from the inside. */
#ifndef ACS_SCRIPTS_INTERNAL_H
#define ACS_SCRIPTS_INTERNAL_H

#include "core/session.h"
#include "daemons/acs/scripts.h"

#include <jansson.h>

/* A script of the store. */
struct acs_stored_script {
	struct acs_stored_script *next;
	uint64_t id;
	json_t *object; /* as it was put */
	bool is_new;    /* waits for the store to be loaded */
	bool is_going;  /* waits for the store to go */
	struct sb_from from;
	char name[CWMP_SCRIPT_NAME_MAX + 1];
};

struct acs_scripts_owner {
	struct acs_scripts *scripts;
	struct acs_stored_script *stored;
	uint64_t last_id;
	bool is_loaded;
	uint64_t reading; /* the job that reads files again; 0: none */
	bool reads_again; /* somebody asked meanwhile */
	struct sb_timer loads_again;
};

/* ---- scripts.c ---- */

void acs_scripts_say(struct sb_session *s, struct sb_from from, int status, const char *text);
/* Eats the value; NULL: no memory. */
void acs_scripts_answer(struct sb_session *s, struct sb_from from, json_t *value);
/* Where the stored script of this name hangs; one that is not stored yet is none. */
struct acs_stored_script **acs_scripts_find(struct acs_scripts_owner *owner, const char *name);

/* ---- scripts_set.c ---- */

/* A script among others: those of the configuration have the position 0. */
struct acs_script_place {
	int64_t position;
	struct cwmp_script_source source;
	const char *const *events; /* allocated with the set; NULL: of the configuration */
};

/* 0 or SB_ENOMEM. What it points at is the object's, but for the events. */
int acs_script_place_stored(struct acs_script_place *place, const json_t *object);
/* All that hold, in their order; NULL: no memory. */
struct acs_script_place *acs_script_places(const struct acs_scripts_owner *owner, size_t *count);
void acs_script_places_free(struct acs_script_place *places, size_t count);
/* Has sessions that begin now take what holds, but for what cannot be compiled, which is logged. An
 * error is logged, too: those before stay; for want of memory it is tried again a little later. */
int acs_scripts_load(struct sb_session *s);

/* ---- scripts_show.c ---- */

void acs_scripts_get(struct sb_session *s, const struct sb_message *m);
void acs_scripts_list(struct sb_session *s, const struct sb_message *m);

/* ---- scripts_again.c ---- */

/* Reads the files of the configuration again, off the loop, and loads what is in them. */
void acs_scripts_read_again(struct sb_session *s);
/* False: the message was not for it. */
bool acs_scripts_was_read(struct sb_session *s, struct sb_message *m);

#endif
