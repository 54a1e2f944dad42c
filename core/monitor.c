/* Monitors: the watched session keeps who watches, the watcher a place for the notice. */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

/* The envelope in which the watcher asked waits at the target and becomes the notice: an end is
 * told whatever memory there is then. */
static void
send_notice(struct sb_shard *shard, struct sb_envelope *e, struct sb_address ended, enum sb_end why)
{
	sb_answer_with(e, ended, SB_MSG_DOWN, (int)why);
	sb_envelope_send(shard->node, shard, e);
}

/* On the target's shard: it ends there, so none can end between the look and the entry. */
static void
begin_watch(struct sb_shard *shard, struct sb_session *target, struct sb_envelope *e)
{
	sb_envelope_take(shard, e);
	if (!target) {
		send_notice(shard, e, e->target, SB_END_GONE);
		return;
	}
	e->next = target->watchers;
	target->watchers = e;
}

/* The envelope that waits here is freed; a notice that is on its way already finds no place. */
static void
end_watch(struct sb_shard *shard, struct sb_session *target, struct sb_envelope *e)
{
	if (!target)
		return;
	for (struct sb_envelope **link = &target->watchers; *link; link = &(*link)->next) {
		struct sb_envelope *watcher = *link;

		if (watcher->message.ref != e->message.ref ||
			!sb_address_equal(watcher->message.sender, e->message.sender))
			continue;
		*link = watcher->next;
		sb_envelope_free(shard, watcher);
		return;
	}
}

static int
send_to_target(struct sb_session *s, struct sb_address target, uint64_t ref,
	void (*handle)(struct sb_shard *, struct sb_session *, struct sb_envelope *))
{
	struct sb_envelope *e = sb_envelope_new(s->shard->env, s->shard, SB_NOTHING);

	if (!e)
		return SB_ENOMEM;
	e->message.ref = ref;
	e->message.sender = s->self;
	e->target = target;
	e->handle = handle;
	sb_envelope_send(s->shard->node, s->shard, e);
	return 0;
}

int
sb_monitor(struct sb_session *s, struct sb_address target, uint64_t *ref)
{
	struct sb_node *node = s->shard->node;
	int err = sb_request_open(s, SB_REQUEST_MONITOR, 0, target, ref);

	if (err)
		return err;
	/* An address that leads nowhere: told as if it had been somewhere and gone. */
	if (target.node != node->id || target.shard >= node->shard_count)
		err = sb_answer(node, s->shard, (struct sb_from){s->self, *ref}, target,
			SB_MSG_DOWN, SB_END_GONE, SB_NOTHING);
	else
		err = send_to_target(s, target, *ref, begin_watch);
	if (err)
		sb_request_close(s, *ref, NULL);
	return err;
}

void
sb_demonitor(struct sb_session *s, uint64_t ref)
{
	struct sb_address target;

	/* Without memory the target keeps its entry: its notice will find no place and be dropped.
	 */
	if (sb_request_close(s, ref, &target))
		(void)send_to_target(s, target, ref, end_watch);
}

/* From `reap`: after `closed`, so that who hears of it finds nothing half done. */
void
sb_watchers_tell(struct sb_session *s, enum sb_end why)
{
	while (s->watchers) {
		struct sb_envelope *watcher = s->watchers;

		s->watchers = watcher->next;
		send_notice(s->shard, watcher, s->self, why);
	}
}
