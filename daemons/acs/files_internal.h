/* The owner of files from the inside. */
#ifndef ACS_FILES_INTERNAL_H
#define ACS_FILES_INTERNAL_H

#include "core/message.h"
#include "core/module.h"
#include "core/session.h"
#include "daemons/acs/files.h"

/* Beside enum acs_file_message. */
#define ACS_FILE_TABLE   350u /* a call: the list, given */
#define ACS_FILE_CHANGED 351u /* on the topic: there is another list */
#define ACS_FILE_TOPIC   "acs.files.changed"

/* A file, whole or being written. */
struct acs_file_entry {
	struct acs_file_entry *next;
	struct acs_file file;
	int64_t given_ms;    /* of the place that it comes through; 0: none */
	uint64_t dropped_ns; /* whoever wrote it gave it up; 0: not */
	uint64_t monitor;    /* of whoever writes it; 0: nobody does */
};

/* A question whose answer waits for the store. */
struct acs_file_pending {
	struct acs_file_pending *next;
	uint64_t ref;
	struct sb_from from;
	enum acs_file_message type;
	uint64_t id;
};

/* The owner's state. */
struct acs_files_owner {
	struct acs_files *files;
	struct acs_file_entry *whole, *unfinished;
	struct acs_file_pending *pending;
	uint64_t octets; /* of all, with what those that are being written may become */
	uint64_t last_id, last_ref;
	bool is_loaded;
	struct sb_timer sweep;
};

/* files_load.c: reads what is stored, from the owner's start on; false: the message was not for
 * it. */
int acs_files_load(struct sb_session *s);
bool acs_files_loading(struct sb_session *s, struct sb_message *m);
/* It could not be read: the node stops. */
void acs_files_load_failed(struct sb_session *s, int err);

/* files_owner.c */
struct acs_file_entry *
acs_files_add(struct sb_session *s, struct acs_file_entry **list, const struct acs_file *file);

/* The list to give away; NULL: no memory. */
struct acs_file_list *acs_files_list(const struct acs_files_owner *owner);
void acs_file_list_release(void *list);

extern const struct sb_module acs_files_owner_module, acs_files_keeper_module;

#endif
