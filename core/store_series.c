/*
 * Commits that keep their order when one of them fails. Who is told of a failure in
 * a later turn may have handed over the next one meanwhile, and that one may
 * succeed (a full disk has room for a small commit). So the backend remembers the failure, and
 * fails what comes behind it, until the session begins another round.
 */
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/store_internal.h"

struct sb_store_series {
	struct sb_store_series *next; /* of the lane */
	uint32_t round;               /* the session's */
	uint32_t broken;              /* the backend's: the round in which one failed; 0: none */
	int error;                    /* it failed with that */
};

struct sb_store_series *
sb_store_series_new(struct sb_session *s, struct sb_store *store)
{
	struct sb_store_lane *lane = &store->lanes[s->shard->index];
	struct sb_store_series *series = sb_shard_allocate(s->shard, sizeof(*series));

	if (!series)
		return NULL;
	*series = (struct sb_store_series){.next = lane->series, .round = 1};
	lane->series = series;
	return series;
}

void
sb_store_series_fini(struct sb_store_lane *lane)
{
	const struct sb_env *env = lane->store->env;

	while (lane->series) {
		struct sb_store_series *series = lane->series;

		lane->series = series->next;
		env->release(env->context, series);
	}
}

/* Nothing of an earlier round is under way: the same number is not met again, however often it has
 * come round, but 0 means none. */
void
sb_store_series_resume(struct sb_store_series *series)
{
	if (++series->round == 0)
		series->round = 1;
}

void
sb_txn_in_series(struct sb_txn *txn, struct sb_store_series *series)
{
	txn->series = series;
	txn->round = series->round;
}

int
sb_store_series_error(const struct sb_txn *txn)
{
	const struct sb_store_series *series = txn->series;

	return series && series->broken == txn->round ? series->error : 0;
}

void
sb_store_series_note(const struct sb_txn *txn)
{
	struct sb_store_series *series = txn->series;

	if (!series || !txn->request.status || series->broken == txn->round)
		return;
	series->broken = txn->round;
	series->error = txn->request.status;
}
