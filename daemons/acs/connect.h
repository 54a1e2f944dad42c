/* Where a device is asked to come, and as whom: from what it has said of its parameters, and what
 * the configuration says of all. */
#ifndef ACS_CONNECT_H
#define ACS_CONNECT_H

#include "core/message.h"
#include "daemons/acs/config.h"

#include <stdint.h>

/* What is asked of the device's keeper besides ACS_DEVICE (ACS_PARAMETERS): what was set from here.
 */
extern const char acs_connect_question[];

struct acs_target {
	char url[1025]; /* "": it never said one */
	char username[257], password[257];
	char udp[257]; /* "host:port" (Annex G); "": none */
	char from[64]; /* that its last Inform came from */
};

/* What does not fit is not set. */
void acs_target_set(char *out, size_t size, const char *value);

/* From the keeper's answer to ACS_DEVICE, zeroed before: what the last Inform said. What does not
 * fit is as if it were not there. */
void acs_target_of_device(struct acs_target *target, const struct sb_message *m);
/* From the answer to acs_connect_question; and then what the configuration says of all. */
void acs_target_of_parameters(struct acs_target *target, const struct sb_message *m,
	const struct acs_connection_requests *options);

/* Asks: one SB_MSG_REPLY with *ref comes (cwmp_connection_request_result). As sb_call. */
int acs_connect(
	struct sb_session *s, const char *device, const struct acs_target *target, uint64_t *ref);
/* The same over UDP, to a device behind a NAT. SB_ENOENT: it has not said where, or we have no
 * STUN.
 */
int acs_connect_udp(struct sb_session *s, const char *device, const struct acs_target *target,
	const struct acs_connection_requests *options, uint64_t *ref);

/* Starts what sends them. 0 or an error. `options` outlives the node. */
int acs_connects_start(struct sb_node *node, const struct acs_connection_requests *options);

#endif
