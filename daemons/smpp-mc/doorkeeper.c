/*
 * Who guesses passwords. A set-associative table of fixed size in one session: an
 * attacker with many addresses pushes others out, but never makes it grow, and a
 * look-up is eight comparisons. Answers are delayed, not refused, so that a
 * client with a wrong configuration is not locked out.
 */
#include "daemons/smpp-mc/doorkeeper.h"

#include "core/registry.h"
#include "daemons/smpp-mc/messages.h"
#include "daemons/smpp-mc/service.h"

#include <string.h>

/* Sources remembered at a time: in sets of eight, of which the oldest gives way. */
#define SETS 256
#define WAYS 8
#define HOST 16

/* A source that has been good for so long is forgotten. */
#define FORGET_NS UINT64_C(600000000000)

struct source {
	uint8_t host[HOST];
	uint32_t failures; /* 0: free */
	uint64_t last;
};

struct doorkeeper {
	struct source sources[SETS][WAYS];
};

static struct source *
source_of(struct doorkeeper *d, const uint8_t host[HOST], uint64_t now)
{
	struct source *set = d->sources[mc_text_hash(sb_bytes(host, HOST)) % SETS];
	struct source *oldest = &set[0];

	for (int i = 0; i < WAYS; i++) {
		if (set[i].failures && memcmp(set[i].host, host, HOST) == 0) {
			if (now - set[i].last > FORGET_NS)
				set[i].failures = 0;
			return &set[i];
		}
		/* A free place, else the one that was quiet longest. */
		if (!set[i].failures || (oldest->failures && set[i].last < oldest->last))
			oldest = &set[i];
	}
	memcpy(oldest->host, host, HOST);
	oldest->failures = 0;
	return oldest;
}

/* Doubling, after some failures for free: people mistype. */
static uint32_t
delay_of(const struct mc_config *config, uint32_t failures)
{
	uint64_t delay = config->bind_delay_ms;

	if (failures <= config->bind_failures)
		return 0;
	for (uint64_t i = config->bind_failures + 1;
		i < failures && delay < config->bind_delay_most_ms; i++)
		delay *= 2;
	return (uint32_t)(delay < config->bind_delay_most_ms ? delay : config->bind_delay_most_ms);
}

static int
doorkeeper_start(struct sb_session *s, const void *args)
{
	(void)args;
	return sb_register(s, MC_DOORKEEPER);
}

/* Only failures are told, so a success forgives nothing: time does. */
static void
doorkeeper_message(struct sb_session *s, struct sb_message *m)
{
	const struct mc_strike *strike = m->data;
	struct mc_penalty penalty;
	struct source *source;

	if (m->type != MC_STRIKE)
		return;
	source = source_of(sb_state(s), strike->host, sb_now(s));
	source->last = sb_now(s);
	penalty.failures = ++source->failures;
	penalty.delay_ms = delay_of(mc_config_of(s), penalty.failures);
	sb_reply(s, sb_message_from(m), 0, SB_COPY(&penalty, sizeof(penalty)));
}

const struct sb_module mc_doorkeeper_module = {
	.abi = SB_MODULE_ABI,
	.name = "smpp-mc.doorkeeper",
	.state_size = sizeof(struct doorkeeper),
	.start = doorkeeper_start,
	.message = doorkeeper_message,
};
