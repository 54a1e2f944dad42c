/*
 * What came of a task, as it is kept with it: JSON; or, where a device has said many parameters,
 * packed as documents are, and JSON only when somebody reads it. Pure but for memory; any thread.
 */
#ifndef ACS_RESULT_H
#define ACS_RESULT_H

#include "daemons/acs/document.h"
#include "daemons/acs/text_out.h"
#include "protocols/cwmp/decode.h"

/* Zeroed: none. One of both at most. */
struct acs_result {
	char *text; /* JSON (malloc); NULL: none */
	struct acs_octets packed;
};

/* Of a response or fault; or, when its JSON would be longer than `limit_bytes`, what it was
 * instead. 0 or SB_ENOMEM. */
int acs_result_make(
	struct acs_result *result, const struct cwmp_envelope *envelope, size_t limit_bytes);
void acs_result_fini(struct acs_result *result);

/* The JSON of what is packed. 0, SB_ECORRUPT, SB_ENOMEM: then there may be a part of it. */
int acs_result_unpack(struct sb_bytes packed, struct acs_text *t);

#endif
