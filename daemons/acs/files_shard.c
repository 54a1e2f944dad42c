/* On each shard a session that holds the present list of files, for that shard's callbacks. */
#include "daemons/acs/files_internal.h"

#include "core/error.h"
#include "core/registry.h"
#include "core/session.h"

#include <stdlib.h>

#define LOOK_MS 1000

struct state {
	struct acs_files *files;
	uint64_t asked;  /* 0: nothing is */
	bool is_changed; /* while it was asked */
	struct sb_timer timer;
};

static void
ask(struct sb_session *s)
{
	struct state *state = sb_state(s);
	struct sb_address owner;

	state->is_changed = state->asked != 0;
	if (state->asked || sb_lookup(s, ACS_FILES_OWNER, &owner))
		return; /* it is told when there is one */
	if (sb_call(s, owner, ACS_FILE_TABLE, SB_NOTHING, 0, &state->asked))
		state->asked = 0;
}

static struct acs_file_shard *
shard_of(struct sb_session *s)
{
	const struct state *state = sb_state(s);

	return &state->files->shards[sb_session_shard(s)];
}

static void
list_set(struct sb_session *s, struct acs_file_list *list)
{
	struct acs_file_shard *shard = shard_of(s);

	acs_file_list_release((void *)(uintptr_t)shard->list);
	shard->list = list;
}

static void
answered(struct sb_session *s, struct sb_message *m)
{
	struct state *state = sb_state(s);

	state->asked = 0;
	if (m->status == 0)
		list_set(s, sb_message_take(m));
	if (state->is_changed)
		ask(s);
}

static void
message(struct sb_session *s, struct sb_message *m)
{
	const struct state *state = sb_state(s);

	if (m->type == SB_MSG_REPLY && m->ref == state->asked)
		answered(s, m);
	else if (m->type == ACS_FILE_CHANGED || m->type == SB_MSG_NAME)
		ask(s);
}

/* The word that there is another list may have been lost, and the list itself on its way. */
static void
look(struct sb_session *s, struct sb_timer *timer)
{
	const struct state *state = sb_state(s);
	const struct acs_file_list *list = shard_of(s)->list;

	if (!state->asked && (!list || list->version != atomic_load(&state->files->version)))
		ask(s);
	sb_timer_start(s, timer, LOOK_MS, look);
}

static int
start(struct sb_session *s, const void *args)
{
	struct state *state = sb_state(s);
	int err;

	state->files = (struct acs_files *)(uintptr_t)args;
	sb_timer_start(s, &state->timer, LOOK_MS, look);
	err = sb_join(s, ACS_FILE_TOPIC);
	return err ? err : sb_registry_watch(s, SB_NAME_UNIQUE, ACS_FILES_OWNER, 0);
}

static void
closed(struct sb_session *s, enum sb_end why)
{
	(void)why;
	list_set(s, NULL);
}

const struct sb_module acs_files_keeper_module = {
	.abi = SB_MODULE_ABI,
	.name = "acs.files.shard",
	.state_size = sizeof(struct state),
	.start = start,
	.message = message,
	.closed = closed,
};
