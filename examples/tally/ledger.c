#include "tally.h"

#include <switchboard/core/metrics.h>
#include <switchboard/core/node.h>
#include <switchboard/core/registry.h>
#include <switchboard/core/session.h>

#include <string.h>

#define COUNTERS_MAX 256

struct ledger {
	struct tally_change counters[COUNTERS_MAX];
	size_t count;
	struct sb_counter *adds;
};

static int
ledger_start(struct sb_session *s, const void *args)
{
	struct ledger *l = sb_state(s);
	char name[TALLY_NAME_SIZE];

	l->adds = sb_metrics_counter(sb_node_metrics(sb_session_node(s)), "tally_adds_total",
		"Changes of counters.", NULL);
	tally_ledger_name(name, *(const unsigned *)args);
	return sb_register(s, name);
}

/* The counter of that name, a new one if need be; NULL: there are as many as may be. */
static struct tally_change *
counter_of(struct ledger *l, const char *name)
{
	struct tally_change *counter = l->counters;

	while (counter < l->counters + l->count && strcmp(counter->name, name) != 0)
		counter++;
	if (counter == l->counters + COUNTERS_MAX)
		return NULL;
	if (counter == l->counters + l->count) {
		strcpy(counter->name, name);
		l->count++;
	}
	return counter;
}

static void
add(struct sb_session *s, struct ledger *l, const struct sb_message *m)
{
	const struct tally_change *change = m->data;
	struct tally_change *counter = counter_of(l, change->name);
	char topic[TALLY_NAME_SIZE];

	if (!counter) {
		SB_LOG(s, WARNING, "tally.ledger_full", "counter", SB_STR(change->name));
		(void)sb_reply(s, sb_message_from(m), SB_ELIMIT, SB_NOTHING);
		return;
	}
	counter->number += change->number;
	sb_counter_add(l->adds, sb_session_shard(s), 1);
	(void)sb_reply(s, sb_message_from(m), 0, SB_COPY(counter, sizeof(*counter)));
	tally_topic_name(topic, counter->name);
	if (change->number)
		(void)sb_publish(s, topic, TALLY_MSG_CHANGED, 0, counter, sizeof(*counter));
}

static void
ledger_message(struct sb_session *s, struct sb_message *m)
{
	if (m->type == TALLY_MSG_ADD)
		add(s, sb_state(s), m);
}

static void
ledger_describe(const struct sb_session *s, struct sb_fields *fields)
{
	const struct ledger *l = sb_state(s);

	sb_fields_add(fields, "counters", SB_UINT(l->count));
}

const struct sb_module tally_ledger_module = {
	.abi = SB_MODULE_ABI,
	.name = "tally.ledger",
	.state_size = sizeof(struct ledger),
	.start = ledger_start,
	.message = ledger_message,
	.describe = ledger_describe,
};
