/*
 * Limits of listeners and connectors, key by key: one table for reading them, in
 * the order of struct sb_limits.
 */
#include "core/config_core.h"

#include <stddef.h>

/* Which key sets which limit, and how it is read. */
static const struct {
	const char *key;
	size_t offset;
	uint64_t (*read)(cfg_t *section, const char *key, uint64_t most);
} limits[] = {
#define LIMIT(key, field, kind)                                          \
	{                                                                \
		key, offsetof(struct sb_limits, field), sb_config_##kind \
	}
	LIMIT("max_connections", max_connections, count),
	LIMIT("max_connections_per_source", max_connections_per_source, count),
	LIMIT("accept_rate", accept_rate, count),
	LIMIT("handshake_timeout", handshake_ms, duration),
	LIMIT("first_octet_timeout", first_octet_ms, duration),
	LIMIT("frame_timeout", frame_ms, duration),
	LIMIT("idle_timeout", idle_ms, duration),
	LIMIT("linger_timeout", linger_ms, duration),
	LIMIT("stop_timeout", stop_ms, duration),
	LIMIT("input_limit", max_frame, size),
	LIMIT("output_low", output_low, size),
	LIMIT("output_high", output_high, size),
	LIMIT("output_hard", output_hard, size),
	LIMIT("linger_limit", linger_bytes, size),
	LIMIT("read_budget", read_budget, size),
	LIMIT("frame_budget", frame_budget, count),
	LIMIT("mailbox", mailbox_messages, count),
	LIMIT("mailbox_size", mailbox_bytes, size),
	LIMIT("max_calls", max_calls, count),
#undef LIMIT
};

struct sb_limits
sb_config_limits(cfg_t *section)
{
	struct sb_limits out = {0};

	/* "unlimited" is UINT32_MAX for the limits, too: SB_UNLIMITED. */
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		uint32_t *field = (uint32_t *)(void *)((char *)&out + limits[i].offset);

		*field = (uint32_t)limits[i].read(section, limits[i].key, SB_UNLIMITED);
	}
	return out;
}

void
sb_config_check_limits(const struct sb_config *config, cfg_t *section)
{
	struct sb_limits given = sb_config_limits(section);
	struct sb_limits defaults = sb_limits_complete(NULL, 0);
	/* Not completed: that would put them in order in silence. */
	uint32_t low = given.output_low ? given.output_low : defaults.output_low;
	uint32_t high = given.output_high ? given.output_high : defaults.output_high;
	uint32_t hard = given.output_hard ? given.output_hard : defaults.output_hard;

	if (low > high)
		sb_config_error(config, section, given.output_high ? "output_high" : "output_low",
			"output_low (%u octets) is over output_high (%u)", low, high);
	if (high > hard)
		sb_config_error(config, section, given.output_hard ? "output_hard" : "output_high",
			"output_high (%u octets) is over output_hard (%u)", high, hard);
}
