/*
 * Messages that an upstream has taken and said a name for: what becomes of them its
 * receipt says.
 */
#include "daemons/smpp-mc/partition_internal.h"

bool
mc_asks_receipt(const struct mc_partition *p, const struct mc_entry *entry)
{
	const struct mc_upstream *upstream =
		mc_config_upstream(mc_partition_config(p), entry->target);

	return upstream && mc_upstream_asks(upstream, entry->registered);
}

bool
mc_await(struct mc_partition *p, uint32_t number, struct sb_bytes carrier_id)
{
	(void)p;
	(void)number;
	(void)carrier_id;
	return false;
}
