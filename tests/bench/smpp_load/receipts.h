/*
 * Which message ids still wait for their receipt. An id is seen twice: in the
 * submit_sm_resp and in the receipt, in whichever order. Ids are kept as
 * hashes in a table of fixed size. One thread.
 */
#ifndef TESTS_BENCH_SMPP_LOAD_RECEIPTS_H
#define TESTS_BENCH_SMPP_LOAD_RECEIPTS_H

#include "core/bytes.h"

enum receipts_side { RECEIPTS_RESPONSE = 1, RECEIPTS_RECEIPT = 2 };

struct receipts {
	uint64_t *table; /* NULL: nothing is matched */
	size_t used;
	uint64_t matched;
	uint64_t duplicates; /* the same id twice on one side */
	uint64_t untracked;  /* the table was full */
	uint64_t open[3];    /* unmatched ids by side */
};

/* 0 or SB_ENOMEM. */
int receipts_init(struct receipts *receipts);
void receipts_fini(struct receipts *receipts);

/* Forgets all ids and counts. */
void receipts_clear(struct receipts *receipts);

void receipts_saw(struct receipts *receipts, enum receipts_side side, struct sb_bytes message_id);

#endif
