/* What a module may ask about its session. */
#include "core/node_internal.h"
#include "core/session.h"
#include "core/session_internal.h"

#include <string.h>

#define IDENTITY_MAX 64 /* octets: a peer chooses them, and every log line shows them */

/* Behind the session, in the same block: one allocation, one life. */
void *
sb_state(const struct sb_session *s)
{
	return (void *)(uintptr_t)s->state;
}

struct sb_address
sb_self(const struct sb_session *s)
{
	return s->self;
}

const struct sb_module *
sb_session_module(const struct sb_session *s)
{
	return s->module;
}

struct sb_node *
sb_session_node(const struct sb_session *s)
{
	return s->shard->node;
}

const struct sb_limits *
sb_session_limits(const struct sb_session *s)
{
	return s->limits;
}

unsigned
sb_session_shard(const struct sb_session *s)
{
	return s->shard->index;
}

const struct sb_peer *
sb_session_peer(const struct sb_session *s)
{
	return s->connection ? &s->connection->peer : NULL;
}

uint64_t
sb_now(const struct sb_session *s)
{
	return s->shard->now;
}

int64_t
sb_wall_ms(const struct sb_session *s)
{
	struct sb_shard *shard = s->shard;

	if (!shard->has_wall)
		shard->wall_ms = shard->env->wall(shard->env->context);
	shard->has_wall = true;
	return shard->wall_ms;
}

void
sb_random(const struct sb_session *s, void *out, size_t size)
{
	s->shard->env->random(s->shard->env->context, out, size);
}

void *
sb_allocate(const struct sb_session *s, size_t size)
{
	return sb_shard_allocate(s->shard, size);
}

void
sb_release(const struct sb_session *s, void *memory)
{
	sb_shard_release(s->shard, memory);
}

/* The new one first: without memory the old one stays. */
int
sb_set_identity(struct sb_session *s, const char *identity)
{
	size_t size = strnlen(identity, IDENTITY_MAX);
	char *copy = sb_shard_allocate(s->shard, size + 1);

	if (!copy)
		return SB_ENOMEM;
	memcpy(copy, identity, size);
	copy[size] = '\0';
	sb_shard_release(s->shard, s->identity);
	s->identity = copy;
	return 0;
}

const char *
sb_identity(const struct sb_session *s)
{
	return s->identity ? s->identity : "";
}

/* From sb_close on, whatever is still being flushed. */
bool
sb_is_closing(const struct sb_session *s)
{
	return !sb_session_is_open(s);
}

/* Not while PROXY header or TLS handshake are under way, nor when the end has begun: output would
 * not reach the peer's protocol. */
bool
sb_is_connected(const struct sb_session *s)
{
	return s->connection && s->connection->phase == SB_CONNECTION_OPEN;
}

bool
sb_session_logs(const struct sb_session *s, enum sb_log_level level)
{
	return sb_log_enabled(s->shard->node->log, level);
}

/* Gathered anew for each line: few lines are written, and a session changes peer and identity. */
static void
log_with_context(
	const struct sb_session *s, enum sb_log_level level, const char *event, va_list pairs)
{
	struct sb_field context[5];
	size_t count = 0;

	context[count++] = (struct sb_field){"shard", SB_UINT(s->shard->index)};
	context[count++] = (struct sb_field){"module", SB_STR(s->module->name)};
	context[count++] = (struct sb_field){"session", SB_ADDRESS(s->self)};
	if (s->connection)
		context[count++] =
			(struct sb_field){"peer", SB_PEER(&s->connection->peer.address.any)};
	if (s->identity)
		context[count++] = (struct sb_field){"identity", SB_STR(s->identity)};
	sb_log_vwrite(s->shard->node->log, level, event, context, count, pairs);
}

void
sb_session_log(const struct sb_session *s, enum sb_log_level level, const char *event, ...)
{
	va_list pairs;

	va_start(pairs, event);
	log_with_context(s, level, event, pairs);
	va_end(pairs);
}

/* The limit is asked before the pairs are looked at: a flood costs a look-up a line. */
void
sb_session_log_limited(const struct sb_session *s, enum sb_log_level level, const char *event, ...)
{
	va_list pairs;

	if (!sb_log_allow(s->shard->node->log, event))
		return;
	va_start(pairs, event);
	log_with_context(s, level, event, pairs);
	va_end(pairs);
}
