/* Monitors: the watched session keeps who watches, the watcher a place for the notice. */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

static int
tell(struct sb_shard *shard, struct sb_address watcher, uint64_t ref, struct sb_address ended,
	enum sb_end why)
{
	struct sb_from to = {watcher, ref};

	return sb_answer(shard->node, shard, to, ended, SB_MSG_DOWN, (int)why, SB_NOTHING);
}

static void
begin_watch(struct sb_shard *shard, struct sb_session *target, struct sb_envelope *e)
{
	struct sb_watcher *watcher = target ? sb_shard_allocate(shard, sizeof(*watcher)) : NULL;

	if (!watcher) {
		tell(shard, e->message.sender, e->message.ref, e->target,
			target ? SB_END_LIMIT : SB_END_GONE);
		return;
	}
	watcher->address = e->message.sender;
	watcher->ref = e->message.ref;
	watcher->next = target->watchers;
	target->watchers = watcher;
}

static void
end_watch(struct sb_shard *shard, struct sb_session *target, struct sb_envelope *e)
{
	if (!target)
		return;
	for (struct sb_watcher **link = &target->watchers; *link; link = &(*link)->next) {
		struct sb_watcher *watcher = *link;

		if (watcher->ref != e->message.ref ||
			!sb_address_equal(watcher->address, e->message.sender))
			continue;
		*link = watcher->next;
		sb_shard_release(shard, watcher);
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
	if (target.node != node->id || target.shard >= node->shard_count)
		err = tell(s->shard, s->self, *ref, target, SB_END_GONE);
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

void
sb_watchers_tell(struct sb_session *s, enum sb_end why)
{
	while (s->watchers) {
		struct sb_watcher *watcher = s->watchers;

		s->watchers = watcher->next;
		(void)tell(s->shard, watcher->address, watcher->ref, s->self, why);
		sb_shard_release(s->shard, watcher);
	}
}
