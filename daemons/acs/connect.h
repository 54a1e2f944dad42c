/* Where a device is asked to come, and as whom: from what it has said of its parameters, and what
 * the configuration says of all. */
#ifndef ACS_CONNECT_H
#define ACS_CONNECT_H

#include "core/message.h"
#include "daemons/acs/config.h"

#include <jansson.h>
#include <stdbool.h>

/* The question to the device's keeper (ACS_PARAMETERS). */
extern const char acs_connect_question[];

struct acs_target {
	char url[1025]; /* "": it never said one */
	char username[257], password[257];
	char udp[257]; /* "host:port" (Annex G); "": none */
};

/* From the keeper's answer. What does not fit is as if it were not there. */
void acs_target_read(struct acs_target *target, const json_t *answer,
	const struct acs_connection_requests *options);
/* The same from the message; false: it has none, or no URL. */
bool acs_target_of(struct acs_target *target, const struct sb_message *m,
	const struct acs_connection_requests *options);

/* Asks: one SB_MSG_REPLY with *ref comes (cwmp_connection_request_result). As sb_call. */
int acs_connect(
	struct sb_session *s, const char *device, const struct acs_target *target, uint64_t *ref);

#endif
