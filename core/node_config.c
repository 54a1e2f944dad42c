/* The one immutable configuration: swapped whole, the old one released when nobody can see it. */
#include "core/epoch_internal.h"
#include "core/node_internal.h"

struct sb_node_config {
	struct sb_retired retired; /* first */
	void *config;
	void (*release)(void *config);
};

static void
release(void *context, struct sb_retired *retired)
{
	struct sb_node_config *holder = (struct sb_node_config *)retired;
	const struct sb_env *env = context;

	if (holder->release)
		holder->release(holder->config);
	env->release(env->context, holder);
}

/* A view of it holds for the callback, as names do: the old one is retired through the epoch. */
const void *
sb_node_config(const struct sb_node *node)
{
	struct sb_node *n = (struct sb_node *)(uintptr_t)node;
	struct sb_node_config *holder = atomic_load_explicit(&n->config, memory_order_acquire);

	return holder ? holder->config : NULL;
}

/* Exchanged in one step: a session has the old one or the new one, never parts of both. */
int
sb_node_set_config(struct sb_node *node, void *config, void (*release_config)(void *config))
{
	const struct sb_env *env = node->env;
	struct sb_node_config *old, *holder = env->allocate(env->context, sizeof(*holder));

	if (!holder)
		return SB_ENOMEM;
	*holder = (struct sb_node_config){.config = config, .release = release_config};
	old = atomic_exchange_explicit(&node->config, holder, memory_order_acq_rel);
	if (old)
		sb_epoch_retire(node->epoch, &old->retired, release, (void *)(uintptr_t)env);
	return 0;
}

void
sb_node_config_free(struct sb_node *node)
{
	struct sb_node_config *holder = atomic_exchange(&node->config, NULL);

	if (holder)
		release((void *)(uintptr_t)node->env, &holder->retired);
}
