/* What all keepers say, put together to one answer. */
#ifndef ACS_GATHER_H
#define ACS_GATHER_H

#include "daemons/acs/call.h"

struct acs_gather {
	json_t *parts; /* an array of what each said */
	uint32_t limit;
	bool is_more; /* after acs_gather_merge: there are more than it gives */
	void (*done)(struct acs_call *call, struct acs_gather *gather);
};

/* Asks all keepers, and calls `done` when all have answered; a problem of one is the answer. `ask`
 * is eaten; NULL: no memory. */
void acs_gather(struct acs_call *call, enum acs_message type, struct acs_ask *ask, uint32_t limit,
	void (*done)(struct acs_call *call, struct acs_gather *gather));

/* {key: [...]} of the members of all lists of this name, sorted (`order` NULL: not), of which there
 * are `limit` at most. NULL: no memory. */
json_t *acs_gather_merge(struct acs_gather *gather, const char *key,
	int (*order)(const void *left, const void *right));

/* The sum of a number that each says. */
int64_t acs_gather_sum(const struct acs_gather *gather, const char *key);

#endif
