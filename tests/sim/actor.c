#include "actor.h"

#include "core/job.h"
#include "core/registry.h"
#include "seeds.h"

#include <stdlib.h>
#include <string.h>

#define WAITING  8
#define LIVE_MAX 60
#define ACTIONS  4 /* at most in one callback */

enum { CALL = 1, WORD, NEWS };

struct actor {
	struct actor_stage *stage;
	struct sb_timer timers[2];
	uint64_t waiting[WAITING]; /* refs of calls, monitors and jobs; 0: none */
	struct sb_from asked;      /* a call to answer later */
	bool is_connected, has_input_ended;
};

static uint64_t
pick(const struct actor *a, uint64_t below)
{
	return sim_random(a->stage->sim, below);
}

/* ---- every callback ---- */

static struct actor *
enter(struct sb_session *s)
{
	struct actor *a = sb_state(s);

	CHECK(!a->stage->inside);
	CHECK(!sb_is_closing(s));
	a->stage->inside = s;
	return a;
}

static void
leave(struct actor *a)
{
	a->stage->inside = NULL;
}

/* ---- what is given, and what is waited for ---- */

static void
released(void *data)
{
	struct actor_stage *stage;

	memcpy(&stage, data, sizeof(stage));
	stage->released++;
	free(data);
}

static struct sb_payload
payload(struct actor *a)
{
	static char octets[3000];
	size_t size = pick(a, 4) ? pick(a, 100) : pick(a, sizeof(octets));
	void *given;

	if (pick(a, 3))
		return SB_COPY(octets, size);
	given = calloc(1, sizeof(a->stage) + size);
	CHECK(given);
	memcpy(given, &a->stage, sizeof(a->stage));
	a->stage->given++;
	return SB_GIVE(given, sizeof(a->stage) + size, released);
}

static void
take_back(struct sb_payload payload)
{
	if (payload.release)
		payload.release((void *)(uintptr_t)payload.data);
}

static uint64_t *
place_for(struct actor *a, uint64_t ref)
{
	for (int i = 0; i < WAITING; i++)
		if (a->waiting[i] == ref)
			return &a->waiting[i];
	return NULL;
}

static struct sb_address
somebody(struct actor *a)
{
	return a->stage->known[pick(a, STAGE_KNOWN)];
}

static int
work(void *data, size_t size)
{
	(void)data;
	return (int)size;
}

static void
ask(struct sb_session *s, struct actor *a)
{
	uint64_t *place = place_for(a, 0);
	struct sb_payload given;
	int err;

	if (!place)
		return;
	switch (pick(a, 4)) {
	case 0:
		if (sb_monitor(s, somebody(a), place))
			*place = 0;
		return;
	case 1:
		given = payload(a);
		err = sb_job(s, work, given, (uint32_t)pick(a, 100), place);
		break;
	default:
		given = payload(a);
		err = sb_call(s, somebody(a), CALL, given, (uint32_t)pick(a, 300), place);
	}
	if (err) {
		*place = 0;
		take_back(given);
	}
}

static void
forget(struct sb_session *s, struct actor *a)
{
	uint64_t *place = &a->waiting[pick(a, WAITING)];

	if (pick(a, 2))
		sb_demonitor(s, *place);
	else
		sb_call_cancel(s, *place);
	/* Either forgets whatever the ref is of. */
	*place = 0;
}

static void
say(struct sb_session *s, struct actor *a)
{
	struct sb_payload given = payload(a);

	if (sb_post(s, somebody(a), WORD, 0, given))
		take_back(given);
}

static void
answer(struct sb_session *s, struct actor *a)
{
	struct sb_payload given;

	if (sb_address_is_null(a->asked.caller))
		return;
	given = payload(a);
	if (sb_reply(s, a->asked, (int)pick(a, 3), given))
		take_back(given);
	if (pick(a, 4)) /* now and then twice */
		a->asked = (struct sb_from){0};
}

/* ---- names ---- */

static void
be_known(struct sb_session *s, struct actor *a)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	const char *name = names[pick(a, 4)];
	enum sb_name_kind kind = pick(a, 2) ? SB_NAME_UNIQUE : SB_NAME_TOPIC;
	struct sb_address holder;

	switch (pick(a, 8)) {
	case 0:
		(void)sb_register(s, name);
		break;
	case 1:
		(void)sb_unregister(s, name);
		break;
	case 2:
		if (!sb_lookup(s, name, &holder))
			(void)sb_post(s, holder, WORD, 0, SB_NOTHING);
		break;
	case 3:
		(void)sb_join(s, name);
		break;
	case 4:
		(void)sb_leave(s, name);
		break;
	case 5:
		(void)sb_publish(s, name, NEWS, 0, name, 2);
		break;
	case 6:
		(void)sb_registry_watch(s, kind, name, 1);
		break;
	case 7:
		(void)sb_registry_unwatch(s, kind, name);
		break;
	}
}

/* ---- connections ---- */

