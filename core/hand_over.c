/*
 * Hand-over: a connection leaves one session for another, on any shard. In
 * transit its one owner is the message, so nobody else can touch it, and nothing
 * is locked. The place in the target's mailbox is taken when the order is given:
 * the message itself can then not be refused.
 */
#include "core/connector_internal.h"
#include "core/envelope_internal.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

#include <string.h>

int
sb_hand_over(struct sb_session *s, struct sb_address to, uint64_t ref)
{
	struct sb_node *node = s->shard->node;
	int err;

	/* Where the new owner begins is said by what `received` returns, or known: all that is
	 * held. */
	if ((!s->is_receiving && !s->is_held) || s->hand_over || !sb_is_connected(s))
		return SB_EINVAL;
	if (to.node != node->id || to.shard >= node->shard_count)
		return SB_GONE;
	err = sb_slot_reserve(&node->shards[to.shard], to, 0);
	if (err)
		return err;
	s->hand_over = sb_shard_allocate(s->shard, sizeof(*s->hand_over));
	if (!s->hand_over) {
		sb_slot_unreserve(&node->shards[to.shard], to, 0);
		return SB_ENOMEM;
	}
	s->hand_over->to = to;
	s->hand_over->ref = ref;
	/* Otherwise it is carried out when `received` has returned. */
	if (!s->is_receiving)
		sb_connection_enqueue_again(s->connection);
	return 0;
}

/* Whether it is carried out or not: the place in the target's mailbox is the message's, or free. */
static struct sb_hand_over
order_take(struct sb_session *s)
{
	struct sb_hand_over order = *s->hand_over;

	sb_shard_release(s->shard, s->hand_over);
	s->hand_over = NULL;
	return order;
}

static void
order_cancel(struct sb_session *s, const struct sb_hand_over *order)
{
	sb_slot_unreserve(&s->shard->node->shards[order->to.shard], order->to, 0);
}

void
sb_hand_over_forget(struct sb_session *s)
{
	struct sb_hand_over order;

	if (!s->hand_over)
		return;
	order = order_take(s);
	order_cancel(s, &order);
}

/* Closes a connection that nobody took, on whatever shard it is found. */
static void
drop(struct sb_shard *shard, struct sb_connection *c)
{
	const struct sb_env *env = shard->env;
	struct sb_session nobody = {.shard = shard};

	/* cppcheck-suppress autoVariables; c ends before it does */
	c->session = &nobody; /* the transport finds its environment through the session */
	(void)c->transport->finish(c);
	c->transport->fini(c);
	env->socket_close(env->context, c->io.fd);
	sb_listener_connection_ended(c);
	sb_buffer_give(shard, c->input.data, c->input.capacity);
	sb_buffer_give(shard, c->output.data, c->output.capacity);
	sb_shard_release(shard, c);
}

static int
adopt(struct sb_session *s, struct sb_connection *c)
{
	int err;

	c->session = s;
	s->connection = c;
	c->limits = s->limits;
	/* The octets that came along have been judged by nobody yet. */
	c->frame_since = 0;
	c->need = 0;
	c->is_end_told = false;
	err = sb_connection_opened(c);
	if (s->connection != c || c->phase != SB_CONNECTION_OPEN)
		return err;
	/* Nothing of this makes the descriptor readable again. */
	if (c->input.size || c->has_input_ended || c->transport->pending(c))
		sb_connection_enqueue_again(c);
	if (c->output.end > c->output.start)
		sb_connection_enqueue_dirty(c);
	sb_connection_update(c);
	return err;
}

/* In the envelope that brought it: a giver hears of a failure whatever memory there is. */
static void
tell_giver(struct sb_shard *shard, struct sb_envelope *e, int err)
{
	struct sb_address giver = e->message.sender;

	sb_envelope_take(shard, e);
	e->message.type = SB_MSG_HAND_OVER;
	e->message.status = err;
	e->message.sender = e->target;
	e->target = giver;
	e->handle = NULL;
	sb_envelope_send(shard->node, shard, e);
}

static void
arrive(struct sb_shard *shard, struct sb_session *target, struct sb_envelope *e)
{
	struct sb_connection *c = sb_message_take(&e->message);
	int err = 0;

	if (!target)
		err = SB_GONE;
	/* One connection at a time, and a connector's own would come in between. */
	else if (target->connection || target->connector)
		err = SB_EEXIST;
	if (err)
		drop(shard, c);
	else
		err = adopt(target, c);
	if (err)
		tell_giver(shard, e, err);
}

/* The payload is closed where its shard can be named: on arrival, or by sb_hand_over_drop. */
static void
nothing(void *connection)
{
	(void)connection;
}

void
sb_hand_over_drop(struct sb_shard *shard, struct sb_envelope *e)
{
	if (e->handle == arrive)
		drop(shard, sb_message_take(&e->message));
}

static struct sb_envelope *
envelope_for(struct sb_connection *c, const struct sb_hand_over *order)
{
	struct sb_shard *shard = c->session->shard;
	struct sb_envelope *e = sb_envelope_new(shard->env, shard, SB_GIVE(c, sizeof(*c), nothing));

	if (!e)
		return NULL;
	e->message.ref = order->ref;
	e->message.sender = c->session->self;
	e->target = order->to;
	e->is_reserved = true;
	e->handle = arrive;
	return e;
}

static int
keep_rest(struct sb_connection *c, struct sb_bytes rest)
{
	struct sb_shard *shard = c->session->shard;
	size_t capacity = 0;
	uint8_t *data = NULL;

	if (rest.size) {
		data = sb_buffer_take(shard, rest.size, &capacity);
		if (!data)
			return SB_ENOMEM;
		memcpy(data, rest.data, rest.size);
	}
	/* After the copy: `rest` may lie in it. */
	sb_buffer_give(shard, c->input.data, c->input.capacity);
	c->input = (struct sb_input){data, (uint32_t)rest.size, (uint32_t)capacity};
	return 0;
}

void
sb_hand_over_leave(struct sb_connection *c, struct sb_bytes rest)
{
	struct sb_session *s = c->session;
	struct sb_shard *shard = s->shard;
	struct sb_hand_over order = order_take(s);
	struct sb_envelope *e;

	e = keep_rest(c, rest) ? NULL : envelope_for(c, &order);
	if (!e) {
		order_cancel(s, &order);
		sb_connection_abort(c, SB_END_LIMIT);
		return;
	}
	/* Out of everything that belongs to this shard before it is sent: from then on it is the
	 * other's. */
	shard->env->loop_watch(shard->loop, &c->io, 0);
	c->due = 0;
	sb_connection_unlink(c);
	c->session = NULL;
	s->connection = NULL;
	sb_envelope_send(shard->node, shard, e);
	sb_session_lost_connection(s, SB_END_HANDED);
}
