/*
 * The files of the ACS as its sessions see them. One session owns them all, decides, and makes
 * durable; on each shard another keeps the present list, so that a file's place is found in
 * a session's callback without asking. What the list says of a name may be some turns old.
 */
#ifndef ACS_FILES_H
#define ACS_FILES_H

#include "core/message.h"
#include "core/store.h"
#include "daemons/acs/config.h"
#include "daemons/acs/file.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct acs_logins;
struct sb_listener;
struct sb_node;
struct sb_session;

/* The owner's name; it has it once all that the store says of files is there. */
#define ACS_FILES_OWNER "acs.files"

/* What is asked of the owner, by sb_call with a struct acs_file_ask; and what it answers. A status
 * other than 0 may have a text that says what is wrong. */
enum acs_file_message {
	/* `file` says what the new one will be: name, size (or how large it may become), texts.
	 * {uint64_t id}: it may be written. SB_ELIMIT: too large, too many octets together.
	 * SB_EEXIST: something came through this place, or after it was given, or is just coming.
	 */
	ACS_FILE_BEGIN = 300,
	ACS_FILE_END,  /* `file` with size, pieces and sha256: it is whole. {file}, when durable */
	ACS_FILE_DROP, /* `file.id` alone: it will not be; a message, not a call */
	ACS_FILE_GET,  /* by `file.name`: {file} */
	ACS_FILE_LIST, /* {"files": [...]} */
	ACS_FILE_DELETE,
};

struct acs_file_ask {
	struct acs_file file;
	int64_t given_ms; /* ACS_FILE_BEGIN of an upload: when its place was given; 0: no upload */
};

/* What is known of all files at one time; shared by who holds it. */
struct acs_file_list {
	atomic_uint holders;
	uint64_t version;
	size_t count;
	struct acs_file each[]; /* by name */
};

/* Touched by its shard alone. */
struct acs_file_shard {
	_Alignas(64) const struct acs_file_list *list; /* NULL: not here yet */
};

/* Zeroed, with what is said here filled in by whoever starts it; outlives the node. */
struct acs_files {
	const struct acs_file_options *options;
	struct acs_logins *logins;
	struct sb_store *store;
	uint8_t secret[32]; /* of places for uploads; the owner's, from the store */
	struct acs_file_shard *shards;
	unsigned shard_count;
	char own_url[160];
	_Atomic(const char *) url; /* that devices reach us at; NULL: not known */
	_Atomic bool has_failed;   /* the store could not be read: the node has stopped */
	_Atomic uint64_t version;  /* of the list, counted by the owner */
};

/* Starts the owner and a session on each shard. 0 or an error. */
int acs_files_start(struct acs_files *files, struct sb_node *node);
void acs_files_fini(struct acs_files *files);

/* On the session's shard, for this callback; NULL: no such file, if its list is the present one. */
const struct acs_file *
acs_files_find(const struct acs_files *files, struct sb_session *s, const char *name);
/* False: there is another list, which is on its way here: what is not found may be there soon. */
bool acs_files_are_present(const struct acs_files *files, struct sb_session *s);

/* ---- places that devices reach ---- */

/* ACS_URL_SIZE fits any. */
#define ACS_URL_SIZE 5600

/* Once, by who opened a listener of devices: where files are unless the configuration says it.
 * Nothing where that is any address. */
void acs_files_listen_at(struct acs_files *files, const struct sb_listener *listener, bool is_tls);

/* "http://192.0.2.1:7547/files/TOKEN/NAME". SB_ECONFIG: there is no url. */
int acs_file_url(const struct acs_files *files, const struct acs_file *file, char *out);

/* A place for one upload of a device, which the file `name` will be. */
int acs_upload_url(const struct acs_files *files, struct sb_session *s, const char *device,
	const char *name, char *out);

/* Whether `token` (as it stood in the URL) is that of a place for this device and name: 0, and when
 * it was given; SB_EACCES, SB_TIMEOUT, SB_ENOMEM. */
int acs_upload_check(const struct acs_files *files, const char *token, const char *device,
	const char *name, int64_t now_ms, int64_t *given_ms);

/* Whether the URL of a task's file will be one that a device can be told: NULL, or why not. */
const char *
acs_files_why_not(const struct acs_files *files, const char *device, const json_t *task);

/* For struct acs_service: what a task that names a file of ours lacks. `context` is the files. */
int acs_files_complete(void *context, struct sb_session *s, const char *device, json_t *task);

#endif
