/*
 * What tests of the store share: a lab with a store of either backend, commits and
 * reads in one call each. A backend with threads of its own answers when it can, so
 * store_settle waits until nothing is asked any more.
 */
#ifndef SB_TESTS_CORE_STORE_FIXTURE_H
#define SB_TESTS_CORE_STORE_FIXTURE_H

#include "core/store.h"
#include "lab.h"

enum { MESSAGES, DEVICES, KINDS };

extern const struct sb_store_kind store_kinds[KINDS];
extern const struct sb_address nobody;

/* A folder of its own for files, and a path in it; both for the test that runs. */
void store_folder_make(void);
void store_folder_remove(void);
const char *store_path(const char *name);

/* From now on the lab's log goes into a file of the folder; how often that has the text. The lab
 * that comes next is quiet again. */
void store_capture(struct lab *lab);
unsigned store_said(const char *text);

struct sb_store *store_open(struct lab *lab, const struct sb_store_options *options);
/* Turns until every request has been answered, and the answers are there. */
void store_settle(struct lab *lab);

struct sb_txn *store_begin(struct probe *probe, struct sb_store *store);
void store_put(struct probe *probe, struct sb_store *store, uint64_t id, const char *head,
	const char *body, uint64_t ref);
void assert_answer(const struct probe *probe, size_t index, uint64_t ref, int status);

/* What a reader was told last: the rows themselves go with the message. */

struct seen_row {
	uint64_t id, revision;
	size_t head_size, body_size;
	char head[16], body[16];
};

struct seen {
	size_t count;
	bool is_last;
	int status;
	uint64_t last;            /* id */
	unsigned char octets[16]; /* the first row's head */
	struct seen_row rows[64];
};

extern struct seen seen;

struct probe *store_reader(struct lab *lab, unsigned shard);
void read_row(struct lab *lab, struct probe *reader, struct sb_store *store, uint64_t id);
void assert_row(struct lab *lab, struct probe *reader, struct sb_store *store, uint64_t id,
	uint64_t revision, const char *head, const char *body);
void assert_no_row(struct lab *lab, struct probe *reader, struct sb_store *store, uint64_t id);

#endif
