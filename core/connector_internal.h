/* What the session knows of its connector. */
#ifndef SB_CORE_CONNECTOR_INTERNAL_H
#define SB_CORE_CONNECTOR_INTERNAL_H

#include "connector.h"
#include "session_internal.h"

#include <stdbool.h>

/* Whether the session stays when its connection goes. */
bool sb_connector_reconnects(const struct sb_session *s);
/* The connection is gone: wait and try again. */
void sb_connector_retry(struct sb_session *s);
/* The connection is open: the back-off starts anew once it has held. */
void sb_connector_opened(struct sb_session *s);
/* The session closes: nothing comes any more. Its connection may still use the limits. */
void sb_connector_stop(struct sb_session *s);
/* No connection is left. */
void sb_connector_free(struct sb_session *s);

#endif
