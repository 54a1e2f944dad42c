/* What a report says of parameters, as changes of a document. Pure but for memory. */
#ifndef ACS_LEARNED_H
#define ACS_LEARNED_H

#include "daemons/acs/document.h"
#include "daemons/acs/rpc_json.h"
#include "daemons/acs/session.h"

/* Views the report, and what lies here. */
struct acs_lesson {
	struct acs_changes changes;
	struct acs_rpc rpc; /* of the report's request */
	char *texts[2];     /* allocated */
	char **lists;       /* access lists that were joined */
	size_t list_count;
};

/* 0; SB_EINVAL: the report does not say what it should; SB_ENOMEM. To be freed in each case. */
int acs_lesson_init(struct acs_lesson *lesson, const struct acs_report *report, uint64_t now_s);
void acs_lesson_fini(struct acs_lesson *lesson);

#endif
