/*
 * Payloads to give: each knows the environment that its memory goes back to,
 * since it may be released on any shard, or on none.
 */
#include "core/message.h"

#include "core/bytes.h"
#include "core/env.h"
#include "core/session_internal.h"

struct given {
	const struct sb_env *env;
	_Alignas(16) unsigned char data[];
};

void *
sb_payload_new(const struct sb_session *s, size_t size)
{
	const struct sb_env *env = s->shard->env;
	struct given *given;
	size_t whole;

	if (!sb_size_add(size, sizeof(*given), &whole))
		return NULL;
	given = env->allocate(env->context, whole);
	if (!given)
		return NULL;
	given->env = env;
	return given->data;
}

void
sb_payload_free(void *data)
{
	struct given *given;

	if (!data)
		return;
	given = (struct given *)((unsigned char *)data - offsetof(struct given, data));
	given->env->release(given->env->context, given);
}