static void
connect_somewhere(struct sb_session *s, struct actor *a, bool reconnect)
{
	struct sb_limits limits = {.linger_ms = 100, .idle_ms = 3000};
	struct sb_connector_options options = {
		.host = pick(a, 3) ? "127.0.0.1" : "localhost",
		.port = pick(a, 2) && a->stage->port ? a->stage->port : a->stage->far_port,
		.connect_ms = 50 + (uint32_t)pick(a, 100),
		.limits = pick(a, 2) ? &limits : NULL,
		.reconnect = reconnect,
		.backoff_min_ms = 20,
		.backoff_max_ms = 100,
	};

	(void)sb_connect(s, &options);
}

static void
write_some(struct sb_session *s, struct actor *a)
{
	static const char octets[70000];
	size_t size = pick(a, 8) ? pick(a, 200) : pick(a, sizeof(octets));
	uint8_t *room;

	if (pick(a, 2)) {
		(void)sb_write(s, octets, size);
		return;
	}
	room = sb_write_room(s, size);
	if (!room)
		return;
	memset(room, 0, size);
	sb_write_commit(s, size ? pick(a, size + 1) : 0);
}

static void
hold_or_resume(struct sb_session *s, struct actor *a)
{
	if (pick(a, 3))
		sb_resume(s);
	else
		sb_hold(s, "actor");
}

/* ---- time ---- */

static void act(struct sb_session *s, struct actor *a);

static void
fire(struct sb_session *s, struct sb_timer *timer)
{
	struct actor *a = enter(s);

	CHECK(!sb_timer_is_started(timer));
	sb_resume(s); /* or a hold could last for ever */
	act(s, a);
	leave(a);
}

static void
set_time(struct sb_session *s, struct actor *a)
{
	struct sb_timer *timer = &a->timers[pick(a, 2)];

	if (pick(a, 4))
		sb_timer_start(s, timer, pick(a, 3) ? pick(a, 80) : 0, fire);
	else
		sb_timer_stop(s, timer);
}

/* ---- others ---- */

static void
start_somebody(struct sb_session *s, struct actor *a)
{
	struct sb_limits limits = {.mailbox_messages = 8, .max_calls = 4, .stop_ms = 200};
	struct sb_child_spec spec = {
		.module = pick(a, 4) ? &actor_module : &actor_client_module,
		.args = a->stage,
		.restart = (enum sb_restart)pick(a, 3),
		.shutdown_ms = pick(a, 3) ? 50 : SB_SHUTDOWN_BRUTAL,
		.shard = SB_SHARD_SPREAD,
		.limits = pick(a, 2) ? &limits : NULL,
	};
	uint64_t *place = place_for(a, 0);
	struct sb_address address;

	if (a->stage->live > LIVE_MAX)
		return;
	if (pick(a, 3) == 0)
		(void)sb_spawn(s, &spec, &address);
	else if (place && sb_start_child(s, a->stage->supervisor, &spec, place))
		*place = 0;
}

static void
stop_somebody(struct sb_session *s, struct actor *a)
{
	uint64_t *place = place_for(a, 0);

	if (place && sb_stop_child(s, a->stage->supervisor, somebody(a), place))
		*place = 0;
}

static void
turn_a_screw(struct sb_session *s, struct actor *a)
{
	static int config;
	struct sb_listener *listener = a->stage->listener;

	switch (pick(a, 5)) {
	case 0:
		if (listener)
			sb_listener_pause(listener);
		break;
	case 1:
	case 2:
		if (listener)
			sb_listener_resume(listener);
		break;
	case 3:
		if (listener)
			(void)sb_listener_assign(listener,
				(size_t)pick(a, sb_listener_sockets(listener)),
				(unsigned)pick(a, sb_node_shards(a->stage->node)));
		break;
	case 4:
		(void)sb_node_set_config(a->stage->node, &config, NULL);
		break;
	}
	(void)sb_set_identity(s, "actor");
}

static void
end(struct sb_session *s, struct actor *a)
{
	switch (pick(a, 5)) {
	case 0:
		sb_close(s, SB_END_LOCAL);
		break;
	case 1:
		sb_abort(s, SB_END_LOCAL);
		break;
	case 2:
		sb_fail(s);
		break;
	default:
		sb_disconnect(s, SB_END_LOCAL);
	}
}

static void
act_once(struct sb_session *s, struct actor *a)
{
	static void (*const actions[])(struct sb_session * s, struct actor * a) = {write_some,
		write_some, write_some, hold_or_resume, set_time, set_time, ask, ask, forget, say,
		say, answer, be_known, be_known, start_somebody, stop_somebody, turn_a_screw};

	if (a->stage->is_quiet)
		return;
	if (pick(a, 1000) < a->stage->ends)
		end(s, a);
	else if (pick(a, 20) == 0)
		connect_somewhere(s, a, pick(a, 2));
	else
		actions[pick(a, sizeof(actions) / sizeof(actions[0]))](s, a);
}

