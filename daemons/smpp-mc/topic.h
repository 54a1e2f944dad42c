/* The topic that the receiving binds of an account join, and partitions watch. */
#ifndef SMPP_MC_TOPIC_H
#define SMPP_MC_TOPIC_H

#include "daemons/smpp-mc/account.h"

#include <stdio.h>

#define MC_TOPIC_MAX 64

static inline void
mc_topic_of(const struct mc_account *account, char topic[MC_TOPIC_MAX])
{
	snprintf(topic, MC_TOPIC_MAX, "smpp-mc.receivers.%s", account->system_id);
}

#endif
