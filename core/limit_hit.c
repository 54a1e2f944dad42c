/*
 * One door for every bound that is reached: a counter and a line by the limit's
 * name, so that an operator who sees one finds the other. The line is limited,
 * for a peer can reach bounds at will; the counter is not.
 */
#include "core/limit_hit_internal.h"

#include "core/node_internal.h"
#include "core/session_internal.h"

static const struct {
	const char *label;
	const char *event;
} kinds[] = {
#define X(name, label, event) [SB_LIMIT_##name] = {label, event},
	SB_LIMIT_MAP(X)
#undef X
};

void
sb_limit_hits_init(struct sb_shard *shard)
{
	for (int i = 0; i < SB_LIMIT_COUNT; i++)
		shard->metrics.limit_hits[i] = sb_metrics_counter(shard->node->metrics,
			"sb_limit_hits_total", "Bounds reached, by the limit's name.", "limit",
			kinds[i].label, NULL);
}

void
sb_limit_hit(struct sb_session *s, enum sb_limit_kind kind, const char *key, uint64_t value)
{
	struct sb_shard *shard = s->shard;
	const char *event = kinds[kind].event;

	sb_counter_add(shard->metrics.limit_hits[kind], shard->index, 1);
	if (sb_session_logs(s, SB_LOG_WARNING) && sb_log_allow(shard->node->log, event))
		sb_session_log(s, SB_LOG_WARNING, event, key, SB_UINT(value), (const char *)NULL);
}
