/* How a client writes its request. */
#ifndef SB_DAEMONS_CWMP_SIM_REQUEST_H
#define SB_DAEMONS_CWMP_SIM_REQUEST_H

#include "daemons/cwmp-sim/client.h"

/* Writes client->request to the connection. 0, or what writing it says; SB_ELIMIT: its head is too
 * long. */
int request_write(struct client *client, struct sb_session *s);

/* Replaces the body by its gzip. 0 or SB_ENOMEM. */
int request_compress(struct client_request *request);

#endif
