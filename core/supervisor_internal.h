/* The supervisor from the inside. */
#ifndef SB_CORE_SUPERVISOR_INTERNAL_H
#define SB_CORE_SUPERVISOR_INTERNAL_H

#include "supervisor.h"

struct sb_session;

/* session.c: a child of a supervisor has ended (`closed` has run): tells the supervisor, whose
 * notice was reserved when the child was started. */
void sb_supervisor_child_ended(struct sb_session *child);

#endif