/* Also behind an end of its own: then nothing more may come of it. */
static void
act(struct sb_session *s, struct actor *a)
{
	for (uint64_t i = pick(a, ACTIONS); i > 0; i--)
		act_once(s, a);
}

/* ---- the module ---- */

static int
actor_start(struct sb_session *s, const void *args)
{
	struct actor *a = sb_state(s);

	a->stage = (struct actor_stage *)(uintptr_t)args;
	a = enter(s);
	a->stage->known[pick(a, STAGE_KNOWN)] = sb_self(s);
	act(s, a);
	leave(a);
	if (pick(a, 40) == 0)
		return SB_ECANCELED;
	a->stage->started++;
	a->stage->live++;
	return 0;
}

static int
client_start(struct sb_session *s, const void *args)
{
	struct actor *a = sb_state(s);

	a->stage = (struct actor_stage *)(uintptr_t)args;
	connect_somewhere(s, a, true);
	return actor_start(s, args);
}

static int
actor_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct actor *a = enter(s);
	int result = pick(a, 30) ? 0 : SB_EACCES;

	CHECK(!a->is_connected);
	CHECK(peer == sb_session_peer(s));
	a->is_connected = true;
	a->has_input_ended = false;
	act(s, a);
	leave(a);
	return result;
}

static void
give_away(struct sb_session *s, struct actor *a)
{
	struct sb_child_spec spec = {.module = &actor_module, .args = a->stage};
	struct sb_address to = somebody(a);

	if (pick(a, 4) && sb_spawn(s, &spec, &to))
		return;
	(void)sb_hand_over(s, to, 1);
}

static ssize_t
actor_received(struct sb_session *s, struct sb_bytes in)
{
	struct actor *a = enter(s);
	size_t used = 0;

	CHECK(a->is_connected && in.size);
	CHECK(!sb_is_held(s) && !sb_output_is_high(s));
	while (used < in.size && in.size - used > in.data[used]) {
		if (!sb_frame(s))
			break;
		used += 1u + in.data[used];
		act(s, a);
		if (pick(a, 60) == 0)
			give_away(s, a);
	}
	if (used < in.size && pick(a, 2))
		(void)sb_need(s, 1u + in.data[used]);
	leave(a);
	return pick(a, 100) ? (ssize_t)used : SB_EPROTO;
}

static void
actor_input_ended(struct sb_session *s)
{
	struct actor *a = enter(s);

	CHECK(a->is_connected && !a->has_input_ended);
	a->has_input_ended = true;
	act(s, a);
	if (pick(a, 2))
		sb_disconnect(s, SB_END_PEER);
	else
		sb_close(s, SB_END_PEER);
	leave(a);
}

static void
actor_disconnected(struct sb_session *s, enum sb_end why)
{
	struct actor *a = enter(s);

	(void)why;
	CHECK(!sb_is_connected(s) && !sb_session_peer(s));
	a->is_connected = false;
	act(s, a);
	leave(a);
}

static void
actor_drained(struct sb_session *s)
{
	struct actor *a = enter(s);

	CHECK(a->is_connected && !sb_output_is_high(s));
	act(s, a);
	leave(a);
}

static void
actor_stopping(struct sb_session *s)
{
	struct actor *a = enter(s);

	act(s, a);
	if (pick(a, 3))
		sb_close(s, SB_END_DRAIN);
	leave(a);
}

static bool
is_answer(const struct sb_message *m)
{
	return m->type == SB_MSG_REPLY || m->type == SB_MSG_DOWN || m->type == SB_MSG_JOB;
}

static void
actor_message(struct sb_session *s, struct sb_message *m)
{
	struct actor *a = enter(s);
	uint64_t *place;

	if (is_answer(m)) {
		place = place_for(a, m->ref);
		CHECK(m->ref && place);
		*place = 0;
	}
	if (m->is_call)
		a->asked = sb_message_from(m);
	if (pick(a, 8) == 0)
		sb_message_free(s, sb_message_keep(m));
	if (pick(a, 2))
		answer(s, a);
	act(s, a);
	leave(a);
}

static void
actor_closed(struct sb_session *s, enum sb_end why)
{
	struct actor *a = sb_state(s);

	(void)why;
	CHECK(!a->stage->inside);
	CHECK(sb_is_closing(s) && !sb_session_peer(s));
	a->stage->inside = s;
	a->stage->closed++;
	a->stage->live--;
	act(s, a); /* most of it is refused */
	answer(s, a);
	leave(a);
}

#define CALLBACKS                                                                                 \
	.abi = SB_MODULE_ABI, .state_size = sizeof(struct actor), .connected = actor_connected,   \
	.received = actor_received, .input_ended = actor_input_ended,                             \
	.disconnected = actor_disconnected, .drained = actor_drained, .stopping = actor_stopping, \
	.message = actor_message, .closed = actor_closed

const struct sb_module actor_module = {CALLBACKS, .name = "actor", .start = actor_start};

const struct sb_module actor_client_module = {
	CALLBACKS, .name = "actor.client", .start = client_start};
