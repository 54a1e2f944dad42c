/*
 * Reports of a device's parameters become a new document: a job, off the loop. Pure but for
 * memory.
 */
#ifndef ACS_MERGE_H
#define ACS_MERGE_H

#include "core/message.h"
#include "daemons/acs/document.h"
#include "daemons/acs/result.h"
#include "daemons/acs/session.h"

/* A report that waits to be merged, and who waits for it. */
struct acs_update {
	struct acs_update *next;
	struct acs_report *report;
	struct sb_from from;
	size_t bytes;             /* that wait with it */
	bool is_counted;          /* they are, by the keeper */
	bool is_done;             /* the work has ended with it */
	bool needs_no_result;     /* what it says stands among the parameters, and nobody waits */
	struct acs_result result; /* of the response, made with the merge */
};

struct acs_update *acs_update_new(struct acs_report *report, struct sb_from from, bool is_done);
/* And those behind it. */
void acs_updates_free(struct acs_update *update);

struct acs_merge {
	struct acs_update *updates;
	struct acs_octets old; /* the row's body */
	size_t limit_bytes;    /* of a document */
	size_t result_bytes;
	uint64_t now_s;

	struct acs_octets body; /* the new row's; none when nothing has changed */
	uint32_t parameters, octets;
	int error;       /* of updates that could not be merged: they are passed over */
	bool is_damaged; /* the old document was, and is begun anew */
};

/* Takes zeroed memory, too. */
void acs_merge_fini(struct acs_merge *merge);

/* The work. 0 or SB_ENOMEM. */
int acs_merge_run(struct acs_merge *merge);

#endif
