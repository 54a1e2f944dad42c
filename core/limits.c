/*
 * What a limit is when nobody says. The defaults fit a server of unknown peers:
 * what is unfinished (a handshake, a frame, an end) is bounded in octets and in
 * time, a peer that is merely quiet is not at fault.
 */
#include "core/limits.h"

#define KIB 1024u

/* Buffers double, and their sizes are 32 bits. */
#define OCTETS_MAX (1u << 30)

static const struct sb_limits defaults = {
	.max_connections = 10000,
	.max_connections_per_source = SB_UNLIMITED,
	.accept_rate = SB_UNLIMITED,
	.handshake_ms = 10000,
	.first_octet_ms = SB_UNLIMITED,
	.frame_ms = 30000,
	.idle_ms = SB_UNLIMITED,
	.linger_ms = 2000,
	.stop_ms = 5000,
	.max_frame = 64 * KIB,
	.output_low = 64 * KIB,
	.output_high = 256 * KIB,
	.output_hard = 4096 * KIB,
	.linger_bytes = 256 * KIB,
	.read_budget = 64 * KIB,
	.frame_budget = 1024,
	.mailbox_messages = 1024,
	.mailbox_bytes = 1024 * KIB,
	.max_calls = 1024,
};

static uint32_t
or_default(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static uint32_t
at_most(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

struct sb_limits
sb_limits_complete(const struct sb_limits *limits, size_t max_frame)
{
	struct sb_limits given = limits ? *limits : (struct sb_limits){0};
	struct sb_limits out = defaults;

	if (max_frame)
		out.max_frame = max_frame < OCTETS_MAX ? (uint32_t)max_frame : OCTETS_MAX;
#define COMPLETE(field) out.field = or_default(given.field, out.field)
	COMPLETE(max_connections);
	COMPLETE(max_connections_per_source);
	COMPLETE(accept_rate);
	COMPLETE(handshake_ms);
	COMPLETE(first_octet_ms);
	COMPLETE(frame_ms);
	COMPLETE(idle_ms);
	COMPLETE(linger_ms);
	COMPLETE(stop_ms);
	COMPLETE(max_frame);
	COMPLETE(output_low);
	COMPLETE(output_high);
	COMPLETE(output_hard);
	COMPLETE(linger_bytes);
	COMPLETE(read_budget);
	COMPLETE(frame_budget);
	COMPLETE(mailbox_messages);
	COMPLETE(mailbox_bytes);
	COMPLETE(max_calls);
#undef COMPLETE
	/* Put in order instead of refused: an operator who lowers one need not know the others. */
	out.max_frame = at_most(out.max_frame, OCTETS_MAX);
	out.output_hard = at_most(out.output_hard, OCTETS_MAX);
	out.output_high = at_most(out.output_high, out.output_hard);
	out.output_low = at_most(out.output_low, out.output_high);
	return out;
}
